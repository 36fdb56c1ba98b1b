"""Looking: which views the live panels of a kernel have stood at, and what each of them compared."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from threading import RLock
from typing import Any, Literal
from weakref import WeakSet

from .._levels import Level
from .._protected import ProtectedAudit, Selection
from .._slice import Slice
from .._thresholds import GroupThresholds, Threshold
from ..disparities import Criterion
from ..metrics import Metric
from ._choices import Choices
from ._comparisons import Compared, Look, Sides, comparisons_of, data_of, distinct, left_out, one_threshold
from ._kinds import kind_of
from ._view import View

MOST_VIEWS, MOST_COMPARISONS = 10_000, 50_000
"""How much a log holds; then it is full, and says so."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One view that was looked at: when first, whether a criterion asked for it beforehand, and what it compared.

    `slice` is what was compared in place of the groups of `by`. `looks` counts the rates and thresholds that stood there together.
    """

    words: str
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
    looks: int = 1

    @property
    def tested(self) -> int:
        """How many comparisons have a p-value."""
        return len({one.key for one in self.compared if one.has_p})

    @property
    def untested(self) -> int:
        """How many comparisons have none."""
        return len({one.key for one in self.compared} - {one.key for one in self.compared if one.has_p})


@dataclass(frozen=True, slots=True)
class Plan:
    """What criteria ask of an audit at its own threshold: the comparisons of each of their tables, and all of them, each once."""

    tables: Mapping[frozenset[Hashable], tuple[Compared, ...]] = field(default_factory=dict)

    @property
    def compared(self) -> tuple[Compared, ...]:
        """All comparisons, each once."""
        return distinct(one for table in self.tables.values() for one in table)

    def holds(self, compared: Sequence[Compared]) -> bool:
        """Whether a view compares exactly what one of the tables does."""
        return bool(compared) and about_of(compared) in self.tables


def about_of(compared: Sequence[Compared]) -> frozenset[Hashable]:
    """What a table compares, whichever words or levels name its reference."""
    return frozenset(one.about for one in compared)


def plan_of(audit: ProtectedAudit, criteria: Criterion | Sequence[Criterion], confidence: float, threshold: Threshold | Literal["own"] = "own") -> Plan:
    """Say which comparisons criteria ask for at a threshold, or at the audit's own.

    Left out are criteria of which no view of a panel can be about: against a baseline, of other numbers than rates, and to the best
    group, which is chosen after looking.
    """
    wanted = (criteria,) if isinstance(criteria, Criterion) else criteria
    at = audit.own_threshold if threshold == "own" else threshold
    whole, data = replace(audit, selection=(), threshold=at), data_of(audit.published.cube)
    tables = {}
    for one in wanted:
        if not isinstance(one.measure, Metric) or one.comparison == "baseline" or one.reference == "best":
            continue
        for by in [one.by] if one.by is not None else [(axis,) for axis in audit.spec.sensitive_features]:
            table = comparisons_of(Look(one.measure, whole, ""), by, one.reference, confidence, data)
            if table:
                tables[about_of(table)] = table
    return Plan(tables)


class Log:
    """The list of a kernel: every view that any of its panels has rested at, whatever its data.

    Panels of one scope (the same counts, roles, floors, profile, confidence and language) read the same entries. Of all others a panel knows
    the number only: what one profile may show another may have to hide.
    """

    def __init__(self) -> None:
        self.lock = RLock()
        self.full = False
        self.panels: WeakSet[Looking] = WeakSet()
        self._entries: dict[Hashable, list[Entry]] = {}
        self._keys: set[Hashable] = set()
        self._numbers: dict[Hashable, int] = {}
        self._plans: dict[Hashable, Plan] = {}
        self._asked: set[Hashable] = set()
        self._late: set[Hashable] = set()
        self._seen: set[Hashable] = set()
        self._views = self._compared = 0

    def entries(self, scope: Hashable) -> tuple[Entry, ...]:
        """What the panels of a scope have looked at, in the order in which it was first seen."""
        with self.lock:
            return tuple(self._entries.get(scope, ()))

    def plan(self, scope: Hashable) -> Plan:
        """What was asked for before anybody looked."""
        return self._plans.get(scope, Plan())

    def is_late(self, scope: Hashable) -> bool:
        """Whether criteria were given after looking had begun, which plan nothing."""
        return scope in self._late

    def elsewhere(self, scope: Hashable) -> tuple[int, int]:
        """How many views the panels of other scopes have looked at, and how many more comparisons they explored."""
        with self.lock:
            own = {one.key for entry in self._entries.get(scope, ()) if not entry.planned for one in entry.compared if one.has_p}
            others = [entry for other, entries in self._entries.items() if other != scope for entry in entries]
            found = {one.key for entry in others if not entry.planned for one in entry.compared}  # with or without p: which of them, may be hidden
            return len(others), len(found - own)

    def expect(self, scope: Hashable, alike: frozenset[Hashable], plan: Plan) -> None:
        """Take criteria as a plan, where nobody has looked yet at data that may be the same.

        `alike` holds what data may be known by: the number of people, and the names of their sensitive features. With one more
        column or one row less, data that somebody has seen still are.
        """
        with self.lock:
            asked = {(alike, _unbound(about)): about for about in plan.tables}
            kept = {about: plan.tables[about] for one, about in asked.items() if not alike & self._seen or one in self._asked}
            if len(kept) < len(plan.tables):
                self._late.add(scope)
            else:
                self._asked.update(asked)
            numbered = {about: self._numbered(table) for about, table in kept.items()}
            self._plans[scope] = Plan({**self.plan(scope).tables, **numbered})

    def add(self, key: Hashable, scope: Hashable, alike: frozenset[Hashable], make: Callable[[Plan], Entry | None]) -> bool:
        """Note a view once; say whether there is anything new to tell."""
        with self.lock:
            if key in self._keys or self.full:
                return False
            made = make(self.plan(scope))
            if made is None:
                return False
            if self._views >= MOST_VIEWS or self._compared + len(made.compared) > MOST_COMPARISONS:
                self.full = True
                return True
            self._keys.add(key)
            self._seen |= alike
            self._views, self._compared = self._views + 1, self._compared + len(made.compared)
            self._entries.setdefault(scope, []).append(replace(made, compared=self._numbered(made.compared)))
            return True

    def _numbered(self, compared: Sequence[Compared]) -> tuple[Compared, ...]:
        """Put a number in place of each key, so that thousands are told apart quickly."""
        return tuple(replace(one, key=self._numbers.setdefault(one.key, len(self._numbers)), about=None) for one in compared)


def _unbound(about: frozenset[Any]) -> Hashable:
    """What a table compares, of whatever profile: their data differ by rounded scores and by who is left out."""
    return frozenset(one[1:] for one in about)


_KERNEL = Log()


def kernel_log() -> Log:
    """The log of this process."""
    return _KERNEL


class Looking:
    """What one panel adds to the log of its kernel, and reads of it.

    Parameters
    ----------
    choices
        What the panel offers; reads a state as the browser holds it.
    criteria
        What was asked for; a plan only where nobody has looked yet.
    tell
        Called whenever there is something new to read.
    log
        That of this kernel when None.
    """

    def __init__(
        self, choices: Choices, criteria: Sequence[Criterion] = (), tell: Callable[[], None] = lambda: None, log: Log | None = None
    ) -> None:
        audit = choices.audit
        self._choices, self.tell, self.log = choices, tell, log or kernel_log()
        self._data = data_of(audit.published.cube)
        people = round(audit.published.cube.n + sum(n for _, n in audit.published.left_out))
        self._alike = frozenset([people, *audit.spec.sensitive_features])
        self.scope: Hashable = (self._data, audit.profile, repr(audit.spec), choices.confidence, choices.texts.language)
        self._criteria = (criteria,) if isinstance(criteria, Criterion) else tuple(criteria)
        self._asked: dict[Threshold, Plan] = {}
        self.log.expect(self.scope, self._alike, self._asked_at(audit.own_threshold))
        self.log.panels.add(self)

    @property
    def confidence(self) -> float:
        """Of the intervals."""
        return self._choices.confidence

    @property
    def entries(self) -> tuple[Entry, ...]:
        """What was looked at in panels that show the same in the same words."""
        return self.log.entries(self.scope)

    @property
    def plan(self) -> Plan:
        """What was asked for before anybody looked."""
        return self.log.plan(self.scope)

    def add(self, raw: Mapping[str, Any], now: datetime) -> bool:
        """Note a state; say whether there is anything new to tell, and tell every panel.

        Two states are one where the same rates, groups, people, thresholds and reference are looked at: how they are drawn, compared
        or explained changes no test. Nothing is noted any more after 10,000 views, or when they hold 50,000 comparisons.

        Parameters
        ----------
        raw
            The state as the browser holds it.
        now
            When; with a time zone.
        """
        view = View(self._choices, self._choices.decode(raw))
        looks = kind_of(view.state.view).looks(view)
        if not looks:
            return False
        found = self.log.add(self._key(view, looks), self.scope, self._alike, lambda plan: self._entry(view, looks, plan, now))
        if found:
            for panel in tuple(self.log.panels):
                panel.tell()
        return found

    def _entry(self, view: View, looks: Sequence[Look], plan: Plan, now: datetime) -> Entry:
        state, reference = view.state, view.reference
        groups = state.by if state.slice is None else state.slice
        compared = tuple(one for look in looks for one in comparisons_of(look, groups, reference, self.confidence, self._data))
        at, words = now.astimezone(UTC).replace(microsecond=0), view.words
        about = (state.metric, state.by, state.slice, view.audit.selection, view.audit.threshold, state.reference, state.compare)
        beside = [table for one, table in self._judged(view).tables.items() if one not in plan.tables]
        every = (*compared, *(one for table in beside for one in table))
        return Entry(words, at, plan.holds(compared) and not beside, *about, every, len(looks) + len(beside))

    def _judged(self, view: View) -> Plan:
        """What criteria compare beside a view: everybody, at one threshold."""
        if not kind_of(view.state.view).judges:
            return Plan()
        cut = view.audit.threshold
        return self._asked_at(self._choices.audit.own_threshold if isinstance(cut, GroupThresholds) else cut)

    def _asked_at(self, threshold: Threshold) -> Plan:
        if threshold not in self._asked:
            self._asked[threshold] = plan_of(self._choices.audit, self._criteria, self.confidence, threshold)
        return self._asked[threshold]

    def _key(self, view: View, looks: Sequence[Look]) -> Hashable:
        """What makes a view: groups in any order, slices by their people and not by their names."""
        state = view.state
        groups: Hashable = frozenset(state.by)
        reference: Hashable = state.reference
        if state.slice is not None:
            groups = Sides(view.audit, state.slice).of((state.slice.name,))
            reference = reference if isinstance(reference, str) else state.reference == (state.slice.name,)
        elif not isinstance(state.reference, str):
            reference = frozenset(zip(state.by, map(repr, state.reference), strict=True))
        shown = frozenset((look.metric.name, one_threshold(look.audit.threshold)) for look in looks)
        beside = frozenset(self._judged(view).tables)
        return self.scope, state.slice is None, groups, frozenset(left_out(view.audit).items()), shown, reference, beside
