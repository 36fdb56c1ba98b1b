"""Score tests and intervals with a margin: Miettinen and Nurminen's of a difference, and the z of a ratio. NumPy only."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]
_HALVINGS, _ROUNDING = 52, 1e-12
_erfc = np.vectorize(math.erfc, otypes=[float])


def miettinen(
    x1: npt.ArrayLike, n1: npt.ArrayLike, x2: npt.ArrayLike, n2: npt.ArrayLike, z: npt.ArrayLike, *, corrected: bool = True
) -> tuple[Array, Array]:
    """Miettinen and Nurminen's score interval of the difference of two independent rates, ``x1/n1 - x2/n2``.

    Parameters
    ----------
    x1, n1, x2, n2
        Counts, or effective counts that are not whole numbers; ``0 <= x <= n``.
    z
        Standard normal quantile, such as 1.96.
    corrected
        With the variance factor ``N / (N - 1)`` of Miettinen and Nurminen; without it, Mee's interval.

    Returns
    -------
    lower, upper
        Limits in -1 to 1 around the difference; NaN where a denominator is 0. Never of zero width.

    Notes
    -----
    O. Miettinen and M. Nurminen, Statistics in Medicine 4 (1985) 213-226; R. W. Mee, Biometrics 40 (1984) 1175-1176: all
    differences that the score test with restricted maximum-likelihood rates does not reject, found by halving.

    Examples
    --------
    >>> lower, upper = miettinen(56, 70, 48, 80, 1.959964)
    >>> round(float(lower), 4), round(float(upper), 4)
    (0.0528, 0.3382)
    """
    x1, n1, x2, n2, z = np.broadcast_arrays(*(np.asarray(value, float) for value in (x1, n1, x2, n2, z)))
    defined = (n1 > 0) & (n2 > 0)
    x1, n1, x2, n2 = (np.where(defined, value, fill) for value, fill in ((x1, 0.0), (n1, 1.0), (x2, 0.0), (n2, 1.0)))
    estimate = x1 / n1 - x2 / n2
    sides = np.array([-1.0, 1.0]).reshape(2, *([1] * estimate.ndim))
    out, ins = sides + np.zeros_like(estimate), np.zeros_like(sides) + estimate
    for _ in range(_HALVINGS):
        middle = (out + ins) / 2
        rejected = -sides * mn_z(x1, n1, x2, n2, middle, corrected=corrected) > z
        out, ins = np.where(rejected, middle, out), np.where(rejected, ins, middle)
    lower, upper = np.where(defined, out, np.nan)
    return lower, upper


def mn_z(
    x1: npt.ArrayLike, n1: npt.ArrayLike, x2: npt.ArrayLike, n2: npt.ArrayLike, delta: npt.ArrayLike, *, corrected: bool = True
) -> Array:
    """Score statistic of ``p1 - p2 = delta``: positive where the difference seen is greater.

    Parameters
    ----------
    x1, n1, x2, n2
        As for `miettinen`.
    delta
        The difference under test, between -1 and 1.
    corrected
        As for `miettinen`.

    Returns
    -------
    ndarray
        Standard normal if the difference is `delta`; infinite where `delta` leaves no room for chance, NaN where a
        denominator is 0.

    Examples
    --------
    >>> round(float(mn_z(56, 70, 48, 80, 0.0)), 4)
    2.6413
    """
    x1, n1, x2, n2, delta = np.broadcast_arrays(*(np.asarray(value, float) for value in (x1, n1, x2, n2, delta)))
    total = n1 + n2
    with np.errstate(divide="ignore", invalid="ignore"):
        p2 = _restricted(x1, n1, x2, n2, delta)
        p1 = np.clip(p2 + delta, 0.0, 1.0)
        factor = np.where(total > 1, total / (total - 1), np.inf) if corrected else 1.0
        variance = (p1 * (1 - p1) / n1 + p2 * (1 - p2) / n2) * factor
        return _standardised(x1 / n1 - x2 / n2 - delta, variance)


def mn_p(x1: npt.ArrayLike, n1: npt.ArrayLike, x2: npt.ArrayLike, n2: npt.ArrayLike) -> Array:
    """Two-sided p-value of no difference, by the score test of `mn_z`.

    Examples
    --------
    >>> round(float(mn_p(56, 70, 48, 80)), 4)
    0.0083
    """
    p: Array = _erfc(np.abs(mn_z(x1, n1, x2, n2, 0.0)) / math.sqrt(2))
    return p


def ratio_z(x1: npt.ArrayLike, n1: npt.ArrayLike, x2: npt.ArrayLike, n2: npt.ArrayLike, phi: npt.ArrayLike) -> Array:
    """Score statistic of ``p1 = phi * p2``: positive where the ratio seen is greater.

    Its square is the chi-square that `koopman` inverts; Miettinen and Nurminen (1985) multiply the variance by ``N / (N - 1)``.

    Examples
    --------
    >>> round(float(ratio_z(805, 1795, 349, 1488, 1.7226)), 2)
    1.96
    """
    x1, n1, x2, n2, phi = np.broadcast_arrays(*(np.asarray(value, float) for value in (x1, n1, x2, n2, phi)))
    with np.errstate(divide="ignore", invalid="ignore"):
        b = n1 * phi + x1 + n2 + x2 * phi
        root = np.sqrt(np.maximum(b * b - 4 * (n1 + n2) * phi * (x1 + x2), 0.0))
        p2 = np.clip(2 * (x1 + x2) / (b + root), 0.0, 1.0)
        p1 = np.clip(phi * p2, 0.0, 1.0)
        return _standardised(x1 / n1 - phi * x2 / n2, p1 * (1 - p1) / n1 + phi * phi * p2 * (1 - p2) / n2)


def _standardised(distance: Array, variance: Array) -> Array:
    """Divide by the standard deviation; where there is none, a distance is infinitely unlikely."""
    sure = np.where(np.abs(distance) < _ROUNDING, 0.0, np.copysign(np.inf, distance))
    z: Array = np.where(variance > 0, distance / np.sqrt(variance), np.where(np.isnan(distance), np.nan, sure))
    return z


def _restricted(x1: Array, n1: Array, x2: Array, n2: Array, delta: Array) -> Array:
    """The second rate's maximum-likelihood estimate where the first is `delta` more: the root of a cubic, in closed form."""
    total, events = n1 + n2, x1 + x2
    square = ((n1 + 2 * n2) * delta - total - events) / (3 * total)
    linear = ((n2 * delta - total - 2 * x2) * delta + events) / (3 * total)
    constant = x2 * delta * (1 - delta) / total
    q = square**3 - 1.5 * square * linear + constant / 2
    size = np.sqrt(np.maximum(square * square - linear, 0.0))
    r = np.copysign(size, q)
    turn = np.where(size > 0, np.arccos(np.clip(q / np.where(size > 0, r**3, 1.0), -1.0, 1.0)), 0.0)
    p2 = 2 * r * np.cos((np.pi + turn) / 3) - square
    found: Array = np.clip(p2, np.maximum(0.0, -delta), np.minimum(1.0, 1.0 - delta))
    return found
