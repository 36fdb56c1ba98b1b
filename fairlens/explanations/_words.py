"""The sentence of a decomposed gap."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from .._html import fixed, points
from .._spec import Spec
from ..metrics import PairRow
from ..metrics._formula import Measure
from ..metrics._sentence import TEXTS, label_of, lowered, words_of

_MOST = 5
Named = tuple[str, float, float, float]


@dataclass(frozen=True, slots=True)
class Unit:
    """How contributions are written: rates in points, means of scores as numbers."""

    scale: float
    digits: int
    word: str
    short: str

    def write(self, value: float) -> str:
        """Write a size."""
        return "–" if math.isnan(value) else fixed(self.scale * value, self.digits)

    def signed(self, value: float) -> str:
        """Write a change with its sign."""
        if self.scale == 100:
            return points(value)
        shown = self.write(value)
        return shown if shown[0] in "-–" else f"+{shown}"

    def interval(self, value: float, low: float, high: float) -> str:
        """Write a change with its limits, all with signs."""
        return f"{self.signed(value)} ({self.signed(low)} to {self.signed(high)})"


_POINTS, _NUMBERS = Unit(100, 1, "points", " pts"), Unit(1, 3, "", "")


def unit_of(metric: Measure) -> Unit:
    """Give the unit in which a metric's differences are written."""
    return _POINTS if metric.event else _NUMBERS


@dataclass(frozen=True, slots=True)
class Carriers:
    """Who carries a gap: the parts that the data support, largest first, the rest of the inputs, and what labels alone make of it."""

    supported: Sequence[Named]
    others: Sequence[Named] = ()
    labels: Named | None = None


def describe(pair: PairRow, spec: Spec, carriers: Carriers | None, *, is_alike: bool = False, told: str = "") -> str:
    """Say the gap and the inputs that carry it; `is_alike` where gap and contributions are all exactly 0."""
    group, reference = label_of(pair.row.group), reference_of(pair)
    if pair.status in ("suppressed", "undefined"):
        return f"{pair.status.capitalize()}: the gap between {group} and {reference} has no number to show: {pair.reason}."
    unit = unit_of(pair.row.metric)
    notes = "; ".join(note for note in (pair.reason, told) if note)
    note = f" Note: {notes}." if notes else ""
    phrases = _of_rates(pair, spec, group, reference) if unit is _POINTS else _of_means(pair, spec, group, reference)
    if is_alike:
        change = f"{unit.signed(pair.change)}{_word(unit)}, {unit.signed(pair.lower)} to {unit.signed(pair.upper)}"
        return f"{phrases.alike} in these data (difference {change}): there is no difference to decompose.{note}"
    if pair.status != "ok" or not (pair.lower > 0 or pair.upper < 0):
        tail = "; the contributions below explain a difference that may be noise" if carriers is not None else ""
        return f"Cannot tell whether {phrases.unsure} ({unit.signed(pair.lower)} to {unit.signed(pair.upper)}{_word(unit)}){tail}.{note}"
    sign = math.copysign(1, pair.change)
    said = f"{phrases.clear} ({_range(unit, pair.lower, pair.upper, sign)})"
    return f"{said}{'' if carriers is None else _carried(unit, carriers, sign)}.{note}"


def reference_of(pair: PairRow) -> str:
    """Name the reference."""
    return TEXTS[pair.reference] if isinstance(pair.reference, str) else label_of(pair.reference)


@dataclass(frozen=True, slots=True)
class _Phrases:
    clear: str
    unsure: str
    alike: str


def _of_rates(pair: PairRow, spec: Spec, group: str, reference: str) -> _Phrases:
    words = words_of(spec, pair.row.metric)
    who = f"{group} {words['persons']}{words['among']} {words['event']}"
    more = "more" if pair.change > 0 else "less"
    return _Phrases(
        f"{who} {_POINTS.write(abs(pair.change))} points {more} often than {reference}",
        f"{who} more or less often than {reference}",
        f"{who} about as often as {reference}",
    )


def _of_means(pair: PairRow, spec: Spec, group: str, reference: str) -> _Phrases:
    words = words_of(spec, pair.row.metric)
    label = pair.row.metric.label
    who = f"of {group} {words['persons']}{words['among']} is"
    than = f"than that of {reference}"
    return _Phrases(
        f"{label} {who} {_NUMBERS.write(abs(pair.change))} {'higher' if pair.change > 0 else 'lower'} {than}",
        f"the {lowered(label)} {who} higher or lower {than}",
        f"{label} {who} about that of {reference}",
    )


def _word(unit: Unit) -> str:
    return f" {unit.word}" if unit.word else ""


def _carried(unit: Unit, carriers: Carriers, sign: float) -> str:
    labels = "" if carriers.labels is None else _summed(unit, "the labels themselves", [carriers.labels], sign, "", plural=True)
    parts = carriers.supported
    if not parts:
        return f"; the data cannot tell which inputs carry it{labels}"
    along = [part for part in parts[:_MOST] if part[1] * sign > 0]
    against = [part for part in parts[:_MOST] if part[1] * sign < 0]
    said = ""
    if along:
        first, *more = [f"{name} {{}}{unit.write(sign * value)}{{}} ({_range(unit, low, high, sign)})" for name, value, low, high in along]
        of = " of the points" if unit is _POINTS else " of it"
        said = "; " + ", ".join([first.format("carries ", of), *(other.format("", "") for other in more)])
    if against:
        shown = [f"{name} {unit.write(-sign * value)} ({_range(unit, low, high, -sign)})" for name, value, low, high in against]
        said += "; the other way: " + ", ".join(shown)
    return said + _together(unit, [*parts[_MOST:], *carriers.others], sign) + labels


def _together(unit: Unit, parts: Sequence[Named], sign: float) -> str:
    """Say what the inputs without a clause of their own add. Standard errors add up at most, so the sums of limits are wide enough."""
    if not any(number for part in parts for number in part[1:]):  # none, or none that the model uses
        return ""
    if len(parts) == 1:
        return _summed(unit, f"the other input, {parts[0][0]},", parts, sign, "", plural=False)
    return _summed(unit, f"the other {len(parts)} inputs together", parts, sign, "at most ", plural=True)


def _summed(unit: Unit, who: str, parts: Sequence[Named], sign: float, bound: str, *, plural: bool) -> str:
    value, low, high = (math.fsum(numbers) for numbers in list(zip(*parts, strict=True))[1:])
    less = value * sign < 0
    verb = ("take off" if plural else "takes off") if less else ("add" if plural else "adds")
    sign = -sign if less else sign
    return f"; {who} {verb} {unit.write(sign * value)} ({bound}{_range(unit, low, high, sign)})"


def _range(unit: Unit, lower: float, upper: float, sign: float) -> str:
    ends = sorted((sign * lower, sign * upper))
    return f"{unit.write(ends[0])} to {unit.write(ends[1])}"
