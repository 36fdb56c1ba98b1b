"""Which rows are explained, and how often, within a number of predictions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ..exceptions import TooManyPredictions
from ._codec import Mask, Places
from ._people import Numbers, People

MOST_ROUNDS = 20
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
class Plan:
    """The rows to explain as positions among those of the cells, what each stands for, rounds at most, and what it costs."""

    chosen: Places
    weights: Numbers
    most: int
    first: int
    cost: int
    is_sampled: bool

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


def make_plan(people: People, cells: Cells, players: int, first: int, limits: Limits, rng: np.random.Generator) -> Plan:
    """Choose the rows: all of them if one round of them fits in the budget, else as many of each group as do.

    Raises
    ------
    TooManyPredictions
        If not even a few rows of each group fit.
    """
    weights = people.weighing(cells.rows)
    each, rounds = 2 * (players - 1), limits.n_rounds or 1
    left = limits.predictions - first
    cost = each * len(cells.rows)
    if rounds * cost <= left:
        most = limits.n_rounds or (min(MOST_ROUNDS, left // cost) if cost else MOST_ROUNDS)
        return Plan(np.arange(len(cells.rows)), weights, most, first, cost, False)
    sizes = np.bincount(cells.of_row, minlength=cells.count)
    least = int(np.minimum(sizes, FEWEST_ROWS).sum())
    if left < rounds * each * least:
        raise _too_many(len(cells.rows), players, rounds, first, each, least, limits)
    quota = _quota(sizes, left // (rounds * each))
    chosen = np.sort(np.concatenate([_some(np.flatnonzero(cells.of_row == cell), quota, rng) for cell in range(cells.count)]))
    taken = np.bincount(cells.of_row[chosen], minlength=cells.count)
    share = (sizes / np.maximum(taken, 1))[cells.of_row[chosen]]
    return Plan(chosen, weights[chosen] * share, rounds, first, each * len(chosen), True)


def _quota(sizes: Places, rows: int) -> int:
    """The most rows that every cell may have, so that no more than `rows` are taken."""
    low, high = 1, int(sizes.max())
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if int(np.minimum(sizes, middle).sum()) <= rows else (low, middle - 1)
    return max(low, FEWEST_ROWS)


def _some(rows: Places, quota: int, rng: np.random.Generator) -> Places:
    return rows if len(rows) <= quota else rng.choice(rows, quota, replace=False)


def _too_many(rows: int, players: int, rounds: int, first: int, each: int, least: int, limits: Limits) -> TooManyPredictions:
    needed = first + rounds * each * least
    times = f"{rounds:,} {'round' if rounds == 1 else 'rounds'}"
    return TooManyPredictions(
        f"{times} over {rows:,} people and {players:,} inputs take {first + rounds * each * rows:,} predictions, of which {first:,} to begin with;"
        f" over a sample of {least:,} people, {FEWEST_ROWS} of each group or all, {needed:,}.",
        f"The budget `max_predictions` is {limits.predictions:,}.",
        hint=f"max_predictions={needed:_}, or audit only the columns that the model uses",
        role="max_predictions",
        value=limits.predictions,
    )


def published_rows(plan: Plan, cells: Cells, sides: Sequence[Mask]) -> int:
    """Rows of some cells that are explained."""
    kept = np.logical_or.reduce(list(sides))
    return int(kept[cells.of_row[plan.chosen]].sum())
