"""Shrinking the rates of small groups towards the others: a beta-binomial model, its prior learned from the groups."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]
LEAST_GROUPS = 5
"""Fewer rates say nothing about how much rates differ."""


class Pooled(NamedTuple):
    """Shrunk rates with intervals, and the prior Beta(alpha, beta). `learned` is False where it is that of Jeffreys, Beta(1/2, 1/2)."""

    value: Array
    lower: Array
    upper: Array
    alpha: float
    beta: float
    learned: bool

    @property
    def strength(self) -> float:
        """How many people the prior weighs."""
        return self.alpha + self.beta


def pool_rates(x: npt.ArrayLike, n: npt.ArrayLike, confidence: float = 0.95) -> Pooled:
    """Shrink rates towards a common one, the more the fewer people a group has.

    Parameters
    ----------
    x, n
        Numerator and denominator per group; effective counts need not be whole.
    confidence
        Of the equal-tailed posterior intervals.

    Returns
    -------
    Pooled
        Posterior means and intervals of Beta(x + alpha, n - x + beta). With fewer than five groups that have people, or where all rates
        are 0 or all are 1, nothing is learned: each group has Jeffreys' prior by itself.

    Notes
    -----
    ``x_g ~ BetaBinomial(n_g, alpha, beta)``, alpha and beta by maximum likelihood (G. Casella, The American Statistician 39 (1985) 83-87,
    for the idea). The prior is held between 1 person and all people there are, since a common rate cannot be known better than from
    everybody. The intervals take the prior as known. Shrinking hides a true outlier with few people: never the only view.

    Examples
    --------
    >>> found = pool_rates([805, 349, 87, 36, 2, 3], [1795, 1488, 405, 244, 23, 8])
    >>> round(found.alpha, 3), round(found.beta, 3), found.value.round(3).tolist()[-2:]
    (3.959, 11.85, [0.154, 0.292])
    """
    from scipy import special  # type: ignore[import-untyped]

    x, n = np.asarray(x, float), np.asarray(n, float)
    able = n > 0
    learned = int(able.sum()) >= LEAST_GROUPS and bool(0 < x.sum() < n.sum())
    alpha, beta = _most_likely(x[able], n[able]) if learned else (0.5, 0.5)
    a, b = x + alpha, n - x + beta
    tail = (1 - confidence) / 2
    lower, upper = special.betaincinv(a, b, tail), special.betaincinv(a, b, 1 - tail)
    if not learned:  # at an observed 0 or 1, Jeffreys' interval reaches it (L. D. Brown and others, Statistical Science 16 (2001) 101-133)
        lower, upper = np.where(x <= 0, 0.0, lower), np.where(x >= n, 1.0, upper)
    value, lower, upper = (np.where(able, one, np.nan) for one in (a / (a + b), lower, upper))
    return Pooled(value, lower, upper, float(alpha), float(beta), learned)


def _most_likely(x: Array, n: Array) -> tuple[float, float]:
    """Find the prior under which these counts are most likely, on the scales of log odds and of log people."""
    from scipy.optimize import minimize  # type: ignore[import-untyped]

    order = np.lexsort((x, n))  # the same sums in the same order, whatever the order of the groups
    x, n = x[order], n[order]
    total = n.sum()
    edge = np.log(2 * total + 1)  # the odds of half a person among all
    start = np.log((x.sum() + 0.5) / (total - x.sum() + 0.5))
    tries = [
        minimize(
            _loss, (start, np.log(strength)), args=(x, n), jac=True, method="L-BFGS-B",
            bounds=((-edge, edge), (0.0, np.log(total))), options={"ftol": 1e-15, "gtol": 1e-9, "maxiter": 1000},
        )
        for strength in (min(10.0, total), np.sqrt(total), total)
    ]  # fmt: skip
    best = min(tries, key=lambda found: float(found.fun))
    mean, strength = 1 / (1 + np.exp(-best.x[0])), np.exp(best.x[1])
    return float(mean * strength), float((1 - mean) * strength)


def _loss(point: Array, x: Array, n: Array) -> tuple[float, Array]:
    """Minus the log likelihood without its constant, and its slopes."""
    from scipy.special import betaln, digamma  # type: ignore[import-untyped]

    mean, strength = 1 / (1 + np.exp(-point[0])), np.exp(point[1])
    a, b = mean * strength, (1 - mean) * strength
    likelihood = (betaln(x + a, n - x + b) - betaln(a, b)).sum()
    common = digamma(a + b) - digamma(n + a + b)
    by_a = (digamma(x + a) - digamma(a) + common).sum()
    by_b = (digamma(n - x + b) - digamma(b) + common).sum()
    slopes = np.array([strength * mean * (1 - mean) * (by_a - by_b), a * by_a + b * by_b])
    return -float(likelihood), -slopes
