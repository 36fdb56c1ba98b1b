"""How many people it takes, and what a number of people can tell: planning for rates, differences and ratios. NumPy only."""

from __future__ import annotations

from collections.abc import Callable
from statistics import NormalDist
from typing import Literal

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]
_MOST, _HALVINGS = 1e12, 44
_quantile = NormalDist().inv_cdf


def people_per_group(
    p1: npt.ArrayLike,
    p2: npt.ArrayLike,
    power: float = 0.8,
    confidence: float = 0.95,
    ratio: npt.ArrayLike = 1.0,
    *,
    method: Literal["score", "arcsine"] = "score",
) -> Array:
    """People of the first group that it takes to tell two rates apart, with `ratio` times as many of the second.

    Parameters
    ----------
    p1, p2
        The rates of the group and of its reference.
    power
        Probability that the two-sided test tells, if these are the rates.
    confidence
        One less the level of the test.
    ratio
        People in the reference for each of the group.
    method
        "score": pooled variance under no difference, separate variances otherwise, as the score test has it. "arcsine": the
        variance-stabilising transformation. The two agree for groups of one size; with a reference nine times larger the first
        depends on which of the two has the rate nearer to one half, the second does not.

    Returns
    -------
    ndarray
        Whole numbers; NaN where the rates are equal or not between 0 and 1.

    Notes
    -----
    J. L. Fleiss, B. Levin and M. C. Paik, Statistical Methods for Rates and Proportions (2003), 4.2, without their continuity
    correction, and J. Cohen, Statistical Power Analysis (1988), 6. The first is ``samplesize_proportions_2indep_onetail`` of
    statsmodels, the second its ``NormalIndPower``.

    Examples
    --------
    >>> people_per_group([0.4, 0.24], [0.5, 0.3]).tolist()
    [388.0, 859.0]
    >>> float(people_per_group(0.4, 0.5, ratio=9, method="arcsine"))
    216.0
    """
    p1, p2, k = np.broadcast_arrays(*(np.asarray(value, float) for value in (p1, p2, ratio)))
    za, zb = _quantile((1 + confidence) / 2), _quantile(power)
    with np.errstate(divide="ignore", invalid="ignore"):
        if method == "arcsine":
            effect = 2 * (np.arcsin(np.sqrt(p1)) - np.arcsin(np.sqrt(p2)))
            n = (za + zb) ** 2 * (1 + 1 / k) / effect**2
        else:
            pooled = (p1 + k * p2) / (1 + k)
            spread = za * np.sqrt(pooled * (1 - pooled) * (1 + 1 / k)) + zb * np.sqrt(p1 * (1 - p1) + p2 * (1 - p2) / k)
            n = (spread / (p1 - p2)) ** 2
    possible = (p1 >= 0) & (p1 <= 1) & (p2 >= 0) & (p2 <= 1) & (p1 != p2) & (k > 0)
    return _whole(np.where(possible, n, np.nan))


def equivalence_people(
    rate: npt.ArrayLike,
    margin: npt.ArrayLike,
    power: float = 0.8,
    confidence: float = 0.95,
    ratio: npt.ArrayLike = 1.0,
    *,
    sides: Literal[1, 2] = 2,
) -> Array:
    """People of a group that it takes to show that a difference lies within a margin, if both rates are `rate`.

    Parameters
    ----------
    rate
        The rate of both.
    margin
        The greatest difference that still counts as within, in shares of 1.
    power, confidence, ratio
        As for `people_per_group`; each side is tested at ``1 - confidence``.
    sides
        2: not more than the margin below or above (two one-sided tests). 1: not more than the margin on one side.

    Notes
    -----
    S.-C. Chow, J. Shao and H. Wang, Sample Size Calculations in Clinical Research (2008), 4.2.

    Examples
    --------
    >>> equivalence_people([0.1, 0.3, 0.5], 0.05).tolist()
    [617.0, 1439.0, 1713.0]
    """
    rate, margin, k = np.broadcast_arrays(*(np.asarray(value, float) for value in (rate, margin, ratio)))
    with np.errstate(divide="ignore", invalid="ignore"):
        n = _inside(power, confidence, sides) ** 2 * rate * (1 - rate) * (1 + 1 / k) / margin**2
    possible = (rate > 0) & (rate < 1) & (margin > 0) & (k > 0)
    return _whole(np.where(possible, n, np.nan))


def equivalence_ratio_people(
    rate: npt.ArrayLike,
    margin: npt.ArrayLike,
    power: float = 0.8,
    confidence: float = 0.95,
    ratio: npt.ArrayLike = 1.0,
    *,
    sides: Literal[1, 2] = 2,
) -> Array:
    """People of a group that it takes to show that a ratio of rates lies between `margin` and its inverse, if both rates are `rate`.

    The arguments are those of `equivalence_people`; the logarithm of the ratio is taken as normal.

    Examples
    --------
    >>> float(equivalence_ratio_people(0.5, 0.8))
    344.0
    """
    rate, margin, k = np.broadcast_arrays(*(np.asarray(value, float) for value in (rate, margin, ratio)))
    with np.errstate(divide="ignore", invalid="ignore"):
        n = _inside(power, confidence, sides) ** 2 * (1 - rate) / rate * (1 + 1 / k) / np.log(margin) ** 2
    possible = (rate > 0) & (rate < 1) & (margin > 0) & (margin != 1) & (k > 0)
    return _whole(np.where(possible, n, np.nan))


def noninferiority_ratio_people(
    rate: npt.ArrayLike,
    margin: npt.ArrayLike = 0.8,
    power: float = 0.8,
    confidence: float = 0.95,
    ratio: npt.ArrayLike = 1.0,
) -> Array:
    """People of a group that it takes to show that a ratio of rates is above `margin`, if both rates are `rate`.

    Examples
    --------
    >>> noninferiority_ratio_people([0.1, 0.3, 0.5]).tolist()
    [2235.0, 580.0, 249.0]
    """
    return equivalence_ratio_people(rate, margin, power, confidence, ratio, sides=1)


def detectable_difference(
    rate: npt.ArrayLike, n1: npt.ArrayLike, n2: npt.ArrayLike, power: float = 0.8, confidence: float = 0.95
) -> Array:
    """Smallest difference that `n1` people against a reference of `n2` with the rate `rate` would show with this power.

    Towards one half, where rates vary more: a difference away from it is shown as soon or sooner.

    Parameters
    ----------
    rate
        The rate of the reference.
    n1, n2
        People in the group and in the reference; effective numbers need not be whole.
    power, confidence
        As for `people_per_group`, whose "score" method this inverts.

    Returns
    -------
    ndarray
        In shares of 1; NaN where not even the greatest possible difference would be shown, or nobody is there.

    Examples
    --------
    >>> detectable_difference([0.3, 0.3, 0.1], [50, 200, 50], [1000, 2000, 1000]).round(3).tolist()
    [0.192, 0.098, 0.139]
    """
    rate, n1, n2 = np.broadcast_arrays(*(np.asarray(value, float) for value in (rate, n1, n2)))
    mirrored = np.minimum(rate, 1 - rate)

    def excess(change: Array) -> Array:
        return _excess(mirrored + change, mirrored, n1, n2, power, confidence)

    return _smallest(excess, 1 - mirrored, (n1 > 0) & (n2 > 0) & (mirrored >= 0))


def detectable_ratio(
    rate: npt.ArrayLike, n1: npt.ArrayLike, n2: npt.ArrayLike, power: float = 0.8, confidence: float = 0.95
) -> Array:
    """Ratio below 1, and nearest to it, that `n1` people against a reference of `n2` with the rate `rate` would show with this power.

    The arguments are those of `detectable_difference`.

    Returns
    -------
    ndarray
        Between 0 and 1; NaN where not even a rate of 0 would be told from the reference's.

    Examples
    --------
    >>> detectable_ratio(0.5, [388, 50], [388, 1]).round(2).tolist()
    [0.8, nan]
    """
    rate, n1, n2 = np.broadcast_arrays(*(np.asarray(value, float) for value in (rate, n1, n2)))

    def excess(fall: Array) -> Array:
        return _excess(rate * (1 - fall), rate, n1, n2, power, confidence)

    return 1 - _smallest(excess, np.ones_like(rate), (n1 > 0) & (n2 > 0) & (rate > 0) & (rate <= 1))


def _excess(p1: Array, p2: Array, n1: Array, n2: Array, power: float, confidence: float) -> Array:
    """By how much two rates are further apart than the power asks for."""
    weight = n1 / (n1 + n2)
    pooled = weight * p1 + (1 - weight) * p2
    null = np.sqrt(np.maximum(pooled * (1 - pooled), 0.0) * (1 / n1 + 1 / n2))
    true = np.sqrt(np.maximum(p1 * (1 - p1) / n1 + p2 * (1 - p2) / n2, 0.0))
    excess: Array = np.abs(p1 - p2) - _quantile((1 + confidence) / 2) * null - _quantile(power) * true
    return excess


def _smallest(excess: Callable[[Array], Array], most: Array, possible: npt.NDArray[np.bool_]) -> Array:
    """Halve between no change and the greatest one to the first that is in excess."""
    with np.errstate(divide="ignore", invalid="ignore"):
        possible = possible & (excess(most) >= 0)
        low, high = np.zeros_like(most), most.copy()
        for _ in range(_HALVINGS):
            middle = (low + high) / 2
            enough = excess(middle) >= 0
            low, high = np.where(enough, low, middle), np.where(enough, middle, high)
    return np.where(possible, high, np.nan)


def _inside(power: float, confidence: float, sides: int) -> float:
    """Standard errors that a margin must be away from no difference."""
    return _quantile(confidence) + _quantile((1 + power) / 2 if sides == 2 else power)


def _whole(n: Array) -> Array:
    """Round up, and not because of the last binary digit; NaN where no number that anybody has would do."""
    with np.errstate(invalid="ignore"):
        up: Array = np.where(n < _MOST, np.ceil(n - 1e-9 * np.abs(n)), np.nan)
    return np.maximum(up, 1.0)
