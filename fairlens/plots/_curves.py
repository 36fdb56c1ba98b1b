"""Curves by group: ROC, DET, calibration, and rates at every threshold."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from statistics import NormalDist
from typing import Any

from matplotlib.axes import Axes

from .._html import fixed, number, percent
from .._levels import ALL
from ..metrics import get
from ..metrics._sentence import label_of
from ..scores import CurveTable
from ..scores._curve import RATES, Curve
from ._groups import FEW, share_of
from ._panels import MOST_LINES, Line, Panel, Part, Scale, Sheet, draw_sheet, share_ticks
from ._picture import Picture
from ._rows import nice_ticks, percent_tick
from ._text import short

_MOST_TOLD = 12
MOST_BANDS, _UPRIGHTS = 2, 5
_DEVIATES = (0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.3, 0.5, 0.7, 0.8, 0.9, 0.95, 0.98, 0.99, 0.995, 0.998, 0.999)
_NAMES = {
    "false_positive_rate": "False positive rate",
    "true_positive_rate": "True positive rate",
    "false_negative_rate": "False negative rate",
}


def draw_curves(result: CurveTable, ax: Axes | None = None) -> Picture:
    """Draw the curves of the largest groups, an attribute at a time; the others are named in the key."""
    parts, told = [], []
    for attribute, curves in _attributes(result):
        drawn, notes = _split(curves)
        if drawn:
            parts.append(_PARTS[result.kind](result, attribute, drawn, notes))
        told += [f"By {attribute}:", *(_told(result, one) for one in drawn), *(f"{note}." for note in notes)]
    return draw_sheet(Sheet(result.said, _axis(result), tuple(parts), tuple(told)), ax)


def _attributes(result: CurveTable) -> list[tuple[str, list[Curve]]]:
    """The curves of each attribute, or of the crossing that was asked for."""
    found: dict[tuple[str, ...], list[Curve]] = {}
    for one in result.curves:
        names = tuple(name for name, level in zip(result.attributes, one.group, strict=True) if level != ALL)
        found.setdefault(names or result.attributes, []).append(one)
    return [(" and ".join(names), curves) for names, curves in found.items()]


def _split(curves: Sequence[Curve]) -> tuple[list[Curve], tuple[str, ...]]:
    """The curves to draw, in the order of the table, and a note for each group without one."""
    able = [one for one in curves if one.points]
    kept = {one.group for one in sorted(able, key=lambda one: -(one.people or 0))[:MOST_LINES]}
    notes = [f"{short(label_of(one.group))}: {one.status}" for one in curves if not one.points]
    if len(notes) > MOST_LINES:
        notes = [*notes[: MOST_LINES - 1], f"and {len(notes) - MOST_LINES + 1} more without a curve"]
    if len(able) > MOST_LINES:
        notes.append(more_groups(len(able) - MOST_LINES))
    return [one for one in able if one.group in kept], tuple(notes)


def more_groups(count: int) -> str:
    """Say how many groups are not drawn."""
    return f"and {count} more {'group' if count == 1 else 'groups'} in the table"


def _axis(result: CurveTable) -> str:
    share = share_of(result.confidence)
    setting = f" Markers: {result.setting or 'as decided'}." if any(one.now for one in result.curves) else ""
    words = {
        "roc": f"True against false positive rate at every threshold; areas (AUC) with {share} intervals; the diagonal is chance.{setting}"
        " n is the number of people with a label",
        "det": f"False negative against false positive rate at every threshold, on scales of normal deviates: lower left is better.{setting}"
        " n is the number of people with a label",
        "calibration": f"Observed rate against mean score in bins of about equal size; bands are {share} intervals, markers grow with the people in"
        " a bin; ECE is the expected calibration error with what chance alone would give; the diagonal is calibration",
        "threshold": f"Rates among people decided positive from each score on; bands, or upright lines at some of the scores where there are more than"
        f" two groups, are pointwise {share} intervals; n is the number of people",
    }
    return words[result.kind]


def _told(result: CurveTable, one: Curve) -> str:
    """One group in words."""
    name = label_of(one.group)
    parts = list(_summary(one))
    if one.now:
        parts.append(f"at the decision as it is, false positive rate {percent(one.now[0])}, true positive rate {percent(one.now[1])}")
    if result.kind == "calibration":
        parts += _bins_told(one)
    if result.kind == "threshold":
        parts += _rates_told(result, one)
    return f"{name}: {'; '.join(parts)}."


def _bins_told(one: Curve) -> list[str]:
    points, found = one.points, []
    for i, n in enumerate(points["n"]):
        if n is None:
            found.append(f"bin {points['bin'][i]}: {points['reason'][i]}")
            continue
        observed = percent(points["observed_rate"][i], points["lower"][i], points["upper"][i])
        found.append(f"mean score {fixed(points['mean_score'][i], 2)}: {observed}, n={n:,}")
    return found


def _rates_told(result: CurveTable, one: Curve) -> list[str]:
    """The rates at the current threshold, and at the others where there are few."""
    cuts = sorted(set(one.points["threshold"]))
    if len(cuts) > _MOST_TOLD:
        cuts = [result.threshold] if result.threshold in cuts else [cuts[len(cuts) // 2]]
    found = []
    for i, (cut, metric) in enumerate(zip(one.points["threshold"], one.points["metric"], strict=True)):
        if cut in cuts:
            shown = percent(one.points["value"][i], one.points["lower"][i], one.points["upper"][i])
            found.append(f"{get(metric).label.lower()} from {number(cut)} on {shown}, n={one.points['n'][i]:,}")
    return found


def _summary(one: Curve) -> tuple[str, ...]:
    """What the key says under the name of a group."""
    few = (FEW,) if one.status == "small" else ()
    if one.summary is None:
        return (f"n={one.people or 0:,}", *few)
    row = one.summary
    if row.metric.name == "roc_auc":
        bound = f", bins ±{math.ceil(row.bound * 1000) / 1000:.3f}" if row.bound > 0 else ""
        return (f"AUC {row.metric.write(row.value, row.lower, row.upper)}{bound}", f"n={row.n:,}, {row.n_positive:,} positive", *few)
    return (f"ECE {row.metric.write(row.value, row.lower, row.upper)}", f"by chance {fixed(row.beside, 3)}, n={row.n:,}", *few)


def _roc_part(result: CurveTable, attribute: str, curves: Sequence[Curve], notes: tuple[str, ...]) -> Part:
    lines = tuple(
        Line(
            label_of(one.group), _summary(one), one.points["false_positive_rate"], one.points["true_positive_rate"], k,
            marks=(one.now,) if one.now else (),
        )
        for k, one in enumerate(curves)
    )  # fmt: skip
    x = Scale(_NAMES["false_positive_rate"], -0.01, 1.01, share_ticks(), percent_tick)
    panel = Panel(f"ROC by {attribute}", x, replace(x, name=_NAMES["true_positive_rate"]), lines, True, point_text=_mark(result), corner="lower right")
    return Part((panel,), panel, notes)


def _mark(result: CurveTable) -> str:
    return "as it is" if result.threshold is None else f"from {number(result.threshold)} on"


def _det_part(result: CurveTable, attribute: str, curves: Sequence[Curve], notes: tuple[str, ...]) -> Part:
    lines, across, along = [], [], []
    for k, one in enumerate(curves):
        places = zip(one.points["false_positive_rate"], one.points["false_negative_rate"], strict=True)
        kept = [(_deviate(x), _deviate(y)) for x, y in places if 0 < x < 1 and 0 < y < 1]
        marks = [(_deviate(one.now[0]), _deviate(1 - one.now[1]))] if one.now and all(0 < rate < 1 for rate in one.now) else []
        across += [x for x, _ in (*kept, *marks)]
        along += [y for _, y in (*kept, *marks)]
        lines.append(Line(label_of(one.group), _summary(one), tuple(x for x, _ in kept), tuple(y for _, y in kept), k, marks=tuple(marks)))
    x, y = _deviates(_NAMES["false_positive_rate"], across), _deviates(_NAMES["false_negative_rate"], along)
    panel = Panel(f"DET by {attribute}", x, y, tuple(lines), point_text=_mark(result), corner="upper right")
    return Part((panel,), panel, notes)


def _deviates(name: str, ends: list[float]) -> Scale:
    low, high = (min(ends) - 0.15, max(ends) + 0.15) if ends else (-2.0, 2.0)
    ticks = _spread([_deviate(rate) for rate in _DEVIATES], low, high)
    return Scale(name, low, high, ticks, lambda value: percent_tick(round(NormalDist().cdf(value), 4)))


def _deviate(rate: float) -> float:
    return NormalDist().inv_cdf(min(max(rate, 1e-6), 1 - 1e-6))


def _spread(ticks: Sequence[float], low: float, high: float, most: int = 9) -> tuple[float, ...]:
    """Keep ticks inside the range that do not touch."""
    kept: list[float] = []
    for tick in sorted((tick for tick in ticks if low <= tick <= high), key=abs):
        if all(abs(tick - other) >= (high - low) / most for other in kept):
            kept.append(tick)
    return tuple(sorted(kept))


def _calibration_part(result: CurveTable, attribute: str, curves: Sequence[Curve], notes: tuple[str, ...]) -> Part:
    lines = []
    for k, one in enumerate(curves):
        points: Any = one.points
        sizes = tuple(math.nan if n is None else float(n) for n in points["n"])
        lines.append(
            Line(
                label_of(one.group), _summary(one), points["mean_score"], points["observed_rate"], k, points["lower"], points["upper"],
                sizes if any(size == size for size in sizes) else (),
            )
        )  # fmt: skip
    x = Scale("Mean score in the bin", -0.01, 1.01, share_ticks(), lambda value: f"{value:g}")
    y = Scale(f"Share {result.spec.word('truth')}", -0.01, 1.01, share_ticks(), percent_tick)
    single = Panel(f"Calibration by {attribute}", x, y, tuple(lines), True, corner="upper left")
    return apart(single, notes)


def apart(single: Panel, notes: tuple[str, ...]) -> Part:
    """Give a panel to each group where bands of more than two would cover each other."""
    if len(single.lines) <= MOST_BANDS:
        return Part((single,), single, notes)
    panels = [replace(single, header=line.name, lines=(line,), y=replace(single.y, name=single.y.name if k % 3 == 0 else "")) for k, line in enumerate(single.lines)]
    return Part(tuple(panels), single, notes, 3, 2.35, 2.35)


def _threshold_part(result: CurveTable, attribute: str, curves: Sequence[Curve], notes: tuple[str, ...]) -> Part:
    cuts = sorted({cut for one in curves for cut in one.points["threshold"]})
    air = 0.02 * ((cuts[-1] - cuts[0]) or 1.0)
    low, high = cuts[0] - air, cuts[-1] + air
    x = Scale("Decided positive from this score on", low, high, tuple(nice_ticks(low, high, 2.6)), number)
    panels = []
    for metric in RATES:
        if metric not in curves[0].points["metric"]:
            continue
        lines = tuple(_rate_line(one, metric, k, result.threshold) for k, one in enumerate(curves))
        if len(lines) > MOST_BANDS:
            lines = tuple(replace(line, uprights=uprights_of(len(line.x), k, len(lines))) for k, line in enumerate(lines))
        name = get(metric).label
        y = Scale("", -0.01, 1.01, share_ticks(5), percent_tick)
        inside = result.threshold if result.threshold is not None and low <= result.threshold <= high else None
        text = f"now {number(inside)}" if inside is not None else ""
        panels.append(Panel(f"{name} by {attribute}", x, y, lines, upright=inside, upright_text=text, steps=True))
    return Part(tuple(panels), panels[0], notes, 2, 3.1, 2.1)


def uprights_of(points: int, place: int, lines: int) -> tuple[int, ...]:
    """Every so many points of a curve, at other scores than those of the other curves, so that no interval covers another."""
    apart = max(lines, -(-points // _UPRIGHTS))
    return tuple(range(1 + round((place + 0.5) * apart / lines - 0.5), points, apart))


def _rate_line(one: Curve, metric: str, place: int, now: float | None) -> Line:
    at = [i for i, name in enumerate(one.points["metric"]) if name == metric]
    x, y, lower, upper = (tuple(one.points[name][i] for i in at) for name in ("threshold", "value", "lower", "upper"))
    marks = tuple((cut, rate) for cut, rate in zip(x, y, strict=True) if cut == now and rate == rate)
    return Line(label_of(one.group), _summary(one), x, y, place, lower, upper, marks=marks)


_PARTS = {"roc": _roc_part, "det": _det_part, "calibration": _calibration_part, "threshold": _threshold_part}
