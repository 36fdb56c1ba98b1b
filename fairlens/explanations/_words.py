"""The sentence of a decomposed gap."""

from __future__ import annotations

import math
from collections.abc import Sequence

from .._html import fixed, points
from .._spec import Spec
from ..metrics import PairRow
from ..metrics._sentence import TEXTS, label_of, words_of

_MOST = 5
Named = tuple[str, float, float, float]


def describe(
    pair: PairRow, spec: Spec, parts: Sequence[Named], *, has_parts: bool, others: Sequence[Named] = (), is_alike: bool = False
) -> str:
    """Say the gap and the inputs that carry it.

    `parts` are those that the data support, largest first, and `others` the rest of the inputs; `is_alike` where gap and
    contributions are all exactly 0.
    """
    words = words_of(spec, pair.row.metric)
    group = label_of(pair.row.group)
    reference = TEXTS[pair.reference] if isinstance(pair.reference, str) else label_of(pair.reference)
    if pair.status in ("suppressed", "undefined"):
        return f"{pair.status.capitalize()}: the gap between {group} and {reference} has no number to show: {pair.reason}."
    told = f" Note: {pair.reason}." if pair.reason else ""
    if is_alike:
        return (
            f"{group} {words['persons']}{words['among']} {words['event']} about as often as {reference} in these data"
            f" (difference {points(pair.change)} points, {points(pair.lower)} to {points(pair.upper)}):"
            f" there is no difference to decompose.{told}"
        )
    if pair.status != "ok" or pair.lower <= 0 <= pair.upper:
        tail = "; the contributions below explain a difference that may be noise" if has_parts else ""
        return (
            f"Cannot tell whether {group} {words['persons']}{words['among']} {words['event']} more or less often than {reference}"
            f" ({points(pair.lower)} to {points(pair.upper)} points){tail}.{told}"
        )
    sign = math.copysign(1, pair.change)
    than = f"{'more' if sign > 0 else 'less'} often than {reference}"
    said = f"{group} {words['persons']}{words['among']} {words['event']} {_points(pair.change, sign)} points {than}"
    said += f" ({_range(pair.lower, pair.upper, sign)})"
    return f"{said}{_carried(parts, others, sign) if has_parts else ''}.{told}"


def _carried(parts: Sequence[Named], others: Sequence[Named], sign: float) -> str:
    if not parts:
        return "; the data cannot tell which inputs carry it"
    along = [part for part in parts[:_MOST] if part[1] * sign > 0]
    against = [part for part in parts[:_MOST] if part[1] * sign < 0]
    said = ""
    if along:
        first, *more = [f"{name} {{}}{_points(value, sign)}{{}} ({_range(low, high, sign)})" for name, value, low, high in along]
        said = "; " + ", ".join([first.format("carries ", " of the points"), *(other.format("", "") for other in more)])
    if against:
        shown = [f"{name} {_points(value, -sign)} ({_range(low, high, -sign)})" for name, value, low, high in against]
        said += "; the other way: " + ", ".join(shown)
    return said + _together([*parts[_MOST:], *others], sign)


def _together(parts: Sequence[Named], sign: float) -> str:
    """Say what the inputs without a clause of their own add. Standard errors add up at most, so the sums of limits are wide enough."""
    if not any(number for part in parts for number in part[1:]):  # none, or none that the model uses
        return ""
    value, low, high = (math.fsum(numbers) for numbers in list(zip(*parts, strict=True))[1:])
    adds = "take off" if value * sign < 0 else "add"
    sign = -sign if value * sign < 0 else sign
    if len(parts) == 1:
        verb = "takes off" if adds == "take off" else "adds"
        return f"; the other input, {parts[0][0]}, {verb} {_points(value, sign)} ({_range(low, high, sign)})"
    return f"; the other {len(parts)} inputs together {adds} {_points(value, sign)} (at most {_range(low, high, sign)})"


def _points(value: float, sign: float) -> str:
    return fixed(100 * sign * value, 1)


def _range(lower: float, upper: float, sign: float) -> str:
    ends = sorted((sign * lower, sign * upper))
    return f"{fixed(100 * ends[0], 1)} to {fixed(100 * ends[1], 1)}"
