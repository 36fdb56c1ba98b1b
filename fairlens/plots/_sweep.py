"""Rates and costs against the threshold."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from matplotlib.axes import Axes

from .._html import number
from .._levels import ALL, name_of
from ..metrics import GroupRow
from ..metrics._sentence import ENGLISH, _fill
from ..scores import ThresholdSweep
from ..texts import Texts
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


def draw_swept(result: ThresholdSweep, ax: Axes | None = None) -> Picture:
    """Draw a rate against the threshold, one picture under the other for each attribute."""
    return draw_sweep(rate_sweeps(result), ax)


def rate_sweeps(result: ThresholdSweep, texts: Texts = ENGLISH, *, title: str = "", by: str = "", setting: str | None = None) -> list[Sweep]:
    """What the pictures of a rate against the threshold hold; `by` names what is looked at, where its columns do not."""
    said, label = texts["thresholds"], texts.metric(result.metric.name, "label", result.metric.label)
    share = texts.fixed(100 * result.confidence, 1).removesuffix(f"{texts.marks['decimal']}0")
    about = (result.setting and f"{result.setting[0].upper()}{result.setting[1:]}.") if setting is None else setting
    made = []
    for named, places in result.parts:
        told = _fill(said["still"], {"metric": label, "by": by or named, "share": share})
        made.append(
            Sweep(
                title=title or result.sentence,
                told=f"{told} {about}".strip(),
                header=label,
                x=said["x"],
                y=label,
                now=result.threshold,
                now_text="" if result.threshold is None else _fill(said["now"], {"threshold": write_threshold(result.threshold, texts)}),
                lines=_rate_lines(result, places, texts),
                share=True,
                write=lambda threshold: write_threshold(threshold, texts),
                more=lambda k: said["more"].replace("{k}", str(k)).strip(),
            )
        )
    return made


def write_threshold(threshold: float, texts: Texts) -> str:
    """Write a threshold."""
    return number(threshold).replace(".", texts.marks["decimal"])


def rate_text(row: GroupRow, texts: Texts) -> str:
    """Write a rate with its interval and its n, or why there is none."""
    if row.value != row.value:
        return texts["panel"]["weightless" if row.status == "undefined" and row.n else row.status]
    few = f", {texts['panel']['small']}" if row.status == "small" else ""
    return f"{texts.percent(row.value, row.lower, row.upper)}{few}, {_fill(texts['thresholds']['n_of'], {'n': texts.count(row.n)})}"


def _rate_lines(result: ThresholdSweep, places: Sequence[int], texts: Texts) -> tuple[SweepLine, ...]:
    first = result.rates[0] if result.rates else ()
    drawn = largest([i for i in places if first and first[i].status != "suppressed"], first, MOST_LINES)
    looks = largest(drawn, first, MOST_LINES - 1)
    return tuple(_rate_line(result, i, looks.index(i) if i in looks else MOST_LINES, texts) for i in drawn)


def largest(places: Sequence[int], rows: Sequence[GroupRow], most: int) -> list[int]:
    """The places of the groups with most people, in the order of the table."""
    return sorted(sorted(places, key=lambda i: -(rows[i].people or 0))[:most])


def _rate_line(result: ThresholdSweep, i: int, place: int, texts: Texts) -> SweepLine:
    rows, now, cut = [found[i] for found in result.rates], result.now[i], result.cuts[i]
    return SweepLine(
        name=", ".join(name_of(level) for level in now.group if level != ALL),
        told=(rate_text(now, texts),),
        x=result.thresholds,
        y=tuple(row.value for row in rows),
        lower=tuple(row.lower for row in rows),
        upper=tuple(row.upper for row in rows),
        place=place,
        marks=((cut, now.value),) if cut is not None and now.value == now.value else (),
    )


def draw_sweep(sweeps: Sequence[Sweep], ax: Axes | None = None) -> Picture:
    """Draw each number under the one before it; the title is that of the first."""
    parts, told = [], []
    for sweep in sweeps:
        drawn = [line for line in sweep.lines if line.place < MOST_LINES]
        if not drawn:
            continue
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

