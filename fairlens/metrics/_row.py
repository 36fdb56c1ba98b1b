"""Rows of the answers about groups: one rate of one group, and one group against a reference."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Any, Literal

from .._levels import Level
from ._formula import Measure

Status = Literal["ok", "small", "undefined", "suppressed"]
Group = tuple[Level, ...]


@dataclass(frozen=True, slots=True)
class GroupRow:
    """One rate of one group. `n` people are in its denominator; NaN and None where there is no number to show.

    `effective` is the number of independent people who would tell as much: n, or Kish's number for weights, or less for clusters.
    `draws` are resampled values, where the interval comes from a bootstrap.
    """

    group: Group
    metric: Measure
    value: float
    lower: float
    upper: float
    n: int | None
    numerator: float
    denominator: float
    status: Status
    reason: str
    people: int | None = None
    effective: float = math.nan
    draws: Any = field(default=None, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Opposite:
    """The ratio of the opposite rates (of those not hired, say), which tells another story than the ratio of the rates."""

    change: float
    lower: float
    upper: float
    status: Status
    reason: str


@dataclass(frozen=True, slots=True)
class PairRow:
    """One group against a reference: the difference or the ratio of two rates, with both rates beside it.

    `rest` is everybody else, where the reference is everybody; `opposite` is there for ratios of rates.
    """

    row: GroupRow
    base: GroupRow
    reference: str | Group
    change: float
    lower: float
    upper: float
    status: Status
    reason: str
    p_value: float = math.nan
    rest: GroupRow | None = field(default=None, compare=False, repr=False)
    draws: Any = field(default=None, compare=False, repr=False)
    opposite: Opposite | None = None


def informed(row: GroupRow) -> tuple[float, float]:
    """Numerator and denominator as so many independent people as the row is worth."""
    if not math.isnan(row.numerator) and (row.effective == row.denominator or math.isnan(row.effective)):
        return row.numerator, row.denominator
    return row.value * row.effective, row.effective
