"""How well scores rank: the area under the ROC curve and average precision, from tables of counts by score. NumPy only.

Everywhere, `positive` and `negative` hold one number per score step in their last axis, lowest score first; scores of one step are tied.
The other axes are broadcast, so positives of one group can be set against negatives of another.
"""

from __future__ import annotations

import math
from typing import NamedTuple
from zlib import crc32

import numpy as np
import numpy.typing as npt

from ._intervals import Array, wilson

_NOTHING = 1e-9
"""Standard errors and distances to 0 and 1 below this are rounding."""
DRAWS = 1000


class Area(NamedTuple):
    """Areas under ROC curves with their standard errors, limits, and how far binning the scores can have moved them."""

    value: Array
    error: Array
    lower: Array
    upper: Array
    bound: Array


def normal_tail(z: float) -> float:
    """Share of the standard normal distribution above `z`.

    Examples
    --------
    >>> round(normal_tail(1.959964), 4)
    0.025
    """
    return 0.5 * math.erfc(z / math.sqrt(2))


def kish(weights: npt.ArrayLike, squares: npt.ArrayLike) -> Array:
    """Number of people of equal weight who hold as much information, ``(sum w)**2 / sum w**2``, over the last axis.

    Notes
    -----
    L. Kish, Survey Sampling (1965), section 8.2. Without weights it is the number of people; 0 where there is nobody.

    Examples
    --------
    >>> float(kish([2.0, 2.0, 2.0], [4.0, 4.0, 4.0]))
    3.0
    """
    total, squared = np.asarray(weights, float).sum(axis=-1), np.asarray(squares, float).sum(axis=-1)
    people: Array = np.divide(total**2, squared, out=np.zeros(np.shape(total)), where=squared > 0)
    return people


def roc_area(positive: npt.ArrayLike, negative: npt.ArrayLike) -> Array:
    """Probability that a positive scores above a negative, ties at half; NaN without positives or without negatives.

    Examples
    --------
    >>> float(roc_area([0, 1, 3], [2, 2, 0]))
    0.9375
    """
    positive, negative = np.asarray(positive, float), np.asarray(negative, float)
    won = (positive * _below(negative)).sum(axis=-1)
    with np.errstate(invalid="ignore", divide="ignore"):
        area: Array = won / (positive.sum(axis=-1) * negative.sum(axis=-1))
    return area


def tied_share(positive: npt.ArrayLike, negative: npt.ArrayLike, mixed: npt.ArrayLike = True) -> Array:
    """Share of the pairs of a positive and a negative that are in one step; `mixed` marks the steps that hold different scores.

    Half of it bounds the distance between `roc_area` of binned scores and that of the scores themselves: each tied pair counts
    0.5 and should have counted something between 0 and 1.

    Examples
    --------
    >>> float(tied_share([1, 1], [1, 1]))
    0.5
    """
    positive, negative = np.asarray(positive, float), np.asarray(negative, float)
    with np.errstate(invalid="ignore", divide="ignore"):
        share: Array = (positive * negative * np.asarray(mixed)).sum(axis=-1) / (positive.sum(axis=-1) * negative.sum(axis=-1))
    return share


def delong(
    positive: npt.ArrayLike,
    negative: npt.ArrayLike,
    positive_squares: npt.ArrayLike | None = None,
    negative_squares: npt.ArrayLike | None = None,
) -> tuple[Array, Array]:
    """Area under the ROC curve and its standard error.

    Parameters
    ----------
    positive, negative
        People, or sums of their weights, per score step.
    positive_squares, negative_squares
        Sums of squared weights; people are counted once each when None.

    Returns
    -------
    area, error
        NaN without positives or without negatives; the error is NaN where a class has one person.

    Notes
    -----
    E. R. DeLong, D. M. DeLong and D. L. Clarke-Pearson, Biometrics 44 (1988) 837-845; X. Sun and W. Xu, IEEE Signal Processing
    Letters 21 (2014) 1389-1393, for the form in midranks, which are sums over a table. With weights, each person's distance to the
    mean is weighted by the square of the weight, and Kish's number of people stands for the sample size.

    Examples
    --------
    >>> area, error = delong([0, 1, 3], [2, 2, 0])
    >>> round(float(area), 4), round(float(error), 4)
    (0.9375, 0.0722)
    """
    positive, negative = np.asarray(positive, float), np.asarray(negative, float)
    area = roc_area(positive, negative)
    with np.errstate(invalid="ignore", divide="ignore"):
        below = _below(negative) / negative.sum(axis=-1, keepdims=True)
        above = 1 - _below(positive) / positive.sum(axis=-1, keepdims=True)
    variance = _spread(positive, positive_squares, below, area) + _spread(negative, negative_squares, above, area)
    return area, np.sqrt(variance)


def roc_interval(
    area: npt.ArrayLike, error: npt.ArrayLike, n_positive: npt.ArrayLike, n_negative: npt.ArrayLike, z: float
) -> tuple[Array, Array]:
    """Interval of an area: DeLong's error on the logit scale, or a bound that holds where that error says nothing.

    Parameters
    ----------
    area, error
        As `delong` gives them.
    n_positive, n_negative
        Number of people (Kish's, with weights) in each class.
    z
        Standard normal quantile, such as 1.96.

    Returns
    -------
    lower, upper
        Never of zero width; NaN where the area is.

    Notes
    -----
    M. S. Pepe, The Statistical Evaluation of Medical Tests (2003), section 5.2.4, for the logit scale. With k people in the smaller
    class there are k pairs that share nobody. Where all of them are ranked right, the limit is that of C. J. Clopper and E. S. Pearson,
    Biometrika 26 (1934) 404-413, for k successes of k: ``tail**(1/k)``; it holds for every distribution, since all pairs can only
    be right where these k are. Elsewhere without an error (all scores tied, one person in a class) it is Wilson's interval for k.

    Examples
    --------
    >>> lower, upper = roc_interval(1.0, 0.0, 20, 200, 1.959964)
    >>> round(float(lower), 4), float(upper)
    (0.8316, 1.0)
    """
    area, error, m, n = np.broadcast_arrays(*(np.asarray(value, float) for value in (area, error, n_positive, n_negative)))
    least = np.minimum(m, n)
    with np.errstate(invalid="ignore", divide="ignore"):
        centre, half = np.log(area / (1 - area)), z * error / (area * (1 - area))
        lower, upper = _expit(centre - half), _expit(centre + half)
        exact = normal_tail(z) ** (1 / least)
        flat_lower, flat_upper = wilson(area * least, least, z)
    right, wrong = area >= 1 - _NOTHING, area <= _NOTHING
    flat = ~(error > _NOTHING)
    lower = np.where(right, exact, np.where(wrong, 0.0, np.where(flat, flat_lower, lower)))
    upper = np.where(right, 1.0, np.where(wrong, 1 - exact, np.where(flat, flat_upper, upper)))
    return np.where(np.isnan(area), np.nan, lower), np.where(np.isnan(area), np.nan, upper)


def ranked(
    positive: npt.ArrayLike,
    negative: npt.ArrayLike,
    positive_squares: npt.ArrayLike | None = None,
    negative_squares: npt.ArrayLike | None = None,
    *,
    z: float,
    mixed: npt.ArrayLike = False,
) -> Area:
    """Area, error, limits and bin bound in one; only steps that hold different scores (`mixed`) count for the bound.

    Examples
    --------
    >>> found = ranked([0, 1, 3], [2, 2, 0], z=1.959964, mixed=True)
    >>> round(float(found.value), 4), round(float(found.bound), 4)
    (0.9375, 0.0625)
    """
    positive, negative = np.asarray(positive, float), np.asarray(negative, float)
    area, error = delong(positive, negative, positive_squares, negative_squares)
    m = kish(positive, positive if positive_squares is None else positive_squares)
    n = kish(negative, negative if negative_squares is None else negative_squares)
    lower, upper = roc_interval(area, error, m, n, z)
    return Area(area, error, lower, upper, tied_share(positive, negative, mixed) / 2)


def roc_difference(one: Area, two: Area, z: float) -> tuple[Array, Array, Array, Array]:
    """Difference of two areas of different people, its limits and its two-sided p-value.

    Returns
    -------
    difference, lower, upper, p
        They are about the scores as they are binned; the bounds of both areas say how far those can be from the scores themselves.
        Where an area has no standard error, the limits come from the limits of the two areas, and p is NaN.

    Notes
    -----
    ``z = (A1 - A2) / sqrt(se1**2 + se2**2)``, DeLong et al. 1988 for independent samples; otherwise the method of variance estimates
    recovery, G. Y. Zou and A. Donner, Statistics in Medicine 27 (2008) 1693-1702.

    Examples
    --------
    >>> a, b = ranked([0, 10, 30], [20, 20, 0], z=1.96), ranked([10, 10, 10], [20, 5, 5], z=1.96)
    >>> difference, lower, upper, p = roc_difference(a, b, 1.96)
    >>> round(float(difference), 4), round(float(p), 4)
    (0.2708, 0.0001)
    """
    change = one.value - two.value
    error = np.sqrt(one.error**2 + two.error**2)
    known = (one.error > _NOTHING) & (two.error > _NOTHING)
    low, high = hybrid(change, one, two)
    lower = np.where(known, change - z * error, low)
    upper = np.where(known, change + z * error, high)
    with np.errstate(invalid="ignore", divide="ignore"):
        distance = np.abs(change) / error
    p = np.where(known, _two_sided(distance), np.nan)
    return change, np.maximum(lower, -1.0), np.minimum(upper, 1.0), p


def hybrid(change: npt.ArrayLike, one: Area, two: Area) -> tuple[Array, Array]:
    """Limits of a difference from the limits of its two parts (Zou and Donner 2008)."""
    change = np.asarray(change, float)
    lower = change - np.sqrt((one.value - one.lower) ** 2 + (two.upper - two.value) ** 2)
    upper = change + np.sqrt((one.upper - one.value) ** 2 + (two.value - two.lower) ** 2)
    return lower, upper


def average_precision(positive: npt.ArrayLike, negative: npt.ArrayLike) -> Array:
    """Average precision: precision at each score that occurs, weighted by the recall it adds; NaN without positives.

    Notes
    -----
    scikit-learn's definition, without interpolation, but for one case: it gives 0.0 where there are no positives.

    Examples
    --------
    >>> round(float(average_precision([0, 1, 3], [2, 2, 0])), 4)
    0.9167
    """
    positive, negative = np.broadcast_arrays(np.asarray(positive, float), np.asarray(negative, float))
    found = np.cumsum(positive[..., ::-1], axis=-1)
    taken = found + np.cumsum(negative[..., ::-1], axis=-1)
    with np.errstate(invalid="ignore", divide="ignore"):
        precision = np.divide(found, taken, out=np.zeros(found.shape), where=taken > 0)
        average: Array = (positive[..., ::-1] * precision).sum(axis=-1) / positive.sum(axis=-1)
    return average


def average_precision_bound(positive: npt.ArrayLike, negative: npt.ArrayLike, mixed: npt.ArrayLike = True) -> Array:
    """How far binning can have moved the average precision; `mixed` marks the steps that hold different scores.

    In the best order of a step every positive comes first, at a precision no higher than after the last of them; in the worst every
    negative, and the precision at the positives, which rises ever slower, is on average no lower than half way between its ends.

    Examples
    --------
    >>> round(float(average_precision_bound([0, 1, 3], [2, 2, 0])), 4)
    0.3833
    """
    positive, negative = np.broadcast_arrays(np.asarray(positive, float), np.asarray(negative, float))
    p, n = positive[..., ::-1], negative[..., ::-1]
    found = np.cumsum(p, axis=-1) - p
    taken = found + np.cumsum(n, axis=-1) - n
    exact = _shares(found + p, taken + p + n)
    best = _shares(found + p, taken + p)
    worst = (_shares(found, taken + n) + _shares(found + p, taken + n + p)) / 2
    inside = p * np.broadcast_to(np.asarray(mixed), p.shape)[..., ::-1]
    with np.errstate(invalid="ignore", divide="ignore"):
        up, down = ((inside * np.maximum(gap, 0)).sum(axis=-1) / p.sum(axis=-1) for gap in (best - exact, exact - worst))
    bound: Array = np.maximum(up, down)
    return bound


def _shares(top: Array, bottom: Array) -> Array:
    """Quotients, 0 where there is nothing."""
    shares: Array = np.divide(top, bottom, out=np.zeros(np.shape(top)), where=bottom > 0)
    return shares


def resampled(weights: npt.ArrayLike, people: float, draws: int = DRAWS, role: int = 0) -> Array:
    """Draw as many people again from the cells of a table, `draws` times: shape (draws, *cells).

    Parameters
    ----------
    weights
        People, or sums of weights, per cell.
    people
        How many people to draw: all of them, or Kish's number with weights.
    draws
        Number of tables.
    role
        A number that sets apart the draws of two tables that are to be compared, so that they are independent.

    Notes
    -----
    Drawing rows with replacement is a multinomial draw of the cells, for any statistic of the table. The seed is made from the table, so
    that neither the order of rows nor the names of groups change an interval.

    Examples
    --------
    >>> resampled([[5, 5], [10, 0]], 20, draws=3).sum(axis=(1, 2)).tolist()
    [20.0, 20.0, 20.0]
    """
    table = np.ascontiguousarray(weights, float)
    rng = np.random.default_rng((crc32(table.tobytes()), role))
    shares = table.ravel() / table.sum()
    drawn: Array = rng.multinomial(max(round(people), 1), shares, size=draws).astype(float)
    return drawn.reshape(draws, *table.shape)


def percentiles(replicates: npt.ArrayLike, z: float) -> tuple[float, float]:
    """Percentile limits over replicates that are defined; NaN where none is.

    Examples
    --------
    >>> low, high = percentiles([0.0, 0.5, 1.0, float("nan")], 1.959964)
    >>> round(low, 6), round(high, 6)
    (0.025, 0.975)
    """
    kept = np.asarray(replicates, float)
    kept = kept[~np.isnan(kept)]
    if not len(kept):
        return math.nan, math.nan
    tail = normal_tail(z)
    low, high = np.quantile(kept, [tail, 1 - tail])
    return float(low), float(high)


def _below(counts: Array) -> Array:
    """How many are below each step, those in it at half."""
    below: Array = np.cumsum(counts, axis=-1) - counts / 2
    return below


def _spread(counts: Array, squares: npt.ArrayLike | None, placed: Array, area: Array) -> Array:
    """Variance of the mean of placement values."""
    squares = counts if squares is None else np.asarray(squares, float)
    people = kish(counts, squares)
    with np.errstate(invalid="ignore", divide="ignore"):
        summed = (squares * (placed - area[..., None]) ** 2).sum(axis=-1) / counts.sum(axis=-1) ** 2
        return np.where(people > 1 + _NOTHING, summed * people / (people - 1), np.nan)


def _expit(value: Array) -> Array:
    """Logistic function that does not overflow."""
    small = np.exp(-np.abs(value))
    expit: Array = np.where(value >= 0, 1 / (1 + small), small / (1 + small))
    return expit


def _two_sided(distance: Array) -> Array:
    tails: Array = np.vectorize(math.erfc, otypes=[float])(distance / math.sqrt(2))
    return tails
