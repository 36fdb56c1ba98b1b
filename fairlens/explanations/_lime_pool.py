"""LIME with one pool of perturbations for all rows: the same answer as lime's, but for the random numbers, in a fraction of the time.

Where nothing is discretised, lime draws perturbations from the background alone: they do not depend on the row that is explained.
So one pool of them, and the model's predictions for it, serve every row; a row only gives its own weights to the pool. The weighted
ridge regressions of all rows are solved together, by their normal equations. Since all rows see the same draws, their errors go
together: where the rows of a group are alike, they do not average out.

Ribeiro, Singh and Guestrin, KDD 2016, 1135-1144 (the method); lime 0.2.0.1 (kernel exp(-d^2 / (2 width^2)), width .75 sqrt(inputs),
ridge 1, intercept not penalised).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Numbers = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]
WIDTH, RIDGE = 0.75, 1.0
_CHUNK_VALUES, _CHUNK_PAIRS = 1_000_000, 512


@dataclass(frozen=True, slots=True)
class Basis:
    """What LIME reads from the background: location, spread and range of the numbers, and how often each category occurs.

    A column with one value only has no spread to draw from. It is taken as a category that never changes.
    """

    mean: Numbers
    scale: Numbers
    lower: Numbers
    upper: Numbers
    coded: Mask
    codes: tuple[Numbers, ...]
    shares: tuple[Numbers, ...]
    size: int

    @property
    def chance(self) -> float:
        """Share of a category that the background lacks, with the row that has it counted in."""
        return 1 / (self.size + 1)

    @property
    def width(self) -> float:
        """Width of the kernel, in standard deviations."""
        return WIDTH * float(np.sqrt(len(self.mean)))

    def share(self, rows: Numbers) -> Numbers:
        """Share of the background that has the category of each row; 1 for numbers."""
        found = np.ones(rows.shape)
        for j, codes, shares in zip(np.flatnonzero(self.coded), self.codes, self.shares, strict=True):
            found[:, j] = ((rows[:, j, None] == codes) * shares).sum(axis=1)
        return found

    def newcomers(self, rows: Numbers) -> Mask:
        """Which values are categories that the background lacks."""
        lacking: Mask = self.share(rows) == 0
        return lacking

    def distances(self, rows: Numbers) -> Numbers:
        """How far each row is from the background: what a weight is multiplied with to become a contribution."""
        found: Numbers = np.where(self.coded, 1 - self.share(rows), self.standardise(rows))
        return found

    def standardise(self, rows: Numbers) -> Numbers:
        """Numbers in standard deviations from their mean; the columns of categories hold nothing of use."""
        found: Numbers = (rows - self.mean) / self.scale
        return found

    def clip(self, rows: Numbers) -> Numbers:
        """Numbers within the range of the background."""
        return np.clip(rows, self.lower, self.upper)


@dataclass(frozen=True, slots=True)
class Fits:
    """One weighted regression per row: a weight per input, and the share of the local variation that it explains (R2)."""

    weights: Numbers
    fidelity: Numbers


def basis(background: Numbers, categorical: Sequence[int]) -> Basis:
    """Read a background.

    Parameters
    ----------
    background
        Rows (b, d); NaN nowhere.
    categorical
        Positions of the columns that hold codes.
    """
    lower, upper = background.min(axis=0), background.max(axis=0)
    coded = (lower == upper) | (background.std(axis=0) == 0)
    coded[list(categorical)] = True
    counted = [np.unique(background[:, j], return_counts=True) for j in np.flatnonzero(coded)]
    return Basis(
        np.where(coded, 0.0, background.mean(axis=0)),
        np.where(coded, 1.0, background.std(axis=0)),
        np.where(coded, -np.inf, lower),
        np.where(coded, np.inf, upper),
        coded,
        tuple(codes for codes, _ in counted),
        tuple(counts / len(background) for _, counts in counted),
        len(background),
    )


def share_among(codes: Numbers, among: Numbers) -> Numbers:
    """Share of the rows of `among` that have the code of each row, column by column."""
    found = np.empty(codes.shape)
    for j in range(codes.shape[1]):
        found[:, j] = (codes[:, j, None] == among[:, j]).mean(axis=1)
    return found


def draw(found: Basis, size: int, rng: np.random.Generator) -> Numbers:
    """Draw perturbations as lime does: numbers from normal distributions, categories as often as they occur; columns by themselves.

    Numbers outside the range of the background are moved to its ends.
    """
    rows = found.clip(rng.standard_normal((size, len(found.mean))) * found.scale + found.mean)
    for j, codes, shares in zip(np.flatnonzero(found.coded), found.codes, found.shares, strict=True):
        rows[:, j] = rng.choice(codes, size, p=shares)
    return rows


def admit(found: Basis, pool: Numbers, row: Numbers, rng: np.random.Generator) -> Mask:
    """Write the categories of `row` that the background lacks into some rows of `pool`; say which rows changed.

    Without them the pool could not tell what such a category does. They get the chance they would have with the row among the background.
    """
    changed = np.zeros(len(pool), bool)
    for j in np.flatnonzero(found.newcomers(row[None])[0]):
        here = rng.random(len(pool)) < found.chance
        pool[here, j] = row[j]
        changed |= here
    return changed


def fit(found: Basis, pool: Numbers, values: Numbers, rows: Numbers, fx: Numbers) -> Fits:
    """Fit lime's regression for every row, to the same pool and to the row itself.

    Parameters
    ----------
    found
        The basis that the pool was drawn from.
    pool, values
        Perturbations (s, d) and the model's predictions for them.
    rows, fx
        Rows to explain (n, d) and the model's predictions for them.
    """
    size = max(1, _CHUNK_VALUES // len(pool))
    parts = [
        _fit(found, pool, values, rows[start : start + size], fx[start : start + size])
        for start in range(0, len(rows), size)
    ]
    if not parts:
        return Fits(np.empty(rows.shape), np.empty(0))
    return Fits(np.concatenate([part.weights for part in parts]), np.concatenate([part.fidelity for part in parts]))


def _fit(found: Basis, pool: Numbers, values: Numbers, rows: Numbers, fx: Numbers) -> Fits:
    shift = values.mean()  # a large mean would cost the sums of squares their digits
    sums = _moments(found, pool, values - shift, rows, fx - shift)
    first = sums[:, 0]
    centred = sums - first[:, :, None] * first[:, None, :] / first[:, :1, None]
    squared, with_value, crossed = centred[:, 1, 1], centred[:, 2:, 1], centred[:, 2:, 2:]
    penalised = crossed + RIDGE * np.eye(rows.shape[1])
    weights = np.linalg.solve(penalised, with_value[:, :, None])[:, :, 0]
    left = squared - 2 * (weights * with_value).sum(axis=1) + np.einsum("nj,njk,nk->n", weights, crossed, weights)
    flat = (fx == values[0]) & bool((values == values[0]).all())
    with np.errstate(divide="ignore", invalid="ignore"):
        fidelity = np.where(flat, np.nan, 1 - left / squared)
    return Fits(np.where(flat[:, None], 0.0, weights), fidelity)


def _moments(found: Basis, pool: Numbers, values: Numbers, rows: Numbers, fx: Numbers) -> Numbers:
    """Weighted sums of products (n, 2 + d, 2 + d) of 1, the answer and the inputs, over the pool and the row itself.

    Input j is the number in standard deviations, or 1 where a category is that of the row and 0 elsewhere.
    """
    coded, numeric = np.flatnonzero(found.coded), np.flatnonzero(~found.coded)
    drawn, own = found.standardise(pool)[:, numeric], found.standardise(rows)[:, numeric]
    alike = {j: (rows[:, j, None] == pool[:, j]).astype(float) for j in coded}
    near = _proximity(found, drawn, own, list(alike.values()))
    plain = np.vstack([np.ones(len(pool)), values, drawn.T])
    itself = np.ones((len(rows), 2 + rows.shape[1]))
    itself[:, 1], itself[:, 2 + numeric] = fx, own
    sums = itself[:, :, None] * itself[:, None, :]
    places = np.concatenate([[0, 1], 2 + numeric])
    one, other = np.triu_indices(len(plain))
    for start in range(0, len(one), _CHUNK_PAIRS):
        i, k = one[start : start + _CHUNK_PAIRS], other[start : start + _CHUNK_PAIRS]
        part = near @ (plain[i] * plain[k]).T
        sums[:, places[i], places[k]] += part
        across = i != k
        sums[:, places[k[across]], places[i[across]]] += part[:, across]
    for place, j in enumerate(coded):
        here = near * alike[j]
        part = here @ plain.T
        sums[:, 2 + j, places] += part
        sums[:, places, 2 + j] += part
        for k in coded[place:]:
            both = np.einsum("ns,ns->n", here, alike[k])
            sums[:, 2 + j, 2 + k] += both
            sums[:, 2 + k, 2 + j] += both if j != k else 0.0
    return sums


def _proximity(found: Basis, drawn: Numbers, own: Numbers, alike: list[Numbers]) -> Numbers:
    """Weight of each perturbation for each row (n, s): categories differ by 0 or 1, numbers by standard deviations."""
    near: Numbers = own @ drawn.T
    near *= -2
    near += (own**2).sum(axis=1)[:, None]
    near += (drawn**2).sum(axis=1) + len(alike)
    for same in alike:
        near -= same
    np.maximum(near, 0, out=near)
    near /= -2 * found.width**2
    return np.exp(near, out=near)
