"""What errors cost, by group."""

from __future__ import annotations

import math

from matplotlib.axes import Axes

from .._levels import ALL
from ..metrics._sentence import label_of
from ..scores import ErrorCosts
from ..scores._choice_words import cost_of
from ..scores._costs import ChoiceRow
from ._groups import FEW, count_of, share_of
from ._picture import Picture
from ._rows import Block, Chart, Row, Scale, draw_chart, rest_row

_MOST_ROWS = 60


def draw_error_costs(result: ErrorCosts, ax: Axes | None = None) -> Picture:
    """Draw the mean cost of each group as a dot with its interval, attribute by attribute, and that of everybody."""
    *groups, whole = result.rows
    kept = sorted(sorted(range(len(groups)), key=lambda i: -(groups[i].people or 0))[:_MOST_ROWS])
    found: dict[tuple[str, ...], list[Row]] = {}
    for i in kept:
        names = tuple(name for name, level in zip(result.attributes, groups[i].group, strict=True) if level != ALL)
        found.setdefault(names, []).append(_row(label_of(groups[i].group), groups[i]))
    blocks = [Block(f"By {' and '.join(names)}", tuple(rows)) for names, rows in found.items()]
    if len(kept) < len(groups):
        blocks.append(Block("", (rest_row(f"and {len(groups) - len(kept):,} more groups"),)))
    blocks.append(Block("All together", (_row("everybody", whole),)))
    axis = f"Cost of errors in {result.unit} per 100 {result.spec.word('persons')}. Lines are {share_of(result.confidence)} intervals; n is the number of people with a label"
    return draw_chart(Chart(result.sentence, axis, tuple(blocks), Scale(lambda value: f"{value:g}", (0.0, math.inf)), True), ax)


def _row(name: str, row: ChoiceRow) -> Row:
    limits = (row.cost, row.lower, row.upper)
    if row.cost != row.cost:
        return Row(name, count_of(row.n), *limits, f"{row.status}: {row.reason}", "missing")
    small = row.status == "small"
    return Row(name, count_of(row.n), *limits, cost_of(row), "small" if small else "ok", FEW if small else "")
