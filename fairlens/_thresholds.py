"""Thresholds: from which score on a decision is made, one for everybody or one per group."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from ._html import number
from ._levels import MISSING, Level, name_of, normalise
from ._spec import is_number
from .exceptions import BadValue, LevelNotFound, RoleNeeded, WrongKind, listed


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

    def to_dict(self) -> dict[str, Any]:
        """Give plain lists, numbers and texts."""
        return {"by": self.axis, "cuts": [[level, cut] for level, cut in self.cuts], "other": self.other}

    def __iter__(self) -> Iterator[float]:
        return iter((*(cut for _, cut in self.cuts), *(() if self.other is None else (self.other,))))


Threshold = float | GroupThresholds | None
"""From which score on a decision is made; None is the decision as it was taken."""


def told(threshold: float | GroupThresholds) -> str:
    """Write from which score on a decision is made, for everybody or by group."""
    if not isinstance(threshold, GroupThresholds):
        return f"{number(threshold)} or more"
    cuts = [f"{number(cut)} or more for {name_of(level)}" for level, cut in threshold.cuts]
    rest = [] if threshold.other is None else [f"{number(threshold.other)} or more for everybody else"]
    return ", ".join([*cuts, *rest])


def read_threshold(threshold: Any, by: Any, now: Threshold, own: float | None) -> Threshold:
    """Read the arguments of `at`: a number, None, or a mapping from the levels of the column `by` to numbers.

    Levels that are not named keep the threshold that they have `now`, or else the audit's `own`.
    """
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
    other = now if isinstance(now, int | float) else own
    if not isinstance(by, str) or not threshold or not all(map(is_number, threshold.values())):
        raise WrongKind(
            f"`threshold` is {dict(threshold)!r} and `by` is {by!r}.",
            "Thresholds by group need one number per level, and the group column of these levels.",
            hint="audit.at({'a': 0.4, 'b': 0.6}, by='race')",
            role="threshold",
            value=threshold,
        )
    cuts = tuple((level if level == MISSING else normalise(level, "threshold"), float(cut)) for level, cut in threshold.items())
    if not isinstance(now, GroupThresholds):
        return GroupThresholds(by, cuts, other)
    if now.axis != by:
        raise BadValue(
            f"`threshold` names levels of {by!r}, and the levels of {now.axis!r} have thresholds of their own already.",
            "Thresholds differ by one group column at a time.",
            hint=f"audit.at({other!r}).at({dict(threshold)!r}, by={by!r}) begins again with one for everybody",
            role="by",
            value=by,
        )
    named = [(type(level), level) for level, _ in cuts]
    kept = tuple((level, cut) for level, cut in now.cuts if (type(level), level) not in named)
    return GroupThresholds(by, (*kept, *cuts), now.other)


def check_named(threshold: GroupThresholds, have: tuple[Level, ...], counted: tuple[Level, ...]) -> None:
    """Raise where a threshold is of a level that does not occur (`have`), or a level that is `counted` has none."""
    alike = [(type(level), level) for level in have]  # 1 and True are two levels
    named = [level for level, _ in threshold.cuts]
    unknown = [level for level in named if (type(level), level) not in alike]
    lacking = [level for level in counted if level not in named]
    cut = threshold.cuts[0][1]
    if unknown:
        raise LevelNotFound(
            f"`threshold` names {threshold.axis}={unknown[0]!r}, which does not occur.",
            f"{threshold.axis} has: {listed(have)}.",
            hint=f"audit.at({{{have[0]!r}: {cut!r}}}, by={threshold.axis!r})",
            role="threshold",
            value=unknown[0],
        )
    if lacking and threshold.other is None:
        raise RoleNeeded(
            f"`threshold` names {listed(named)} of {threshold.axis}, and not {listed(lacking)}.",
            "This audit has no threshold of its own that they could keep.",
            hint=f"audit.at({{{', '.join(f'{level!r}: {cut!r}' for level in have[:3])}}}, by={threshold.axis!r})",
            role="threshold",
            value=lacking[0],
        )


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
