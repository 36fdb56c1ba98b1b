"""Why: which inputs carry a gap between groups. Reads rows of people; nothing that leaves here holds one."""

from ._decomposition import GapDecomposition
from ._gap import decompose_gap

__all__ = ["GapDecomposition", "decompose_gap"]
