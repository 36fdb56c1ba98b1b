"""How well scores keep their word as probabilities: Brier score, calibration, its line and its error, from tables. NumPy only.

A table of scores has two rows, people without and with the event, and one column per score step, lowest score first: `weights` (people, or
sums of their weights), `scores` (sums of the score) and `scores2` (sums of its square). Other axes come before these two.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Literal, NamedTuple

import numpy as np
import numpy.typing as npt

from ._auc import DRAWS, normal_tail
from ._intervals import Array, wilson

CLIP = 1e-3
"""Scores nearer to 0 or 1 are moved here before their logit is taken: 0 and 1 have none."""
FEWEST_EVENTS = 10
_NEWTON, _STEP = 50, 1e-10
_HALVINGS, _LARGEST = 40, 1e6
_Why = Literal["", "few", "alike", "separated"]


class Line(NamedTuple):
    """A calibration line on the logit scale; NaN with a reason (`why`) where it cannot be drawn."""

    intercept: float
    slope: float
    intercept_error: float
    slope_error: float
    why: _Why


def brier_score(weights: npt.ArrayLike, scores: npt.ArrayLike, scores2: npt.ArrayLike) -> Array:
    """Mean squared distance of score and outcome, exact from the sums: ``(sum s**2 - 2 sum s of events + events) / n``.

    Notes
    -----
    G. W. Brier, Monthly Weather Review 78 (1950) 1-3. NaN where there is nobody.

    Examples
    --------
    >>> round(float(brier_score([[1, 0], [0, 1]], [[0.2, 0.0], [0.0, 0.6]], [[0.04, 0.0], [0.0, 0.36]])), 12)
    0.1
    """
    weights, scores, scores2 = _read(weights, scores, scores2)
    events = weights[..., 1, :].sum(axis=-1)
    summed = scores2.sum(axis=(-2, -1)) - 2 * scores[..., 1, :].sum(axis=-1) + events
    return _ratio(np.maximum(summed, 0.0), weights.sum(axis=(-2, -1)))


def brier_skill(weights: npt.ArrayLike, scores: npt.ArrayLike, scores2: npt.ArrayLike) -> Array:
    """Share of the Brier score of the event's own rate that the scores save: ``1 - BS / (p (1 - p))``.

    0 is no better than the same score, p, for everybody; below 0 is worse. NaN where p is 0 or 1.

    Examples
    --------
    >>> round(float(brier_skill([[1, 0], [0, 1]], [[0.2, 0.0], [0.0, 0.6]], [[0.04, 0.0], [0.0, 0.36]])), 12)
    0.6
    """
    rate = event_rate(weights)
    return 1 - _ratio(brier_score(weights, scores, scores2), rate * (1 - rate))


def event_rate(weights: npt.ArrayLike) -> Array:
    """Share of people with the event; NaN where there is nobody.

    Examples
    --------
    >>> float(event_rate([[1, 2], [0, 1]]))
    0.25
    """
    weights = np.asarray(weights, float)
    return _ratio(weights[..., 1, :].sum(axis=-1), weights.sum(axis=(-2, -1)))


def calibration_in_the_large(weights: npt.ArrayLike, scores: npt.ArrayLike) -> tuple[Array, Array]:
    """Mean outcome less mean score, and the ratio of the two (observed to expected; NaN where all scores are 0).

    Examples
    --------
    >>> difference, ratio = calibration_in_the_large([[1, 0], [0, 1]], [[0.2, 0.0], [0.0, 0.6]])
    >>> round(float(difference), 12), round(float(ratio), 12)
    (0.1, 1.25)
    """
    weights, scores = np.asarray(weights, float), np.asarray(scores, float)
    people, expected = weights.sum(axis=(-2, -1)), scores.sum(axis=(-2, -1))
    observed = weights[..., 1, :].sum(axis=-1)
    return _ratio(observed - expected, people), _ratio(observed, expected)


def large_error(difference: npt.ArrayLike, brier: npt.ArrayLike, people: npt.ArrayLike) -> Array:
    """Give the standard error of calibration in the large: the variance of outcome less score is the Brier score less the squared difference.

    Examples
    --------
    >>> float(large_error(0.0, 0.16, 65))
    0.05
    """
    difference, brier, people = (np.asarray(value, float) for value in (difference, brier, people))
    with np.errstate(invalid="ignore", divide="ignore"):
        error: Array = np.sqrt(np.maximum(brier - difference**2, 0.0) / (people - 1))
    return np.where(people > 1, error, np.nan)


def bounded_mean(mean: npt.ArrayLike, people: npt.ArrayLike, z: float, low: float = 0.0, high: float = 1.0) -> tuple[Array, Array]:
    """Wilson's interval of the mean of numbers between `low` and `high`, at least as wide as their variance can make it.

    Where a sample has no variance of its own, a two-valued one of the same mean has the most that is possible.

    Examples
    --------
    >>> lower, upper = bounded_mean(0.0, 10, 1.959964)
    >>> float(lower), round(float(upper), 4)
    (0.0, 0.2775)
    """
    people = np.asarray(people, float)
    share = np.clip((np.asarray(mean, float) - low) / (high - low), 0.0, 1.0)
    lower, upper = wilson(share * people, people, z)
    return low + (high - low) * lower, low + (high - low) * upper


def equal_mass_bins(mass: npt.ArrayLike, bins: int) -> npt.NDArray[np.int64]:
    """Give each score step a bin, so that bins hold about as many people each; steps are not split.

    A step goes to the bin in which its middle person is. Bins that would be empty are not counted.

    Examples
    --------
    >>> equal_mass_bins([1, 1, 4, 1, 1], 2).tolist()
    [0, 0, 1, 1, 1]
    """
    mass = np.asarray(mass, float)
    middle = (np.cumsum(mass) - mass / 2) / max(mass.sum(), 1e-300)
    place = np.minimum((middle * bins + 1e-9).astype(np.int64), bins - 1)
    occupied = np.unique(place[mass > 0])
    if not len(occupied):
        return np.zeros(len(mass), np.int64)
    bin_of: npt.NDArray[np.int64] = np.clip(np.searchsorted(occupied, place, side="right") - 1, 0, None).astype(np.int64)
    return bin_of


def binned(values: npt.ArrayLike, bins: npt.NDArray[np.int64]) -> Array:
    """Add up the last axis (score steps) by bin.

    Examples
    --------
    >>> binned([1, 2, 3], np.array([0, 0, 1])).tolist()
    [3.0, 3.0]
    """
    values = np.asarray(values, float)
    member = (bins[:, None] == np.arange(int(bins.max()) + 1)).astype(float)
    summed: Array = values @ member
    return summed


def calibration_error(weights: npt.ArrayLike, scores: npt.ArrayLike, bins: npt.NDArray[np.int64]) -> Array:
    """Expected calibration error: distance of mean outcome and mean score per bin, averaged over people.

    Notes
    -----
    M. P. Naeini, G. F. Cooper and M. Hauskrecht, AAAI 2015; bins of equal mass as in K. Nguyen and B. O'Connor, EMNLP 2015. It is above 0
    by chance alone: hold it against `null_error`.

    Examples
    --------
    >>> round(float(calibration_error([[1, 0], [0, 1]], [[0.2, 0.0], [0.0, 0.6]], np.array([0, 1]))), 12)
    0.3
    """
    events, expected, people = _by_bin(weights, scores, bins)
    return _ratio(np.abs(events - expected).sum(axis=-1), people.sum(axis=-1))


def null_error(
    weights: npt.ArrayLike, scores: npt.ArrayLike, scores2: npt.ArrayLike, bins: npt.NDArray[np.int64], people: npt.ArrayLike | None = None
) -> Array:
    """Calibration error that perfectly calibrated scores would show on average, in these bins and with as many people.

    Parameters
    ----------
    weights, scores, scores2, bins
        The table, and the bins of its steps.
    people
        How much information the table holds (Kish's number); the weights themselves when None.

    Notes
    -----
    Sum over bins of ``w_b sqrt(2/pi v_b/n_b)``: the mean of the absolute value of a normal variable, with v_b the mean of s (1 - s).

    Examples
    --------
    >>> table = [[14] * 10, [6] * 10]
    >>> sums = [[0.3 * n for n in row] for row in table], [[0.09 * n for n in row] for row in table]
    >>> round(float(null_error(table, *sums, np.arange(10))), 4)
    0.0818
    """
    weights, scores, scores2 = _read(weights, scores, scores2)
    mass = binned(weights.sum(axis=-2), bins)
    total = mass.sum(axis=-1)
    spread = np.maximum(binned((scores - scores2).sum(axis=-2), bins), 0.0)
    scale = _ratio(np.asarray(total if people is None else people, float), total)
    with np.errstate(invalid="ignore", divide="ignore"):
        summed = np.sqrt(2 / math.pi * spread / scale[..., None]).sum(axis=-1)
    return _ratio(summed, total)


def rough_null_error(people: float, bins: int, rate: float) -> float:
    """Calibration error that perfectly calibrated scores would show on average, by the rule ``sqrt(2 B / (pi n)) sqrt(p (1 - p))``.

    Examples
    --------
    >>> round(rough_null_error(200, 10, 0.3), 2)
    0.08
    """
    return math.sqrt(2 * bins / (math.pi * people) * rate * (1 - rate))


def error_limits(
    weights: npt.ArrayLike,
    scores: npt.ArrayLike,
    scores2: npt.ArrayLike,
    bins: npt.NDArray[np.int64],
    z: float,
    people: float | None = None,
) -> tuple[float, float]:
    """Interval of the calibration error of one table, which chance alone makes larger; never below 0, and it holds the estimate.

    Parameters
    ----------
    weights, scores, scores2, bins
        A table (2, steps), and the bins of its steps.
    z
        Standard normal quantile, such as 1.96.
    people
        How much information the table holds (Kish's number); the weights themselves when None.

    Notes
    -----
    The errors that would not be rejected: the distances of the bins are taken to be `c` times those observed, and `c` is moved until the
    observed error is a tail of what chance then makes of it (1,000 draws of normal distances, from a fixed seed). Percentiles of a
    bootstrap would not do, since replicates are as much larger than the estimate as it is itself larger than the truth: for calibrated
    scores of 1,000 people in ten bins they cover the truth, 0, in no sample; this interval in 98 of 100, and in 89 to 98 at errors of 0.02
    to 0.09.

    Examples
    --------
    >>> table = [[14] * 10, [6] * 10]
    >>> sums = [[0.3 * n for n in row] for row in table], [[0.09 * n for n in row] for row in table]
    >>> low, high = error_limits(table, *sums, np.arange(10), 1.959964)
    >>> low, high > 0.08
    (0.0, True)
    """
    weights, scores, scores2 = _read(weights, scores, scores2)
    events, expected, mass = _by_bin(weights, scores, bins)
    scale = 1.0 if people is None else people / mass.sum()
    distance, shares = (events - expected) / mass, mass / mass.sum()
    calibrated = binned((scores - scores2).sum(axis=0), bins) / mass
    seen = binned(scores2.sum(axis=0) - 2 * scores[1] + weights[1], bins) / mass - distance**2
    error = np.sqrt(np.maximum(np.maximum(calibrated, seen), 0.0) / (mass * scale))
    noise = np.random.default_rng(0).normal(size=(DRAWS, len(mass))) * error
    estimate = float(shares @ np.abs(distance))

    def quantile(factor: float, share: float) -> float:
        return float(np.quantile(np.abs(factor * distance + noise) @ shares, share))

    tail = normal_tail(z)
    low = _solved(lambda factor: quantile(factor, 1 - tail) - estimate)
    high = _solved(lambda factor: quantile(factor, tail) - estimate)
    if high == 0.0:  # less than chance alone makes: no truth explains it, so the limit is what chance could have made
        return 0.0, max(quantile(0.0, 1 - tail), estimate)
    return min(low, 1.0) * estimate, max(high, 1.0) * estimate


def _solved(above: Callable[[float], float]) -> float:
    """Where a rising function of a factor from 0 on becomes 0; 0 where it begins above."""
    low, high = 0.0, 1.0
    if above(0.0) >= 0:
        return 0.0
    while above(high) < 0 and high < _LARGEST:
        high *= 2
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        low, high = (middle, high) if above(middle) < 0 else (low, middle)
    return high


def calibration_line(weights: npt.ArrayLike, scores: npt.ArrayLike, people: npt.ArrayLike | None = None) -> Line:
    """Fit ``logit(outcome) = intercept + slope * logit(score)``; 0 and 1 for calibrated scores.

    Parameters
    ----------
    weights, scores
        A table (2, steps) of people and sums of their scores; each step counts at its mean score, clipped to 0.001 to 0.999.
    people
        Kish's number of people without and with the event, where weights are not people.

    Returns
    -------
    Line
        With standard errors for Wald intervals. Undefined with fewer than ten people on either side ("few"), where all scores are alike
        ("alike"), and where a score parts those with the event from those without ("separated": the slope has no end).

    Notes
    -----
    D. R. Cox, Biometrika 45 (1958) 562-565. Newton's method on the table, which has the likelihood of its rows.

    Examples
    --------
    >>> line = calibration_line([[40, 20], [20, 40]], [[8.0, 14.0], [4.0, 28.0]])
    >>> round(line.intercept, 4), round(line.slope, 4)
    (0.1673, 0.6207)
    """
    weights, scores = np.asarray(weights, float), np.asarray(scores, float)
    nan = math.nan
    known = weights.sum(axis=-1) if people is None else np.asarray(people, float)
    if known.min() < FEWEST_EVENTS:
        return Line(nan, nan, nan, nan, "few")
    used = weights.sum(axis=0) > 0
    table = weights[:, used] * (known.sum() / weights.sum())
    mean = np.clip(scores[:, used].sum(axis=0) / weights[:, used].sum(axis=0), CLIP, 1 - CLIP)
    why = _unfit(table, mean)
    if why:
        return Line(nan, nan, nan, nan, why)
    found, information = _newton(table, np.log(mean / (1 - mean)))
    errors = np.sqrt(np.diag(np.linalg.inv(information)))
    return Line(float(found[0]), float(found[1]), float(errors[0]), float(errors[1]), "")


def _unfit(table: Array, mean: Array) -> _Why:
    without, having = mean[table[0] > 0], mean[table[1] > 0]
    if mean.max() - mean.min() < 1e-12:
        return "alike"
    if without.max() <= having.min() or having.max() <= without.min():
        return "separated"
    return ""


def _newton(table: Array, logit: Array) -> tuple[Array, Array]:
    """Coefficients and information; steps are halved until the likelihood does not fall."""
    design = np.stack([np.ones_like(logit), logit], axis=1)
    people, events = table.sum(axis=0), table[1]
    found: Array = np.array([math.log(events.sum() / table[0].sum()), 0.0])
    best, information = _likelihood(design @ found, people, events), np.eye(2)
    for _ in range(_NEWTON):
        chance = 1 / (1 + np.exp(-(design @ found)))
        information = design.T @ (design * (people * chance * (1 - chance))[:, None])
        step = np.linalg.solve(information, design.T @ (events - people * chance))
        while (reached := _likelihood(design @ (found + step), people, events)) < best - 1e-9 * abs(best):
            step = step / 2
        found, best = found + step, reached
        if np.abs(step).max() < _STEP:
            break
    return found, information


def _likelihood(line: Array, people: Array, events: Array) -> float:
    return float((events * line - people * np.logaddexp(0.0, line)).sum())


def _by_bin(weights: npt.ArrayLike, scores: npt.ArrayLike, bins: npt.NDArray[np.int64]) -> tuple[Array, Array, Array]:
    """Events, expected events and people of each bin."""
    weights, scores = np.asarray(weights, float), np.asarray(scores, float)
    return binned(weights[..., 1, :], bins), binned(scores.sum(axis=-2), bins), binned(weights.sum(axis=-2), bins)


def _read(*tables: npt.ArrayLike) -> tuple[Array, ...]:
    return tuple(np.asarray(table, float) for table in tables)


def _ratio(top: Array, bottom: Array) -> Array:
    top, bottom = np.asarray(top, float), np.asarray(bottom, float)
    out = np.full(np.broadcast_shapes(top.shape, bottom.shape), np.nan)
    ratio: Array = np.divide(top, bottom, out=out, where=np.broadcast_to(bottom != 0, out.shape))
    return ratio
