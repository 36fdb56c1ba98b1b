"""What the still picture of the view of thresholds holds, and nothing about how it is drawn."""

from __future__ import annotations

from ..plots import MOST_LINES, Sweep, SweepLine, largest, rate_sweeps
from ._filled import filled
from ._swept import Swept, current, lowest
from ._thresholds_view import cost_cell, cost_words, interval_of


def sweep_of(swept: Swept) -> list[Sweep]:
    """The picture of the rates; and that of the costs, where there are labels."""
    view, said = swept.view, swept.view.texts["thresholds"]
    by = view.labels["joined"].join(view.state.by) if view.state.slice is None else view.state.slice.name
    share = interval_of(view).split(" %")[0]
    (rates,) = rate_sweeps(swept.sweep, view.texts, title=view.sentence, by=by, setting=view.choices.banner)
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


def _place(swept: Swept, i: int) -> int:
    """How a group is drawn: the largest have looks of their own, in the order of the table; the last look is that of everybody."""
    first = swept.curve[0]
    if i >= len(first):
        return MOST_LINES - 1
    looks = largest(swept.drawn, first, MOST_LINES - 1)
    return looks.index(i) if i in looks else MOST_LINES


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
