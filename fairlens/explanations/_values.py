"""Values: contributions row by row. Private: a row is a person."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from .._levels import Level

Group = tuple[Level, ...]
Singles = npt.NDArray[np.float32]
Places = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Values:
    """Contributions and inputs of every explained row.

    Attributes
    ----------
    features : tuple of str
        Names of the columns of both arrays.
    contributions : array of float32 (rows, inputs)
        In the unit of the explanation.
    inputs : array of float32 (rows, inputs)
        Numbers as they are, codes for other columns, NaN where missing.
    levels : tuple of (tuple or None)
        By input: what its codes stand for; None for numbers.
    places : array of int
        Places of the rows in the audited data.
    members : mapping of group to array of int
        Rows of these arrays that were drawn for each group.
    """

    features: tuple[str, ...]
    contributions: Singles
    inputs: Singles
    levels: tuple[tuple[Any, ...] | None, ...]
    places: Places
    members: Mapping[Group, Places] = field(default_factory=dict)

    def of(self, group: Group) -> Singles:
        """Contributions of the rows of one group."""
        return self.contributions[self.members[group]]

    def __repr__(self) -> str:
        return f"Values of {len(self.contributions):,} rows and {len(self.features):,} inputs: each row is a person"
