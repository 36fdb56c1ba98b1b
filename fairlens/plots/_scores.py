"""Pictures of what scores tell: numbers by group, areas across groups, and the cost of errors at every threshold."""

from __future__ import annotations

from collections.abc import Sequence

from matplotlib.axes import Axes
from matplotlib.patches import Rectangle

from .._html import fixed, number
from .._levels import ALL
from ..metrics._sentence import label_of
from ..scores import CrossAUC, ScoreTable, ThresholdChoice
from ..scores._choice_words import cost_of
from ..scores._costs import ChoiceRow
from ..scores._cross import REST, CrossRow, told_bound
from ..scores._ids import ScoreMetric
from ..scores._numbers import ScoreRow
from ._curves import apart, more_groups
from ._groups import FEW, count_of, share_of
from ._panels import MOST_LINES, Line, Panel, Scale, Sheet, draw_sheet
from ._picture import Picture
from ._rows import (
    LINE,
    MARGIN,
    Block,
    Chart,
    Row,
    State,
    draw_chart,
    inches_of,
    nice_ticks,
    rest_row,
    title_on,
    write_title,
)
from ._rows import Scale as RowScale
from ._text import clean, fit, height_of, short, width_of
from ._theme import FAINT, INK, PAPER, SMALL, SOFT, TITLE, new_figure, quiet, theme

_MOST_ROWS = 60
_CELL, _TALL, _COLUMN = 1.42, 0.74, 18
_LIGHT, _DARK, _SPAN = 1.0, 0.72, 0.2
"""Greys of the highest and of the lowest area of a matrix, which are at least 0.2 apart."""


def draw_scores(result: ScoreTable, ax: Axes | None = None) -> Picture:
    """Draw each number of each group as a dot with its interval, metric by metric."""
    rows = result.rows
    kept = sorted(sorted(range(len(rows)), key=lambda i: -(rows[i].people or 0))[:_MOST_ROWS])
    found: dict[tuple[ScoreMetric, tuple[str, ...]], list[Row]] = {}
    for i in kept:
        names = tuple(name for name, level in zip(result.attributes, rows[i].group, strict=True) if level != ALL)
        found.setdefault((rows[i].metric, names), []).append(_row(rows[i]))
    blocks = [Block(f"{metric.label} by {' and '.join(names)}", tuple(some)) for (metric, names), some in found.items()]
    if len(kept) < len(rows):
        blocks.append(Block("", (rest_row(f"and {len(rows) - len(kept):,} more rows"),)))
    axis = f"{blocks[0].header if len(blocks) == 1 else 'Numbers of scores'}. Lines are {share_of(result.confidence)} intervals;"
    chart = Chart(
        result.sentence, f"{axis} n is the number of people with a label", tuple(blocks), RowScale(lambda value: f"{value:g}"), len(blocks) > 1
    )  # fmt: skip
    return draw_chart(chart, ax)


def _row(row: ScoreRow) -> Row:
    name = label_of(row.group)
    if row.value != row.value:
        return Row(name, count_of(row.n), row.value, row.lower, row.upper, f"{row.status}: {row.reason}", "missing")
    state: State = "small" if row.status == "small" else "ok"
    beside = f"{row.beside_name.replace('_', ' ')} {fixed(row.beside, 3)}" if row.beside == row.beside else told_bound(row)
    remark = ", ".join(part for part in (FEW if state == "small" else "", beside) if part)
    return Row(name, count_of(row.n), row.value, row.lower, row.upper, row.metric.write(row.value, row.lower, row.upper), state, remark)


def draw_choice(result: ThresholdChoice, ax: Axes | None = None) -> Picture:
    """Draw the cost of errors against the threshold, everybody and the largest groups, with the lowest cost of each marked."""
    parts, told = [], []
    for attribute, groups in _by_attribute(result):
        able = [rows for rows in groups if rows[0].cost == rows[0].cost]
        kept = sorted(able, key=lambda rows: -(rows[0].people or 0))[: MOST_LINES - 1]
        whole = [row for row in result.everybody if row.cost == row.cost]
        several = ([whole] if whole else []) + [rows for rows in able if rows in kept]
        notes = [f"{short(label_of(rows[0].group))}: {rows[0].status}" for rows in groups if rows not in able]
        notes += [more_groups(len(able) - len(kept))] if len(able) > len(kept) else []
        if several:
            parts.append(apart(_cost_panel(result, attribute, several), tuple(notes)))
        told += [f"By {attribute}:", *(f"{_name(rows)}: {'; '.join(_cost_told(rows))}." for rows in several), *(f"{note}." for note in notes)]
    axis = (
        f"Cost of errors at every threshold, in {result.unit} per 100 {result.spec.word('persons')}, with {share_of(result.confidence)} intervals;"
        f" markers: the lowest cost of each group; the upright line: lowest for all. {result.caution}"
    )
    return draw_sheet(Sheet(result.finding, axis.strip().rstrip("."), tuple(parts), tuple(told)), ax)


def _by_attribute(result: ThresholdChoice) -> list[tuple[str, list[list[ChoiceRow]]]]:
    found: dict[tuple[str, ...], dict[tuple[object, ...], list[ChoiceRow]]] = {}
    for row in result.rows:
        names = tuple(name for name, level in zip(result.attributes, row.group, strict=True) if level != ALL)
        if names:
            found.setdefault(names, {}).setdefault(row.group, []).append(row)
    return [(" and ".join(names), list(groups.values())) for names, groups in found.items()]


def _name(rows: Sequence[ChoiceRow]) -> str:
    return "everybody" if set(rows[0].group) <= {ALL} else label_of(rows[0].group)


def _cost_panel(result: ThresholdChoice, attribute: str, several: Sequence[Sequence[ChoiceRow]]) -> Panel:
    lines = []
    for k, rows in enumerate(several):
        held = [row for row in rows if row.threshold == row.threshold]
        x, y, lower, upper = (tuple(getattr(row, name) for row in held) for name in ("threshold", "cost", "lower", "upper"))
        marks = tuple((row.threshold, row.cost) for row in held if row.own or (row.common and _name(rows) == "everybody"))
        lines.append(Line(_name(rows), _cost_told(rows), x, y, k, lower, upper, marks=marks))
    cuts = sorted({cut for line in lines for cut in line.x})
    air = 0.02 * ((cuts[-1] - cuts[0]) or 1.0)
    top = max(limit for line in lines for limit in line.upper) * 1.04
    common = result.common
    return Panel(
        f"Cost by {attribute}",
        Scale("Decided positive from this score on", cuts[0] - air, cuts[-1] + air, tuple(nice_ticks(cuts[0] - air, cuts[-1] + air, 3.2)), number),
        Scale(f"{result.unit} per 100", 0.0, top, tuple(nice_ticks(0.0, top, 3.0)), lambda value: f"{value:g}"),
        tuple(lines),
        upright=common.threshold if common else None,
        upright_text=f"all {number(common.threshold)}" if common else "",
        steps=True,
    )


def _cost_told(rows: Sequence[ChoiceRow]) -> tuple[str, ...]:
    best = next((row for row in rows if row.own or (row.common and _name(rows) == "everybody")), None)
    now = next((row for row in rows if row.current), None)
    lowest = [f"lowest at {number(best.threshold)}: {cost_of(best)}"] if best else ["too few to choose by"]
    current = [f"as it is {cost_of(now)}"] if now else []
    return (*lowest, *current, f"n={rows[0].n or 0:,}")


def draw_cross(result: CrossAUC, ax: Axes | None = None) -> Picture:
    """Draw a matrix per attribute: positives of the row's group above negatives of the column's, with interval and numbers of people."""
    matrices = [(name, cells) for name, cells in _matrices(result) if cells]
    axis = (
        f"Share of pairs in which a person of the row's group with the event scores above one of the column's group without it; {share_of(result.confidence)}"
        " intervals; numbers of people with and without the event. Framed: within one group"
    )
    told = [line for name, cells in matrices for line in (f"By {name}:", *(_cross_told(row) for row in cells))]
    alt = "\n".join([clean(result.sentence), f"{axis}.", *told])
    with theme(), quiet():
        if ax is None:
            return _own_matrices(result, matrices, axis, alt)
        title_on(ax, result.sentence)
        if matrices:
            _matrix(ax, matrices[0][1])
        ax.set_xlabel(fit(axis, inches_of(ax), SMALL), loc="left", fontsize=SMALL, color=SOFT, linespacing=1.3, parse_math=False)
    return Picture(ax.figure.figure, ax, alt, False)


def _own_matrices(result: CrossAUC, matrices: list[tuple[str, list[CrossRow]]], axis: str, alt: str) -> Picture:
    labels = [width_of([short(_label(row.positives)) for row in cells]) + 0.25 for _, cells in matrices]
    width = max([_CELL * len(_columns(cells)) + label for (_, cells), label in zip(matrices, labels, strict=True)] or [5.0]) + 2 * MARGIN
    title, foot = fit(result.sentence, width - 2 * MARGIN, TITLE, "bold"), fit(axis, width - 2 * MARGIN, SMALL)
    heads = [0.72 + LINE * max(short(_label(group), _COLUMN).count("\n") for group in _columns(cells)) for _, cells in matrices]
    tall = [_TALL * len(_lines(cells)) + head + 0.2 for (_, cells), head in zip(matrices, heads, strict=True)]
    above = MARGIN + height_of(title, TITLE)
    height = above + sum(tall) + height_of(foot, SMALL) + 2 * MARGIN
    figure = new_figure(width, height)
    write_title(figure, title)
    figure.text(MARGIN / width, MARGIN / height, foot, va="bottom", fontsize=SMALL, color=SOFT, linespacing=1.3, parse_math=False)
    top, made = height - above, []
    for (name, cells), label, head, high in zip(matrices, labels, heads, tall, strict=True):
        wide, deep = _CELL * len(_columns(cells)), _TALL * len(_lines(cells))
        made.append(figure.add_axes(((MARGIN + label) / width, (top - head - deep) / height, wide / width, deep / height)))
        _matrix(made[-1], cells)
        made[-1].annotate(
            f"Rows: with the event, by {name}. Columns: without it", (0, 1), xycoords="axes fraction", xytext=(-72 * label, 72 * head - 24),
            textcoords="offset points", fontsize=SMALL + 1, fontweight="bold", annotation_clip=False, parse_math=False, gid="heading",
        )  # fmt: skip
        top -= high
    return Picture(figure, made[0] if made else figure.add_axes((0, 0, 1, 1)), alt, True)


def _matrices(result: CrossAUC) -> list[tuple[str, list[CrossRow]]]:
    """The rows of each attribute, for its largest groups and the rest."""
    found: dict[str, list[CrossRow]] = {}
    for row in result.rows:
        shown = row.negatives if _is_rest(row.positives) else row.positives
        names = " and ".join(name for name, level in zip(result.attributes, shown, strict=True) if level != ALL)
        found.setdefault(names, []).append(row)
    kept = []
    for name, rows in found.items():
        sizes = {row.positives: (row.number.n_positive or 0) + (row.number.n_negative or 0) for row in rows if row.kind == "within"}
        most = set(sorted(sizes, key=lambda group: -sizes[group])[:MOST_LINES])
        kept.append((name, [row for row in rows if all(_is_rest(group) or group in most for group in (row.positives, row.negatives))]))
    return kept


def _is_rest(group: tuple[object, ...]) -> bool:
    return REST in group


def _label(group: tuple[object, ...]) -> str:
    return "the rest" if _is_rest(group) else label_of(group)  # type: ignore[arg-type]


def _lines(cells: Sequence[CrossRow]) -> list[tuple[object, ...]]:
    return list(dict.fromkeys(row.positives for row in sorted(cells, key=lambda row: _is_rest(row.positives))))


def _columns(cells: Sequence[CrossRow]) -> list[tuple[object, ...]]:
    return list(dict.fromkeys(row.negatives for row in sorted(cells, key=lambda row: _is_rest(row.negatives))))


def _matrix(ax: Axes, cells: Sequence[CrossRow]) -> None:
    lines, columns = _lines(cells), _columns(cells)
    ax.set_xlim(0, len(columns))
    ax.set_ylim(len(lines), 0)
    inches = inches_of(ax) / len(columns)
    size = SMALL * min(1.0, inches / _CELL)
    values = [row.number.value for row in cells if row.number.value == row.number.value] or [1.0]
    top, span = max(values), max(max(values) - min(values), _SPAN)
    for row in cells:
        x, y = columns.index(row.negatives), lines.index(row.positives)
        value = row.number.value
        grey = PAPER if value != value else f"{_LIGHT - (_LIGHT - _DARK) * (top - value) / span:.4f}"
        ax.add_patch(Rectangle((x, y), 1, 1, facecolor=grey, edgecolor=FAINT, linewidth=1.0, zorder=1, gid="cell"))
        if row.kind == "within":
            ax.add_patch(Rectangle((x + 0.02, y + 0.03), 0.96, 0.94, fill=False, edgecolor=INK, linewidth=1.4, zorder=2, gid="within"))
        ax.text(
            x + 0.5, y + 0.5, _in_cell(row), ha="center", va="center", fontsize=size, linespacing=1.3, zorder=3, parse_math=False, gid="value",
            color=INK if row.status == "ok" else SOFT, fontstyle="normal" if row.status == "ok" else "italic",
        )  # fmt: skip
    ax.set_xticks([i + 0.5 for i in range(len(columns))], [short(_label(group), _COLUMN) for group in columns], fontsize=size, parse_math=False)
    ax.set_yticks([i + 0.5 for i in range(len(lines))], [short(_label(group)) for group in lines], fontsize=SMALL + 1, parse_math=False)
    ax.tick_params(axis="both", length=0, labelcolor=INK)
    ax.tick_params(axis="x", top=True, labeltop=True, bottom=False, labelbottom=False)
    ax.spines[:].set_visible(False)
    ax.grid(visible=False)


def _in_cell(row: CrossRow) -> str:
    one = row.number
    if one.value != one.value:
        return one.status
    counts = f"{one.n_positive:,} v {one.n_negative:,}"
    bound = told_bound(one)
    weak = f"\n{FEW}" if one.status == "small" else f"\n{bound}" if bound else ""
    return f"{fixed(one.value, 3)}\n{fixed(one.lower, 3)} to {fixed(one.upper, 3)}\n{counts}{weak}"


def _cross_told(row: CrossRow) -> str:
    one, who = row.number, f"{_label(row.positives)} with the event above {_label(row.negatives)} without"
    if one.value != one.value:
        return f"{who}: {one.status}, {one.reason}."
    few = f", {FEW}" if one.status == "small" else ""
    return f"{who}: {one.metric.write(one.value, one.lower, one.upper)}, {one.n_positive:,} against {one.n_negative:,}{few}."


