"""The view of the data: who is in it, who has no label or no value, and who is in the population."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from .._blanking import subsets
from .._html import escape
from .._levels import MISSING, name_of
from .._missing import MissingColumn, missing_columns
from ..disparities import Description, describe
from ..disparities._describe import LABELLED, SHARE
from ..disparities._describe_words import description_table, persons_of, told
from ..disparities._population import check_levels, population_of, read_population
from ..metrics import GroupRow, Metric
from ..metrics._rates import RATES
from ..metrics._sentence import within_of
from ..stats import normal_quantile
from ._disparities_view import ROWS_AT_ONCE
from ._filled import filled

if TYPE_CHECKING:
    from ..plots import Picture
    from ._choices import Choices
    from ._comparisons import Look
    from ._state import State
    from ._view import View


MOST_CELLS = 200_000
"""How many counts of missing values a panel may send: one per cell of all tables and input. The inputs that most people lack come first."""


def pack(choices: Choices) -> dict[str, Any]:
    """What the browser needs beside the counts: how many people of each published cell lack each input, and the population."""
    tables = choices.audit.tables
    every = missing_columns(tables)
    columns = _sent(choices)
    populations = _populations(choices)
    most = max((len(one["shares"]) for one in populations), default=1)
    return {
        "rows": ROWS_AT_ONCE,
        "ui": {**choices.texts["data"], "persons": persons_of(choices.audit.spec, choices.texts)},
        "rates": {"share": _rate(SHARE), "base": _rate(RATES["prevalence"]), "labelled": _rate(LABELLED)},
        "labels": tables.has_y_true,
        "fractions": bool(choices.audit.spec.membership),
        "unknown": [levels.index(MISSING) if MISSING in (levels := tables.levels(axis)) else -1 for axis in tables.axes],
        "columns": [column.name for column in columns],
        "missing": [[_cells(*column.cells(subset)) for column in columns] for subset in subsets(tables.axes)],
        "populations": populations,
        "left": len(every) - len(columns),
        "z": [normal_quantile(choices.confidence, k) for k in range(1, most + 1)],
    }


def _sent(choices: Choices) -> tuple[MissingColumn, ...]:
    """The inputs whose counts the browser gets."""
    tables = choices.audit.tables
    columns = missing_columns(tables)
    cells = sum(len(tables.table(subset).codes) for subset in subsets(tables.axes))
    ranked = sorted(columns, key=lambda column: -column.cells(())[0].sum())
    kept = {column.name for column in ranked[: MOST_CELLS // max(cells, 1)]}
    return tuple(column for column in columns if column.name in kept)


def _rate(metric: Metric) -> dict[str, list[int]]:
    return {"numerator": list(metric.numerator), "denominator": list(metric.denominator)}


def _cells(counts: Any, blank: Any) -> list[float | None]:
    """One number per cell, whole where people are; None where it must not be shown."""
    return [None if hidden else int(n) if float(n).is_integer() else float(n) for n, hidden in zip(counts.tolist(), blank.tolist(), strict=True)]


def _populations(choices: Choices) -> list[dict[str, Any]]:
    """The shares of each crossing in the order of the group columns: levels that are here as positions, all as names."""
    axes, tables = choices.axes, choices.audit.tables
    known = read_population(choices.population, axes)
    found = []
    for names in known:
        columns = tuple(axis for axis in axes if axis in names)
        shares = population_of(known, columns) or {}
        view = tables.view(columns, {}, choices.audit.own_threshold, clustered=False)
        check_levels(shares, view.groups, columns)
        at = [{level: code for code, level in enumerate(tables.levels(axis))} for axis in columns]
        found.append(
            {
                "axes": [axes.index(axis) for axis in columns],
                "codes": [[place.get(level, -1) for place, level in zip(at, group, strict=True)] for group in shares],
                "names": [[name_of(level) for level in group] for group in shares],
                "shares": list(shares.values()),
            }
        )
    return found


def described(view: View) -> Description:
    """What `describe` says of the people of a view, in the words of the panel; the population where it is about them."""
    choices, state = view.choices, view.state
    compared = choices.population if is_compared(choices, state) else None
    answer = describe(view.audit, state.groups, compared, choices.confidence)
    among = [filled(view.texts["sentence"]["among"], where=view.among)] if view.among else []
    rows = tuple(replace(row, share=_worded(row.share, choices.reason)) for row in answer.rows)
    left_out = {column.name for column in missing_columns(choices.audit.tables)} - {column.name for column in _sent(choices)}
    columns = tuple(name for name in answer.columns if name not in left_out)
    if state.slice is not None:
        name = (view.labels["slice"],)
        answer = replace(answer, attributes=name, wholes=tuple(replace(whole, by=name) for whole in answer.wholes))
    return replace(answer, rows=rows, columns=columns, within=within_of(among))


def _worded(row: GroupRow, reason: Callable[[str], str]) -> GroupRow:
    return replace(row, reason=reason(row.reason))


def is_compared(choices: Choices, state: State) -> bool:
    """Whether a population was given for exactly these groups, and nobody is filtered out."""
    known = read_population(choices.population, choices.axes)
    return not state.where and state.slice is None and population_of(known, state.by) is not None


def remark(view: View) -> str:
    """Why there is a population and no representation; empty where there is one, or where no population was given."""
    if view.choices.population is None or is_compared(view.choices, view.state):
        return ""
    return view.texts["data"]["everybody" if view.state.where else "other_groups"]


def static(view: View) -> str:
    """Write the sentence and the table."""
    answer, left = described(view), len(missing_columns(view.choices.audit.tables)) - len(_sent(view.choices))
    lines = [filled(view.texts["data"]["columns_left"], k=str(left)) if left else "", remark(view)]
    under = "".join(f"<p>{escape(line)}</p>" for line in lines if line)
    return f'<p class="fl-sentence">{escape(told(answer, view.texts))}</p>{description_table(answer, view.texts)}{under}'


def looks(_view: View) -> tuple[Look, ...]:
    """Say that no rates are compared."""
    return ()


def picture(view: View) -> Picture:
    """The still picture of the shares."""
    from ..plots._shares import draw_description

    answer = described(view)
    return draw_description(answer, title=told(answer, view.texts))
