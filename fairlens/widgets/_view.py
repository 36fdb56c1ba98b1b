"""One view in Python: the numbers, the sentence and the static table that the browser's must equal."""

from __future__ import annotations

import math
from dataclasses import dataclass

from .._html import Cell, escape, fixed, number, percent, points, table
from .._levels import name_of
from ..exceptions import OneGroup
from ..metrics import GroupRow, PairRow
from ..metrics._disparity import Word
from ._state import Choices, State
from ._texts import AS_DECIDED, AT_THRESHOLD, LABELS, RECORDED, STATE


@dataclass(frozen=True, slots=True)
class View:
    """The answers of one state of a panel."""

    choices: Choices
    state: State
    rows: tuple[GroupRow, ...]
    pairs: tuple[PairRow, ...]
    sentence: str
    confidence: float

    @property
    def words(self) -> str:
        """The state in words."""
        reference = self.state.reference
        named = LABELS[reference] if isinstance(reference, str) else ", ".join(map(name_of, reference))
        where = " and ".join(f"{axis} = {name_of(level)}" for axis, level in self.state.where)
        threshold = self.state.threshold
        banner = self.choices.audit.banner
        return (f"{banner} " if banner else "") + STATE.format(
            metric=self.state.metric.label,
            by=" and ".join(self.state.by),
            among=where or LABELS["everyone"],
            decision=AS_DECIDED if threshold is None else AT_THRESHOLD.format(threshold=number(threshold)),
            reference=named,
            audit=self.choices.audit.title,
        )

    def html(self) -> str:
        """The static part of a recorded view: state in words, sentence, table, remarks."""
        remarks = "".join(f"<p>{escape(remark)}</p>" for remark in self.choices.audit.remarks)
        return (
            f'<div class="fl-static"><p class="fl-state"><strong>{RECORDED}.</strong> {escape(self.words)}</p>'
            f'<p class="fl-sentence">{escape(self.sentence)}</p>{self._table()}<div class="fl-remarks">{remarks}</div></div>'
        )

    def _table(self) -> str:
        share = fixed(100 * self.confidence, 1).removesuffix(".0")
        interval = LABELS["interval"].format(share=share)
        headers = [
            *self.state.by,
            f"{self.state.metric.label} ({interval})",
            LABELS["n"],
            f"{LABELS['difference']} ({interval})",
        ]
        pairs = {pair.row.group: pair for pair in self.pairs}
        lines = [[*map(name_of, row.group), *self._cells(row, pairs.get(row.group))] for row in self.rows]
        return table(headers, lines, len(self.state.by))

    def _cells(self, row: GroupRow, pair: PairRow | None) -> list[Cell]:
        count = Cell("–" if row.n is None else f"{row.n:,}", row.n)
        return [_rate(row), count, self._difference(row, pair)]

    def _difference(self, row: GroupRow, pair: PairRow | None) -> Cell:
        if pair is None:
            return Cell(LABELS["is_reference"] if self.pairs else "–")
        if math.isnan(pair.change):
            return Cell(pair.reason if row.status == "ok" else "–")
        few = f", {LABELS['small']}" if pair.status == "small" else ""
        return Cell(f"{points(pair.change)} ({points(pair.lower)} to {points(pair.upper)}){few}", pair.change)


def view(choices: Choices, state: State, confidence: float) -> View:
    """Measure one state."""
    audit = choices.audit.where(**dict(state.where)).at(state.threshold)
    reference = Word(state.reference) if isinstance(state.reference, str) else state.reference
    rows = audit.by_group(state.metric, list(state.by), confidence)
    try:
        compared = audit.difference(state.metric, list(state.by), reference, confidence)
    except OneGroup:
        return View(choices, state, rows.rows, (), LABELS["one_group"], confidence)
    return View(choices, state, rows.rows, compared.rows, compared.sentence, confidence)


def _rate(row: GroupRow) -> Cell:
    if math.isnan(row.value):
        return Cell(LABELS[row.status])
    few = f", {LABELS['small']}" if row.status == "small" else ""
    return Cell(percent(row.value, row.lower, row.upper) + few, row.value)
