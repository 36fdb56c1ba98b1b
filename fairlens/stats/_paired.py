"""Two decisions about the same people: a difference of rates, its interval and its tests. NumPy only."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]
Reading = Callable[[npt.NDArray[Any]], Array]


def bonett_price(gained: npt.ArrayLike, lost: npt.ArrayLike, n: npt.ArrayLike, z: npt.ArrayLike) -> tuple[Array, Array]:
    """Bonett and Price's adjusted interval of the difference of two rates of the same people, ``(gained - lost) / n``.

    Parameters
    ----------
    gained, lost
        People who count in the second rate and not in the first, and the other way round.
    n
        All people, whether the two differ or not.
    z
        Standard normal quantile, such as 1.96.

    Returns
    -------
    lower, upper
        Limits in -1 to 1 around the difference; NaN where `n` is 0. Never of zero width, also where nobody changed.

    Notes
    -----
    D. G. Bonett and R. M. Price, Journal of Educational and Behavioral Statistics 37 (2012) 479-488: Wald's interval with one
    person added to each of the two cells of change.

    Examples
    --------
    >>> lower, upper = bonett_price(0, 0, 100, 1.959964)
    >>> round(float(lower), 3), round(float(upper), 3)
    (-0.027, 0.027)
    """
    gained, lost, n, z = np.broadcast_arrays(*(np.asarray(value, float) for value in (gained, lost, n, z)))
    up, down = (gained + 1) / (n + 2), (lost + 1) / (n + 2)
    half = z * np.sqrt((up + down - (up - down) ** 2) / (n + 2))
    with np.errstate(divide="ignore", invalid="ignore"):
        estimate = (gained - lost) / n
    lower = np.minimum(np.clip(up - down - half, -1.0, 1.0), estimate)
    upper = np.maximum(np.clip(up - down + half, -1.0, 1.0), estimate)
    return lower, upper


def mcnemar(gained: int, lost: int) -> float:
    """Two-sided exact p-value of as many gained as lost: the binomial test on those who changed.

    Notes
    -----
    Q. McNemar, Psychometrika 12 (1947) 153-157, with the exact distribution.

    Examples
    --------
    >>> round(mcnemar(15, 5), 4)
    0.0414
    """
    n, fewer = gained + lost, min(gained, lost)
    if gained == lost:
        return 1.0
    k = np.arange(1, fewer + 1)
    log_chance = np.cumsum(np.log((n - k + 1) / k)) - n * np.log(2.0)
    return float(min(1.0, 2 * (np.exp(log_chance).sum() + 0.5**n)))


def paired_replicates(
    counts: npt.ArrayLike, first: Reading, second: Reading, *, rounds: int = 10_000, random_state: int | np.random.Generator = 0
) -> Array:
    """Bootstrap the difference of two numbers read from the same cells of people, such as two precisions, whose denominators differ.

    Parameters
    ----------
    counts
        People per cell, in any shape: for decisions about labelled people, label by first decision by second decision.
    first, second
        Functions from tables of shape ``(rounds, *counts.shape)`` to numbers of shape ``(rounds,)``; NaN where there is none.
    rounds
        Replicates.
    random_state
        A seed or a generator.

    Returns
    -------
    ndarray
        The second number less the first in each replicate.

    Notes
    -----
    As many people are drawn with replacement as there are, which is one multinomial draw of the cells.

    Examples
    --------
    >>> decided = [[40, 12], [3, 45]]  # first decision by second decision
    >>> found = paired_replicates(decided, lambda t: t[:, 1].sum(axis=1) / 100, lambda t: t[:, :, 1].sum(axis=1) / 100)
    >>> bool(abs(found.mean() - 0.09) < 0.01)
    True
    """
    table = np.asarray(counts, float)
    people = round(float(table.sum()))
    if people <= 0:
        return np.full(rounds, np.nan)
    shares = table.reshape(-1) / table.sum()
    drawn = np.random.default_rng(random_state).multinomial(people, shares, size=rounds).reshape(rounds, *table.shape)
    found: Array = second(drawn) - first(drawn)
    return found
