"""How many more people of a group would settle a criterion: one number for the verdict, its picture and the plan."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from statistics import NormalDist
from typing import NamedTuple

from ..stats import normal_quantile
from ._against import Reading
from ._criterion import Criterion
from ._judging import Samples

POWER = 0.8
"""The power of the numbers that a verdict names."""
REASONS = {
    "reference": "the reference is too small, however many of the group there are",
    "not_a_rate": "it can be planned only for rates of two separate samples",
    "unsure": "more people do not tell who is of which group",
    "near": "its rates lie near the margin; as many as would settle it if they stayed as they are",
    "never": "its rates lie at the margin: no number would settle it if they stayed as they are",
}
_quantile, _MOST = NormalDist().inv_cdf, 1_000_000


class Planned(NamedTuple):
    """People of the group that there should be in the two cases, and how many more that is; None where no number can be planned."""

    equal: int | None
    twice: int | None
    more: int | None
    reason: str


def planned(criterion: Criterion, reading: Reading, comparisons: int, power: float = POWER) -> Planned:
    """Plan for both cases, and for at least as many as would settle it if both rates stayed as they are.

    Where no number would do that, a plan that leaves the people there are in the minority still holds; a shorter one would bet on
    the few who are to come.
    """
    if reading.unsure:
        return Planned(None, None, None, REASONS["unsure"])
    if reading.samples is None or reading.n is None:
        return Planned(None, None, None, REASONS["not_a_rate"])
    sizes = _sizes(criterion, reading.samples, comparisons, power)
    equal, twice = (None if size is None else math.ceil(size / reading.per_person) for size in sizes)
    least = max(criterion.minimum_n, reading.least)
    if equal is None or reading.worth_reference < least:
        return Planned(equal, twice, None, REASONS["reference"])
    more = max(equal, twice or 0, math.ceil(least / reading.per_person)) - reading.n
    near = _near(criterion, reading, comparisons)
    if near is None:
        return Planned(equal, twice, more, "") if more >= reading.n else Planned(equal, twice, None, REASONS["never"])
    return Planned(equal, twice, more, "") if more >= near else Planned(equal, twice, near, REASONS["near"])


def _near(criterion: Criterion, reading: Reading, comparisons: int) -> int | None:
    """How many more people of the group would settle it, both rates and the reference staying as they are."""
    assert reading.samples is not None
    alpha = 1 - criterion.confidence
    more = reading.samples.more_needed(criterion.bounds, normal_quantile(1 - alpha / comparisons), normal_quantile(1 - 2 * alpha))
    return None if more is None else math.ceil(more / reading.per_person)


def _sizes(criterion: Criterion, samples: Samples, comparisons: int, power: float) -> tuple[int | None, int | None]:
    """Effective people of the group for "within" if the rates are equal, and for "exceeds" if they differ by twice the margin."""
    alpha, least = 1 - criterion.confidence, 1 / (samples.n2 + 2)
    base = min(max(samples.rate2, least), 1 - least)
    bounds = [bound for bound in criterion.bounds if math.isfinite(bound)]
    z, z_power = _quantile(1 - alpha), _quantile((1 + power) / 2 if len(bounds) == 2 else power)
    alike = replace(samples, rate1=base, rate2=base)
    equal = _first(alike, lambda one: all(_is_shown(one, bound, z, z_power) for bound in bounds))
    strict, z_power = normal_quantile(1 - alpha / comparisons), _quantile(power)
    sizes = []
    for bound in bounds:
        edge = _to_rest(bound, samples.share, samples.is_ratio)
        rate = -1.0 if edge is None else base * edge * edge if samples.is_ratio else base + 2 * edge
        if 0 < rate < 1:
            sizes.append(_first(replace(alike, rate1=rate), lambda one, bound=bound: _is_shown(one, bound, strict, z_power)))  # type: ignore[misc]
    able = [size for size in sizes if size is not None]
    return equal, max(able) if able else None


def _first(samples: Samples, enough: Callable[[Samples], bool]) -> int | None:
    """The first number of people in the group that is enough, the reference staying as it is; None where a million are not."""
    if not enough(samples.with_more(_MOST - samples.n1)):
        return None
    low, high = 0, _MOST
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if enough(samples.with_more(middle - samples.n1)) else (middle, high)
    return high


def _is_shown(samples: Samples, bound: float, z: float, z_power: float) -> bool:
    """Whether the score test against `bound` rejects with the power, if these are the rates."""
    edge = _to_rest(bound, samples.share, samples.is_ratio)
    if edge is None:
        return True
    p1, p2 = samples.rate1, samples.rate2
    distance = abs(p1 - edge * p2) if samples.is_ratio else abs(p1 - p2 - edge)
    weight = edge * edge if samples.is_ratio else 1.0
    true = math.sqrt(p1 * (1 - p1) / samples.n1 + weight * p2 * (1 - p2) / samples.n2)
    seen = abs(samples.statistic(bound))
    return distance > 0 and seen - z >= z_power * true * seen / distance


def _to_rest(bound: float, share: float, is_ratio: bool) -> float | None:
    """The bound of a change to everybody as one to everybody else; None where it cannot be reached."""
    if not is_ratio:
        return bound / (1 - share) if abs(bound) < 1 - share else None
    return bound * (1 - share) / (1 - bound * share) if bound * share < 1 else None
