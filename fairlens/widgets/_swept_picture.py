"""What the still picture of the view of thresholds holds, and nothing about how it is drawn."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..plots import MOST_LINES, Sweep, SweepLine
from ._filled import filled
from ._swept import Swept, current, lowest
from ._thresholds_view import cost_cell, cost_words, interval_of, rate_cell

if TYPE_CHECKING:
    from ..metrics._results import Group


def sweep_of(swept: Swept) -> list[Sweep]:
    """The picture of the rates; and that of the costs, where there are labels."""
    view, said = swept.view, swept.view.texts["thresholds"]
    by = view.labels["joined"].join(view.state.by) if view.state.slice is None else view.state.slice.name
    share = interval_of(view).split(" %")[0]
    metric = view.choices.label(view.state.metric)
    rates = Sweep(
        title=view.sentence,
        told=filled(said["still"], metric=metric, by=by, share=share),
        header=metric,
        x=said["x"],
        y=metric,
        now=swept.now,
        now_text="" if swept.now is None else filled(said["now"], threshold=swept.written(swept.now)),
        lines=tuple(_rate_line(swept, i) for i in swept.drawn),
        share=True,
        write=swept.written,
        more=lambda k: said["more"].replace("{k}", str(k)).strip(),
    )
    if not swept.costs or not _cost_lines(swept):
        return [rates]
    per = filled(said["per_hundred"], unit=swept.unit, persons=swept.persons)
    told = f"{filled(said['still_costs'], persons=swept.persons, by=by, share=share)} {' '.join(cost_words(swept))}"
    costs = Sweep(
        title="",
        told=told,
        header=filled(said["costs_in"], unit=swept.unit),
        x=said["x"],
        y=per,
        now=swept.now,
        now_text=rates.now_text,
        lines=_cost_lines(swept),
        share=False,
        write=swept.written,
        more=rates.more,
    )
    return [rates, costs]


def _rate_line(swept: Swept, i: int) -> SweepLine:
    rows = [found[i] for found in swept.curve]
    group = rows[0].group
    now = next(found[-1] if swept.view.state.metric.name not in _names(swept) else found[_names(swept).index(swept.view.state.metric.name)] for name, found in swept.table if name == group)
    return SweepLine(
        name=swept.name(group),
        told=(rate_cell(swept.view, now).text,),
        x=swept.thresholds,
        y=tuple(row.value for row in rows),
        lower=tuple(row.lower for row in rows),
        upper=tuple(row.upper for row in rows),
        place=_place(swept, i),
        marks=_mark(swept, group, now.value),
    )


def _names(swept: Swept) -> list[str]:
    return [metric.name for metric in swept.metrics]


def _place(swept: Swept, i: int) -> int:
    """How a group is drawn: the largest have looks of their own, in the order of the table; the last look is that of everybody."""
    first = swept.curve[0]
    if i >= len(first):
        return MOST_LINES - 1
    largest = sorted(sorted(swept.drawn, key=lambda j: -(first[j].people or 0))[: MOST_LINES - 1])
    return largest.index(i) if i in largest else MOST_LINES


def _mark(swept: Swept, group: Group, value: float) -> tuple[tuple[float, float], ...]:
    cut = swept.cut_of(group)
    return ((cut, value),) if cut is not None and value == value else ()


def _cost_lines(swept: Swept) -> tuple[SweepLine, ...]:
    made = []
    size = len(swept.thresholds)
    for i, rows in [(len(swept.costs) - 1, swept.costs[-1]), *((i, swept.costs[i]) for i in swept.drawn)]:
        best = lowest(rows)
        if rows[0].cost != rows[0].cost:
            continue
        told = [cost_cell(swept, current(rows)).text, swept.view.texts["thresholds"]["n_of"].replace("{n}", swept.view.texts.count(rows[0].n))]
        if best is not None:
            told.append(f"{swept.view.texts['thresholds']['least_at']} {swept.written(best.threshold)}: {cost_cell(swept, best).text}")
        made.append(
            SweepLine(
                name=swept.name(rows[0].group),
                told=tuple(told),
                x=swept.thresholds,
                y=tuple(row.cost for row in rows[:size]),
                lower=tuple(row.lower for row in rows[:size]),
                upper=tuple(row.upper for row in rows[:size]),
                place=_place(swept, i),
                marks=((best.threshold, best.cost),) if best else (),
            )
        )
    return tuple(made)
