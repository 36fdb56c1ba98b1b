"""Which rows are explained, and how often, within a number of predictions."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..exceptions import TooManyPredictions
from ._codec import Mask, Places
from ._people import Numbers, People

MOST_ROUNDS, ROUNDS_BESIDE_HIDDEN = 20, 10
FEWEST_ROWS = 30
"""Rows of each group that a sample has at least, or all where there are fewer."""


@dataclass(frozen=True, slots=True)
class Limits:
    """Rounds, if fixed, and predictions at most."""

    n_rounds: int | None
    predictions: int


@dataclass(frozen=True, slots=True)
class Cells:
    """People of the same groups: the cell of each row that is compared, and whose cells are each group's and each reference's.

    `rows` are places in the audit; `group` and `reference` are (questions, cells).
    """

    rows: Places
    of_row: Places
    group: Mask
    reference: Mask
    published: Mask

    @property
    def count(self) -> int:
        """Number of cells."""
        return len(self.published)


@dataclass(frozen=True, slots=True)
class Hidden:
    """What readers may not learn from how many people are explained, and how often.

    `shown` are the cells whose size readers know, and `whole` those of the others that stand in a gap that they see: all their people are
    explained, so that their number is what is left of that gap. `people` and `unpublished` are bounds that readers know: at most so many
    people are in the other cells, and at most so many are not published at all.
    """

    shown: Mask
    whole: Mask
    people: int
    unpublished: int

    @property
    def any(self) -> bool:
        """Whether there is anything to hide."""
        return self.unpublished > 0 or not self.shown.all()


@dataclass(frozen=True, slots=True)
class Plan:
    """The rows to explain as positions among those of the cells, what each stands for, rounds at most, and what it costs."""

    chosen: Places
    weights: Numbers
    most: int
    first: int
    cost: int
    may_stop: bool

    @property
    def total(self) -> int:
        """Predictions at most."""
        return self.first + self.most * self.cost


def read_cells(people: People) -> Cells:
    """Find the people who are in the same groups."""
    rows = np.flatnonzero(people.compared)
    code = people.published[rows].astype(np.int64)
    seen = set()
    for side in people.sides:
        if side.question.attributes in seen:
            continue
        seen.add(side.question.attributes)
        named = [one.question for one in people.sides if one.question.attributes == side.question.attributes]
        wanted = {*(one.group for one in named), *(one.reference for one in named if isinstance(one.reference, tuple))}
        place = np.array([i + 1 if group in wanted else 0 for i, group in enumerate(side.crossing.groups)])
        code = np.unique(code * (len(place) + 1) + place[side.crossing.codes[rows]], return_inverse=True)[1].reshape(-1)
    _, first, of_row = np.unique(code, return_index=True, return_inverse=True)
    places = rows[first]
    group, reference = (np.stack([getattr(side, name)[places] for side in people.sides]) for name in ("group", "reference"))
    return Cells(rows, of_row.reshape(-1), group, reference, people.published[places])


@dataclass(frozen=True, slots=True)
class _Reserve:
    """People that a plan takes at most, from numbers that readers know: what it decides by them tells nothing of the others."""

    sizes: Places
    hidden: Hidden
    cells: int

    def at(self, quota: int) -> int:
        """People at most where no cell has more than `quota`, but for the whole ones."""
        others = self.hidden.people if self.hidden.whole.any() else min(self.hidden.people, self.cells * quota)
        return int(np.minimum(self.sizes, quota).sum()) + others + self.hidden.unpublished

    @property
    def everybody(self) -> int:
        """People at most where all are explained."""
        return int(self.sizes.sum()) + self.hidden.people + self.hidden.unpublished

    def quota(self, most: int) -> int:
        """The most people that every cell may have, so that no more than `most` are taken; as few as every cell must have otherwise."""
        low, high = FEWEST_ROWS, max(FEWEST_ROWS, most)
        while low < high:
            middle = (low + high + 1) // 2
            low, high = (middle, high) if self.at(middle) <= most else (low, middle - 1)
        return low


def make_plan(people: People, cells: Cells, hidden: Hidden, players: int, background: int | None, limits: Limits, rng: np.random.Generator) -> Plan:
    """Choose the rows: all of them if one round of them fits in the budget, else as many of each group as do.

    `background` are the rows of one that was given. How many rows and rounds there are follows from numbers that readers know.

    Raises
    ------
    TooManyPredictions
        If not even a few rows of each group fit.
    """
    weights, size = people.weighing(cells.rows), len(cells.rows)
    each, rounds = 2 * (players - 1), limits.n_rounds or 1
    first = int(people.inside.sum()) + (background or 0)
    told = int((people.inside & people.published).sum()) + hidden.unpublished + (background or 0)
    left = limits.predictions - told
    sizes = np.bincount(cells.of_row, minlength=cells.count)
    reserve = _Reserve(sizes[hidden.shown], hidden, int((~hidden.shown & cells.published).sum()))
    cost = each * reserve.everybody
    if rounds * cost <= left:
        usual = ROUNDS_BESIDE_HIDDEN if hidden.any else MOST_ROUNDS
        most = limits.n_rounds or (min(usual, left // cost) if cost else usual)
        return Plan(np.arange(size), weights, most, first, each * size, limits.n_rounds is None and not hidden.any)
    if left < rounds * each * reserve.at(FEWEST_ROWS):
        raise _too_many(size, players, rounds, told, each, reserve.at(FEWEST_ROWS), limits)
    quota = reserve.quota(left // (rounds * each))
    taken = np.where(hidden.whole, sizes, np.minimum(sizes, quota))
    chosen = np.sort(np.concatenate([_some(np.flatnonzero(cells.of_row == cell), int(taken[cell]), rng) for cell in range(cells.count)]))
    share = (sizes / np.maximum(taken, 1))[cells.of_row[chosen]]
    return Plan(chosen, weights[chosen] * share, rounds, first, each * len(chosen), False)


def _some(rows: Places, quota: int, rng: np.random.Generator) -> Places:
    return rows if len(rows) <= quota else rng.choice(rows, quota, replace=False)


def _too_many(rows: int, players: int, rounds: int, first: int, each: int, least: int, limits: Limits) -> TooManyPredictions:
    needed = first + rounds * each * least
    times = f"{rounds:,} {'round' if rounds == 1 else 'rounds'}"
    return TooManyPredictions(
        f"{times} over {rows:,} people and {players:,} inputs take {first + rounds * each * rows:,} predictions, of which {first:,} to begin with;"
        f" over a sample of {least:,} people, {FEWEST_ROWS} of each group, or all of a smaller one and of one whose size is not shown, {needed:,}.",
        f"The budget `max_predictions` is {limits.predictions:,}.",
        hint=f"max_predictions={needed:_}, or audit only the columns that the model uses",
        role="max_predictions",
        value=limits.predictions,
    )
