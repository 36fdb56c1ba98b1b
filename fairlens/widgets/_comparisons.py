"""What one view compares: each difference with its test, and who is on its sides. Published counts only."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from .._ask import Reference
from .._html import number
from .._protected import ProtectedAudit
from .._slice import Slice
from .._thresholds import GroupThresholds, Threshold
from ..exceptions import OneGroup
from ..metrics import Metric
from ..metrics._row import Group, PairRow, Status
from ._filled import filled

if TYPE_CHECKING:
    from .._cube import Cube
    from ._view import View


@dataclass(frozen=True, slots=True)
class Look:
    """One rate of the people of a view as somebody is shown it, and in words who they are and how they were decided about."""

    metric: Metric
    audit: ProtectedAudit
    setting: str


def looks_once(view: View) -> tuple[Look, ...]:
    """What a view shows that is at one metric and one threshold."""
    said, state = view.texts["panel"], view.state
    decided = said["as_decided"] if state.threshold is None else filled(said["at_threshold"], threshold=view.decided)
    return (Look(state.metric, view.audit, f"{view.among}, {decided}" if view.among else decided),)


def looks_at_each(view: View, metrics: Sequence[Metric], thresholds: Sequence[float]) -> tuple[Look, ...]:
    """What a view shows of several metrics at its own threshold, and of its own metric at every other."""
    (own,), said = looks_once(view), view.texts
    made = [Look(metric, own.audit, own.setting) for metric in metrics]
    for cut in thresholds:
        if cut == view.audit.threshold:
            continue
        score = filled(said["sentence"]["at_least"], threshold=number(cut).replace(".", said.marks["decimal"]))
        decided = filled(said["panel"]["at_threshold"], threshold=score)
        made.append(Look(view.state.metric, view.audit.at(cut), f"{view.among}, {decided}" if view.among else decided))
    return tuple(made)


@dataclass(frozen=True, slots=True)
class Compared:
    """One comparison: a group, its reference and the score test of their difference.

    `about` says which people are compared with which, and `key` the same whichever way round: whatever has one key is one comparison.
    `Log` puts numbers in place of keys. `setting` says who was counted and how they were decided about.
    """

    key: Hashable
    about: Hashable
    metric: Metric
    group: Group
    reference: str | Group
    difference: float
    lower: float
    upper: float
    n: int | None
    n_reference: int | None
    p_value: float
    status: Status
    setting: str = ""

    @property
    def has_p(self) -> bool:
        """Whether it is a test: not of hidden people, of nobody, or of few."""
        return self.status == "ok" and not math.isnan(self.p_value)


def distinct(compared: Iterable[Compared]) -> tuple[Compared, ...]:
    """Each comparison once, in the order in which they were first seen; with its p-value where only some views show it.

    Everybody else can be hidden where everybody is shown.
    """
    found: dict[Hashable, Compared] = {}
    for one in compared:
        if one.key not in found or (one.has_p and not found[one.key].has_p):
            found[one.key] = one
    return tuple(found.values())


def comparisons_of(
    look: Look, groups: Sequence[str] | Slice, reference: Reference, confidence: float, data: Hashable = None
) -> tuple[Compared, ...]:
    """Everything that one table of differences compares, of attributes or of a slice; nothing where there is one group only.

    A rate and the rate of all others of its denominator are one subject: their differences are one test.
    """
    audit, metric = look.audit, look.metric
    try:
        pairs = audit.difference(metric, groups if isinstance(groups, Slice) else list(groups), reference, confidence).rows
    except OneGroup:
        return ()
    people = Sides(audit, groups)
    rate = (data, frozenset((metric.numerator, metric.opposite.numerator)), metric.denominator)
    found = []
    for pair in pairs:
        side = people.of(pair.row.group)
        sides = [pair.row.group] if isinstance(pair.reference, str) else [pair.row.group, pair.reference]
        subject = (*rate, people.decided(sides, isinstance(pair.reference, str)) if metric.needs_decision else None)
        if isinstance(pair.reference, str):
            rest = people.rest(pair.row.group, [one.row.group for one in pairs])
            about: Any = (*subject, side, pair.reference, people.all)
        else:
            rest = people.of(pair.reference)
            about = (*subject, side, rest)
        found.append(_compared((*subject, frozenset((side, rest))), about, look, pair))
    return tuple(found)


class Sides:
    """Who is on the sides of a comparison: of each axis that matters the levels that they have, whatever the view calls them."""

    def __init__(self, audit: ProtectedAudit, groups: Sequence[str] | Slice) -> None:
        self._names = {axis: audit.tables.levels(axis) for axis in audit.groups}
        self._every = {axis: frozenset(map(repr, levels)) for axis, levels in self._names.items()}
        self._threshold = audit.threshold
        self._filter = left_out(audit)
        self._slice = groups if isinstance(groups, Slice) else None
        self._axes = () if isinstance(groups, Slice) else tuple(groups)
        self.all = frozenset(self._filter.items())

    def of(self, group: Group) -> Hashable:
        """The people of a group."""
        if self._slice is not None:
            own = {axis: frozenset(map(repr, levels)) for axis, levels in self._slice.where}
            inside = group[0] == self._slice.name
            return self._people(own) if inside else self._without(own)
        return self._people(self._levels(group))

    def rest(self, group: Group, groups: Sequence[Group]) -> Hashable:
        """Everybody else; of two groups the other one."""
        others = [one for one in groups if one != group]
        if len(others) == 1:
            return self.of(others[0])
        return self._without(self._levels(group))

    def decided(self, groups: Sequence[Group], all_others: bool) -> Hashable:
        """The threshold of those who are compared; of thresholds by group only those of levels that are on a side."""
        cut = self._threshold
        if not isinstance(cut, GroupThresholds):
            return cut
        if all_others or self._slice is not None or cut.axis not in self._axes:
            levels = self._kept(cut.axis)
        else:
            levels = frozenset(repr(group[self._axes.index(cut.axis)]) for group in groups)
        found = frozenset((repr(level), cut.of(level)) for level in self._names[cut.axis] if repr(level) in levels)
        cuts = {one for _, one in found}
        return cuts.pop() if len(cuts) == 1 else (cut.axis, found)

    def _levels(self, group: Group) -> dict[str, frozenset[str]]:
        return {axis: frozenset([repr(level)]) for axis, level in zip(self._axes, group, strict=True)}

    def _people(self, own: Mapping[str, frozenset[str]]) -> Hashable:
        kept = {**self._filter, **{axis: levels & self._kept(axis) for axis, levels in own.items()}}
        return frozenset((axis, levels) for axis, levels in kept.items() if levels != self._every[axis])

    def _without(self, own: Mapping[str, frozenset[str]]) -> Hashable:
        if len(own) == 1:
            ((axis, levels),) = own.items()
            return self._people({axis: self._kept(axis) - levels})
        return "without", self._people(own), self.all

    def _kept(self, axis: str) -> frozenset[str]:
        return self._filter.get(axis, self._every[axis])


def _compared(key: Hashable, about: Hashable, look: Look, pair: PairRow) -> Compared:
    change, sizes = (pair.change, pair.lower, pair.upper), (pair.row.n, pair.base.n)
    p = pair.p_value if pair.status == "ok" else math.nan
    return Compared(key, about, look.metric, pair.row.group, pair.reference, *change, *sizes, p, pair.status, look.setting)


def left_out(audit: ProtectedAudit) -> dict[str, frozenset[str]]:
    """The axes that people are left out by; one whose levels are all kept leaves nobody out."""
    kept = {axis: frozenset(map(repr, levels)) for axis, levels in audit.selection}
    return {axis: levels for axis, levels in kept.items() if levels != frozenset(map(repr, audit.tables.levels(axis)))}


def one_threshold(threshold: Threshold) -> Threshold:
    """Thresholds by group that are all the same are one."""
    cuts = set(threshold) if isinstance(threshold, GroupThresholds) else set()
    return cuts.pop() if len(cuts) == 1 else threshold


def data_of(cube: Cube) -> Hashable:
    """What tells data apart within one kernel: a digest of all counts. It never leaves, since guesses could be tested with it."""
    found = hashlib.blake2b(repr((cube.axes, cube.levels)).encode(), digest_size=16)
    found.update(cube.codes.tobytes())
    for name in sorted(cube.sums):
        found.update(name.encode() + cube.sums[name].tobytes())
    return found.hexdigest()
