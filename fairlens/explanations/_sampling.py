"""Shapley values of group means by sampling: antithetic orderings, whole cycles of background rows, a control variate.

One draw puts the values of an audited row into a background row one after the other, in a random order and in its reverse; a
player's part is the mean change when its values come in. The parts of a draw add up to f(row) - f(background row). A regression on
f(background row), with f(row) beside it, has slopes that add up to exactly -1; taking slope x (f(background row) - mean f of the
background) off each part therefore makes the parts of every row add up to f(row) - mean f of the background. Where f depends on the
label, that mean is the one over background rows with the row's own label.

The model is asked for scores; f may be several functions of the score at once, such as the decisions at many thresholds.

Strumbelj and Kononenko, Knowledge and Information Systems 41 (2014) 647-665 (sampling over orderings and background rows);
Mitchell, Cooper, Frank and Holmes, JMLR 23 (2022) 1-46 (antithetic orderings).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, fields
from typing import Any

import numpy as np
import numpy.typing as npt

from ._codec import Mask, Places
from ._outcomes import Values

Numbers = npt.NDArray[np.float64]
Ask = Callable[[Places, Places, Mask], Numbers]
Report = Callable[[int], None]
CHUNK = 200_000
_CHUNK_VALUES, _CHUNK_PARTS = 20_000_000, 8_000_000
_NO_SPREAD = 1e-9
LABELS = 2


@dataclass(frozen=True, slots=True)
class Setting:
    """What is explained: places of rows and of background rows in the pool, the score and the label of each, and f.

    `shares` are probabilities of the background rows; None where all are the same. `base` is the mean of f over the background, by
    label (labels, functions).
    """

    ask: Ask
    players: int
    rows: Places
    scores: Numbers
    labels: Places
    background: Places
    background_scores: Numbers
    values: Values
    shares: Numbers | None = None
    base: Numbers = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "base", np.stack([self._mean(label) for label in range(LABELS)]))

    def _mean(self, label: int) -> Numbers:
        size = len(self.background_scores)
        shares = np.full(size, 1 / size) if self.shares is None else self.shares
        parts, step = [], chunk_rows(1)
        for start in range(0, size, step):
            scores = self.background_scores[start : start + step]
            parts.append(shares[start : start + step] @ self.values(scores, np.full(len(scores), label)))
        return np.asarray(np.sum(parts, axis=0), float)

    @property
    def functions(self) -> int:
        """How many functions of the score are explained at once."""
        return int(self.base.shape[1])

    @property
    def cost(self) -> int:
        """Predictions of one round over all rows."""
        return 2 * (self.players - 1) * len(self.rows)


def chunk_rows(inputs: int) -> int:
    """Mixed rows per call of the model."""
    return max(1, min(CHUNK, _CHUNK_VALUES // max(inputs, 1)))


def block_rows(setting: Setting) -> int:
    """Rows whose sums are held at one time."""
    return max(1, _CHUNK_PARTS // (setting.players * setting.functions))


class Cycle:
    """Background rows to draw from: everyone once before anyone twice, as far as their probabilities allow."""

    def __init__(self, size: int, shares: Numbers | None, rng: np.random.Generator) -> None:
        self._size, self._rng = size, rng
        self._ends = None if shares is None else np.cumsum(shares)
        self._stock = np.zeros(0, np.int64)

    def draw(self, count: int) -> Places:
        """Draw so many places."""
        while len(self._stock) < count:
            self._stock = np.concatenate([self._stock, self._round()])
        drawn, self._stock = self._stock[:count], self._stock[count:]
        return drawn

    def _round(self) -> Places:
        if self._ends is None:
            return self._rng.permutation(self._size)
        marks = (self._rng.random() + np.arange(self._size)) / self._size * self._ends[-1]
        return self._rng.permutation(np.minimum(np.searchsorted(self._ends, marks, side="right"), self._size - 1))


@dataclass(slots=True)
class Sums:
    """Sums over the rounds for some rows of a setting; `off` is f(background row) less its mean, `raised` f(row) less the same."""

    setting: Setting
    some: Places
    rounds: int = 0
    parts: Numbers = field(init=False)
    squares: Numbers = field(init=False)
    crossed: Numbers = field(init=False)
    off: Numbers = field(init=False)
    off_squares: Numbers = field(init=False)
    raised: Numbers = field(init=False)

    def __post_init__(self) -> None:
        setting = self.setting
        shape = (len(self.some), setting.players, setting.functions)
        self.parts, self.squares, self.crossed = np.zeros(shape), np.zeros(shape), np.zeros(shape)
        self.off, self.off_squares = np.zeros(shape[::2]), np.zeros(shape[::2])
        labels = setting.labels[self.some]
        self.raised = setting.values(setting.scores[self.some], labels) - setting.base[labels]

    def draw(self, cycle: Cycle, rng: np.random.Generator, report: Report) -> None:
        """Add one round; `report` is told the predictions of each chunk."""
        count = len(self.some)
        drawn, rank = cycle.draw(count), np.argsort(rng.random((count, self.setting.players)), axis=1)
        steps = 2 * (self.setting.players - 1)
        size = max(1, min(chunk_rows(self.setting.players) // max(steps, 1), block_rows(self.setting)))
        parts = np.empty(self.parts.shape)
        for start in range(0, count, size):
            chunk = slice(start, start + size)
            parts[chunk] = _parts(self.setting, self.some[chunk], drawn[chunk], rank[chunk])
            report(steps * len(rank[chunk]))
        labels = self.setting.labels[self.some]
        self.add(parts, self.setting.values(self.setting.background_scores[drawn], labels) - self.setting.base[labels])

    def add(self, parts: Numbers, off: Numbers) -> None:
        """Add the parts of one round."""
        self.rounds += 1
        self.parts += parts
        self.squares += parts**2
        self.crossed += parts * off[:, None]
        self.off += off
        self.off_squares += off**2

    def pooled(self) -> Pooled:
        """Sums over rows as well, for the slopes."""
        off, raised = self.off, self.raised
        return Pooled(
            self.rounds * len(off),
            off.sum(axis=0),
            self.off_squares.sum(axis=0),
            self.rounds * raised.sum(axis=0),
            self.rounds * (raised**2).sum(axis=0),
            (raised * off).sum(axis=0),
            self.parts.sum(axis=0),
            self.crossed.sum(axis=0),
            np.einsum("nt,npt->pt", raised, self.parts),
            np.asarray((self.squares > 0).any(axis=0)),
        )


@dataclass(frozen=True, slots=True)
class Pooled:
    """Sums over all draws: (functions,), and (players, functions) of parts. Two add up."""

    draws: int
    off: Numbers
    off_squares: Numbers
    raised: Numbers
    raised_squares: Numbers
    raised_off: Numbers
    parts: Numbers
    crossed: Numbers
    raised_parts: Numbers
    active: Mask

    def __add__(self, other: Pooled) -> Pooled:
        names = [one.name for one in fields(Pooled) if one.name != "active"]
        summed: dict[str, Any] = {name: getattr(self, name) + getattr(other, name) for name in names}
        return Pooled(**summed, active=self.active | other.active)

    def slopes(self) -> Numbers:
        """Slopes of each part on f(background row), f(row) held; they add up to -1, and are 0 for a player without parts."""
        n = self.draws
        spread = self.raised_squares - self.raised**2 / n
        along_raised = self.raised_off - self.raised * self.off / n
        tilt = np.where(spread > _NO_SPREAD, along_raised / np.where(spread > _NO_SPREAD, spread, 1.0), 0.0)
        left = self.off_squares - self.off**2 / n - tilt * along_raised
        along = self.crossed - self.off / n * self.parts - tilt * (self.raised_parts - self.raised / n * self.parts)
        active = np.where(self.active.any(axis=0), self.active, True).astype(float)
        even = active / active.sum(axis=0)
        found = np.where(left > _NO_SPREAD, along / np.where(left > _NO_SPREAD, left, 1.0), -even)
        rest: Numbers = found - (1 + found.sum(axis=0)) * even  # what rounding leaves, so that the parts close
        return rest


def _parts(setting: Setting, some: Places, drawn: Places, rank: Places) -> Numbers:
    """Parts of every player of some rows in one round; `rank` says when a player's values come in."""
    players = setting.players
    step = np.arange(1, players)[None, :, None]
    order = rank[:, None, :]
    mask = np.concatenate([order < step, order >= players - step], axis=1)
    steps = mask.shape[1]
    found = np.empty((len(some), steps))
    if steps:
        own, other = np.repeat(setting.rows[some], steps), np.repeat(setting.background[drawn], steps)
        found = setting.ask(own, other, mask.reshape(-1, players)).reshape(len(some), steps)
    first, last = setting.background_scores[drawn][:, None], setting.scores[some][:, None]
    labels = np.broadcast_to(setting.labels[some][:, None], rank.shape)
    forth = np.concatenate([first, found[:, : players - 1], last], axis=1)
    back = np.concatenate([first, found[:, players - 1 :], last], axis=1)
    return (_rise(setting, forth, rank, labels) + _rise(setting, back, players - 1 - rank, labels)) / 2


def _rise(setting: Setting, scores: Numbers, rank: Places, labels: Places) -> Numbers:
    """Change of f at the step at which each player comes in, along `scores` (rows, players + 1)."""
    before, after = (np.take_along_axis(scores, rank + late, axis=1) for late in (0, 1))
    rise: Numbers = setting.values(after, labels) - setting.values(before, labels)
    return rise
