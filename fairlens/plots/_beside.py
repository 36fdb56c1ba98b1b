"""The disparity beside an explanation: how the same groups are decided about, a dot and its interval each."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from matplotlib.axes import Axes

from ..explanations._values import Group
from ..metrics import GroupRow, GroupTable
from ..metrics._sentence import label_of, lowered
from ..metrics._write import written as rate_written
from ._groups import count_of, share_of
from ._rows import inches_of, nice_ticks, percent_tick
from ._text import clean, fit, height_of
from ._theme import BLUE, FAINT, INK, PAPER, SMALL, SOFT

WIDTH = 2.3
"""Inches of a column of rates."""
_TEXT, _LINE = 8.0, 0.145
_ANOTHER = {"score": "the score", "decision": "", "log_odds": "the log-odds"}


@dataclass(frozen=True, slots=True)
class Beside:
    """Rates by group, what stands over them, and how they differ from what is explained."""

    rates: Mapping[Group, GroupRow]
    heading: str = ""
    note: str = ""

    def told(self, group: Group) -> str:
        """Write the rate of a group with its interval and n; empty where there is none."""
        row = self.rates.get(group)
        return "" if row is None else rate_told(row)

    def of(self, groups: Sequence[Group]) -> list[tuple[Group, GroupRow]]:
        """Give the rates of some groups, in their order."""
        return [(group, self.rates[group]) for group in groups if group in self.rates]

    def lines(self, groups: Sequence[Group]) -> list[str]:
        """Write the rates in words, a line per group, under what they are."""
        known = self.of(groups)
        if not known:
            return []
        told = [f"{clean(label_of(group))}: {rate_told(row)}." for group, row in known]
        return [f"{self.heading}{f' ({self.note})' if self.note else ''}:", *told]


def beside(rates: GroupTable | None, output: str, done: str = "explained") -> Beside:
    """Bring published rates beside what is `done` with a score, a decision or log-odds."""
    if rates is None or not rates.rows:
        return Beside({})
    label = rates.rows[0].metric.label
    what = _ANOTHER[output]
    note = f"of the decisions, another quantity than {what} that is {done}" if what else ""
    return Beside({row.group: row for row in rates.rows}, f"{label}, {share_of(rates.confidence)} intervals", note)


def note_on(shown: Beside, verb: str = "beside it is") -> str:
    """Say in a sentence that what is decided is another quantity; empty where it is what is explained."""
    if not shown.note or all(math.isnan(row.value) for row in shown.rates.values()):
        return ""
    label = lowered(next(iter(shown.rates.values())).metric.label)
    return f"The {label} {verb} {shown.note}."


def rate_told(row: GroupRow) -> str:
    """Write a rate with its interval and n, or why there is none."""
    return row.status if math.isnan(row.value) else f"{rate_written(row.metric, row.value, row.lower, row.upper)}, {count_of(row.n)}"


def said_over(row: GroupRow, name: str, inches: float) -> str:
    """The words over a dot, broken to a width."""
    return fit(f"{clean(name)}: {rate_told(row)}" if name else rate_told(row), inches, _TEXT)


def row_height(row: GroupRow, name: str, inches: float) -> float:
    """Inches that a rate needs with its words over it."""
    return height_of(said_over(row, name, inches), _TEXT) + 0.26


def draw_rates(
    ax: Axes, rows: Sequence[tuple[str, GroupRow]], middles: Sequence[float], height: float, *, inches: float = 0.0, least: float = 0.1
) -> None:
    """Draw a dot on its interval for each rate, with its name, where one is given, and its number over it; y in inches from the top."""
    shown = list(zip(rows, middles, strict=True))
    able = [(row, y) for (_, row), y in shown if not math.isnan(row.value)]
    low, high = min((row.lower for row, _ in able), default=0.0), max((row.upper for row, _ in able), default=1.0)
    span = max(high - low, least)
    low, high = max(low - 0.1 * span, -0.02), min(high + 0.1 * span, 1.02)
    ax.set_xlim(low, high)
    ax.set_ylim(height, 0)
    inches = inches or inches_of(ax)
    places = {}
    for (name, row), y in shown:
        told = said_over(row, name, inches)
        lines = told.count("\n") + 1
        places[id(row)] = y + _LINE * lines / 2 + 0.03
        ax.text(
            0.0, y - 0.12, told, transform=ax.get_yaxis_transform(), fontsize=_TEXT, va="center", parse_math=False, gid="rate", linespacing=1.3,
            color=SOFT if math.isnan(row.value) else INK, bbox={"facecolor": PAPER, "edgecolor": "none", "pad": 1.0},
        )  # fmt: skip
    dots = [places[id(row)] for row, _ in able]
    ax.hlines(dots, [row.lower for row, _ in able], [row.upper for row, _ in able], colors=BLUE, linewidths=2.2, gid="intervals")
    for (row, _), y in zip(able, dots, strict=True):
        face = PAPER if row.status == "small" else BLUE
        ax.plot([row.value], [y], "o", color=BLUE, markerfacecolor=face, markeredgewidth=1.5, markersize=7, clip_on=False, gid="dots")
    ax.set_yticks([])
    ticks = [tick for tick in nice_ticks(low, high, inches) if 0 <= tick <= 1]
    ax.set_xticks(ticks, [percent_tick(tick) for tick in ticks], fontsize=SMALL, color=SOFT)
    ax.grid(visible=True, axis="x", color=FAINT, linewidth=0.8)
    ax.set_axisbelow(True)
    ax.spines[["top", "right", "left"]].set_visible(False)
    ax.spines["bottom"].set_visible(True)


def head(ax: Axes, text: str, inches: float) -> None:
    """Write what the rates are over their column."""
    ax.annotate(
        fit(text, inches, SMALL), (0, 1), xycoords="axes fraction", xytext=(0, 7), textcoords="offset points", va="bottom", fontsize=SMALL,
        fontweight="bold", annotation_clip=False, parse_math=False, gid="heading",
    )  # fmt: skip
