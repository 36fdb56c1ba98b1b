"""Why: which inputs carry a gap between groups. Reads rows of people; nothing that leaves here holds one."""

from ._attributor import Attribution, Attributor
from ._comparison import ComparedExplanations, compare_explanations
from ._decomposition import GapDecomposition
from ._dependence import Dependence, dependence
from ._encoded import Encoded
from ._explain import explain
from ._explanation import Contribution, Explanation
from ._gap import decompose_gap
from ._gap_table import GapTable
from ._lime import LimeAttributor
from ._occlusion import OcclusionAttributor
from ._preview import ExplanationPreview, preview_explanation
from ._shap import ShapAttributor
from ._swarm import Swarm
from ._values import Values

__all__ = [
    "Attribution",
    "Attributor",
    "ComparedExplanations",
    "Contribution",
    "Dependence",
    "Encoded",
    "Explanation",
    "ExplanationPreview",
    "GapDecomposition",
    "GapTable",
    "LimeAttributor",
    "OcclusionAttributor",
    "ShapAttributor",
    "Swarm",
    "Values",
    "compare_explanations",
    "decompose_gap",
    "dependence",
    "explain",
    "preview_explanation",
]
