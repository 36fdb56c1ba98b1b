"""Values: contributions row by row. Private: a row is a person."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from .._levels import Level
from .._protect import Profile

if TYPE_CHECKING:
    from ..plots import Picture
    from ._explanation import Explanation
    from ._swarm import Swarm

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
    known : mapping of group to array of int
        The same for the groups that readers may see, without the people whom they are not told about.
    raw, shown : Explanation
        The means of `members` and of `known`, each with the rates of its groups.
    """

    features: tuple[str, ...]
    contributions: Singles
    inputs: Singles
    levels: tuple[tuple[Any, ...] | None, ...]
    places: Places
    raw: Explanation
    shown: Explanation
    members: Mapping[Group, Places] = field(default_factory=dict)
    known: Mapping[Group, Places] = field(default_factory=dict)

    def of(self, group: Group) -> Singles:
        """Contributions of the rows of one group."""
        return self.contributions[self.members[group]]

    def swarm(self, profile: Profile = "restricted") -> Swarm:
        """Give the contributions as dots by group and input, as they may be shown.

        Parameters
        ----------
        profile
            "restricted": each dot is the mean of at least ``spec.suppress_below`` people of a group whose contributions are neighbours,
            and groups that readers may not see have none. "internal": each dot is a person, and everything made of it says so.

        Raises
        ------
        BadValue
            If the profile is not known.
        """
        from ._swarm import make_swarm

        return make_swarm(self, profile)

    def plot(self, ax: Any = None, profile: Profile = "restricted") -> Picture:
        """Draw a beeswarm by input and group: how far the contributions of people spread, and which values of the input go with them.

        Parameters
        ----------
        ax
            Matplotlib axes to draw into; a figure of its own, with the rates of the groups beside the dots, when None.
        profile
            "restricted" or "internal"; see `swarm`.

        Returns
        -------
        Picture

        Raises
        ------
        BadValue
            If the profile is not known.

        Examples
        --------
        >>> import pandas as pd, fairlens as fl
        >>> X = pd.DataFrame({"income": [20, 30, 40, 50] * 30, "zip": ["n", "s"] * 60})
        >>> audit = fl.audit(X, model=lambda rows: rows["income"] / 100, threshold=0.3, sensitive_features={"sex": ["f", "f", "m"] * 40})
        >>> picture = fl.explain(audit, background=X, keep_values=True, progress=False).values.plot()
        >>> [line for line in picture.alt.splitlines() if line.startswith("f, ")][0]
        'f, n=80 explained, mean 0.0 (-2.5 to +2.5); 8 dots from -15.0 to +15.0; values rise with the contribution.'
        """
        return self.swarm(profile).plot(ax)

    def __repr__(self) -> str:
        return f"Values of {len(self.contributions):,} rows and {len(self.features):,} inputs: each row is a person"
