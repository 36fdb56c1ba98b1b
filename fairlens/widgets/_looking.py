"""Looking: which views a live panel has stood at, and what each of them compared. Published counts only."""

from __future__ import annotations

import math
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from threading import RLock
from typing import Any, Protocol

from .._levels import ALL, Level
from .._measure import Reference
from .._protected import ProtectedAudit, Selection
from .._thresholds import GroupThresholds, Threshold
from ..disparities import Criterion
from ..exceptions import OneGroup
from ..metrics import Metric
from ..metrics._disparity import Word
from ..metrics._row import Group, PairRow, Status

MOST_VIEWS, MOST_COMPARISONS = 10_000, 50_000
"""How much a log holds; then it is full, and says so."""
Side = frozenset[tuple[str, frozenset[str]]]
"""People: of some axes the levels that they have."""


class Named(Protocol):
    """What the log needs of a state."""

    @property
    def metric(self) -> Metric: ...
    @property
    def by(self) -> tuple[str, ...]: ...
    @property
    def reference(self) -> str | tuple[Level, ...]: ...
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


@dataclass(frozen=True, slots=True)
class Compared:
    """One comparison: a group, its reference and the score test of their difference.

    `about` says which people are compared with which, and `key` the same whichever way round: whatever has one key is one comparison.
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
    """One view that was looked at: when first, whether a criterion asked for it beforehand, and what it compared."""

    words: str
    at: datetime
    planned: bool
    metric: Metric
    by: tuple[str, ...]
    where: Selection
    threshold: Threshold
    reference: str | tuple[Level, ...]
    compare: str
    compared: tuple[Compared, ...]


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
    """Each comparison once, in the order in which they were first seen."""
    found: dict[Hashable, Compared] = {}
    for one in compared:
        found.setdefault(one.key, one)
    return tuple(found.values())


def comparisons_of(audit: ProtectedAudit, metric: Metric, by: Sequence[str], reference: Reference, confidence: float) -> tuple[Compared, ...]:
    """Everything that one table of differences compares; nothing where there is one group only."""
    try:
        pairs = audit.difference(metric, list(by), reference, confidence).rows
    except OneGroup:
        return ()
    filtered = _filter(audit)
    axes = audit._attributes(list(by))
    sides = [_side(filtered, axes, pair.row.group) for pair in pairs]
    subject = (metric.name, _one(audit.threshold))
    found = []
    for pair, side in zip(pairs, sides, strict=True):
        if isinstance(pair.reference, str):
            about: Any = (*subject, side, pair.reference, frozenset(filtered.items()))
            others = [one for one in sides if one != side]
            rest: Any = others[0] if len(others) == 1 else ("rest", side, frozenset(filtered.items()))
        else:
            rest = _side(filtered, axes, pair.reference)
            about = (*subject, side, rest, frozenset())
        found.append(_compared((*subject, frozenset((side, rest))), about, metric, pair))
    return tuple(found)


def _compared(key: Hashable, about: Hashable, metric: Metric, pair: PairRow) -> Compared:
    change, sizes = (pair.change, pair.lower, pair.upper), (pair.row.n, pair.base.n)
    p = pair.p_value if pair.status == "ok" else math.nan
    return Compared(key, about, metric, pair.row.group, pair.reference, *change, *sizes, p, pair.status)


def _filter(audit: ProtectedAudit) -> dict[str, frozenset[str]]:
    """The axes that people are left out by; one whose levels are all kept leaves nobody out."""
    kept = {axis: frozenset(map(repr, levels)) for axis, levels in audit.selection}
    return {axis: levels for axis, levels in kept.items() if levels != frozenset(map(repr, audit.tables.levels(axis)))}


def _side(filtered: Mapping[str, frozenset[str]], axes: Sequence[str], group: Group) -> Side:
    own = {axis: frozenset([repr(level)]) for axis, level in zip(axes, group, strict=True) if level != ALL}
    return frozenset({**filtered, **own}.items())


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
        self.plan = plan or Plan()
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
            compared = comparisons_of(audit, state.metric, state.by, reference, self.confidence)
            if len(self._entries) >= MOST_VIEWS or self._compared + len(compared) > MOST_COMPARISONS:
                self.full = True
                return True
            self._keys.add(key)
            self._compared += len(compared)
            at = now.astimezone(UTC).replace(microsecond=0)
            planned = self.plan.holds(compared)
            self._entries.append(
                Entry(
                    seen.words, at, planned, state.metric, state.by, audit.selection, audit.threshold, state.reference, state.compare, compared
                )
            )  # fmt: skip
            return True


def _key(state: Named, audit: ProtectedAudit) -> Hashable:
    reference: Hashable = state.reference
    if not isinstance(state.reference, str):
        reference = frozenset(zip(state.by, map(repr, state.reference), strict=True))
    return state.metric.name, frozenset(state.by), frozenset(_filter(audit).items()), _one(audit.threshold), reference
