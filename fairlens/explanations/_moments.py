"""From sums per row to sums per cell of people, and from these to what sets two groups apart, with its error.

Cells are people who are in the same groups; every comparison is of two unions of cells, so that many of them come from one pass, and no
row is held longer than the block of rows that it is in. The variance of a difference of means is the linearised one,
sum of squared weights x squared distance from the group's mean, over the squared sum of weights, times n / (n - 1); with equal weights
it is the usual one. Weights are numbers of people that a row stands for, times the share of its stratum that was sampled.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Any

import numpy as np

from ..stats import normal_quantile, student_quantile
from ._codec import Mask, Places
from ._sampling import Numbers, Pooled, Sums

_DRAWS, _BATCH, _SEED = 10_000, 4_000_000, 20_240
_NOTHING, _ROUNDING = 1e-13, 1e-12


@dataclass(frozen=True, slots=True)
class Moments:
    """Sums per cell (first axis) of columns: the parts of each player, f(background row) less its mean, and the mean itself.

    `first` (cells, columns, functions) holds weighted sums, `first2` sums with squared weights, `second` (cells, functions, columns,
    columns) sums of products with squared weights; `squares`, `crossed` and `off_squares` are sums over draws with squared weights.
    Moments of two blocks of rows add up.
    """

    n: Numbers
    w: Numbers
    w2: Numbers
    first: Numbers
    first2: Numbers
    second: Numbers
    squares: Numbers
    crossed: Numbers
    off_squares: Numbers

    def __add__(self, other: Moments) -> Moments:
        summed: dict[str, Any] = {one.name: getattr(self, one.name) + getattr(other, one.name) for one in fields(Moments)}
        return Moments(**summed)


def moments(sums: Sums, cells: Places, weights: Numbers, count: int) -> Moments:
    """Sum up the rows of a block by their cell, of which there are `count`."""
    setting = sums.setting
    base = setting.base[setting.labels[sums.some]]
    columns = np.concatenate([sums.parts, sums.off[:, None], base[:, None]], axis=1)
    _, k, t = columns.shape
    made = Moments(
        np.zeros(count), np.zeros(count), np.zeros(count), np.zeros((count, k, t)), np.zeros((count, k, t)), np.zeros((count, t, k, k)),
        np.zeros((count, k - 2, t)), np.zeros((count, k - 2, t)), np.zeros((count, t)),
    )  # fmt: skip
    for cell in np.unique(cells):
        rows = np.flatnonzero(cells == cell)
        w, q = weights[rows], columns[rows]
        made.n[cell], made.w[cell], made.w2[cell] = (w > 0).sum(), w.sum(), (w**2).sum()
        made.first[cell], made.first2[cell] = np.tensordot(w, q, 1), np.tensordot(w**2, q, 1)
        by_function = (w[:, None, None] * q).transpose(2, 1, 0)
        made.second[cell] = by_function @ by_function.transpose(0, 2, 1)
        for name in ("squares", "crossed", "off_squares"):
            getattr(made, name)[cell] = np.tensordot(w**2, getattr(sums, name)[rows], 1)
    return made


@dataclass(frozen=True, slots=True)
class Contrast:
    """Mean parts of one group less those of another, one per player and the label mix last; `noise` is the variance of the sampling alone.

    `factor` times the standard error is half an interval of its own, `together` times it half of one that holds with all others.
    """

    means: Numbers
    variance: Numbers
    noise: Numbers
    factor: Numbers
    together: Numbers


@dataclass(frozen=True, slots=True)
class _Columns:
    """Moments of the parts of one function, after the control variate: (cells, parts) and (cells, parts, parts)."""

    moments: Moments
    rounds: int
    first: Numbers
    first2: Numbers
    second: Numbers
    squared: Numbers

    def means(self, cells: Mask) -> Numbers:
        """Weighted mean of each part over some cells."""
        found: Numbers = self.first[cells].sum(axis=0) / self.moments.w[cells].sum()
        return found


def contrasts(
    found: Moments, pooled: Pooled, rounds: int, function: int, pairs: Sequence[tuple[Mask, Mask]], confidence: float, *, simultaneous: bool = True
) -> list[Contrast]:
    """Compare pairs of unions of cells, each of two rows or more, allowing for all pairs and parts together."""
    columns = _adjusted(found, pooled, rounds, function)
    size = len(pairs)
    count, parts = columns.first.shape
    weight, centre = np.zeros((size, count)), np.zeros((size, count, parts))
    means, noise, freedom = (np.zeros((size, parts)) for _ in range(3))
    sides, squares = np.zeros((size, 2, parts)), np.zeros((size, parts))
    for i, pair in enumerate(pairs):
        for j, (cells, sign) in enumerate(zip(pair, (1.0, -1.0), strict=True)):
            n, w = found.n[cells].sum(), found.w[cells].sum()
            mean = columns.means(cells)
            weight[i, cells], centre[i, cells] = sign * np.sqrt(n / (n - 1)) / w, mean
            means[i] += sign * mean
            noise[i] += _noise(columns, cells) / w**2
            sides[i, j] = _variance(columns, weight[i] * cells, centre[i])
        squares[i] = weight[i] ** 2 @ np.einsum("cjj->cj", columns.second)
        freedom[i] = _freedom(sides[i], [_effective(found, cells) - 1 for cells in pair])
    variance = sides.sum(axis=1)
    least = np.maximum((_NOTHING * (1 + np.abs(means))) ** 2, _ROUNDING * squares)  # a constant is left with what rounding makes of it
    variance = np.where(variance > least, variance, 0.0)
    single = _by_freedom(freedom, confidence)
    tail = _joint_confidence(columns, weight, centre, variance, confidence) if simultaneous else confidence
    joint = _by_freedom(freedom, tail)
    return [Contrast(*one) for one in zip(means, variance, noise, single, joint, strict=True)]


def _adjusted(found: Moments, pooled: Pooled, rounds: int, function: int) -> _Columns:
    """Apply the control variate: each part less its slope times f(background row) less its mean."""
    slopes = pooled.slopes()[:, function]
    players = len(slopes)
    turn = np.zeros((players + 1, players + 2))
    turn[:players, :players], turn[:players, players] = np.eye(players) / rounds, -slopes / rounds
    turn[players, players + 1] = 1.0
    squared = found.squares[..., function] - 2 * slopes * found.crossed[..., function] + slopes**2 * found.off_squares[:, [function]]
    first, first2 = (sums[..., function] @ turn.T for sums in (found.first, found.first2))
    return _Columns(found, rounds, first, first2, turn @ found.second[:, function] @ turn.T, squared)


def _noise(columns: _Columns, cells: Mask) -> Numbers:
    """Sum of squared weights x variance of each row's mean part from the sampling; NaN after one round, none for the label mix."""
    rounds = columns.rounds
    if rounds < 2:
        return np.append(np.full(columns.squared.shape[1], np.nan), 0.0)
    own = np.einsum("cjj->cj", columns.second)[cells, :-1].sum(axis=0)
    spread = columns.squared[cells].sum(axis=0) / rounds - own
    return np.append(np.maximum(spread, 0.0) / (rounds - 1), 0.0)


def _variance(columns: _Columns, weight: Numbers, centre: Numbers) -> Numbers:
    own = np.einsum("cjj->cj", columns.second)
    spread = own - 2 * centre * columns.first2 + columns.moments.w2[:, None] * centre**2
    summed: Numbers = np.maximum((weight**2) @ spread, 0.0)
    return summed


def _effective(found: Moments, cells: Mask) -> float:
    """L. Kish's number of rows."""
    return float(found.w[cells].sum() ** 2 / found.w2[cells].sum())


def _freedom(sides: Numbers, own: Sequence[float]) -> Numbers:
    """Degrees of freedom of a difference of two means (B. L. Welch 1947, F. E. Satterthwaite 1946)."""
    total = sides.sum(axis=0)
    below = sum(side**2 / max(df, 1e-9) for side, df in zip(sides, own, strict=True))
    found: Numbers = np.where(total > 0, total**2 / np.where(total > 0, below, 1.0), float(sum(own)))
    return found


def _by_freedom(freedom: Numbers, confidence: float) -> Numbers:
    """Student's quantile for each number of degrees of freedom."""
    flat = np.round(freedom.ravel(), 6)
    known = {one: student_quantile(confidence, float(one)) for one in np.unique(flat)}
    return np.array([known[one] for one in flat]).reshape(freedom.shape)


def _joint_confidence(columns: _Columns, weight: Numbers, centre: Numbers, variance: Numbers, confidence: float) -> float:
    """The confidence that each interval needs so that all hold together: from the largest of normal numbers with their correlations.

    T. Hothorn, F. Bretz and P. Westfall, Biometrical Journal 50 (2008) 346-363; the correlations are those of the means, and each interval
    then takes its own degrees of freedom.
    """
    able = variance > 0
    if able.sum() < 2:
        return confidence
    roots = _roots(columns)
    count, parts = columns.first.shape
    middle = columns.first2 / np.where(columns.moments.w2 > 0, columns.moments.w2, 1.0)[:, None]
    between = np.sqrt(columns.moments.w2)[None, :, None] * (middle - centre) * weight[..., None]
    scale = np.where(able, 1 / np.sqrt(np.where(able, variance, 1.0)), 0.0)
    rng = np.random.default_rng(_SEED)
    batch = max(1, min(_DRAWS, _BATCH // max(len(weight) * parts, count * parts)))
    maxima: list[Numbers] = []
    for start in range(0, _DRAWS, batch):
        size = min(batch, _DRAWS - start)
        inner = np.einsum("dcj,ckj->cdk", rng.standard_normal((size, count, parts)), roots, optimize=True)
        drawn = np.tensordot(weight, inner, 1) + np.einsum("dc,gcj->gdj", rng.standard_normal((size, count)), between, optimize=True)
        maxima.append(np.abs(drawn * scale[:, None]).max(axis=(0, 2)))
    critical = float(np.quantile(np.concatenate(maxima), confidence, method="higher"))
    return confidence_of(max(critical, normal_quantile(confidence)))


def confidence_of(z: float) -> float:
    """The share of a normal distribution within `z` standard deviations."""
    from math import erf, sqrt

    return erf(z / sqrt(2))


def _roots(columns: _Columns) -> Numbers:
    """For each cell a square root of the sum of products about its own mean."""
    w2 = columns.moments.w2
    share = np.where(w2 > 0, 1 / np.where(w2 > 0, w2, 1.0), 0.0)[:, None, None]
    centred = columns.second - columns.first2[:, :, None] * columns.first2[:, None, :] * share
    values, vectors = np.linalg.eigh((centred + centred.transpose(0, 2, 1)) / 2)
    found: Numbers = vectors * np.sqrt(np.maximum(values, 0.0))[:, None, :]
    return found
