"""The view of thresholds: rates and costs of errors against the threshold by group, as a section, static tables and a still picture."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from .._html import Cell, escape, number, running, table
from .._levels import name_of
from ..metrics import GroupRow
from ..metrics._sentence import words_of
from ..scores._choice import candidates
from ..scores._costs import ChoiceRow
from ..texts import Texts
from ._comparisons import Look, looks_at_each
from ._filled import filled
from ._swept import MOST_LINES, Swept, costs_of, current, lowest, rates_of, thresholds_of

if TYPE_CHECKING:
    from ..plots import Picture
    from ._choices import Choices
    from ._view import View

MOST_NAMED = 6
MOST_ROWS = 40
"""Thresholds in the table of a curve."""
MOST_GROUPS = 20
"""Groups in the tables of rates and costs before somebody asks for all: two wide tables are laid out at every move of the slider."""


def pack(choices: Choices) -> dict[str, Any]:
    """What the browser needs beside the counts.

    An audit without scores has this view too: what errors of its decisions cost can be told, and it says what to pass for more. A tab
    that is not there would leave a user looking for it.
    """
    spec, texts, cuts = choices.audit.spec, choices.texts, thresholds_of(choices)
    costs, words = costs_of(choices), words_of(spec, choices.metrics[0], texts)
    own = {name: dict(spec.words).get(name) or texts["words"][name] for name in ("decision", "truth")}
    said = texts["thresholds"]
    return {
        "texts": dict(said),
        "thresholds": list(cuts),
        "names": [number(cut).replace(".", texts.marks["decimal"]) for cut in cuts],
        "candidates": [cuts.index(cut) for cut in candidates(choices.audit)] if cuts else [],
        "own": cuts.index(spec.threshold) if spec.threshold in cuts else None,
        "rates": [
            {"name": one.name, "label": choices.label(one), "numerator": list(one.numerator), "denominator": list(one.denominator)}
            for one in rates_of(choices)
        ],
        "lines": MOST_LINES,
        "named": MOST_NAMED,
        "rows": MOST_ROWS,
        "groups": MOST_GROUPS,
        "persons": words["persons"],
        "costs": list(costs.pair),
        "unit": costs.unit,
        "errors": [costs.false_positive_words or filled(said["wrongly"], **own), costs.false_negative_words or filled(said["missed"], **own)],
    }


def static(view: View) -> str:
    """Write the sentence, the rates at the threshold, the curve and the costs."""
    swept, said = Swept(view), view.texts["thresholds"]
    parts = [f'<p class="fl-sentence">{running(view.sentence)}</p>', _rates(swept)]
    if swept.thresholds:
        parts += [_notes(swept), _curve(swept)]
    else:
        parts.append(_paragraph(said["no_scores"]))
    return "".join([*parts, _costs(swept)])


def picture(view: View) -> Picture | None:
    """Draw the rates, and the costs beside them, against the threshold; None without scores."""
    from ..plots import draw_sweep
    from ._swept_picture import sweep_of

    swept = Swept(view)
    return draw_sweep(sweep_of(swept)) if swept.drawn else None


def looks(view: View) -> tuple[Look, ...]:
    """Say that every rate of the table is compared, and the chosen one at every threshold."""
    swept = Swept(view)
    return looks_at_each(view, swept.metrics, swept.thresholds)


def interval_of(view: View) -> str:
    """Name the interval."""
    share = view.texts.fixed(100 * view.confidence, 1).removesuffix(f"{view.texts.marks['decimal']}0")
    return view.labels["interval"].format(share=share)


def _paragraph(text: str) -> str:
    return f"<p>{escape(text)}</p>" if text else ""


def _heads(swept: Swept) -> list[str]:
    state = swept.view.state
    return [swept.view.labels["slice"]] if state.slice is not None else list(state.by)


def _names(swept: Swept, group: Sequence[Any]) -> list[str]:
    said = swept.view.texts["thresholds"]
    return [*map(name_of, group)] if group else [said["everybody"], *([said["all"]] * (len(_heads(swept)) - 1))]


def _rates(swept: Swept) -> str:
    view, said = swept.view, swept.view.texts["thresholds"]
    split = swept.now is None and view.state.threshold is not None
    cuts = [said["threshold"]] if split else []
    heads = [*_heads(swept), *cuts, said["people"], *(f"{view.choices.label(one)} ({interval_of(view)})" for one in swept.metrics)]
    lines: list[list[object]] = []
    for group, rows in swept.table:
        cut = swept.cut_of(group)
        at = [Cell("–" if cut is None else swept.written(cut), cut)] if split else []
        people = rows[0].people if rows[0].status != "suppressed" else None
        lines.append([*_names(swept, group), *at, Cell(view.texts.count(people), people), *(rate_cell(view, row) for row in rows)])
    caption = said["rates_each" if split else "rates_taken" if view.state.threshold is None else "rates"]
    return table(heads, lines, len(_heads(swept)), caption)


def rate_cell(view: View, row: GroupRow) -> Cell:
    """Write a rate with its interval and its n."""
    from ..plots import rate_text

    return Cell(rate_text(row, view.texts), None if math.isnan(row.value) else row.value)


def _notes(swept: Swept) -> str:
    said, view = swept.view.texts["thresholds"], swept.view
    first = swept.curve[0]
    gone = [row for row in first if row.status == "suppressed"]
    more = len(first) - len(gone) - len(swept.drawn)
    notes = [filled(said["not_drawn"], k=str(len(swept.drawn)), more=view.texts.count(more))] if more else []
    if gone:
        notes.append(filled(said["no_line"], names=named(swept, [(row.group, said["suppressed"]) for row in gone])))
    if any(math.isnan(rows[i].value) for rows in swept.curve for i in swept.drawn):
        notes.append(said["broken"])
    if view.state.threshold is None:
        notes.append(said["no_mark"])
    return _paragraph(" ".join(notes))


def named(swept: Swept, groups: Sequence[tuple[Sequence[Any], str]]) -> str:
    """Name some groups with a remark each, and how many more there are."""
    said = swept.view.texts["thresholds"]
    parts = [f"{swept.name(tuple(group))} ({why})" for group, why in groups[:MOST_NAMED]]
    return "; ".join(parts) + (filled(said["more"], k=str(len(groups) - MOST_NAMED)) if len(groups) > MOST_NAMED else "")


def _folded(swept: Swept, whole: str, part: str, heads: list[str], lines: list[list[object]], **values: str) -> str:
    """A table behind its title, which says how many thresholds are in it."""
    said, k, every = swept.view.texts["thresholds"], len(lines), len(swept.thresholds)
    title = filled(said[whole], **values) if k == every else filled(said[part], k=str(k), all=str(every), **values)
    return f"<details><summary>{escape(title)}</summary>{table(heads, lines, 1)}</details>"


def _curve(swept: Swept) -> str:
    view, said = swept.view, swept.view.texts["thresholds"]
    heads = [said["threshold"], *(f"{swept.name(swept.curve[0][i].group)} ({interval_of(view)})" for i in swept.drawn)]
    lines: list[list[object]] = [
        [swept.written(swept.thresholds[k]), *(rate_cell(view, swept.curve[k][i]) for i in swept.drawn)] for k in swept.some(MOST_ROWS)
    ]
    return _folded(swept, "curve", "curve_some", heads, lines, metric=view.choices.label(view.state.metric))


def _costs(swept: Swept) -> str:
    view, said = swept.view, swept.view.texts["thresholds"]
    if not view.choices.audit.tables.has_y_true:
        return _paragraph(said["no_labels"])
    if not swept.costs:
        return _paragraph(said["asked"])
    per = filled(said["per_hundred"], unit=swept.unit, persons=swept.persons)
    heads = [*_heads(swept), said["people"], filled(said["cost_now"], cost=per, interval=interval_of(view))]
    heads += [said["least_at"], filled(said["least"], cost=per, interval=interval_of(view))] if swept.thresholds else []
    lines: list[list[object]] = [[*_names(swept, rows[0].group), *_cost_cells(swept, rows)] for rows in swept.costs]
    title = filled(said["costs_in"], unit=swept.unit)
    texts = "".join(_paragraph(text) for text in cost_words(swept))
    return f"{texts}{table(heads, lines, len(_heads(swept)), title)}{_cost_curve(swept) if swept.thresholds else ''}"


def _cost_cells(swept: Swept, rows: Sequence[ChoiceRow]) -> list[Cell]:
    row, best = current(rows), lowest(rows)
    cells = [Cell(swept.view.texts.count(rows[0].n), rows[0].n), cost_cell(swept, row)]
    if swept.thresholds:
        cells += [Cell(swept.written(best.threshold), best.threshold), cost_cell(swept, best)] if best else [Cell("–"), Cell("–")]
    return cells


def cost_cell(swept: Swept, row: ChoiceRow) -> Cell:
    """Write a cost with its interval."""
    texts = swept.view.texts
    if math.isnan(row.cost):
        return Cell(texts["thresholds"][row.status])
    few = f", {swept.view.labels['small']}" if row.status == "small" else ""
    return Cell(texts.interval(texts.amount(row.cost), texts.amount(row.lower), texts.amount(row.upper)) + few, row.cost)


def _cost_curve(swept: Swept) -> str:
    said, view = swept.view.texts["thresholds"], swept.view
    shown = [swept.costs[-1], *(swept.costs[i] for i in swept.drawn)]
    sizes = [filled(said["n_of"], n=view.texts.count(rows[0].n)) for rows in shown]
    heads = [said["threshold"], *(f"{swept.name(rows[0].group)}, {n} ({interval_of(view)})" for rows, n in zip(shown, sizes, strict=True))]
    places = swept.some(MOST_ROWS)
    lines: list[list[object]] = [[swept.written(swept.thresholds[k]), *(cost_cell(swept, rows[k]) for rows in shown)] for k in places]
    return _folded(swept, "cost_curve", "cost_curve_some", heads, lines)


def cost_words(swept: Swept) -> list[str]:
    """What is counted with; which threshold costs least for everybody and for each group; and what to know before one is changed."""
    said, view, costs = swept.view.texts["thresholds"], swept.view, costs_of(swept.choices)
    errors = pack(view.choices)["errors"]
    a, b = (write_cost(view.texts, cost) for cost in swept.pair)
    told = [filled(said["given"], wrongly=errors[0], missed=errors[1], a=f"{a} {costs.unit}".strip(), b=f"{b} {costs.unit}".strip())]
    if not swept.thresholds:
        return told
    groups, whole = swept.costs[:-1], swept.costs[-1]
    own = [(rows[0].group, best) for rows in groups if (best := lowest(rows))]
    left = [(rows[0].group, said[rows[0].status]) for rows in groups if not lowest(rows)]
    parts = [_common(swept, whole)]
    if own:
        more = filled(said["more"], k=str(len(own) - MOST_NAMED)) if len(own) > MOST_NAMED else ""
        listed = ", ".join(f"{swept.name(group)} {swept.written(row.threshold)}" for group, row in own[:MOST_NAMED])
        parts.append(filled(said["each"], named=listed, more=more))
    if left:
        parts.append(filled(said["left"], names=named(swept, left), more=""))
    cautions = [said["optimism"]] if own or lowest(whole) else []
    cautions += [said["lawful"]] if own else []
    return [*told, " ".join(parts), *([" ".join(cautions)] if cautions else [])]


def _common(swept: Swept, whole: Sequence[ChoiceRow]) -> str:
    said, texts, best, now = swept.view.texts["thresholds"], swept.view.texts, lowest(whole), current(whole)
    if best is None:
        return filled(said["no_common"], why=said[whole[0].status])
    shown = not math.isnan(now.cost) and now is not best
    values = {name: texts.amount(getattr(now, field)) for name, field in _LIMITS.items()} if shown else {}
    return filled(
        said["common"],
        at=swept.written(best.threshold),
        unit=swept.unit,
        persons=swept.persons,
        n=texts.count(best.n),
        now=filled(said["common_now"], **values) if shown else "",
        **{name: texts.amount(getattr(best, field)) for name, field in _LIMITS.items()},
    )


_LIMITS = {"cost": "cost", "low": "lower", "high": "upper"}


def write_cost(texts: Texts, cost: float) -> str:
    """Write a cost that was given: whole ones as counts are."""
    return texts.count(int(cost)) if float(cost).is_integer() and cost < 1e15 else number(cost).replace(".", texts.marks["decimal"])
