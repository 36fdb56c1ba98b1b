"""How a value is written: rates in per cent and their differences in points, other metrics as numbers."""

from __future__ import annotations

import math

from .._html import fixed, percent, points
from ._formula import Measure


def written(metric: Measure, value: float, lower: float | None = None, upper: float | None = None) -> str:
    """Write a value with its interval: in per cent if the metric counts people, else as a number."""
    if metric.event:
        return percent(value, lower, upper)
    if math.isnan(value):
        return "–"
    return _number(value) if lower is None or upper is None else f"{_number(value)} ({_number(lower)} to {_number(upper)})"


def changed(metric: Measure, value: float, lower: float, upper: float) -> str:
    """Write a difference with its interval, with signs."""
    if math.isnan(value):
        return "–"
    if metric.event:
        return f"{points(value)} points ({points(lower)} to {points(upper)})"
    return f"{_signed(value)} ({_signed(lower)} to {_signed(upper)})"


def _number(value: float) -> str:
    if math.isnan(value):
        return "–"
    if math.isinf(value):
        return "no limit" if value > 0 else "-no limit"
    return fixed(value, 3 if abs(value) < 10 else 1)


def _signed(value: float) -> str:
    shown = _number(value)
    return shown if shown.startswith("-") or not shown[0].isdigit() else "+" + shown
