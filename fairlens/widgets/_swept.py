"""Rates and costs of one view at every threshold, from published tables."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

from .._html import number
from .._levels import name_of
from .._spec import is_number
from .._thresholds import GroupThresholds
from ..metrics import GroupRow, Metric, get
from ..scores import ThresholdSweep, sweep_thresholds
from ..scores._choice import candidates, choose_lowest
from ..scores._costs import ChoiceRow, Costs, check_words, price_decision
from ..scores._sweep import swept

if TYPE_CHECKING:
    from .._protected import ProtectedAudit
    from ..metrics._results import Group
    from ._choices import Choices
    from ._view import View

MOST_LINES = 8
"""Groups in one picture: more could not be told apart."""
RATES = ("selection_rate", "true_positive_rate", "false_positive_rate")


def thresholds_of(choices: Choices) -> tuple[float, ...]:
    """Every stop of the slider that is a number, and every threshold that may be chosen; none without scores."""
    if choices.audit.tables.steps is None:
        return ()
    return swept(choices.audit)


def rates_of(choices: Choices) -> tuple[Metric, ...]:
    """The rates that are always shown."""
    found = (get(name) for name in (RATES if choices.audit.tables.has_y_true else RATES[:1]))
    return tuple(metric for metric in found if isinstance(metric, Metric))


def costs_of(choices: Choices) -> Costs:
    """What the user said that errors cost; else one each."""
    return Costs() if choices.costs is None else check_words(choices.costs)


@dataclass(frozen=True, eq=False)
class Swept:
    """What one view says at every threshold. Rows of costs have everybody last."""

    view: View

    @property
    def choices(self) -> Choices:
        """What the panel offers."""
        return self.view.choices

    @cached_property
    def thresholds(self) -> tuple[float, ...]:
        """All that are looked at, ascending."""
        return thresholds_of(self.choices)

    @cached_property
    def candidates(self) -> tuple[float, ...]:
        """Those that may be chosen."""
        return tuple(candidates(self.choices.audit)) if self.thresholds else ()

    @property
    def now(self) -> float | None:
        """The threshold of everybody; None where groups have their own, or decisions are as they were taken."""
        cut = self.view.state.threshold
        return float(cut) if is_number(cut) else None  # type: ignore[arg-type]

    def cut_of(self, group: Group) -> float | None:
        """From which score on people of a group are selected; None where that is no one score."""
        cut, state = self.view.state.threshold, self.view.state
        if not isinstance(cut, GroupThresholds):
            return self.now
        return cut.of(group[state.by.index(cut.axis)]) if state.slice is None and cut.axis in state.by and group else None

    @cached_property
    def base(self) -> ProtectedAudit:
        """The people of the view, whatever is decided about them."""
        return self.choices.audit.where(**self.view.state.levels)

    @cached_property
    def metrics(self) -> tuple[Metric, ...]:
        """The rates of the table: those of every view of thresholds, and the one that was chosen."""
        own = self.view.state.metric
        return (*rates_of(self.choices), *([own] if own.name not in {one.name for one in rates_of(self.choices)} else []))

    @cached_property
    def table(self) -> list[tuple[Group, list[GroupRow]]]:
        """The rates at the current threshold, each group first and everybody last."""
        found: dict[Group, list[GroupRow]] = {}
        for metric in self.metrics:
            for row in self.view.audit.by_group(metric, self.view.state.groups, self.view.confidence).rows:
                found.setdefault(row.group, []).append(row)
        everybody = list(self.view.audit.overall(list(self.metrics), self.view.confidence).rows)
        return [*found.items(), ((), everybody)]

    @cached_property
    def curve(self) -> list[list[GroupRow]]:
        """The rates of the current metric: for each threshold a row per group."""
        return [list(rows) for rows in self.sweep.rates] if self.thresholds else []

    @cached_property
    def sweep(self) -> ThresholdSweep:
        """The rates of the current metric, as Python gives them."""
        return sweep_thresholds(self.view.audit, self.view.state.metric, self.view.state.groups, self.view.confidence)

    @cached_property
    def drawn(self) -> list[int]:
        """The places of the groups with a line: those with most people, in the order of the table."""
        first = self.curve[0] if self.curve else []
        known = [i for i, row in enumerate(first) if row.status != "suppressed"]
        return sorted(sorted(known, key=lambda i: -(first[i].people or 0))[:MOST_LINES])

    @cached_property
    def pair(self) -> tuple[float, float]:
        """The costs that are counted with."""
        return self.view.state.costs or costs_of(self.choices).pair

    @property
    def unit(self) -> str:
        """What is counted."""
        said = self.view.texts["thresholds"]
        return costs_of(self.choices).unit or said["wrong" if self.pair == (1.0, 1.0) else "units"]

    @property
    def persons(self) -> str:
        """What people are called."""
        from ..metrics._sentence import words_of

        return words_of(self.choices.audit.spec, self.view.state.metric, self.view.texts)["persons"]

    @cached_property
    def costs(self) -> list[list[ChoiceRow]]:
        """For each group, and for everybody last, a row per threshold and one of the decision as it is; empty without labels."""
        if not self.choices.audit.tables.has_y_true or max(self.pair) <= 0:
            return []
        found = [self._priced(self.base.at(cut)) for cut in self.thresholds]
        taken = [] if self.now is not None else [self._priced(self.view.audit)]
        made = []
        for i in range(len((found or taken)[0])):
            rows = [replace(rows[i], threshold=cut, current=cut == self.now) for cut, rows in zip(self.thresholds, found, strict=True)]
            kept = [row for row in rows if row.threshold in self.candidates or row.current]
            chosen = choose_lowest([*kept, *(rows[i] for rows in taken)], self.candidates)
            lowest = next((row.threshold for row in chosen if row.own), None)
            made.append([*(replace(row, own=row.threshold == lowest) for row in rows), *(rows[i] for rows in taken)])
        return made

    def _priced(self, audit: Any) -> list[ChoiceRow]:
        return price_decision(audit, self.view.state.groups, self.pair, self.view.confidence)

    def name(self, group: Group) -> str:
        """What a group is called; everybody has no level."""
        return ", ".join(map(name_of, group)) if group else self.view.texts["thresholds"]["everybody"]

    def written(self, threshold: float) -> str:
        """Write a threshold."""
        return number(threshold).replace(".", self.view.texts.marks["decimal"])

    def some(self, most: int) -> list[int]:
        """Places of so many thresholds at most, evenly spread, with the current ones and the lowest."""
        places = range(len(self.thresholds))
        if len(places) <= most:
            return list(places)
        step = -(-len(places) // most)
        named = {self.now, *(self.cut_of(group) for group, _ in self.table), self.choices.audit.spec.threshold}
        return [i for i in places if i % step == 0 or i == len(places) - 1 or self.thresholds[i] in named]


def current(rows: Sequence[ChoiceRow]) -> ChoiceRow:
    """The row of the decision as it is."""
    return next(row for row in rows if row.current)


def lowest(rows: Sequence[ChoiceRow]) -> ChoiceRow | None:
    """The row of the lowest cost; None where none could be chosen."""
    return next((row for row in rows if row.own), None)
