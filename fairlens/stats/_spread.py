"""How far groups are apart, as one number: the range of rates, their variance without its noise, and the inequality of benefits."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from ._intervals import koopman, newcombe, normal_quantile, wilson
from ._many import smallest_gap

Array = npt.NDArray[np.float64]
_MOST_RATIOS = 150
"""Groups up to which every ratio of two rates is worked out."""
BENEFITS = np.array([1.0, 2.0, 0.0, 1.0])
"""Benefit ``y_pred - y_true + 1`` in the cells (y_true, y_pred) = 00, 01, 10, 11."""


class Limits(NamedTuple):
    """A number and its interval."""

    value: float
    lower: float
    upper: float


NOTHING = Limits(float("nan"), float("nan"), float("nan"))


def pairs_quantile(groups: int, confidence: float) -> float:
    """Give the quantile that makes the intervals of all pairs of groups hold together (Tukey and Kramer).

    The studentised range of K normal rates over the root of 2; for groups of different sizes the intervals hold with a little more than
    the confidence (A. J. Hayter, Annals of Statistics 12 (1984) 61-75).

    Examples
    --------
    >>> round(pairs_quantile(2, 0.95), 2), round(pairs_quantile(5, 0.95), 2)
    (1.96, 2.73)
    """
    from scipy import special  # type: ignore[import-untyped]

    if groups < 3:
        return normal_quantile(confidence)
    at = np.linspace(-8.5, 8.5, 2001)
    weight = np.exp(-at * at / 2) / np.sqrt(2 * np.pi) * (at[1] - at[0])
    below = special.ndtr(at)
    low, high = normal_quantile(confidence), normal_quantile(confidence, groups * (groups - 1) // 2)
    for _ in range(60):
        middle = (low + high) / 2
        within = groups * (weight * (below - special.ndtr(at - middle * np.sqrt(2))) ** (groups - 1)).sum()
        low, high = (middle, high) if within < confidence else (low, middle)
    return float(high)


def max_min_difference(x: npt.ArrayLike, n: npt.ArrayLike, confidence: float = 0.95) -> Limits:
    """Give the largest rate less the smallest, with an interval that holds whichever groups these are.

    Notes
    -----
    Newcombe's intervals of all pairs hold together at the quantile of Tukey and Kramer; the largest of their lower limits and the largest of
    their upper limits enclose the largest true difference. The percentile bootstrap is no substitute: ten groups with one rate have a
    largest difference of 0, and no resample gets there.

    Examples
    --------
    >>> max_min_difference([30, 40, 20], [100, 100, 100])._asdict()["value"]
    0.2
    """
    x, n = np.asarray(x, float), np.asarray(n, float)
    if len(n) < 2:
        return NOTHING
    one, two = np.triu_indices(len(n), 1)
    lower, upper = newcombe(x[one], n[one], x[two], n[two], pairs_quantile(len(n), confidence))
    ends = max(0.0, float(lower.max()), float(-upper.min())), float(max(upper.max(), -lower.min()))
    return Limits(float(np.ptp(x / n)), *ends)


class Seen(NamedTuple):
    """The smallest gap between two groups that would have been found: between the two that see most, and whichever two it is between."""

    least: float
    surely: float


UNSEEN = Seen(float("nan"), float("nan"))


def smallest_seen(n: npt.ArrayLike, rate: float, critical: float, power: float = 0.8) -> Seen:
    """Give the smallest difference between two of several groups that their interval would have told from 0.

    Parameters
    ----------
    n
        People per group.
    rate
        The rate of one of the two.
    critical
        The quantile of the interval of each pair, such as that of `pairs_quantile`.
    power
        The probability of telling.

    Returns
    -------
    Seen
        `least` for the two groups with most people, `surely` for the two with fewest; NaN where no rate is far enough. By the normal
        approximation of `smallest_gap`, for the worse of the two cases which of the two groups has the other rate.

    Examples
    --------
    >>> [round(one, 2) for one in smallest_seen([1000, 1000, 50, 50], 0.3, pairs_quantile(4, 0.95))]
    [0.07, 0.34]
    """
    ranked = np.sort(np.asarray(n, float))
    if len(ranked) < 2:
        return UNSEEN
    pairs = (ranked[-2:], ranked[:2])
    found = [[smallest_gap(two, rate, critical, power, reference=at)[1 - at] for at in (0, 1)] for two in pairs]
    return Seen(*(float(np.max(both)) for both in found))


def min_max_ratio(x: npt.ArrayLike, n: npt.ArrayLike, confidence: float = 0.95) -> Limits:
    """Give the smallest rate over the largest, with an interval that holds whichever groups these are; NaN where all rates are 0.

    Koopman's intervals of all pairs at the quantile of Tukey and Kramer; above 150 groups Wilson's intervals of all rates instead.

    Examples
    --------
    >>> min_max_ratio([30, 40, 20], [100, 100, 100]).value
    0.5
    """
    x, n = np.asarray(x, float), np.asarray(n, float)
    if len(n) < 2 or not (x > 0).any():
        return NOTHING
    rates = x / n
    value = float(rates.min() / rates.max())
    if len(n) > _MOST_RATIOS:
        low, high = wilson(x, n, together_quantile(len(n), confidence))
        return Limits(value, float(low.min() / high.max()), min(1.0, float(high.min() / low.max())))
    one, two = np.nonzero(~np.eye(len(n), dtype=bool) & (x > 0)[None, :])
    lower, upper = koopman(x[one], n[one], x[two], n[two], pairs_quantile(len(n), confidence))
    return Limits(value, float(lower.min()), min(1.0, float(upper.min())))


def together_quantile(groups: int, confidence: float) -> float:
    """Give the quantile that makes the intervals of several independent rates hold together (Z. Šidák).

    Examples
    --------
    >>> round(together_quantile(1, 0.95), 2), round(together_quantile(6, 0.95), 2)
    (1.96, 2.63)
    """
    return normal_quantile(confidence ** (1 / groups))


def extreme_rate(x: npt.ArrayLike, n: npt.ArrayLike, confidence: float = 0.95, *, largest: bool = True) -> Limits:
    """Give the largest or the smallest of several rates, with an interval that holds whichever group it is of.

    Wilson's intervals of all rates at Šidák's quantile: the largest true rate lies between the largest lower and the largest upper limit.

    Examples
    --------
    >>> extreme_rate([30, 40, 20], [100, 100, 100]).value
    0.4
    """
    x, n = np.asarray(x, float), np.asarray(n, float)
    if not len(n):
        return NOTHING
    ends = wilson(x, n, together_quantile(len(n), confidence))
    pick = np.max if largest else np.min
    return Limits(float(pick(x / n)), float(pick(ends[0])), float(pick(ends[1])))


def redraw(x: npt.ArrayLike, n: npt.ArrayLike, draws: int = 2_000, seed: int = 0) -> Array:
    """Draw the rates of every group again, ``(draws, groups)``: the bootstrap of a table of counts, its denominators kept.

    A rate of 0 or 1 is drawn from ``(x + 1/2) / (n + 1)``, since redrawn as it is it would never change. Effective numbers are rounded up.

    Examples
    --------
    >>> redraw([3, 40], [10, 100], draws=5).shape
    (5, 2)
    """
    x, n = np.asarray(x, float), np.asarray(n, float)
    people = np.maximum(np.ceil(n - 1e-9), 1).astype(np.int64)
    rate = np.where((x <= 0) | (x >= n), (x + 0.5) / (n + 1), x / n)
    drawn: Array = np.random.default_rng(seed).binomial(people, rate, size=(draws, len(n))) / people
    return drawn


def extreme_chance(rates: Array, *, largest: bool = True) -> Array:
    """Give the share of draws in which each group has the largest (or smallest) rate; ties are shared.

    Examples
    --------
    >>> extreme_chance(np.array([[0.1, 0.3], [0.2, 0.2]])).tolist()
    [0.25, 0.75]
    """
    ends = rates.max(axis=1, keepdims=True) if largest else rates.min(axis=1, keepdims=True)
    hit = rates == ends
    share: Array = (hit / hit.sum(axis=1, keepdims=True)).mean(axis=0)
    return share


class Variance(NamedTuple):
    """Variance between groups: as observed, without its noise (negative where there is less than noise), with limits of the latter."""

    observed: float
    corrected: float
    lower: float
    upper: float

    @property
    def deviation(self) -> Limits:
        """The corrected standard deviation; 0 where there is no more spread than noise."""
        return Limits(*(float(np.sqrt(max(0.0, one))) for one in self[1:]))


def between_variance(
    x: npt.ArrayLike, n: npt.ArrayLike, confidence: float = 0.95, weights: npt.ArrayLike | None = None,
    draws: int = 2_000, seed: int = 0,
) -> Variance:  # fmt: skip
    """Give the variance of the true rates of groups: the observed one less the noise of the rates.

    Parameters
    ----------
    x, n
        Numerator and denominator per group, at least two people in each.
    weights
        Weight per group, such as its share of the people; every group counts the same when None.
    draws, seed
        Of the bootstrap.

    Notes
    -----
    ``S^2 - mean(s_g^2)`` with ``S^2`` the sample variance of the rates and ``s_g^2 = m (1 - m) / (n_g - 1)``, which is unbiased; with weights
    w that add up to 1, ``sum w (m - m_w)^2 - sum w (1 - w) s_g^2`` (after K. Lum, Y. Zhang and A. Bower, De-biasing "bias" measurement,
    FAccT 2022). A bootstrap adds the noise once more, so its replicates are corrected twice for the lower limit; once for the upper one,
    which is then never 0.

    Examples
    --------
    >>> found = between_variance([30, 40, 20], [100, 100, 100])
    >>> round(found.observed, 4), round(found.corrected, 4)
    (0.01, 0.0079)
    """
    x, n = np.asarray(x, float), np.asarray(n, float)
    if len(n) < 2 or (n <= 1).any():
        return Variance(*[float("nan")] * 4)
    share = np.full(len(n), 1 / len(n)) if weights is None else np.asarray(weights, float) / np.sum(weights)
    grow = len(n) / (len(n) - 1) if weights is None else 1.0
    observed, noise = _variance(x / n, n, share, grow)
    again, more = _variance(redraw(x, n, draws, seed), n, share, grow)
    tail = (1 - confidence) / 2
    lower = float(np.quantile(again - 2 * more, tail))
    upper = float(np.quantile(again - more, 1 - tail))
    corrected = float(observed - noise)
    return Variance(float(observed), corrected, min(lower, corrected), max(upper, corrected))


def _variance(rates: Array, n: Array, share: Array, grow: float) -> tuple[Array, Array]:
    """The observed variance and the part of it that noise makes, by row."""
    middle = (rates * share).sum(axis=-1, keepdims=True)
    observed = grow * (share * (rates - middle) ** 2).sum(axis=-1)
    noise = grow * (share * (1 - share) * rates * (1 - rates) / (n - 1)).sum(axis=-1)
    return observed, noise


class Inequality(NamedTuple):
    """Inequality of benefits among all people, and its parts between and within groups, which add up to it.

    `noise` is the between part that chance makes where no group differs: its mean, and what it exceeds in 5 of 100 audits.
    """

    total: Limits
    between: Limits
    within: Limits
    noise: tuple[float, float]


def inequality(
    cells: npt.ArrayLike, alpha: float = 2.0, confidence: float = 0.95, effective: npt.ArrayLike | None = None,
    draws: int = 2_000, seed: int = 0,
) -> Inequality:  # fmt: skip
    """Give the generalized entropy of benefits ``b = y_pred - y_true + 1``, and how much of it lies between groups.

    Parameters
    ----------
    cells
        ``(groups, 4)``: people, or weights, in the cells (y_true, y_pred) = 00, 01, 10, 11, where 1 is what people want.
    alpha
        2 for half the squared coefficient of variation, 1 for Theil's index.
    effective
        People per group behind weights; the sum of its cells when None.
    draws, seed
        Of the multinomial bootstrap of the cells, the groups' sizes kept.

    Returns
    -------
    Inequality
        NaN where nobody has a benefit. Limits are percentiles of the bootstrap; a group without any error is redrawn as if half a person
        were in each cell of errors. The limits of the between part are less its noise, as those of `between_variance` are.

    Notes
    -----
    With m the mean benefit, ``sum((b / m)^2 - 1) / 2n``, or ``sum(b / m * ln(b / m)) / n`` with ``0 ln 0 = 0`` (A. F. Shorrocks, Econometrica 48 (1980)
    613-625; T. Speicher and others, KDD 2018, for benefits of a classifier). The between part gives everybody the mean of their group; if no
    group differs, n of them times twice the between part over the squared coefficient of variation is chi-square with K - 1 degrees.

    Examples
    --------
    >>> round(inequality([[3, 2, 2, 3]]).total.value, 4), round(inequality([[3, 2, 2, 3]], alpha=1).total.value, 6)
    (0.2, 0.277259)
    """
    from scipy import special

    table: Array = np.asarray(cells, float)
    sizes = table.sum(axis=1)
    people = sizes if effective is None else np.asarray(effective, float)
    table, people, sizes = table[sizes > 0], people[sizes > 0], sizes[sizes > 0]
    if not (table * BENEFITS).any():
        return Inequality(NOTHING, NOTHING, NOTHING, (float("nan"), float("nan")))
    whole = np.maximum(np.ceil(people - 1e-9), 1).astype(np.int64)
    share = _open(table / sizes[:, None] * people[:, None])
    drawn = np.random.default_rng(seed).multinomial(whole, share, size=(draws, len(sizes)))
    found, again = _entropies(table, alpha), _entropies(drawn * (sizes / whole)[:, None], alpha)
    relative = _entropies(table, 2.0)[0] / people.sum()  # half the squared coefficient of variation, per person
    mean = float(relative * (len(sizes) - 1))
    upper = float(relative * special.chdtri(len(sizes) - 1, 0.05)) if len(sizes) > 1 else 0.0
    tail = (1 - confidence) / 2
    known = again[:, ~np.isnan(again).any(axis=0)]
    ends = np.quantile(known, [tail, 1 - tail], axis=1)
    total, between, within = (Limits(float(found[k]), float(ends[0, k]), float(ends[1, k])) for k in range(3))
    less = max(0.0, min(between.lower - 2 * mean, between.value))
    return Inequality(total, Limits(between.value, less, max(between.upper - mean, between.value)), within, (mean, upper))


def _open(cells: Array) -> Array:
    """Shares of the cells to draw from; half a person more in each cell of errors where a group has none."""
    clean = (cells[:, [1, 2]] == 0).all(axis=1)
    filled = cells + 0.5 * clean[:, None] * np.array([0, 1, 1, 0])
    shares: Array = filled / filled.sum(axis=1, keepdims=True)
    return shares


def _entropies(cells: Array, alpha: float) -> Array:
    """Total, between and within, of tables ``(..., groups, 4)``; the three are the first axis."""
    sizes = cells.sum(axis=-1)
    everybody = sizes.sum(axis=-1)
    benefit = (cells * BENEFITS).sum(axis=-1)
    with np.errstate(divide="ignore", invalid="ignore"):
        mean = benefit.sum(axis=-1) / everybody
        each = _entropy(BENEFITS / mean[..., None], cells.sum(axis=-2), alpha) / everybody
        between = _entropy(benefit / sizes / mean[..., None], sizes, alpha) / everybody
    return np.where(mean > 0, np.stack([each, between, each - between]), np.nan)


def _entropy(relative: Array, weight: Array, alpha: float) -> Array:
    """Sum of the inequality of relative benefits."""
    if alpha == 1:
        terms = relative * np.log(np.where(relative > 0, relative, 1.0))
    else:
        terms = (relative**alpha - 1) / (alpha * (alpha - 1))
    summed: Array = (weight * terms).sum(axis=-1)
    return summed
