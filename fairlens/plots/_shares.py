"""Who is in the data: each group's share as a dot with its interval, a hollow diamond for its share in the population."""

from __future__ import annotations

import math
from collections.abc import Sequence

from matplotlib.axes import Axes

from ..disparities import Description
from ..disparities._describe_words import any_unknown, used
from ..disparities._described import DescriptionRow
from ..metrics._sentence import label_of
from ..stats import normal_quantile
from ..texts import texts_of
from ._groups import MOST_ROWS, share_of
from ._picture import Picture
from ._rows import Block, Chart, Row, Scale, draw_chart, draw_dots, percent_tick, placed, rest_row
from ._theme import INK

_NAN = math.nan


def draw_description(result: Description, ax: Axes | None = None, title: str = "") -> Picture:
    """Draw the share of each group, n under its name, its representation beside it; the title is the sentence unless given."""
    every = range(len(result.rows))
    kept = set(sorted(every, key=lambda i: -(result.rows[i].n or 0))[:MOST_ROWS])
    parts: dict[tuple[str, ...], list[Row]] = {}
    for i in every:
        if i in kept:
            parts.setdefault(used(result.attributes, result.rows[i]), []).append(_row(result.rows[i], result.confidence))
    blocks = [Block(f"Share of all by {' and '.join(columns)}", tuple(rows)) for columns, rows in parts.items()]
    left = len(every) - len(kept)
    if left:
        more = rest_row(f"and {left:,} more group{'s' if left > 1 else ''}")
        blocks[-1] = Block(blocks[-1].header, (*blocks[-1].rows, more))
    axis = _axis(result, blocks)
    scale = Scale(percent_tick, (0.0, 1.0))
    return draw_chart(Chart(title or result.sentence, axis, tuple(blocks), scale, len(blocks) > 1), ax, _draw)


def _axis(result: Description, blocks: Sequence[Block]) -> str:
    subject = blocks[0].header if len(blocks) == 1 else "Share of all"
    subject = f"{subject}, {result.setting}" if result.setting else subject
    axis = f"{subject}. Lines are {share_of(result.confidence)} intervals; n is the number of people in the group"
    if result.has_population:
        axis += "; hollow diamonds are shares in the population"
        if any_unknown(result.rows):
            axis += ", which representation holds against the share among those whose group is known"
    return axis + (", an expected one where groups are known as probabilities" if result.spec.membership else "")


def _row(row: DescriptionRow, confidence: float) -> Row:
    name, share = label_of(row.group), row.share
    if math.isnan(share.value):
        count = "n not shown" if row.n is None else f"n={row.n:,}"
        return Row(name, count, _NAN, _NAN, _NAN, f"{share.status}: {share.reason}", "missing")
    texts, one = texts_of(), row.represented
    remark, mark = "", _NAN
    if one is not None:
        mark = one.population
        remark = f"population {texts.percent(mark)}"
        if not math.isnan(one.value):
            remark += f", {texts.interval(texts.times(one.value), *map(texts.times, one.limits(normal_quantile(confidence))))} times"
    shown = texts.percent(share.value, share.lower, share.upper)
    return Row(name, f"n={row.n or 0:,}", share.value, share.lower, share.upper, shown, "small" if share.status == "small" else "ok", remark, mark)


def _draw(ax: Axes, chart: Chart) -> None:
    draw_dots(ax, chart)
    marked = [(row.mark, y) for _, row, y in placed(chart) if row is not None and not math.isnan(row.mark)]
    ax.plot(
        [mark for mark, _ in marked], [y for _, y in marked], "D", gid="population", zorder=4, markersize=9, color=INK, markerfacecolor="none",
        markeredgewidth=1.6, linestyle="none", clip_on=False,
    )  # fmt: skip
