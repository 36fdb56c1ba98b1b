"""The view of disparities: rates by group and what they are compared with, as a static table and a still picture."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from .._html import Cell, running, table
from .._levels import name_of
from ..metrics import GroupRow
from ._view import Changed, View

if TYPE_CHECKING:
    from ..plots import Picture
    from ._choices import Choices

ROWS_AT_ONCE = 40
"""How many groups the table and the picture show before somebody asks for all."""


def pack(choices: Choices) -> dict[str, Any]:
    """What the browser needs beside the counts."""
    return {"rows": ROWS_AT_ONCE}


def static(view: View) -> str:
    """Write the sentence, the table, the explanation that fits and the criteria."""
    strip = view.strip.html(view.choices, view.state) if view.strip else ""
    why = view.why.html(view.texts) if view.why and view.why.fits else ""
    return f'<p class="fl-sentence">{running(view.sentence)}</p>{rates(view)}{why}{strip}'


def picture(view: View) -> Picture:
    """The still picture, from the same published rows."""
    from ..plots import draw_groups

    rates = view.audit.by_group(view.state.metric, view.state.groups, view.confidence)
    if view.state.slice is not None:
        rates = replace(rates, attributes=(view.labels["slice"],))
    setting = None if view.texts.language == "en" else view.setting
    return draw_groups(rates, title=view.sentence, setting=setting, texts=view.texts)


def rates(view: View) -> str:
    """Write the rates with what they are compared with."""
    share = view.texts.share(view.confidence)
    interval = view.labels["interval"].format(share=share)
    names = [view.labels["slice"]] if view.state.slice is not None else list(view.state.by)
    headers = [
        *names,
        f"{view.choices.label(view.state.metric)} ({interval})",
        view.labels["n"],
        *(f"{view.labels[name]} ({interval})" for name, _, _ in view.columns),
    ]
    lines = [[*map(name_of, row.group), *_cells(view, row)] for row in view.rows]
    return table(headers, lines, len(names))


def _cells(view: View, row: GroupRow) -> list[Cell]:
    count = Cell(view.texts.count(row.n), row.n)
    return [_rate(view, row), count, *(_change(view, row, found.get(row.group), write) for _, found, write in view.columns)]


def _rate(view: View, row: GroupRow) -> Cell:
    if math.isnan(row.value):
        return Cell(view.labels["weightless" if row.status == "undefined" and row.n else row.status])
    few = f", {view.labels['small']}" if row.status == "small" else ""
    return Cell(view.texts.percent(row.value, row.lower, row.upper) + few, row.value)


def _change(view: View, row: GroupRow, found: Changed | None, write: Callable[[float], str]) -> Cell:
    if found is None:
        compared = any(pair.row.group == row.group for pair in view.pairs)
        return Cell(view.labels["needs_group"] if compared else view.labels["is_reference"] if view.pairs and not view.whole else "–")
    if math.isnan(found.value):
        return Cell(view.choices.reason(found.reason) if row.status == "ok" else "–")
    few = f", {view.labels['small']}" if found.status == "small" else ""
    return Cell(view.texts.interval(write(found.value), write(found.lower), write(found.upper)) + few, found.value)
