"""One view in Python: the numbers, the sentence and the static table that the browser's must equal."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from .._html import Cell, escape, fixed, percent, points, table
from .._levels import name_of
from .._protected import ProtectedAudit
from .._thresholds import told
from ..disparities import adjust
from ..exceptions import OneGroup
from ..metrics import DifferenceTable, GroupRow, PairRow, RatioTable
from ..metrics._disparity import Word
from ..metrics._results import Group, comparisons
from ..metrics._sentence import compare as told_difference
from ._criteria import Strip
from ._state import Choices, State
from ._texts import LABELS
from ._why import Shown


@dataclass(frozen=True, slots=True)
class Changed:
    """One number that compares, with its interval and status."""

    value: float
    lower: float
    upper: float
    status: str
    reason: str


Column = tuple[str, Mapping[Group, Changed], Callable[[float], str]]
"""A name among `LABELS`, the numbers by group, and how one is written."""


@dataclass(frozen=True, slots=True)
class View:
    """The answers of one state of a panel."""

    choices: Choices
    state: State
    rows: tuple[GroupRow, ...]
    pairs: tuple[PairRow, ...]
    sentence: str
    confidence: float
    adjusted: Mapping[Group, Changed] = field(default_factory=dict)
    strip: Strip | None = None
    why: Shown | None = None

    @property
    def words(self) -> str:
        """The state in words."""
        reference = self.state.reference
        named = LABELS[reference] if isinstance(reference, str) else ", ".join(map(name_of, reference))
        where = " and ".join(f"{axis} = {name_of(level)}" for axis, level in self.state.where)
        threshold = self.state.threshold
        banner = self.choices.audit.banner
        return (f"{banner} " if banner else "") + LABELS["state"].format(
            metric=self.state.metric.label,
            by=" and ".join(self.state.by),
            among=where or LABELS["everyone"],
            decision=LABELS["as_decided"] if threshold is None else LABELS["at_threshold"].replace("{threshold}", told(threshold)),
            reference=named,
            adjusted=LABELS["adjusted_for"].format(axis=self.state.adjust) if self.state.adjust else "",
            audit=self.choices.audit.title,
        )

    def html(self) -> str:
        """The static part of a recorded view: state in words, sentence, table, criteria, remarks."""
        strip = self.strip.html(self.choices, self.state) if self.strip else ""
        why = self.why.html() if self.why else ""
        remarks = "".join(f"<p>{escape(remark)}</p>" for remark in self.choices.audit.remarks)
        return (
            f'<div class="fl-static"><p class="fl-state"><strong>{LABELS["recorded"]}.</strong> {escape(self.words)}</p>'
            f'<p class="fl-sentence">{escape(self.sentence)}</p>{self._table()}{why}{strip}'
            f'<div class="fl-remarks">{remarks}</div></div>'
        )

    def _table(self) -> str:
        share = fixed(100 * self.confidence, 1).removesuffix(".0")
        interval = LABELS["interval"].format(share=share)
        headers = [
            *self.state.by,
            f"{self.state.metric.label} ({interval})",
            LABELS["n"],
            *(f"{LABELS[name]} ({interval})" for name, _, _ in self.columns),
        ]
        lines = [[*map(name_of, row.group), *self._cells(row)] for row in self.rows]
        return table(headers, lines, len(self.state.by))

    @property
    def columns(self) -> tuple[Column, ...]:
        """What stands beside the rates: the name of the heading, the numbers by group, how they are written."""
        pairs = {pair.row.group: Changed(pair.change, pair.lower, pair.upper, pair.status, pair.reason) for pair in self.pairs}
        made: list[Column] = [("difference", pairs, points)]
        if self.state.compare == "ratio":
            opposite = {
                pair.row.group: Changed(one.change, one.lower, one.upper, one.status, one.reason)
                for pair in self.pairs
                if (one := pair.opposite) is not None
            }
            made = [("ratio", pairs, times), ("opposite", opposite, times)]
        if self.state.adjust is not None:
            made.append(("adjusted", self.adjusted, points))
        return tuple(made)

    def _cells(self, row: GroupRow) -> list[Cell]:
        count = Cell("–" if row.n is None else f"{row.n:,}", row.n)
        return [_rate(row), count, *(self._change(row, found.get(row.group), write) for _, found, write in self.columns)]

    def _change(self, row: GroupRow, found: Changed | None, write: Callable[[float], str]) -> Cell:
        if found is None:
            compared = any(pair.row.group == row.group for pair in self.pairs)
            return Cell(LABELS["needs_group"] if compared else LABELS["is_reference"] if self.pairs and not self.whole else "–")
        if math.isnan(found.value):
            return Cell(found.reason if row.status == "ok" else "–")
        few = f", {LABELS['small']}" if found.status == "small" else ""
        return Cell(f"{write(found.value)} ({write(found.lower)} to {write(found.upper)}){few}", found.value)

    @property
    def whole(self) -> bool:
        """Whether each group is compared with everybody or with everybody else."""
        return self.state.reference in ("rest", "overall")


def view(choices: Choices, state: State, confidence: float, strip: Strip | None = None, why: Shown | None = None) -> View:
    """Measure one state; `why` is the explanation that stands under it."""
    audit = choices.audit.where(**dict(state.where)).at(state.threshold)
    compare = audit.ratio if state.compare == "ratio" else audit.difference
    reference = Word(state.reference) if isinstance(state.reference, str) else state.reference
    rows = audit.by_group(state.metric, list(state.by), confidence)
    try:
        compared: DifferenceTable | RatioTable = compare(state.metric, list(state.by), reference, confidence)
    except OneGroup:
        return View(choices, state, rows.rows, (), LABELS["one_group"], confidence, strip=strip, why=why)
    said = told_difference(comparisons(compared.rows), audit.spec, confidence, within=audit.within)
    found = View(choices, state, rows.rows, compared.rows, said, confidence, strip=strip, why=why)
    if state.adjust is None or found.whole:
        return found
    return replace(found, adjusted=_adjusted(audit, state, reference, confidence))


def _adjusted(audit: ProtectedAudit, state: State, reference: Any, confidence: float) -> dict[Group, Changed]:
    """Differences among people who are alike in one more attribute."""
    table = adjust(audit, state.metric, list(state.by), reference, [str(state.adjust)], confidence)
    return {
        row.group: Changed(row.difference.value, row.difference.lower, row.difference.upper, row.status, row.reason)
        for row in table.rows
        if row.method == "standardized"
    }


def times(value: float) -> str:
    """Write a ratio."""
    return fixed(value, 2)


def _rate(row: GroupRow) -> Cell:
    if math.isnan(row.value):
        return Cell(LABELS["weightless" if row.status == "undefined" and row.n else row.status])
    few = f", {LABELS['small']}" if row.status == "small" else ""
    return Cell(percent(row.value, row.lower, row.upper) + few, row.value)
