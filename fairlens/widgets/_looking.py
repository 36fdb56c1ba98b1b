"""Looking: which views a live panel has stood at, and what each of them compared. Published counts only."""

from __future__ import annotations

import math
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from threading import RLock
from typing import Any, Protocol

from .._ask import Reference
from .._levels import Level
from .._protected import ProtectedAudit, Selection
from .._slice import Slice
from .._thresholds import GroupThresholds, Threshold
from ..disparities import Criterion
from ..exceptions import OneGroup
from ..metrics import Metric
from ..metrics._disparity import Word
from ..metrics._row import Group, PairRow, Status
from ..texts import Texts
from ._filled import filled

MOST_VIEWS, MOST_COMPARISONS = 10_000, 50_000
"""How much a log holds; then it is full, and says so."""


class Named(Protocol):
    """What the log needs of a state."""

    @property
    def metric(self) -> Metric: ...
    @property
    def by(self) -> tuple[str, ...]: ...
    @property
    def slice(self) -> Slice | None: ...
    @property
    def reference(self) -> str | tuple[Level, ...]: ...
    @property
    def threshold(self) -> Threshold: ...
    @property
    def compare(self) -> str: ...


class Seen(Protocol):
    """What the log needs of a view: the state in names, the audit at its filter and threshold, and its words."""

    @property
    def state(self) -> Named: ...
    @property
    def audit(self) -> ProtectedAudit: ...
    @property
    def words(self) -> str: ...
    @property
    def among(self) -> str: ...
    @property
    def decided(self) -> str: ...
    @property
    def texts(self) -> Texts: ...


@dataclass(frozen=True, slots=True)
class Compared:
    """One comparison: a group, its reference and the score test of their difference.

    `about` says which people are compared with which, and `key` the same whichever way round: whatever has one key is one comparison.
    `Looking` puts numbers in place of keys.
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

    @property
    def has_p(self) -> bool:
        """Whether it is a test: not of hidden people, of nobody, or of few."""
        return self.status == "ok" and not math.isnan(self.p_value)


@dataclass(frozen=True, slots=True)
class Entry:
    """One view that was looked at: when first, whether a criterion asked for it beforehand, and what it compared.

    `setting` says who was counted and how they were decided about; `slice` is what was compared in place of the groups of `by`.
    """

    words: str
    setting: str
    at: datetime
    planned: bool
    metric: Metric
    by: tuple[str, ...]
    slice: Slice | None
    where: Selection
    threshold: Threshold
    reference: str | tuple[Level, ...]
    compare: str
    compared: tuple[Compared, ...]

    @property
    def tested(self) -> int:
        """How many comparisons have a p-value."""
        return len({one.key for one in self.compared if one.has_p})

    @property
    def untested(self) -> int:
        """How many comparisons have none."""
        return len({one.key for one in self.compared if not one.has_p})


@dataclass(frozen=True, slots=True)
class Plan:
    """What criteria ask of an audit at its own threshold: the comparisons of each of their tables, and all of them, each once."""

    tables: frozenset[frozenset[Hashable]] = frozenset()
    compared: tuple[Compared, ...] = ()

    def holds(self, compared: Sequence[Compared]) -> bool:
        """Whether a view compares exactly what one of the tables does."""
        return bool(compared) and frozenset(one.about for one in compared) in self.tables


def plan_of(audit: ProtectedAudit, criteria: Criterion | Sequence[Criterion], confidence: float) -> Plan:
    """Say which comparisons criteria ask for.

    Left out are criteria of which no view of a panel can be about: against a baseline, of other numbers than rates, and to the best
    group, which is chosen after looking.
    """
    wanted = (criteria,) if isinstance(criteria, Criterion) else criteria
    whole = replace(audit, selection=(), threshold=audit.own_threshold)
    tables = []
    for one in wanted:
        if not isinstance(one.measure, Metric) or one.comparison == "baseline" or one.reference == "best":
            continue
        for by in [one.by] if one.by is not None else [(axis,) for axis in audit.spec.sensitive_features]:
            tables.append(comparisons_of(whole, one.measure, by, one.reference, confidence))
    return Plan(frozenset(frozenset(one.about for one in table) for table in tables if table), distinct(one for table in tables for one in table))


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
    audit: ProtectedAudit, metric: Metric, groups: Sequence[str] | Slice, reference: Reference, confidence: float
) -> tuple[Compared, ...]:
    """Everything that one table of differences compares, of attributes or of a slice; nothing where there is one group only."""
    try:
        pairs = audit.difference(metric, groups if isinstance(groups, Slice) else list(groups), reference, confidence).rows
    except OneGroup:
        return ()
    people = _Sides(audit, groups)
    subject = (metric.name, _one(audit.threshold))
    found = []
    for pair in pairs:
        side = people.of(pair.row.group)
        if isinstance(pair.reference, str):
            rest = people.rest(pair.row.group, [one.row.group for one in pairs])
            about: Any = (*subject, side, pair.reference, people.all)
        else:
            rest = people.of(pair.reference)
            about = (*subject, side, rest)
        found.append(_compared((*subject, frozenset((side, rest))), about, metric, pair))
    return tuple(found)


class _Sides:
    """Who is on the sides of a comparison: of each axis that matters the levels that they have, whatever the view calls them."""

    def __init__(self, audit: ProtectedAudit, groups: Sequence[str] | Slice) -> None:
        self._every = {axis: frozenset(map(repr, audit.tables.levels(axis))) for axis in audit.groups}
        self._filter = _filter(audit)
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


def _compared(key: Hashable, about: Hashable, metric: Metric, pair: PairRow) -> Compared:
    change, sizes = (pair.change, pair.lower, pair.upper), (pair.row.n, pair.base.n)
    p = pair.p_value if pair.status == "ok" else math.nan
    return Compared(key, about, metric, pair.row.group, pair.reference, *change, *sizes, p, pair.status)


def _filter(audit: ProtectedAudit) -> dict[str, frozenset[str]]:
    """The axes that people are left out by; one whose levels are all kept leaves nobody out."""
    kept = {axis: frozenset(map(repr, levels)) for axis, levels in audit.selection}
    return {axis: levels for axis, levels in kept.items() if levels != frozenset(map(repr, audit.tables.levels(axis)))}


def _one(threshold: Threshold) -> Threshold:
    """Thresholds by group that are all the same are one."""
    cuts = set(threshold) if isinstance(threshold, GroupThresholds) else set()
    return cuts.pop() if len(cuts) == 1 else threshold


class Looking:
    """The list that a live panel keeps of the states that it has rested at.

    Parameters
    ----------
    view_of
        Reads a state as the browser holds it.
    plan
        What criteria ask for, from `plan_of`.
    confidence
        Of the intervals.
    """

    def __init__(self, view_of: Callable[[Mapping[str, Any]], Seen], plan: Plan | None = None, confidence: float = 0.95) -> None:
        self._view_of = view_of
        self.confidence = confidence
        self._numbers: dict[Hashable, int] = {}
        given = plan or Plan()
        self.plan = replace(given, compared=self._numbered(given.compared))
        self._entries: list[Entry] = []
        self._keys: set[Hashable] = set()
        self._compared = 0
        self._lock = RLock()
        self.full = False

    @property
    def entries(self) -> tuple[Entry, ...]:
        """What was looked at, in the order in which it was first seen."""
        with self._lock:
            return tuple(self._entries)

    def add(self, raw: Mapping[str, Any], now: datetime) -> bool:
        """Note a state; say whether there is anything new to tell.

        Two states are one where the same metric, groups, people, thresholds and reference are looked at: how they are drawn, compared
        or explained changes no test. Nothing is noted any more after 10,000 views, or when they hold 50,000 comparisons.

        Parameters
        ----------
        raw
            The state as the browser holds it.
        now
            When; with a time zone.
        """
        with self._lock:
            seen = self._view_of(raw)
            state, audit = seen.state, seen.audit
            key = _key(state, audit)
            if key in self._keys or self.full:
                return False
            reference: Any = Word(state.reference) if isinstance(state.reference, str) else state.reference
            compared = comparisons_of(audit, state.metric, state.by if state.slice is None else state.slice, reference, self.confidence)
            if len(self._entries) >= MOST_VIEWS or self._compared + len(compared) > MOST_COMPARISONS:
                self.full = True
                return True
            self._keys.add(key)
            self._compared += len(compared)
            at, planned = now.astimezone(UTC).replace(microsecond=0), self.plan.holds(compared)
            about = (state.metric, state.by, state.slice, audit.selection, audit.threshold, state.reference, state.compare)
            self._entries.append(Entry(seen.words, _setting(seen), at, planned, *about, self._numbered(compared)))
            return True

    def _numbered(self, compared: Sequence[Compared]) -> tuple[Compared, ...]:
        """Put a number in place of each key, so that thousands are told apart quickly."""
        return tuple(replace(one, key=self._numbers.setdefault(one.key, len(self._numbers)), about=None) for one in compared)


def _setting(seen: Seen) -> str:
    said = seen.texts["panel"]
    decided = said["as_decided"] if seen.state.threshold is None else filled(said["at_threshold"], threshold=seen.decided)
    return f"{seen.among}, {decided}" if seen.among else decided


def _key(state: Named, audit: ProtectedAudit) -> Hashable:
    """What makes a view: groups in any order, slices by their people and not by their names."""
    groups: Hashable = frozenset(state.by)
    reference: Hashable = state.reference
    if state.slice is not None:
        groups = _Sides(audit, state.slice).of((state.slice.name,))
        reference = reference if isinstance(reference, str) else state.reference == (state.slice.name,)
    elif not isinstance(state.reference, str):
        reference = frozenset(zip(state.by, map(repr, state.reference), strict=True))
    return state.metric.name, state.slice is None, groups, frozenset(_filter(audit).items()), _one(audit.threshold), reference
