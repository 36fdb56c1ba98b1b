"""Rates and costs against the threshold, in words that the caller gives."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from matplotlib.axes import Axes

from ._curves import MOST_BANDS, uprights_of
from ._panels import MOST_LINES, Line, Panel, Part, Scale, Sheet, draw_sheet, share_ticks
from ._picture import Picture
from ._rows import nice_ticks, percent_tick

_WIDTH, _HEIGHT = 5.4, 3.0


@dataclass(frozen=True, slots=True)
class SweepLine:
    """One group: its values at every threshold with their limits, marked points, and what the key says under its name.

    `place` decides how it is drawn, so that a group looks the same in every picture; that of everybody is the last one.
    """

    name: str
    told: tuple[str, ...]
    x: tuple[float, ...]
    y: tuple[float, ...]
    lower: tuple[float, ...]
    upper: tuple[float, ...]
    place: int
    marks: tuple[tuple[float, float], ...] = ()


@dataclass(frozen=True, slots=True)
class Sweep:
    """One number against the threshold, a line for each group. `more` says how many groups are not drawn.

    `share` numbers are from 0 to 1, others from 0 on. `now` is the threshold of everybody, None where there is none.
    """

    title: str
    told: str
    header: str
    x: str
    y: str
    lines: tuple[SweepLine, ...]
    share: bool
    now: float | None
    now_text: str
    write: Callable[[float], str]
    more: Callable[[int], str]


def draw_sweep(sweeps: Sequence[Sweep], ax: Axes | None = None) -> Picture:
    """Draw each number under the one before it; the title is that of the first."""
    parts, told = [], []
    for sweep in sweeps:
        drawn = [line for line in sweep.lines if line.place < MOST_LINES]
        notes = (sweep.more(len(sweep.lines) - len(drawn)),) if len(drawn) < len(sweep.lines) else ()
        panel = _panel(sweep, drawn)
        parts.append(Part((panel,), panel, notes, 1, _WIDTH, _HEIGHT))
        told += [f"{sweep.header}:", *(f"{line.name}: {'; '.join(line.told)}." for line in sweep.lines)]
    axis = " ".join(sweep.told for sweep in sweeps).strip().rstrip(".")
    return draw_sheet(Sheet(sweeps[0].title, axis, tuple(parts), tuple(told)), ax)


def _panel(sweep: Sweep, drawn: Sequence[SweepLine]) -> Panel:
    cuts = drawn[0].x
    air = 0.02 * ((cuts[-1] - cuts[0]) or 1.0)
    low, high = cuts[0] - air, cuts[-1] + air
    lines = [Line(line.name, line.told, line.x, line.y, line.place, line.lower, line.upper, marks=line.marks) for line in drawn]
    if len(lines) > MOST_BANDS:
        lines = [replace(line, uprights=uprights_of(len(line.x), k, len(lines))) for k, line in enumerate(lines)]
    top = max((limit for line in drawn for limit in line.upper if limit == limit), default=1.0) * 1.04
    y = Scale(sweep.y, -0.01, 1.01, share_ticks(), percent_tick) if sweep.share else Scale(sweep.y, 0.0, top, tuple(nice_ticks(0.0, top, _HEIGHT)), sweep.write)
    x = Scale(sweep.x, low, high, tuple(nice_ticks(low, high, _WIDTH)), sweep.write)
    return Panel(sweep.header, x, y, tuple(lines), upright=sweep.now, upright_text=sweep.now_text, steps=True)

