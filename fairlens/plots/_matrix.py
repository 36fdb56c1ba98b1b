"""Groups by inputs: what each input adds, beside how the groups are decided about."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from matplotlib.axes import Axes
from matplotlib.colors import to_rgb
from matplotlib.patches import Rectangle

from .._html import ROUNDING, fixed
from ..explanations import Contribution, Explanation
from ..explanations._explained_words import written
from ..explanations._values import Group
from ..metrics import GroupRow
from ..metrics._sentence import label_of, lowered
from ..stats import student_quantile
from ._beside import WIDTH as _RATE
from ._beside import beside, draw_rates, head, note_on, rate_told
from ._groups import FEW, count_of, share_of
from ._picture import Picture
from ._rows import MARGIN, inches_of, title_on, write_title
from ._text import clean, fit, height_of, short, width_of
from ._theme import BLUE, BODY, FAINT, INK, ORANGE, PAPER, SMALL, SOFT, TITLE, new_figure, quiet, theme

MOST_GROUPS, MOST_INPUTS = 12, 10
_CELL, _LOW, _BETWEEN, _TINT = 1.16, 0.56, 0.3, 0.55
_MOST_DIGITS, _PAD = 6, 0.2
_CELL_TEXT = 8.0
_LEAST_WIDTH = 8.0
State = Literal["clear", "unsure", "small", "unused"]


@dataclass(frozen=True, slots=True)
class Tile:
    """One cell: the mean, its limits, what is printed, and whether the data support its sign."""

    name: str
    mean: float
    lower: float
    upper: float
    shown: str
    limits: str
    state: State


@dataclass(frozen=True, slots=True)
class Line:
    """One group: its name, how many people were explained, its rate, and its cells; words where there are none."""

    name: str
    count: str
    rate: GroupRow | None
    tiles: tuple[Tile, ...]
    words: str = ""

    @property
    def label(self) -> str:
        """What stands on the left."""
        return f"{short(self.name)}\n{self.count}" if self.count else short(self.name)


@dataclass(frozen=True, slots=True)
class Matrix:
    """The whole picture in data."""

    title: str
    axis: str
    columns: tuple[str, ...]
    lines: tuple[Line, ...]
    rate: str
    caution: str

    @property
    def across(self) -> float:
        """Inches of all cells of a row."""
        return max(_CELL * len(self.columns), 2.6)

    @property
    def largest(self) -> float:
        """The size that has the darkest shade."""
        return max((abs(tile.mean) for line in self.lines for tile in line.tiles), default=0.0)

    @property
    def alt(self) -> str:
        """The matrix in words: every number with its interval and n."""
        told = [clean(self.title), f"{clean(self.axis)}."]
        for line in self.lines:
            counted = f", {clean(line.count)}" if line.count else ""
            told.append(f"{clean(line.name)}{counted}{_rate_told(line.rate)}{': ' + line.words if line.words else ''}.")
            told += [f"  {clean(tile.name)}: {' '.join(text for text in (tile.shown, tile.limits) if text)}{_SAYS[tile.state]}." for tile in line.tiles]
        return "\n".join([*told, self.caution])


_SAYS: dict[State, str] = {"clear": "", "unsure": ", cannot tell, allowing for all", "small": f", {FEW}", "unused": " for these people"}
_UNUSED = "not used"


def _rate_told(row: GroupRow | None) -> str:
    return "" if row is None else f"; {lowered(row.metric.label)} {rate_told(row)}"


def draw_matrix(result: Explanation, ax: Axes | None = None) -> Picture:
    """Draw groups by inputs; into a figure of its own with the rates beside them."""
    matrix = read_matrix(result)
    with theme(), quiet():
        if ax is None:
            target = _own_axes(matrix)
        else:
            target = ax
            title_on(ax, matrix.title)
        _draw_tiles(target, matrix, named=ax is not None)
        if ax is not None:
            text = fit(f"{matrix.axis}. {matrix.caution}", inches_of(ax), SMALL)
            target.set_xlabel(text, loc="left", fontsize=SMALL, color=SOFT, linespacing=1.3, parse_math=False)
    return Picture(target.figure.figure, target, matrix.alt, ax is None)


def read_matrix(result: Explanation) -> Matrix:
    """Bring published contributions to the cells of a matrix."""
    known = result.by_feature()
    inputs, others = _inputs(result)
    groups = _groups(result)
    able = [row for row in result.rows if row.status == "ok"]
    alpha = (1 - result.confidence) / max(len(able), 1)
    rates = beside(result.rates, result.output)
    lines = [_line(result, group, known[group], rates.rates.get(group), inputs, others, alpha) for group in groups]
    left = len(result.groups) - len(groups)
    if left:
        lines.append(Line(f"and {left} more {'group' if left == 1 else 'groups'}", "", None, (), "in the table"))
    columns = (*inputs, *([f"other ({len(others)} inputs)"] if others else []))
    what = {"score": "score", "decision": "decision", "log_odds": "log-odds"}[result.output]
    setting = f", {result.setting}" if result.setting else ""
    cells = f"{len(able):,} {'cell' if len(able) == 1 else 'cells'}"
    axis = (
        f"Mean contribution to the {what} in {result.unit}{setting}, by {result.method_name}: + raises it and - lowers it, against a mean answer of"
        f" {written(result.base, result.output, result.spec)} for {result.against}; darker is larger. In brackets {share_of(result.confidence)} intervals"
        f" that hold together for {cells}; · and a pale number: cannot tell, the interval includes 0;"
        " those of the title hold each by itself"
        + ("; other: limits of the sum, never too narrow" if others else "")
        + (f". {note.rstrip('.')}" if (note := note_on(rates)) else "")
        + "".join(f". {text.rstrip('.')}" for text in result.warnings)
    )
    return Matrix(result.sentence, axis, columns, tuple(lines), rates.heading, result.caution)


def _inputs(result: Explanation) -> tuple[list[str], list[str]]:
    """The inputs with the largest means in any group, and those that share a column."""
    size = {name: 0.0 for name in result.features}
    for row in result.rows:
        if row.status == "ok":
            size[row.feature] = max(size[row.feature], abs(row.mean))
    ranked = sorted(size, key=lambda name: -size[name])
    kept = MOST_INPUTS if len(ranked) > MOST_INPUTS + 1 else len(ranked)
    return ranked[:kept], ranked[kept:]


def _groups(result: Explanation) -> list[Group]:
    """As many groups as can be read, those with most people, in the order of the table."""
    people = {group: total or 0 for group, _, total in result.sampled}
    kept = sorted(result.groups, key=lambda group: -people.get(group, 0))[:MOST_GROUPS]
    return [group for group in result.groups if group in kept]


def _line(
    result: Explanation, group: Group, known: object, rate: GroupRow | None, inputs: Sequence[str], others: Sequence[str], alpha: float
) -> Line:
    rows: dict[str, Contribution] = dict(known)  # type: ignore[call-overload]
    first = next(iter(rows.values()))
    name = label_of(group)
    if math.isnan(first.mean):
        return Line(name, "", None, (), f"{first.status}: {first.reason}")
    tiles = [_tile(result, one, [rows[one]], alpha) for one in inputs]
    if others:
        tiles.append(_tile(result, f"other ({len(others)} inputs)", [rows[one] for one in others], alpha))
    few = f",\n{FEW}" if first.status == "small" else ""
    return Line(name, f"{count_of(first.n)} explained{few}", rate, tuple(tiles))


def _tile(result: Explanation, name: str, rows: Sequence[Contribution], alpha: float) -> Tile:
    """The sum of some contributions; its limits are the sums of theirs, since their intervals hold together."""
    mean, small = sum(row.mean for row in rows), rows[0].status != "ok"
    if all(row.mean_abs <= ROUNDING * max(1.0, abs(result.base)) for row in rows):
        return Tile(name, 0.0, 0.0, 0.0, _UNUSED, "", "unused")
    half = sum(0.0 if row.se == 0 else student_quantile(1 - alpha, row.df) * row.se for row in rows)
    lower, upper = mean - half, mean + half
    clear = abs(mean) > max(half, ROUNDING * max(1.0, abs(result.base)))
    state: State = "small" if small else "clear" if clear else "unsure"
    shown, low, high = _numbers((mean, lower, upper), result, finer=clear)
    return Tile(name, mean, lower, upper, shown, f"({low} to {high})" if math.isfinite(half) else "(no interval)", state)


def _numbers(values: Sequence[float], result: Explanation, *, finer: bool) -> list[str]:
    """Write a mean and its limits; with more decimals where an interval without 0 would seem to end at it."""
    shown = [_signed(value, result) for value in values]
    scale = 100 if result.is_in_points else 1
    for digits in range(2, _MOST_DIGITS + 1) if finer else ():
        if all(text.strip("+-0.") for text in shown):
            break
        shown = [_plus(fixed(scale * value, digits)) for value in values]
    return shown


def _signed(value: float, result: Explanation) -> str:
    return _plus(written(value, result.output, result.spec, bare=True))


def _plus(shown: str) -> str:
    return shown if shown.startswith(("-", "–")) or not shown.strip("0.") else f"+{shown}"


def _heights(matrix: Matrix) -> list[float]:
    words = [height_of(fit(line.words, matrix.across - _PAD, SMALL), SMALL) if line.words else 0.0 for line in matrix.lines]
    return [max(_LOW, height_of(line.label, BODY) + 0.16, tall + 0.1) for line, tall in zip(matrix.lines, words, strict=True)]


def _own_axes(matrix: Matrix) -> Axes:
    """Make the figure: names, rates, cells, and what they mean."""
    labels = width_of([line.label for line in matrix.lines]) + 0.2
    rate = _RATE if matrix.rate else 0.0
    cells = matrix.across
    width = max(2 * MARGIN + labels + (rate + _BETWEEN if rate else 0.0) + cells, _LEAST_WIDTH)
    inner = width - 2 * MARGIN
    title, caution = fit(matrix.title, inner, TITLE, "bold"), fit(matrix.caution, inner, SMALL)
    axis = fit(f"{matrix.axis}.", inner, SMALL)
    names = max((height_of(fit(name, _CELL - 0.08, SMALL), SMALL) for name in matrix.columns), default=0.2)
    rows = sum(_heights(matrix))
    bottom = MARGIN + height_of(axis, SMALL) + (0.5 if rate else 0.16)
    above = MARGIN + height_of(title, TITLE) + 0.06 + height_of(caution, SMALL) + 0.2 + names + 0.1
    height = above + rows + bottom
    figure = new_figure(width, height)
    write_title(figure, title)
    for y, text, va in ((1 - (MARGIN + height_of(title, TITLE) + 0.06) / height, caution, "top"), (MARGIN / height, axis, "bottom")):
        figure.text(MARGIN / width, y, text, va=va, fontsize=SMALL, color=SOFT, linespacing=1.3, parse_math=False)
    left = MARGIN + labels
    if rate:
        _draw_beside(figure.add_axes((left / width, bottom / height, rate / width, rows / height)), matrix)
        left += rate + _BETWEEN
    target = figure.add_axes((left / width, bottom / height, cells / width, rows / height))
    if rate:
        target.set_yticks([])
    return target


def _middles(matrix: Matrix) -> list[float]:
    middles, y = [], 0.0
    for height in _heights(matrix):
        middles.append(y + height / 2)
        y += height
    return middles


def _draw_beside(ax: Axes, matrix: Matrix) -> None:
    """The rate of each group, in the row of its cells."""
    middles = _middles(matrix)
    shown = [(("", line.rate), y) for line, y in zip(matrix.lines, middles, strict=True) if line.rate is not None]
    draw_rates(ax, [row for row, _ in shown], [y for _, y in shown], sum(_heights(matrix)))
    ax.set_yticks(middles, [line.label for line in matrix.lines], fontsize=BODY, linespacing=1.2, parse_math=False)
    ax.tick_params(axis="y", length=0, pad=8)
    head(ax, matrix.rate, _RATE)


def _tint(tile: Tile, largest: float) -> tuple[float, float, float]:
    """Bluer where an input raises the answer, more orange where it lowers it; as dark as it is large, in grey too."""
    if tile.state != "clear" or not largest:
        return to_rgb(PAPER)
    share = (0.2 + 0.8 * abs(tile.mean) / largest) * _TINT
    red, green, blue = (1 - share * (1 - part) for part in to_rgb(BLUE if tile.mean > 0 else ORANGE))
    return red, green, blue


def _draw_tiles(ax: Axes, matrix: Matrix, *, named: bool) -> None:
    heights, middles = _heights(matrix), _middles(matrix)
    ax.set_xlim(0, max(len(matrix.columns), 1))
    ax.set_ylim(sum(heights), 0)
    for line, height, y in zip(matrix.lines, heights, middles, strict=True):
        for k, tile in enumerate(line.tiles):
            ax.add_patch(Rectangle((k, y - height / 2), 1, height, facecolor=_tint(tile, matrix.largest), edgecolor=FAINT, linewidth=1.0, gid="tile"))
            pale = tile.state != "clear"
            mark = " ·" if tile.state == "unsure" else ""
            ax.text(
                k + 0.5, y - (0.09 if tile.limits else 0.0), tile.shown + mark, ha="center", va="center", fontsize=BODY, fontweight="normal" if pale else "bold",
                color=SOFT if pale else INK, parse_math=False, gid="value",
            )  # fmt: skip
            ax.text(k + 0.5, y + 0.12, tile.limits, ha="center", va="center", fontsize=_CELL_TEXT - 0.5, color=SOFT if pale else INK, parse_math=False, gid="limits")
        if line.words:
            ax.text(0.08, y, fit(line.words, inches_of(ax) - _PAD, SMALL), va="center", linespacing=1.3, fontsize=SMALL, color=SOFT, fontstyle="italic", parse_math=False, gid="missing")
    across = [k + 0.5 for k in range(len(matrix.columns))]
    wide = inches_of(ax) / max(len(matrix.columns), 1) - 0.08
    ax.set_xticks(across, [fit(name, wide, SMALL) for name in matrix.columns], fontsize=SMALL, color=INK, linespacing=1.2, parse_math=False)
    ax.xaxis.tick_top()
    ax.tick_params(axis="both", length=0, pad=4)
    if named or not matrix.rate:
        labels = [f"{line.label}{_under(line.rate)}" for line in matrix.lines]
        ax.set_yticks(middles, labels, fontsize=BODY, linespacing=1.2, parse_math=False)
    ax.spines[:].set_visible(False)


def _under(row: GroupRow | None) -> str:
    """The rate under a name, where there are no axes for it."""
    return "" if row is None or math.isnan(row.value) else f"\n{rate_told(row)}"
