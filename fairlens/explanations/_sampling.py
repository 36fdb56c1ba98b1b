"""Shapley values of group means by sampling: antithetic orderings, whole cycles of background rows, a control variate.

One draw puts the values of an audited row into a background row one after the other, in a random order and in its reverse; an
input's part is the mean change of the decision when its value comes in. The parts of a draw add up to f(row) - f(background row).
A regression on f(background row), with f(row) beside it, has slopes that add up to exactly -1; taking slope x (f(background row)
- mean f of the background) off each part therefore makes the parts of every row add up to f(row) - mean f of the background.

Strumbelj and Kononenko, Knowledge and Information Systems 41 (2014) 647-665 (sampling over orderings and background rows);
Mitchell, Cooper, Frank and Holmes, JMLR 23 (2022) 1-46 (antithetic orderings).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from ._codec import Mask, Places

Numbers = npt.NDArray[np.float64]
Decide = Callable[[Places, Places, Mask], Numbers]
CHUNK = 200_000
_CHUNK_VALUES = 20_000_000
_NO_SPREAD = 1e-9


@dataclass(frozen=True, slots=True)
class Setting:
    """What is explained: places of rows and of background rows in the pool, and the decision of each."""

    decide: Decide
    inputs: int
    rows: Places
    fx: Numbers
    background: Places
    fb: Numbers

    @property
    def base(self) -> float:
        """Share of the background that is decided for."""
        return float(self.fb.mean())

    @property
    def cost(self) -> int:
        """Predictions of one round."""
        return 2 * (self.inputs - 1) * len(self.rows)


def chunk_rows(inputs: int) -> int:
    """Mixed rows per call of the model."""
    return max(1, min(CHUNK, _CHUNK_VALUES // max(inputs, 1)))


@dataclass(slots=True)
class Sums:
    """Sums over the rounds, per row and input; `off` is f(background row) less its mean."""

    setting: Setting
    rounds: int = 0
    parts: Numbers = field(init=False)
    squares: Numbers = field(init=False)
    crossed: Numbers = field(init=False)
    off: Numbers = field(init=False)
    off_squares: Numbers = field(init=False)

    def __post_init__(self) -> None:
        shape = (len(self.setting.rows), self.setting.inputs)
        self.parts, self.squares, self.crossed = np.zeros(shape), np.zeros(shape), np.zeros(shape)
        self.off, self.off_squares = np.zeros(shape[0]), np.zeros(shape[0])

    def add(self, parts: Numbers, fb: Numbers) -> None:
        """Add one round."""
        off = fb - self.setting.base
        self.rounds += 1
        self.parts += parts
        self.squares += parts**2
        self.crossed += parts * off[:, None]
        self.off += off
        self.off_squares += off**2

    def slopes(self) -> Numbers:
        """Slopes of each input's part on f(background row), f(row) held; they add up to -1, and are 0 for an input without parts."""
        draws = self.rounds * len(self.off)
        fx = self.setting.fx - self.setting.fx.mean()
        spread = self.rounds * float(fx @ fx)
        tilt = float(fx @ self.off) / spread if spread > 0 else 0.0
        mean = float(self.off.sum()) / draws
        left = float(self.off_squares.sum()) - draws * mean**2 - tilt * float(fx @ self.off)
        if left > _NO_SPREAD:
            along: Numbers = self.crossed.sum(axis=0) - mean * self.parts.sum(axis=0) - tilt * (fx @ self.parts)
            return along / left
        active = (self.squares > 0).any(axis=0)
        return -active.astype(float) / max(int(active.sum()), 1)

    def per_row(self, slopes: Numbers) -> Numbers:
        """Mean part of each row and input."""
        return (self.parts - self.off[:, None] * slopes) / self.rounds

    def noise(self, slopes: Numbers) -> Numbers:
        """Variance of `per_row` from the sampling alone; NaN after one round."""
        if self.rounds < 2:
            return np.full(self.parts.shape, np.nan)
        squares = self.squares - 2 * slopes * self.crossed + slopes**2 * self.off_squares[:, None]
        spread = np.maximum(squares / self.rounds - self.per_row(slopes) ** 2, 0.0)
        return spread / (self.rounds - 1)


@dataclass(frozen=True, slots=True)
class Contrast:
    """Mean parts of one group of rows less those of another, per input: their variance, and the share of it from the sampling."""

    means: Numbers
    variance: Numbers
    noise: Numbers


def contrast(sums: Sums, group: Mask, reference: Mask) -> Contrast:
    """Compare two groups of rows, each of two rows or more."""
    slopes = sums.slopes()
    rows, noise = sums.per_row(slopes), sums.noise(slopes)
    sizes = int(group.sum()), int(reference.sum())
    return Contrast(
        rows[group].mean(axis=0) - rows[reference].mean(axis=0),
        rows[group].var(axis=0, ddof=1) / sizes[0] + rows[reference].var(axis=0, ddof=1) / sizes[1],
        noise[group].sum(axis=0) / sizes[0] ** 2 + noise[reference].sum(axis=0) / sizes[1] ** 2,
    )


def rounds(setting: Setting, rng: np.random.Generator, report: Callable[[int], None]) -> Iterator[Sums]:
    """Run one round after the other, without end; `report` is told the predictions of each chunk."""
    sums = Sums(setting)
    stock = np.zeros(0, np.int64)
    count = len(setting.rows)
    while True:
        while len(stock) < count:
            stock = np.concatenate([stock, rng.permutation(len(setting.background))])
        drawn, stock = stock[:count], stock[count:]
        rank = np.argsort(rng.random((count, setting.inputs)), axis=1)
        sums.add(_parts(setting, drawn, rank, report), setting.fb[drawn])
        yield sums


def _parts(setting: Setting, drawn: Places, rank: Places, report: Callable[[int], None]) -> Numbers:
    """Parts of every input of every row in one round; `rank` says when an input's value comes in."""
    parts = np.empty(rank.shape)
    steps = 2 * (setting.inputs - 1)
    size = max(1, chunk_rows(setting.inputs) // max(steps, 1))
    for start in range(0, len(rank), size):
        some = slice(start, start + size)
        parts[some] = _parts_of(setting, setting.rows[some], setting.fx[some], drawn[some], rank[some])
        report(steps * len(rank[some]))
    return parts


def _parts_of(setting: Setting, rows: Places, fx: Numbers, drawn: Places, rank: Places) -> Numbers:
    inputs = setting.inputs
    step = np.arange(1, inputs)[None, :, None]
    order = rank[:, None, :]
    mask = np.concatenate([order < step, order >= inputs - step], axis=1)
    steps = mask.shape[1]
    found = np.empty((len(rows), steps))
    if steps:
        own, other = np.repeat(rows, steps), np.repeat(setting.background[drawn], steps)
        found = setting.decide(own, other, mask.reshape(-1, inputs)).reshape(len(rows), steps)
    first, last = setting.fb[drawn][:, None], fx[:, None]
    forth = np.concatenate([first, found[:, : inputs - 1], last], axis=1)
    back = np.concatenate([first, found[:, inputs - 1 :], last], axis=1)
    return (_rise(forth, rank) + _rise(back, inputs - 1 - rank)) / 2


def _rise(values: Numbers, rank: Places) -> Numbers:
    """Change of `values` (rows, inputs + 1) at the step at which each input comes in."""
    rise: Numbers = np.take_along_axis(np.diff(values, axis=1), rank, axis=1)
    return rise
