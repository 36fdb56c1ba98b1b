"""From two samples and a margin to one of four states. Numbers in, a word out; knows no audit."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from ..stats import koopman, miettinen, mn_z, ratio_z
from ..stats._intervals import Array

State = Literal["exceeds", "undefined", "inconclusive", "within"]
Interval = tuple[float, float]
ORDER: tuple[State, ...] = ("exceeds", "undefined", "inconclusive", "within")
"""From the worst state to the best; a verdict has that of its worst row."""
EXIT_CODES: dict[State, int] = {"within": 0, "exceeds": 10, "inconclusive": 11, "undefined": 12}
_MOST_PEOPLE = 1_000_000


def judge(strict: Interval, inner: Interval, bounds: Interval) -> State:
    """Hold two intervals of one change against the bounds that the margin sets.

    Parameters
    ----------
    strict
        The interval at ``1 - alpha``, which must lie wholly beyond a bound for "exceeds".
    inner
        The interval at ``1 - 2 alpha``, which must lie wholly inside both bounds for "within": two one-sided tests.
    bounds
        Lowest and highest change that is within; infinite where that side does no harm.

    Examples
    --------
    >>> judge((-0.30, -0.11), (-0.28, -0.13), (-0.05, 0.05))
    'exceeds'
    >>> judge((-0.03, 0.06), (-0.02, 0.04), (-0.05, 0.05))
    'within'
    """
    if strict[1] < bounds[0] or strict[0] > bounds[1]:
        return "exceeds"
    if bounds[0] < inner[0] and inner[1] < bounds[1]:
        return "within"
    return "inconclusive"


@dataclass(frozen=True, slots=True)
class Samples:
    """A group and an independent reference: two rates, and the effective number of people behind each.

    `share` is the group's share of what it is compared with: 0 where the two are apart. With everybody as the reference, the second
    sample is everybody else, and limits are scaled: ``(1 - share) d``, and ``r / (share r + 1 - share)``.
    """

    rate1: float
    n1: float
    rate2: float
    n2: float
    is_ratio: bool = False
    share: float = 0.0

    def interval(self, z: float) -> Interval:
        """Miettinen and Nurminen's limits of the difference, or Koopman's of the ratio."""
        return intervals((self,), z)[0]

    def statistic(self, bound: float) -> float:
        """The score z of a change of `bound`; positive where the change seen is greater."""
        x1, x2 = self.rate1 * self.n1, self.rate2 * self.n2
        if not self.is_ratio:
            apart = bound / (1 - self.share)
            return float(mn_z(x1, self.n1, x2, self.n2, apart)) if abs(apart) < 1 else -math.copysign(math.inf, apart)
        if bound * self.share >= 1:
            return -math.inf
        return float(ratio_z(x1, self.n1, x2, self.n2, bound * (1 - self.share) / (1 - bound * self.share)))

    def with_more(self, people: float) -> Samples:
        """The same rates with more people in the group."""
        factor = (self.n1 + people) / self.n1
        return replace(self, n1=self.n1 + people, share=self.share * factor / (self.share * factor + 1 - self.share))

    def settles(self, bounds: Interval, z_strict: float, z_inner: float) -> bool:
        """Whether `judge` would not say "inconclusive"."""
        low = self.statistic(bounds[0]) if math.isfinite(bounds[0]) else math.inf
        high = self.statistic(bounds[1]) if math.isfinite(bounds[1]) else -math.inf
        return low < -z_strict or high > z_strict or (low > z_inner and high < -z_inner)

    def more_needed(self, bounds: Interval, z_strict: float, z_inner: float) -> float | None:
        """How many more effective people in the group would settle it, both rates staying as they are; None where a million would not."""

        def settled(people: float) -> bool:
            return self.with_more(people).settles(bounds, z_strict, z_inner)

        if self.n1 <= 0 or not settled(_MOST_PEOPLE):
            return None
        low, high = 0, _MOST_PEOPLE
        while high - low > 1:
            middle = (low + high) // 2
            low, high = (low, middle) if settled(middle) else (middle, high)
        return float(high)


def intervals(samples: Sequence[Samples], z: float) -> list[Interval]:
    """Find the limits of several changes of one kind together."""
    if not samples:
        return []
    columns = [(one.rate1 * one.n1, one.n1, one.rate2 * one.n2, one.n2, one.share) for one in samples]
    x1, n1, x2, n2, share = np.asarray(columns, float).T
    if samples[0].is_ratio:
        lower, upper = _ratio_limits(x1, n1, x2, n2, share, z)
    else:
        lower, upper = (limit * (1 - share) for limit in miettinen(x1, n1, x2, n2, z))
    return list(zip(lower.tolist(), upper.tolist(), strict=True))


def _ratio_limits(x1: Array, n1: Array, x2: Array, n2: Array, share: Array, z: float) -> tuple[Array, Array]:
    """Koopman's limits; those to everybody by scaling those to everybody else."""
    lower, upper = koopman(x1, n1, x2, n2, z)
    of_whole, nobody = share > 0, x1 == 0
    if not of_whole.any():
        return lower, upper
    back = koopman(x2, n2, x1, n1, z)  # the other way round: the rest's rate may be 0
    high, low = (1 / (share + (1 - share) * limit) for limit in back)
    lower = np.where(of_whole, np.where(nobody, 0.0, low), lower)
    return lower, np.where(of_whole, np.where(nobody, upper / (share * upper + 1 - share), high), upper)


def flip(rate: float, n: int, base: float, bounds: Interval) -> tuple[int, float] | None:
    """How many more (or, below 0, fewer) of the `n` people would have to count for the ratio to cross the nearest bound, and which.

    None where no number of them would.

    Examples
    --------
    >>> flip(0.5, 80, 0.8, (0.8, 1.25))
    (12, 0.8)
    """
    counted = rate * n
    found = []
    for bound in bounds:
        edge = bound * base * n
        if not 0 < bound < math.inf or edge > n:
            continue
        inside_at = math.ceil(edge - 1e-9) if bound <= 1 else math.floor(edge + 1e-9)
        is_inside = counted >= edge - 1e-9 if bound <= 1 else counted <= edge + 1e-9
        step = 0 if not is_inside else -1 if bound <= 1 else 1
        found.append((inside_at + step - round(counted), bound))
    able = [(k, bound) for k, bound in found if 0 <= round(counted) + k <= n and k != 0]
    return min(able, key=lambda one: abs(one[0])) if able else None
