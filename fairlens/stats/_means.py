"""Means of numbers: Student's interval, with weights where rows stand for different numbers of people."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Means:
    """Means of columns with their intervals; `df` is the number of independent rows that they are worth, less one."""

    mean: Array
    lower: Array
    upper: Array
    se: Array
    df: float


def student_quantile(confidence: float, df: float) -> float:
    """Two-sided quantile of Student's distribution; infinite for no degrees of freedom.

    Examples
    --------
    >>> round(student_quantile(0.95, 2), 3), round(student_quantile(0.95, 1e6), 2)
    (4.303, 1.96)
    """
    from scipy import special  # type: ignore[import-untyped]

    return float(special.stdtrit(df, (1 + confidence) / 2)) if df > 0 else float("inf")


def student_means(values: npt.ArrayLike, weights: npt.ArrayLike | None = None, confidence: float = 0.95) -> Means:
    """Mean of each column, with Student's interval.

    Parameters
    ----------
    values
        (rows, columns); at least one row.
    weights
        How many people each row stands for, above 0; one each when None.
    confidence
        Between 0 and 1.

    Returns
    -------
    Means
        NaN limits where one row is all there is.

    Notes
    -----
    With weights the variance is that of a ratio, linearised, with n / (n - 1) (W. G. Cochran, Sampling Techniques, 3rd ed. 1977,
    section 6.3), and the degrees of freedom are Kish's number of rows less one. Equal weights give Student's interval itself.

    Examples
    --------
    >>> found = student_means([[1.0], [2.0], [3.0]])
    >>> found.mean.tolist(), [round(float(end), 3) for end in (found.lower[0], found.upper[0])]
    ([2.0], [-0.484, 4.484])
    """
    x = np.asarray(values, float)
    n = len(x)
    w = np.ones(n) if weights is None else np.asarray(weights, float)
    share = w / w.sum()
    mean = share @ x
    if n < 2:
        nan = np.full(x.shape[1], np.nan)
        return Means(mean, nan, nan, nan, 0.0)
    df = 1 / float(share @ share) - 1
    se = np.sqrt(n / (n - 1) * (share**2 @ (x - mean) ** 2))
    half = np.where(se > 0, student_quantile(confidence, df) * se, 0.0)
    return Means(mean, mean - half, mean + half, se, df)
