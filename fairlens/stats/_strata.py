"""Two groups compared within strata: Mantel-Haenszel, direct standardisation, and tests. NumPy only; SciPy inside a test."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from ._intervals import Array, wilson


class Estimate(NamedTuple):
    """A number and its limits; NaN where it is undefined."""

    value: float
    lower: float
    upper: float


class Outcome(NamedTuple):
    """A chi-square test: statistic, degrees of freedom and p-value; NaN where it is undefined."""

    statistic: float
    df: int
    p_value: float


class Pooled(NamedTuple):
    """Two groups compared over strata: the rates with the weights that were used, and how the first compares with the second.

    `common` marks the strata that have both groups; only those are compared.
    """

    rate1: Estimate
    rate2: Estimate
    difference: Estimate
    ratio: Estimate
    odds_ratio: Estimate
    common: npt.NDArray[np.bool_]


_NAN = Estimate(math.nan, math.nan, math.nan)
_NO_TEST = Outcome(math.nan, 0, math.nan)


def mantel_haenszel(
    x1: npt.ArrayLike, n1: npt.ArrayLike, x2: npt.ArrayLike, n2: npt.ArrayLike, z: float
) -> Pooled:
    """Mantel-Haenszel difference, ratio and odds ratio of two groups over strata, each with an interval.

    Parameters
    ----------
    x1, n1, x2, n2
        Numerator and denominator of each group in each stratum; effective numbers need not be whole.
    z
        Standard normal quantile, such as 1.96.

    Returns
    -------
    Pooled
        The rates are weighted with ``n1 n2 / (n1 + n2)``, so a stratum without one of the groups has no weight. The odds ratio
        is NaN where a product of cells is 0 in every stratum, the ratio where the second rate is 0.

    Notes
    -----
    Difference: variance of T. Sato (Biometrics 45 (1989) 1323-1324), good for few large and for many small strata. Ratio: variance of the
    logarithm of S. Greenland and J. M. Robins (Biometrics 41 (1985) 55-68). Odds ratio: J. Robins, N. Breslow and S. Greenland
    (Biometrics 42 (1986) 311-323). Where such a variance is 0 or undefined, since nobody or everybody is in a numerator, the limits
    are those of `standardize` with the Mantel-Haenszel weights.

    Examples
    --------
    >>> found = mantel_haenszel([10, 30], [20, 40], [5, 20], [20, 40], 1.959964)
    >>> round(found.difference.value, 4), round(found.odds_ratio.value, 4)
    (0.25, 3.0)
    """
    x1, n1, x2, n2 = _floats(x1, n1, x2, n2)
    common = (n1 > 0) & (n2 > 0)
    x1, n1, x2, n2 = x1[common], n1[common], x2[common], n2[common]
    if not common.any():
        return Pooled(_NAN, _NAN, _NAN, _NAN, _NAN, common)
    size = n1 + n2
    plain = _weighted(x1, n1, x2, n2, n1 * n2 / size, z)
    p1, p2 = plain[0].value, plain[1].value
    total = (n1 * n2 / size).sum()
    p_part = (n1 * n1 * x2 - n2 * n2 * x1 + n1 * n2 * (n2 - n1) / 2) / size**2
    q_part = (x1 * (n2 - x2) + x2 * (n1 - x1)) / (2 * size)
    variance = float((p1 - p2) * p_part.sum() + q_part.sum()) / total**2
    difference, ratio = plain[2], plain[3]
    if variance > 0:
        half = z * math.sqrt(variance)
        difference = Estimate(p1 - p2, max(p1 - p2 - half, -1.0), min(p1 - p2 + half, 1.0))
    top, bottom = p1 * total, p2 * total
    if top > 0 and bottom > 0:
        spread = ((n1 * n2 * (x1 + x2) - x1 * x2 * size) / size**2).sum() / (top * bottom)
        if spread > 0:
            ratio = _on_logs(p1 / p2, float(spread), z)
    return Pooled(plain[0], plain[1], difference, ratio, _odds_ratio(x1, n1, x2, n2, z), common)


def standardize(
    x1: npt.ArrayLike,
    n1: npt.ArrayLike,
    x2: npt.ArrayLike,
    n2: npt.ArrayLike,
    z: float,
    weights: npt.ArrayLike | None = None,
) -> Pooled:
    """Directly standardised rates of two groups, their difference and their ratio.

    Parameters
    ----------
    x1, n1, x2, n2
        Numerator and denominator of each group in each stratum; effective numbers need not be whole.
    z
        Standard normal quantile, such as 1.96.
    weights
        How many people of the standard population are in each stratum; both groups together when None. They are scaled to add up
        to 1 over the strata that have both groups, since a standardised rate is undefined in any other.

    Returns
    -------
    Pooled
        Its odds ratio is NaN: a standardised odds ratio is no mean of the strata's.

    Notes
    -----
    Limits of a rate ``p = sum W_k p_k`` recover the variance of each stratum from its Wilson limits l_k and u_k:
    ``p - sqrt(sum W_k^2 (p_k - l_k)^2)`` and ``p + sqrt(sum W_k^2 (u_k - p_k)^2)`` (square and add: G. Y. Zou and A. Donner,
    Statistics in Medicine 27 (2008) 1693-1702; of strata: X. Yan and X. G. Su, Statistics in Biopharmaceutical Research 2 (2010)
    329-335). The difference combines the limits of both rates in the same way, and the ratio as in A. Donner and G. Y. Zou,
    Statistical Methods in Medical Research 21 (2012) 347-359.
    With one stratum the difference has Newcombe's interval. In simulations 95 % intervals of the difference cover 0.95 with twenty
    or more people of each group in a stratum, and 0.86 with one or two: there `mantel_haenszel` keeps 0.94.

    Examples
    --------
    >>> found = standardize([10, 30], [20, 40], [5, 20], [20, 40], 1.959964)
    >>> [round(limit, 4) for limit in found.difference]
    [0.25, 0.0774, 0.3967]
    """
    x1, n1, x2, n2 = _floats(x1, n1, x2, n2)
    common = (n1 > 0) & (n2 > 0)
    people = n1 + n2 if weights is None else np.broadcast_to(np.asarray(weights, float), n1.shape)
    if not common.any() or people[common].sum() <= 0:
        return Pooled(_NAN, _NAN, _NAN, _NAN, _NAN, common)
    parts = _weighted(x1[common], n1[common], x2[common], n2[common], people[common], z)
    return Pooled(*parts, _NAN, common)


def cmh_test(
    x1: npt.ArrayLike, n1: npt.ArrayLike, x2: npt.ArrayLike, n2: npt.ArrayLike, correct: bool = True
) -> Outcome:
    """Cochran-Mantel-Haenszel test that two groups have the same odds in every stratum.

    Parameters
    ----------
    x1, n1, x2, n2
        Numerator and denominator of each group in each stratum.
    correct
        Subtract a half from the distance, if that is more than a half, as R's ``mantelhaen.test`` does.

    Notes
    -----
    N. Mantel and W. Haenszel, JNCI 22 (1959) 719-748. It looks for a difference of one sign in all strata; differences of both
    signs cancel, and `breslow_day` looks for those.

    Examples
    --------
    >>> round(cmh_test([10, 30], [20, 40], [5, 20], [20, 40]).p_value, 4)
    0.0089
    """
    x1, n1, x2, n2 = _floats(x1, n1, x2, n2)
    size = n1 + n2
    use = size > 1
    x1, n1, x2, n2, size = x1[use], n1[use], x2[use], n2[use], size[use]
    events = x1 + x2
    variance = float((n1 * n2 * events * (size - events) / (size**2 * (size - 1))).sum())
    if not variance > 0:
        return _NO_TEST
    distance = abs(float((x1 - n1 * events / size).sum()))
    if correct and distance >= 0.5:
        distance -= 0.5
    statistic = distance**2 / variance
    return Outcome(statistic, 1, _chi_square_tail(statistic, 1))


def breslow_day(
    x1: npt.ArrayLike, n1: npt.ArrayLike, x2: npt.ArrayLike, n2: npt.ArrayLike, tarone: bool = False
) -> Outcome:
    """Breslow-Day test that the odds ratio of two groups is the same in every stratum.

    Parameters
    ----------
    x1, n1, x2, n2
        Numerator and denominator of each group in each stratum.
    tarone
        Subtract Tarone's term, which makes the statistic exactly of chi-square in large samples.

    Returns
    -------
    Outcome
        NaN with fewer than two strata in which the odds ratio is free, or where the common odds ratio is 0 or infinite.

    Notes
    -----
    N. E. Breslow and N. E. Day, Statistical Methods in Cancer Research 1 (IARC, 1980) 142; R. E. Tarone, Biometrika 72 (1985) 91-95.
    A test of large strata. In simulations with equal odds it rejects 5 to 8 % at the level of 5 % where every expected cell is 5 or
    more, but 13 % with 200 strata of ten people of each group, and 36 % with four of each.

    Examples
    --------
    >>> breslow_day([10, 30], [20, 40], [5, 20], [20, 40])
    Outcome(statistic=0.0, df=1, p_value=1.0)
    """
    x1, n1, x2, n2 = _floats(x1, n1, x2, n2)
    events = x1 + x2
    use = (n1 > 0) & (n2 > 0) & (events > 0) & (events < n1 + n2)
    x1, n1, x2, n2, events = x1[use], n1[use], x2[use], n2[use], events[use]
    common = _odds_ratio(x1, n1, x2, n2, 0.0).value
    if len(x1) < 2 or math.isnan(common):
        return _NO_TEST
    expected = _expected(events, n1, n2, common)
    variance = 1 / (1 / expected + 1 / (events - expected) + 1 / (n1 - expected) + 1 / (n2 - events + expected))
    statistic = float(((x1 - expected) ** 2 / variance).sum())
    if tarone:
        statistic -= float((x1 - expected).sum() ** 2 / variance.sum())
    df = len(x1) - 1
    return Outcome(statistic, df, _chi_square_tail(statistic, df))


def _floats(*values: npt.ArrayLike) -> tuple[Array, ...]:
    return tuple(np.broadcast_arrays(*(np.atleast_1d(np.asarray(value, float)) for value in values)))


def _weighted(
    x1: Array, n1: Array, x2: Array, n2: Array, weights: Array, z: float
) -> tuple[Estimate, Estimate, Estimate, Estimate]:
    """Rates with common weights, their difference and ratio, with limits recovered from Wilson's of each stratum."""
    share = weights / weights.sum()
    rate1, rate2 = _rate(x1, n1, share, z), _rate(x2, n2, share, z)
    (p1, l1, u1), (p2, l2, u2) = rate1, rate2
    low = p1 - p2 - math.hypot(p1 - l1, u2 - p2)
    high = p1 - p2 + math.hypot(u1 - p1, p2 - l2)
    return rate1, rate2, Estimate(p1 - p2, low, high), _ratio(rate1, rate2)


def _rate(x: Array, n: Array, share: Array, z: float) -> Estimate:
    p = x / n
    lower, upper = wilson(x, n, z)
    value = float((share * p).sum())
    down = math.sqrt(float((share**2 * (p - lower) ** 2).sum()))
    up = math.sqrt(float((share**2 * (upper - p) ** 2).sum()))
    return Estimate(value, max(value - down, 0.0), min(value + up, 1.0))


def _ratio(rate1: Estimate, rate2: Estimate) -> Estimate:
    """Donner and Zou's limits of a ratio; no upper one where the second rate may be 0."""
    (p1, l1, u1), (p2, l2, u2) = rate1, rate2
    if p2 <= 0:
        return _NAN
    first, second = l1 * (2 * p1 - l1), u1 * (2 * p1 - u1)
    low = first / (p1 * p2 + math.sqrt(max((p1 * p2) ** 2 - first * u2 * (2 * p2 - u2), 0.0))) if first else 0.0
    base = l2 * (2 * p2 - l2)
    high = (p1 * p2 + math.sqrt(max((p1 * p2) ** 2 - second * base, 0.0))) / base if base else math.inf
    return Estimate(p1 / p2, low, high)


def _on_logs(value: float, variance: float, z: float) -> Estimate:
    factor = math.exp(z * math.sqrt(variance))
    return Estimate(value, value / factor, value * factor)


def _odds_ratio(x1: Array, n1: Array, x2: Array, n2: Array, z: float) -> Estimate:
    size = n1 + n2
    agree, differ = x1 * (n2 - x2) / size, x2 * (n1 - x1) / size
    top, bottom = float(agree.sum()), float(differ.sum())
    if not (top > 0 and bottom > 0):
        return _NAN
    on, off = (x1 + n2 - x2) / size, (x2 + n1 - x1) / size
    variance = (
        (on * agree).sum() / (2 * top**2)
        + (on * differ + off * agree).sum() / (2 * top * bottom)
        + (off * differ).sum() / (2 * bottom**2)
    )
    return _on_logs(top / bottom, float(variance), z)


def _expected(events: Array, n1: Array, n2: Array, odds: float) -> Array:
    """Numerators of the first group that have the odds ratio `odds` in each stratum, its margins given."""
    a, b, c = odds - 1, -(odds * (n1 + events) + n2 - events), odds * n1 * events
    root = np.sqrt(b * b - 4 * a * c)
    found: Array = 2 * c / (root - b)  # the root between 0 and the margins; also where the quadratic is a line
    return found


def _chi_square_tail(statistic: float, df: int) -> float:
    from scipy.special import chdtrc  # type: ignore[import-untyped]

    return float(chdtrc(df, max(statistic, 0.0)))
