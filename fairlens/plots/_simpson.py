"""Simpson's picture: two groups in every stratum, as they are together, and with the same mix of strata."""

from __future__ import annotations

import math
from dataclasses import dataclass

from matplotlib.axes import Axes

from .._html import percent
from .._levels import name_of
from ..disparities import AdjustedTable
from ..disparities._adjusted import CAUTION, AdjustedRow, Stratum, difference_text
from ..metrics._results import Group, informed
from ..metrics._sentence import label_of
from ..stats import newcombe, normal_quantile
from ..stats._strata import Estimate
from ._groups import FEW, MOST_ROWS, UNSURE, count_of, share_of
from ._picture import Picture
from ._rows import Block, Chart, Row, Scale, draw_chart, draw_words, percent_tick, placed, rest_row
from ._theme import BLUE, FAINT, INK, PAPER, VERMILION

_APART, _LEAST, _MOST = 0.1, 4.0, 11.0
_LEAST_STRATA = 3
_NAN = math.nan
_NONE = Estimate(_NAN, _NAN, _NAN)
_EVERYBODY, _ADJUSTED = "everybody together", "same mix of {controls}"


@dataclass(frozen=True, slots=True)
class _Two(Row):
    """A row of two rates: the group's above, the reference's below."""

    first: Estimate = _NONE
    second: Estimate = _NONE
    sizes: tuple[int, int] = (0, 0)
    whole: bool = False
    turned: bool = False


def draw_adjusted(result: AdjustedTable, ax: Axes | None = None) -> Picture:
    """Draw crude, strata and standardised rates of both groups; a line between them leans to the side of the higher rate."""
    pairs = _pairs(result)
    most = max(MOST_ROWS // max(len(pairs), 1) - 2, _LEAST_STRATA)
    blocks = tuple(_block(result, crude, adjusted, most) for crude, adjusted in pairs)
    left = sum(row.method == "crude" for row in result.rows) - len(pairs)
    if left and blocks:
        blocks = (*blocks[:-1], Block(blocks[-1].header, (*blocks[-1].rows, _more(left, "comparison", "comparisons"))))
    biggest = max((size for block in blocks for row in block.rows if isinstance(row, _Two) and not row.whole for size in row.sizes), default=1)
    chart = Chart(result.headline, _axis_text(result, blocks, pairs), blocks, Scale(percent_tick, (0.0, 1.0)), len(blocks) > 1)
    return draw_chart(chart, ax, lambda target, part: _draw(target, part, biggest))


def _axis_text(result: AdjustedTable, blocks: tuple[Block, ...], pairs: list[tuple[AdjustedRow, AdjustedRow]]) -> str:
    one = len(blocks) == 1
    subject = blocks[0].header if one else "Rates"
    names = [label_of(group) for group in (pairs[0][0].group, pairs[0][0].reference)] if one else ["the first group", "the second"]
    who = f"{subject}, {result.setting}" if result.setting else subject
    return (
        f"{who}. Circles are {names[0]}, diamonds {names[1]}, larger ones more people; a dashed line leans the other way than that"
        f" of {_EVERYBODY}. Lines through them are {share_of(result.confidence)} intervals. {CAUTION.rstrip('.')}"
    )


def _pairs(result: AdjustedTable) -> list[tuple[AdjustedRow, AdjustedRow]]:
    """The crude and the standardised row of each comparison; those of most people, as many as a picture can hold."""
    found = [
        (crude, next(row for row in result.rows[i + 1 :] if row.method == "standardized"))
        for i, crude in enumerate(result.rows)
        if crude.method == "crude"
    ]
    kept = sorted(range(len(found)), key=lambda i: -(found[i][0].n or 0))[: MOST_ROWS // (_LEAST_STRATA + 2)]
    return [found[i] for i in sorted(kept)]


def _block(result: AdjustedTable, crude: AdjustedRow, adjusted: AdjustedRow, most: int) -> Block:
    by_stratum: dict[Group, dict[Group, Stratum]] = {}
    for cell in result.cells:
        if cell.row.metric.name == crude.metric.name and cell.group in (crude.group, crude.reference):
            by_stratum.setdefault(cell.stratum, {})[cell.group] = cell
    ranked = sorted(by_stratum, key=lambda stratum: -sum(cell.row.n or 0 for cell in by_stratum[stratum].values()))
    kept = set(ranked[:most])
    rows = [_summary(crude, _EVERYBODY, crude)]
    for stratum, found in by_stratum.items():
        if stratum in kept:
            name = ", ".join(f"{control} {name_of(level)}" for control, level in zip(result.controls, stratum, strict=True))
            rows.append(_stratum(name, found, crude, result.confidence))
    if len(by_stratum) > len(kept):
        rows.append(_more(len(by_stratum) - len(kept), "stratum", "strata"))
    rows.append(_summary(adjusted, _ADJUSTED.format(controls=" and ".join(result.controls)), crude))
    return Block(f"{crude.metric.label}: {label_of(crude.group)} and {label_of(crude.reference)}", tuple(rows))


def _more(left: int, one: str, several: str) -> Row:
    return rest_row(f"and {left:,} more {one if left == 1 else several}")


def _summary(row: AdjustedRow, name: str, crude: AdjustedRow) -> Row:
    if math.isnan(row.difference.value):
        return Row(name, "", _NAN, _NAN, _NAN, f"{row.status}: {row.reason}", "missing")
    sizes = (row.n or 0, row.n_reference or 0)
    return _two(name, row.rate, row.rate_reference, row.difference, sizes, crude, whole=True, small=row.status == "small")


def _stratum(name: str, found: dict[Group, Stratum], crude: AdjustedRow, confidence: float) -> Row:
    """Both groups in one stratum, or why there are not both."""
    cells = [found[group].row if group in found else None for group in (crude.group, crude.reference)]
    first, second = cells
    if first is None or second is None or math.isnan(first.value) or math.isnan(second.value):
        names = [label_of(group) for group in (crude.group, crude.reference)]
        told = [
            f"{who}: {'nobody' if row is None else row.status if math.isnan(row.value) else percent(row.value, row.lower, row.upper)}"
            f"{'' if row is None or row.status == 'suppressed' else f', n={row.n:,}'}"
            for who, row in zip(names, cells, strict=True)
        ]
        return Row(name, "", _NAN, _NAN, _NAN, "; ".join(told), "missing")
    low, high = (float(end) for end in newcombe(*informed(first), *informed(second), normal_quantile(confidence)))
    apart = Estimate(first.value - second.value, low, high)
    one, other = (Estimate(row.value, row.lower, row.upper) for row in (first, second))
    return _two(name, one, other, apart, (first.n or 0, second.n or 0), crude, small="small" in (first.status, second.status))


def _two(
    name: str,
    first: Estimate,
    second: Estimate,
    apart: Estimate,
    sizes: tuple[int, int],
    crude: AdjustedRow,
    *,
    whole: bool = False,
    small: bool = False,
) -> _Two:
    shown = ", ".join([difference_text(apart), *([FEW] if small else []), *([UNSURE] if apart.lower <= 0 <= apart.upper else [])])
    return _Two(
        name, f"{count_of(sizes[0])} and {sizes[1]:,}", first.value, min(first.lower, second.lower), max(first.upper, second.upper),
        shown, "small" if small else "ok", f"{percent(*first)} and {percent(*second)}", first=first, second=second, sizes=sizes, whole=whole,
        turned=apart.value * crude.difference.value < 0,
    )  # fmt: skip


def _draw(ax: Axes, chart: Chart, biggest: int) -> None:
    """Two dots a row, their intervals, and the line that leans from one to the other."""
    places = [(row, y) for _, row, y in placed(chart) if row is not None]
    ax.hlines([y for _, y in places], 0, 1, transform=ax.get_yaxis_transform(), colors=FAINT, linewidths=0.8, zorder=0)
    for row, y in places:
        if isinstance(row, _Two):
            _draw_two(ax, row, y, biggest)
    draw_words(ax, chart)


def _draw_two(ax: Axes, row: _Two, y: float, biggest: int) -> None:
    colour = INK if row.whole else VERMILION if row.turned else BLUE
    above, below = y - _APART, y + _APART
    for rate, at in ((row.first, above), (row.second, below)):
        ax.hlines([at], [rate.lower], [rate.upper], colors=colour, linewidths=1.2, zorder=2, gid="intervals")
    ax.plot(
        [row.first.value, row.second.value], [above, below], color=colour, linewidth=2.6 if row.whole else 1.8,
        linestyle=(0, (2.5, 1.5)) if row.turned else "-", zorder=2.5, gid="slope",
    )  # fmt: skip
    for rate, at, marker, size in ((row.first, above, "o", row.sizes[0]), (row.second, below, "D", row.sizes[1])):
        width = _MOST if row.whole else _LEAST + (_MOST - _LEAST) * math.sqrt(size / max(biggest, 1))
        ax.plot(
            [rate.value], [at], marker, markersize=width if marker == "o" else 0.85 * width, color=colour, markeredgewidth=1.4, clip_on=False,
            markerfacecolor=PAPER if row.state == "small" else colour, linestyle="none", zorder=3,
            gid="group" if marker == "o" else "reference",
        )  # fmt: skip
