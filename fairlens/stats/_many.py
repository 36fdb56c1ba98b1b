"""Many groups at once: which differ from the rest, with the chance of any false alarm held. NumPy at import."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from statistics import NormalDist
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from ._intervals import normal_quantile

Array = npt.NDArray[np.float64]
_CELLS = 2_000_000
"""Simulated counts held at one time."""
_MOST_PEOPLE = 1_000_000_000
"""NumPy draws no table of more people than this."""
_HALVINGS, _TOLERANCE, _ROUNDING = 60, 1e-9, 1e-12


@dataclass(frozen=True, eq=False)
class MaxZ:
    """Each group against a base, with p-values that allow for the number of groups.

    Attributes
    ----------
    z
        Signed statistic per group; NaN for the reference itself and for groups without people.
    p_value
        Of each group by itself (score test, normal).
    p_adjusted
        The share of simulated tables whose largest statistic reaches that of the group.
    maxima
        The largest absolute statistic of each simulated table, ascending.
    """

    z: Array
    p_value: Array
    p_adjusted: Array
    maxima: Array

    @property
    def p_maximum(self) -> float:
        """The p-value of the largest statistic: that all groups have one rate."""
        known = self.p_adjusted[~np.isnan(self.p_adjusted)]
        return float(known.min()) if len(known) else float("nan")

    def critical(self, confidence: float) -> float:
        """Give the quantile that makes the intervals of all groups hold together; never under that of one interval."""
        if not len(self.maxima):
            return float("nan")
        return max(float(np.quantile(self.maxima, confidence, method="higher")), normal_quantile(confidence))


def max_z_permutation(
    x: npt.ArrayLike, n: npt.ArrayLike, draws: int = 99_999, seed: int = 0, reference: int | None = None
) -> MaxZ:
    """Compare each group with the rest, or with one reference, by a permutation test of the largest studentised difference.

    Parameters
    ----------
    x, n
        Whole numbers per group: people in the numerator and in the denominator.
    draws
        Simulated tables; no adjusted p-value is under ``1 / (draws + 1)``.
    seed
        Of the simulation. The answer does not depend on the order of the groups, nor on which outcome is counted.
    reference
        The place of the group to compare with; the rest of the people when None.

    Returns
    -------
    MaxZ

    Notes
    -----
    With m a rate and p the rate of everybody, ``z = (m_g - m_rest) / sqrt(p (1 - p) (1 / n_g + 1 / n_rest))``. If the decision has nothing to
    do with the group, the counts are multivariate hypergeometric; the adjusted p-value of a group is
    ``(1 + #{max_h |z*_h| >= |z_g|}) / (draws + 1)`` (P. H. Westfall and S. S. Young, Resampling-Based Multiple Testing, 1993, single step).
    The largest difference of the raw rates is not a good statistic: one tiny group has a wide chance of its own, which hides any difference
    between the large ones.

    Examples
    --------
    >>> found = max_z_permutation([805, 349, 87, 36, 2, 3], [1795, 1488, 405, 244, 23, 8])
    >>> found.p_adjusted.round(5).tolist()[:4], round(found.critical(0.95), 1)
    ([1e-05, 1e-05, 1e-05, 1e-05], 2.6)
    """
    x, n = np.asarray(x, np.int64), np.asarray(n, np.int64)
    if n.sum() >= _MOST_PEOPLE:
        return max_z_normal(x, n, draws, seed, reference)

    def simulated(sizes: Array, p: float) -> Iterator[Array]:
        rng = np.random.default_rng(seed)
        people = sizes.astype(np.int64)
        fewer = round(min(p, 1 - p) * int(people.sum()))  # the rarer outcome: |z| is the same for both
        for size in _batches(draws, len(people)):
            yield rng.multivariate_hypergeometric(people, fewer, size=size, method="marginals") / people

    return _max_z(x.astype(float), n.astype(float), n.astype(float), simulated, reference)


def max_z_normal(
    x: npt.ArrayLike, n: npt.ArrayLike, draws: int = 99_999, seed: int = 0, reference: int | None = None,
    weight: npt.ArrayLike | None = None,
) -> MaxZ:  # fmt: skip
    """Do what `max_z_permutation` does for numbers that are not whole: effective counts of weighted or clustered people.

    Approximate: the rates are simulated as independent normal ones with the variance ``p (1 - p) / n_g``, so groups of few effective
    people, and rates near 0 or 1, are judged less exactly than by the permutation. `weight` is the sum of weights of each group, with
    which the groups enter the rest and the rate of everybody; `n` when None.

    Examples
    --------
    >>> found = max_z_normal([40.2, 61.7, 30.9], [100.5, 120.1, 99.3])
    >>> bool(found.p_adjusted[1] < 0.05)
    True
    """

    def simulated(sizes: Array, p: float) -> Iterator[Array]:
        rng = np.random.default_rng(seed)
        spread = np.sqrt(p * (1 - p) / sizes)
        for size in _batches(draws, len(sizes)):
            yield rng.standard_normal((size, len(sizes))) * spread

    sizes = np.asarray(n, float)
    return _max_z(
        np.asarray(x, float), sizes, sizes if weight is None else np.asarray(weight, float), simulated, reference
    )


def adjust_pairs(
    x: npt.ArrayLike, n: npt.ArrayLike, reference: int | None, integer: bool, draws: int = 9_999, seed: int = 0,
    weight: npt.ArrayLike | None = None,
) -> Array:  # fmt: skip
    """Adjust the p-value of each group for all of them, by permutation for whole counts and by normal simulation otherwise.

    The arguments are those of `max_z_permutation` and `max_z_normal`; NaN for the reference and for groups without people.

    Examples
    --------
    >>> adjusted = adjust_pairs([30, 10, 28], [60, 60, 60], reference=None, integer=True)
    >>> (adjusted < 0.05).tolist()
    [False, True, False]
    """
    if integer:
        return max_z_permutation(x, n, draws, seed, reference).p_adjusted
    return max_z_normal(x, n, draws, seed, reference, weight).p_adjusted


def _batches(draws: int, groups: int) -> list[int]:
    most = max(1, _CELLS // max(groups, 1))
    return [min(most, draws - done) for done in range(0, draws, most)]


def _max_z(
    x: Array, n: Array, weight: Array, simulated: Callable[[Array, float], Iterator[Array]], reference: int | None
) -> MaxZ:
    """Compare what was seen with simulated rates; groups are sorted first, so that their order makes no difference."""
    nan = np.full(len(n), np.nan)
    able = np.flatnonzero(n > 0)
    if len(able) < 2 or (reference is not None and n[reference] <= 0):
        return MaxZ(nan, nan.copy(), nan.copy(), np.zeros(0))
    first = reference is not None
    order = able[np.lexsort((x[able], weight[able], n[able], able != reference if first else np.zeros(len(able))))]
    sizes, shares, rates = n[order], weight[order] / weight[order].sum(), x[order] / n[order]
    p = _certain(float((rates * shares).sum()))
    scale = _scale(sizes, shares, p, first)
    z = _contrast(rates, shares, first) * scale
    maxima = np.concatenate(
        [np.abs(_contrast(drawn, shares, first) * scale).max(axis=-1) for drawn in simulated(sizes, p)]
    )
    maxima.sort()
    reached = len(maxima) - np.searchsorted(maxima, np.abs(z) - _TOLERANCE)
    statistic, single, adjusted = nan, nan.copy(), nan.copy()
    kept = slice(1, None) if first else slice(None)
    own = order[kept]
    statistic[own] = z[kept]
    single[own] = [math.erfc(abs(value) / math.sqrt(2)) for value in z[kept]]
    adjusted[own] = (1 + reached[kept]) / (len(maxima) + 1)
    return MaxZ(statistic, single, adjusted, maxima)


def _certain(p: float) -> float:
    """A rate that rounding alone keeps from 0 or 1 is 0 or 1."""
    return float(round(p)) if min(p, 1 - p) < _ROUNDING else p


def _contrast(rates: Array, shares: Array, first: bool) -> Array:
    """Each rate less that of the first group, or less that of all others together."""
    if first:
        less: Array = rates - rates[..., :1]
        return less
    parts = rates * shares
    rest: Array = (parts.sum(axis=-1, keepdims=True) - parts) / (1 - shares)
    return rates - rest


def _scale(sizes: Array, shares: Array, p: float, first: bool) -> Array:
    """One over the standard error of each contrast if all groups have one rate; 0 where all rates are 0 or 1."""
    other = np.full(len(sizes), sizes[0]) if first else rest_sizes(sizes, shares)
    variance = p * (1 - p) * (1 / sizes + 1 / other)
    return np.where(variance > 0, 1 / np.sqrt(np.where(variance > 0, variance, 1.0)), 0.0)


def rest_sizes(n: npt.ArrayLike, weight: npt.ArrayLike) -> Array:
    """Effective people in the rest of each group, where groups enter it by their weights; the sum of the others where these are n.

    Examples
    --------
    >>> rest_sizes([10.0, 20.0, 30.0], [10.0, 20.0, 30.0]).tolist()
    [50.0, 40.0, 30.0]
    """
    n, weight = np.asarray(n, float), np.asarray(weight, float)
    able = n > 0
    noise = np.where(able, weight**2 / np.where(able, n, 1.0), 0.0)
    with np.errstate(divide="ignore", invalid="ignore"):
        rest = (weight.sum() - weight) ** 2 / (noise.sum() - noise)
    return np.where(np.isfinite(rest), rest, 0.0)


def holm(p: npt.ArrayLike) -> Array:
    """Adjust p-values by S. Holm's step-down method (Scandinavian Journal of Statistics 6 (1979) 65-70); NaN stays NaN and is not counted.

    Examples
    --------
    >>> holm([0.01, 0.04, 0.03]).tolist()
    [0.03, 0.06, 0.06]
    """
    return _stepwise(p, lambda ranked, k: np.maximum.accumulate(ranked * np.arange(k, 0, -1)))


def benjamini_hochberg(p: npt.ArrayLike) -> Array:
    """Adjust p-values for the share of false alarms among alarms; NaN stays NaN and is not counted.

    Y. Benjamini and Y. Hochberg, Journal of the Royal Statistical Society B 57 (1995) 289-300.

    Examples
    --------
    >>> benjamini_hochberg([0.01, 0.04, 0.03]).tolist()
    [0.03, 0.04, 0.04]
    """
    return _stepwise(
        p, lambda ranked, k: np.minimum.accumulate((ranked * k / np.arange(1, k + 1))[::-1])[::-1]
    )


def _stepwise(p: npt.ArrayLike, step: Callable[[Array, int], Array]) -> Array:
    p = np.asarray(p, float)
    adjusted = np.full(p.shape, np.nan)
    known = np.flatnonzero(~np.isnan(p))
    order = known[np.argsort(p[known], kind="stable")]
    adjusted[order] = np.minimum(step(p[order], len(order)), 1.0)
    return adjusted


class Omnibus(NamedTuple):
    """Whether all groups have one rate: the statistic, its degrees of freedom and its p-value."""

    statistic: float
    df: int
    p_value: float


def chi_square_omnibus(x: npt.ArrayLike, n: npt.ArrayLike) -> Omnibus:
    """Test whether all groups have one rate, by Pearson's chi-square without correction.

    With effective counts it is approximate. Where all rates are 0, or all are 1, nothing differs: the statistic is 0 and p is 1.

    Examples
    --------
    >>> found = chi_square_omnibus([805, 349, 87, 36, 2, 3], [1795, 1488, 405, 244, 23, 8])
    >>> round(found.statistic), found.df, f"{found.p_value:.0e}"
    (244, 5, '9e-51')
    """
    from scipy import special  # type: ignore[import-untyped]

    x, n = np.asarray(x, float), np.asarray(n, float)
    x, n = x[n > 0], n[n > 0]
    if len(n) < 2:
        return Omnibus(float("nan"), 0, float("nan"))
    p = _certain(float(x.sum() / n.sum()))
    statistic = float(((x - n * p) ** 2 / (n * p * (1 - p))).sum()) if 0 < p < 1 else 0.0
    return Omnibus(statistic, len(n) - 1, float(special.chdtrc(len(n) - 1, statistic)))


class Chance(NamedTuple):
    """The gap that chance alone makes: its mean, and what it exceeds in 5 of 100 audits."""

    mean: float
    upper: float


def gap_by_chance(n: npt.ArrayLike, p: float, draws: int = 20_000, seed: int = 0) -> Chance:
    """Say how far apart the largest and the smallest of K rates lie if every group has the rate `p`.

    Effective numbers are rounded to whole people.

    Examples
    --------
    >>> ten = gap_by_chance([100] * 10, 0.3)
    >>> round(ten.mean, 2), round(ten.upper, 1)
    (0.14, 0.2)
    """
    return chance_of(gap_draws(n, p, draws, seed))


def gap_draws(n: npt.ArrayLike, p: float, draws: int = 20_000, seed: int = 0) -> Array:
    """Draw the largest rate less the smallest, if every group has the rate `p`; empty for fewer than two groups.

    Examples
    --------
    >>> gap_draws([10, 20], 0.5, draws=3).shape
    (3,)
    """
    people = np.sort(np.rint(np.asarray(n, float)).astype(np.int64))
    people = people[people > 0]
    if len(people) < 2:
        return np.zeros(0)
    rng = np.random.default_rng(seed)
    p = min(max(p, 0.0), 1.0)
    gaps = [np.ptp(rng.binomial(people, p, size=(size, len(people))) / people, axis=1) for size in _batches(draws, len(people))]
    return np.concatenate(gaps)


def chance_of(gaps: Array) -> Chance:
    """Sum up drawn gaps.

    Examples
    --------
    >>> chance_of(np.array([0.1, 0.3])).mean
    0.2
    """
    if not len(gaps):
        return Chance(float("nan"), float("nan"))
    return Chance(float(gaps.mean()), float(np.quantile(gaps, 0.95)))


def smallest_gap(
    n: npt.ArrayLike, p: float, critical: float, power: float = 0.8, reference: int | None = None,
    weight: npt.ArrayLike | None = None,
) -> Array:  # fmt: skip
    """Say for each group the smallest difference that a screen with these numbers of people would have found.

    Parameters
    ----------
    n
        People per group.
    p
        The rate that all other groups have.
    critical
        The quantile that |z| must exceed, such as `MaxZ.critical`.
    power
        The probability of finding it.
    reference
        The place of the group to compare with; the rest when None.
    weight
        Sum of weights per group, with which it enters the rest; `n` when None.

    Returns
    -------
    array
        Per group the d at which a rate of ``p + d`` (``p - d`` for p over a half: towards a half, which is the harder direction) is found
        with that probability, by the normal approximation; NaN where no rate is far enough, and for the reference.

    Examples
    --------
    >>> smallest_gap([50, 1000], 0.3, critical=1.959964).round(3).tolist()
    [0.192, 0.198]
    """
    n = np.asarray(n, float)
    other = rest_sizes(n, n if weight is None else weight) if reference is None else np.full(len(n), n[reference])
    p = min(max(p, 0.0), 1.0)
    base, found_at = min(p, 1 - p), NormalDist().inv_cdf(power)

    def short(d: Array) -> Array:
        rate = base + d
        pooled = (n * rate + other * base) / (n + other)
        null = np.sqrt(pooled * (1 - pooled) * (1 / n + 1 / other))
        true = np.sqrt(rate * (1 - rate) / n + base * (1 - base) / other)
        missing: Array = critical * null + found_at * true - d
        return missing

    with np.errstate(divide="ignore", invalid="ignore"):
        low, high = np.zeros(len(n)), np.full(len(n), 1 - base)
        able = (n > 0) & (other > 0) & (short(high) <= 0)
        for _ in range(_HALVINGS):
            middle = (low + high) / 2
            under = short(middle) > 0
            low, high = np.where(under, middle, low), np.where(under, high, middle)
    if reference is not None:
        able[reference] = False
    return np.where(able, high, np.nan)
