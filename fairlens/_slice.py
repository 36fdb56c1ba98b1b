"""Slice: a named part of the people, to come back to and to compare with everybody else."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ._cube import asked_levels
from ._levels import Level
from ._tables import Counts, Fixed, Tables, View
from ._thresholds import Threshold
from .exceptions import BadValue, WrongKind, listed

SLICE, OTHERS = "slice", "others"


@dataclass(frozen=True, slots=True, init=False)
class Slice:
    """The people at some levels of some group columns, under a name.

    Parameters
    ----------
    name
        What the slice is called.
    where
        For each column that matters one level, or several.
    others
        What everybody else is called.

    Raises
    ------
    WrongKind
        If `name` is no text, or `where` no mapping from columns to levels.

    Examples
    --------
    >>> import fairlens as fl
    >>> sex, age, hired = ["f", "m"] * 40, ["young", "young", "old", "old"] * 20, [1, 0, 1, 1, 1, 1, 1, 0] * 10
    >>> audit = fl.audit(y_pred=hired, sensitive_features={"sex": sex, "age": age})
    >>> audit.difference("selection_rate", by=fl.Slice("young men", {"sex": "m", "age": "young"})).to_frame()["slice"].tolist()
    ['young men']
    """

    name: str
    where: tuple[tuple[str, tuple[Level, ...]], ...]
    others: str

    def __init__(self, name: str, where: Mapping[str, Level | Sequence[Level]], others: str = OTHERS) -> None:
        if not isinstance(name, str) or not name.strip() or not isinstance(where, Mapping) or not where:
            raise WrongKind(
                f"A slice was asked for with the name {name!r} and the levels {where!r}.",
                "A slice has a name, and one level or several of at least one group column.",
                hint='fl.Slice("young women", {"sex": "f", "age": ["<25", "[25, 45)"]})',
                role="name" if not isinstance(name, str) or not name.strip() else "where",
                value=name if isinstance(where, Mapping) and where else where,
            )
        object.__setattr__(self, "name", name.strip())
        object.__setattr__(self, "others", str(others))
        object.__setattr__(self, "where", tuple((axis, asked_levels(axis, levels)) for axis, levels in where.items()))

    @property
    def levels(self) -> dict[str, tuple[Level, ...]]:
        """The levels by column."""
        return dict(self.where)

    def to_dict(self) -> dict[str, Any]:
        """Give plain lists and texts."""
        return {"name": self.name, "where": [[axis, list(levels)] for axis, levels in self.where], "others": self.others}


def slice_view(tables: Tables, slice_: Slice, fixed: Fixed, threshold: Threshold) -> View:
    """Count a slice and everybody else; either is suppressed where a cell of it must not be shown."""
    shared = [axis for axis, _ in tables.cube.spec.membership if axis in slice_.levels]
    if tables.cube.spec.cluster is not None or shared:
        raise BadValue(
            f"The slice {slice_.name!r} was asked for.",
            "Slices need one row per person, and groups that are known."
            + (f" {shared[0]} is known as probabilities only." if shared else " Here a person may have several rows."),
            hint="audit.where(...).by_group(...)",
            role="by",
            value=slice_,
        )
    columns = tuple(axis for axis in tables.axes if axis in slice_.levels)
    unknown = [axis for axis in slice_.levels if axis not in tables.axes]
    tables.view((), {axis: slice_.levels[axis] for axis in (*unknown, *columns)}, threshold, clustered=False)  # raises what is wrong
    seen = tables.view(columns, fixed, threshold, clustered=False)
    inside = np.array([all(level in slice_.levels[axis] for axis, level in zip(columns, group, strict=True)) for group in seen.groups], bool)
    parts = (inside, ~inside)
    suppressed = np.array([bool(seen.suppressed[part].any()) for part in parts])

    def add(sums: Counts) -> Counts:
        added = np.stack([sums[part].sum(axis=0) for part in parts])
        added[suppressed] = 0
        return added

    counts = add(seen.counts)
    weights, squares = (add(seen.weights), add(seen.squares)) if seen.is_weighted else (counts, counts)
    groups = ((slice_.name,), (others_of(slice_),))
    return View((SLICE,), groups, counts, weights, squares, suppressed, seen.total, seen.total_weights, seen.total_squares)


def others_of(slice_: Slice) -> str:
    """What everybody outside of a slice is called; never what the slice itself is called."""
    return slice_.others if slice_.name != slice_.others else f"not {slice_.others}"


def check_slices(slices: Any) -> tuple[Slice, ...]:
    """Check saved slices: each name stands for one."""
    given = (slices,) if isinstance(slices, Slice) else tuple(slices) if isinstance(slices, list | tuple) else (slices,)
    names = [one.name for one in given if isinstance(one, Slice)]
    if len(names) < len(given) or len(set(names)) < len(names):
        raise BadValue(
            f"`slices` is {slices!r}.",
            f"They must be slices with a name each; there are the names {listed(names)}." if names else "They must be slices.",
            hint='slices=[fl.Slice("young women", {"sex": "f", "age": "<25"})]',
            role="slices",
            value=slices,
        )
    return given
