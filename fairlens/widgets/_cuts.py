"""Thresholds that were asked for, checked against the stops of the slider: one for everybody, or one per group."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from .._levels import Level
from .._thresholds import GroupThresholds
from ..exceptions import BadValue, LevelNotFound, RoleNeeded, ThresholdNotHeld, WrongKind, listed

if TYPE_CHECKING:
    from ._choices import Choices

MOST_SLIDERS = 8
"""How many groups may have a threshold each."""
_REAL = (int, float, np.integer, np.floating)


def read_cuts(choices: Choices, threshold: Any, names: tuple[str, ...]) -> GroupThresholds:
    """Thresholds of the levels of the one column that is grouped by; levels that are not named keep the audit's own."""
    axis, given, other = names[0], threshold, choices.audit.spec.threshold
    if isinstance(threshold, GroupThresholds):
        axis, given, other = threshold.axis, dict(threshold.cuts), threshold.other
    levels = choices.levels(names[0])
    _check_splittable(choices, names[0], levels, given)
    unknown = [level for level in given if level not in levels]
    if len(names) > 1 or unknown or axis != names[0]:
        raise LevelNotFound(
            f"`threshold` is {given!r}, and the panel groups by {', '.join(names)}.",
            f"Thresholds by group name levels of the one column that is grouped by: {listed(levels)}.",
            hint=f"show(by={names[0]!r}, threshold={{{levels[0]!r}: 0.5}})",
            role="threshold",
            value=given,
        )
    rest = next(iter(given.values())) if other is None else other
    return GroupThresholds(axis, tuple((level, _cut(choices, given.get(level, rest))) for level in levels))


def _cut(choices: Choices, threshold: Any) -> float:
    """One of several thresholds: a stop with a number."""
    cut = read_stop(choices, threshold)
    if cut is None:
        raise WrongKind(
            f"`threshold` of a group is {threshold!r}.",
            "Thresholds by group are numbers; decisions as they were taken are for everybody.",
            hint='threshold="decided", or a number for each group',
            role="threshold",
            value=threshold,
        )
    return cut


def _check_splittable(choices: Choices, axis: str, levels: Sequence[Level], given: Mapping[Level, Any]) -> None:
    """One slider per level needs scores, something to set, and a number of levels that a person can look at."""
    if choices.audit.tables.steps is None:
        raise RoleNeeded(
            f"Thresholds by {axis} were asked for.",
            "This audit has decisions and no scores.",
            hint="fl.audit(..., y_score=..., threshold=...)",
            role="y_score",
        )
    if not given or len(levels) > MOST_SLIDERS:
        raise BadValue(
            f"Thresholds by {axis} were asked for: {given!r}.",
            f"{axis} has {len(levels):,} levels; a panel has one slider for each of {MOST_SLIDERS} at most."
            if given
            else "They name no level.",
            hint=f"audit.at({{{levels[0]!r}: 0.5}}, by={axis!r}).by_group(...)" if given else f"threshold={{{levels[0]!r}: 0.5}}",
            role="threshold",
            value=dict(given),
        )


def read_stop(choices: Choices, threshold: Any) -> float | None:
    """Check one threshold for everybody: a stop, or "decided"."""
    if isinstance(threshold, str) and threshold == "decided" and choices.audit.tables.decided:
        return None
    if threshold is not None and (isinstance(threshold, bool) or not isinstance(threshold, _REAL)):
        raise WrongKind(
            f"`threshold` is {threshold!r}.",
            'It must be a number, or "decided" where there is a column of decisions.',
            hint="threshold=0.5",
            role="threshold",
            value=threshold,
        )
    if threshold in choices.stops:
        return None if threshold is None else float(threshold)
    known = [stop for stop in choices.stops if stop is not None]
    near = sorted(known, key=lambda stop: abs(stop - (threshold or 0.0)))[:2]
    raise ThresholdNotHeld(
        f"`threshold` is {threshold!r}, which is no stop of this panel.",
        f"The nearest stops are {listed(sorted(near))}." if near else "This panel has decisions and no scores.",
        hint=f"declare it: fl.audit(..., threshold=[..., {threshold!r}])" if near else "leave threshold out",
        role="threshold",
        value=threshold,
    )
