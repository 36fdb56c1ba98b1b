"""Thresholds: from which score on a decision is made, one for everybody or one per group."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from ._html import number
from ._levels import Level, name_of
from ._spec import is_number
from .exceptions import WrongKind


@dataclass(frozen=True, slots=True)
class GroupThresholds:
    """A threshold for each level of one group column; `other` is for the levels that are not named, None where all are.

    Examples
    --------
    >>> GroupThresholds("race", (("Black", 0.4),), 0.5).of("white")
    0.5
    """

    axis: str
    cuts: tuple[tuple[Level, float], ...]
    other: float | None = None

    def of(self, level: Level) -> float:
        """Give the threshold of a level."""
        rest = self.cuts[0][1] if self.other is None else self.other
        return next((cut for name, cut in self.cuts if name == level and type(name) is type(level)), rest)

    def __iter__(self) -> Iterator[float]:
        return iter((*(cut for _, cut in self.cuts), *(() if self.other is None else (self.other,))))


Threshold = float | GroupThresholds | None
"""From which score on a decision is made; None is the decision as it was taken."""


def told(threshold: float | GroupThresholds) -> str:
    """Write a threshold, or those of several groups."""
    if not isinstance(threshold, GroupThresholds):
        return number(threshold)
    cuts = [f"{number(cut)} for {name_of(level)}" for level, cut in threshold.cuts]
    rest = [] if threshold.other is None else [f"{number(threshold.other)} for everybody else"]
    return ", ".join([*cuts, *rest])


def read_threshold(threshold: Any, by: Any, other: float | None) -> Threshold:
    """Read the arguments of `at`: a number, None, or a mapping from the levels of the column `by` to numbers."""
    if not isinstance(threshold, Mapping):
        if by is not None:
            raise WrongKind(
                f"`by` is {by!r}, and `threshold` is one for everybody: {threshold!r}.",
                "Thresholds by group are a mapping from levels to numbers.",
                hint=f"audit.at({{'a': 0.4, 'b': 0.6}}, by={by!r})",
                role="by",
                value=by,
            )
        one: Threshold = threshold
        return one
    if not isinstance(by, str) or not threshold or not all(map(is_number, threshold.values())):
        raise WrongKind(
            f"`threshold` is {dict(threshold)!r} and `by` is {by!r}.",
            "Thresholds by group need one number per level, and the group column of these levels.",
            hint="audit.at({'a': 0.4, 'b': 0.6}, by='race')",
            role="threshold",
            value=threshold,
        )
    cuts = tuple((level, float(cut)) for level, cut in threshold.items())
    return GroupThresholds(by, cuts, cuts[0][1] if other is None else other)


def fold(counts: npt.NDArray[Any], steps: tuple[float, ...] | None, cuts: npt.NDArray[np.float64] | float | None) -> npt.NDArray[Any]:
    """Fold (cells, labels, steps, decisions) to the six outcome cells of a decision.

    `cuts` is one threshold, one per cell, or None for the decision as it was taken.
    """
    if cuts is None:
        folded = counts.sum(axis=2)
    else:
        by_step = counts.sum(axis=3)
        selected = (np.asarray(steps) >= np.reshape(cuts, (-1, 1)))[:, None, :]
        folded = np.stack([np.where(selected, 0, by_step).sum(axis=2), np.where(selected, by_step, 0).sum(axis=2)], axis=-1)
    six: npt.NDArray[Any] = folded.reshape(len(counts), 6)
    return six
