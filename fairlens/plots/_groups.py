"""Rates by group as dots with intervals, and differences and ratios as a forest."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import TypeVar

from matplotlib.axes import Axes

from .._levels import ALL
from .._spec import Spec
from ..metrics import DifferenceTable, GroupRow, GroupTable, PairRow, RatioTable
from ..metrics._ratio_words import compare_ratios
from ..metrics._results import comparisons
from ..metrics._row import Opposite
from ..metrics._sentence import ENGLISH, TEXTS, compare, label_of
from ..metrics._write import changed, written
from ..texts import Texts
from ._picture import Picture
from ._rows import (
    Block,
    Chart,
    Row,
    Scale,
    State,
    draw_chart,
    draw_dots,
    percent_tick,
    placed,
    points_tick,
    rest_row,
)
from ._theme import INK, PAPER

FEW = ENGLISH["picture"]["few"]
UNSURE = "cannot tell"
_WHO = "n is the number of people in the denominator"
_UNDER = 0.17
"""Inches from a dot to the mark under it."""
MOST_ROWS = 60
"""Rows in a picture: more could not be read."""
_Any = TypeVar("_Any", GroupRow, PairRow)


def draw_groups(
    result: GroupTable, ax: Axes | None = None, title: str = "", setting: str | None = None, texts: Texts = ENGLISH
) -> Picture:
    """Draw a rate per group: a dot, its interval, n under the name.

    The title is made from the rates unless given; so is the `setting`, who is counted and how they are decided about. Both are English
    unless given: `texts` has the other words.
    """
    said, parts = texts["picture"], _split(result.rows, lambda row: row)
    kept = _largest(parts, lambda row: row)
    blocks = tuple(Block(_heading(rows[0], result.attributes, texts), tuple(group_row(row, texts) for row in rows)) for rows in kept)
    if not result.attributes and len(blocks) > 1:
        rows = [replace(row, name=block.header) for block in blocks for row in block.rows]
        blocks = (Block("Rates of everybody", tuple(rows)),)
    blocks = _with_more(blocks, result.rows, texts)
    subject = blocks[0].header if len(blocks) == 1 else "Rates"
    about = _settled(subject, result.setting if setting is None else setting)
    axis = said["axis"].format(subject=about, share=texts.local(share_of(result.confidence).removesuffix(" %")))
    title = title or _groups_title(parts, result.spec, result.confidence, result.within) or subject
    return draw_chart(Chart(title, axis, blocks, _scale_of(result.rows, texts), len(blocks) > 1), ax)


def draw_pairs(result: DifferenceTable | RatioTable, ax: Axes | None = None) -> Picture:
    """Draw a forest: each group's difference or ratio to its reference, with the line of no difference."""
    ratio = isinstance(result, RatioTable)
    parts = _split(result.rows, lambda pair: pair.row)
    kept = _largest(parts, lambda pair: pair.row)
    blocks = tuple(Block(_pair_heading(pairs, result.attributes), tuple(_pair_row(pair, ratio) for pair in pairs)) for pairs in kept)
    opposites = {
        id(row): pair.opposite
        for block, pairs in zip(blocks, kept, strict=True)
        for row, pair in zip(block.rows, pairs, strict=True)
        if row.state != "missing" and _has_opposite(pair)
    }
    blocks = _with_more(blocks, result.rows)
    rates = all(pair.row.metric.event for pair in result.rows)
    unit = " in points" if rates else ""
    what = "Ratio (1: no difference)" if ratio and not rates else "Ratio of rates (1: no difference)" if ratio else f"Difference{unit} (0: no difference)"
    subject = f"{blocks[0].header}. {what}" if len(blocks) == 1 else what
    axis = f"{_settled(subject, result.setting)}; lines are {share_of(result.confidence)} intervals, each by itself; {_WHO}"
    able = [pair for pair in result.rows if pair.status == "ok"]
    if not ratio:
        title = compare(comparisons(able), result.spec, result.confidence, within=result.within)
        scale = Scale(points_tick if rates else number_tick, neutral=0.0)
        return draw_chart(Chart(title, axis, blocks, scale, len(blocks) > 1), ax)
    title = compare_ratios(able, comparisons(able), result.spec, result.confidence, within=result.within)
    ends = tuple(end for one in opposites.values() if one is not None for end in (one.lower, one.change, one.upper))
    axis = f"{axis}; hollow squares are ratios of the opposite rates" if opposites else axis
    return draw_chart(Chart(title, axis, blocks, _ratio_scale(result.rows, ends), len(blocks) > 1, ends), ax, _with_opposites(opposites))


def _has_opposite(pair: PairRow) -> bool:
    return pair.opposite is not None and not math.isnan(pair.opposite.change)


def _with_opposites(opposites: Mapping[int, Opposite | None]) -> Callable[[Axes, Chart], None]:
    """Draw dots, and under each the ratio of the opposite rates as a hollow square on a thin line."""

    def marks(ax: Axes, chart: Chart) -> None:
        draw_dots(ax, chart)
        places = [(one, y + _UNDER) for _, row, y in placed(chart) if row is not None and (one := opposites.get(id(row))) is not None]
        ax.hlines(
            [y for _, y in places], [one.lower for one, _ in places], [one.upper for one, _ in places], colors=INK, linewidths=1.1, zorder=2,
            gid="opposite-intervals",
        )  # fmt: skip
        ax.plot(
            [one.change for one, _ in places], [y for _, y in places], "s", gid="opposites", zorder=3, markersize=6.5, color=INK,
            markerfacecolor=PAPER, markeredgewidth=1.3, linestyle="none", clip_on=False,
        )  # fmt: skip

    return marks


def _largest(parts: Sequence[list[_Any]], of: Callable[[_Any], GroupRow]) -> list[list[_Any]]:
    """Keep the rows of the groups with most people, as many as a picture can hold, in the order of the table."""
    every = [(i, j) for i, rows in enumerate(parts) for j in range(len(rows))]
    ranked = sorted(every, key=lambda at: -(of(parts[at[0]][at[1]]).people or 0))
    kept = set(ranked[:MOST_ROWS])
    drawn = [[row for j, row in enumerate(rows) if (i, j) in kept] for i, rows in enumerate(parts)]
    return [rows for rows in drawn if rows]


def _with_more(blocks: tuple[Block, ...], rows: Sequence[GroupRow | PairRow], texts: Texts = ENGLISH) -> tuple[Block, ...]:
    """Say in a last line how many rows of the table the picture does not hold."""
    left = len(rows) - sum(len(block.rows) for block in blocks)
    if not left:
        return blocks
    metrics = {(row.row if isinstance(row, PairRow) else row).metric.name for row in rows}
    what = ("group" if left == 1 else "groups") if len(metrics) == 1 else "row" if left == 1 else "rows"
    said = texts["picture"]
    line = rest_row(said[f"more_{what}"].format(k=texts.count(left)), said["in_table"])
    return (*blocks[:-1], replace(blocks[-1], rows=(*blocks[-1].rows, line)))


def _settled(subject: str, setting: str) -> str:
    """Name who is counted and how they are decided about, where that is not everybody as decided."""
    return f"{subject}, {setting}" if setting else subject


def group_row(row: GroupRow, texts: Texts = ENGLISH) -> Row:
    """Bring one rate to a row of the picture."""
    name = label_of(row.group) if row.group else texts["picture"]["everybody"]
    numbers = (row.value, row.lower, row.upper)
    shown = texts.percent(*numbers) if row.metric.event else written(row.metric, *numbers)
    return Row(name, count_of(row.n, texts=texts), *numbers, *_shown(row, shown, texts))


def _pair_row(pair: PairRow, ratio: bool) -> Row:
    if ratio:
        text, neutral = f"{pair.change:.2f} ({pair.lower:.2f} to {pair.upper:.2f})", 1.0
    else:
        text, neutral = changed(pair.row.metric, pair.change, pair.lower, pair.upper), 0.0
    if ratio and pair.opposite is not None:
        other = pair.opposite
        numbers = f"{other.change:.2f} ({other.lower:.2f} to {other.upper:.2f})" if _has_opposite(pair) else "none"
        text = f"{text}\nopposite rate: {numbers}"
    shown, state, remark = _shown(pair, text)
    if state != "missing" and pair.lower <= neutral <= pair.upper:
        state = "unsure" if state == "ok" else state
        remark = f"{remark}, {UNSURE}" if remark else UNSURE
    count = f"{count_of(pair.row.n)} against {count_of(pair.base.n, '')}"
    return Row(label_of(pair.row.group), count, pair.change, pair.lower, pair.upper, shown, state, remark)


def _shown(row: GroupRow | PairRow, text: str, texts: Texts = ENGLISH) -> tuple[str, State, str]:
    """What is printed, the state, and the remark under it; words in place of a number that is not there."""
    if row.status in ("suppressed", "undefined"):
        values = {"status": texts["sentence"][row.status], "reason": texts.reason(row.reason)}
        return texts["picture"]["missing"].format(**values), "missing", ""
    return text, "small" if row.status == "small" else "ok", texts["picture"]["few"] if row.status == "small" else ""


def count_of(n: int | None, prefix: str = "n=", texts: Texts = ENGLISH) -> str:
    """Write n."""
    if n is None:
        return texts["picture"]["n_hidden"] if prefix else "a number not shown"
    return f"{prefix}{texts.count(n)}"


def _split(rows: Iterable[_Any], of: Callable[[_Any], GroupRow]) -> list[list[_Any]]:
    """One list per metric and per set of attributes in use, in the order of the table."""

    def key(row: _Any) -> tuple[str, tuple[bool, ...]]:
        return of(row).metric.name, tuple(level == ALL for level in of(row).group)

    found: dict[tuple[str, tuple[bool, ...]], list[_Any]] = {}
    for row in rows:
        found.setdefault(key(row), []).append(row)
    return list(found.values())


def _heading(row: GroupRow, attributes: Sequence[str], texts: Texts = ENGLISH) -> str:
    used = [name for name, level in zip(attributes, row.group, strict=True) if level != ALL]
    label = texts.metric(row.metric.name, "label", row.metric.label)
    return texts["picture"]["heading"].format(metric=label, axes=texts["panel"]["joined"].join(used)) if used else label


def _pair_heading(pairs: Sequence[PairRow], attributes: Sequence[str]) -> str:
    """Metric, attribute and what is compared with; the reference's own rate where it is the same for all rows."""
    first = pairs[0]
    heading = _heading(first.row, attributes)
    told = "".join(
        f", {reason}"
        for reason in dict.fromkeys(pair.reason for pair in pairs if pair.status == "ok" and pair.reason)
    )
    if first.reference == "rest":
        return f"{heading}, against {TEXTS['rest']}{told}"
    name = TEXTS[first.reference] if isinstance(first.reference, str) else label_of(first.reference)
    if math.isnan(first.base.value):
        return f"{heading}, against {name} ({first.base.status}){told}"
    rate = written(first.row.metric, first.base.value, first.base.lower, first.base.upper)
    return f"{heading}, against {name}: {rate}, {count_of(first.base.n)}{told}"


def _groups_title(parts: Sequence[Sequence[GroupRow]], spec: Spec, confidence: float, within: str) -> str | None:
    """Each group against the largest of its block; None where no block has two groups."""
    if not parts:
        return "There is no group to show."
    if all(len(rows) < 2 for rows in parts):
        return None
    found = [pair for rows in parts for pair in _against_largest(rows)]
    return compare(comparisons(found), spec, confidence, within=within)


def _against_largest(rows: Sequence[GroupRow]) -> list[PairRow]:
    base = max(rows, key=lambda row: row.people or 0)
    if base.status != "ok":
        return []
    nan = math.nan
    return [
        PairRow(row, base, base.group, nan, nan, nan, "ok", "")
        for row in rows
        if row is not base and row.status == "ok"
    ]


def _ratio_scale(pairs: Sequence[PairRow], more: Sequence[float]) -> Scale:
    numbers = [
        *more, *(end for pair in pairs if not math.isnan(pair.change) for end in (pair.lower, pair.change, pair.upper))
    ]  # fmt: skip
    even = all(0 < number < math.inf for number in numbers)
    return Scale(lambda value: f"{value:g}", (0.0, math.inf), 1.0, 0.5, even)


def _scale_of(rows: Sequence[GroupRow], texts: Texts = ENGLISH) -> Scale:
    """Per cent if every metric counts people, else numbers as far as they are possible."""
    if all(row.metric.event for row in rows):
        return Scale(lambda value: texts.local(percent_tick(value)), (0.0, 1.0))
    least = min(getattr(row.metric, "least", 0.0) for row in rows)
    most = max(getattr(row.metric, "most", 1.0) for row in rows)
    return Scale(number_tick, (least, most))


def number_tick(value: float) -> str:
    """Write a tick as a number."""
    return f"{round(value, 9) + 0:g}"


def share_of(confidence: float) -> str:
    """Write a level of confidence."""
    return f"{round(100 * confidence, 4):g} %"
