"""Run the sampling within a budget, until it is small beside the spread over people."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from .._predict import Numbers
from .._progress import Progress, Step
from ._budget import Cells, Hidden, Limits, Plan, make_plan
from ._codec import Codec, Mask, Places
from ._deciding import Asked
from ._moments import Moments, contrasts, moments
from ._outcomes import Values
from ._people import People
from ._players import Players
from ._sampling import Cycle, Pooled, Report, Setting, Sums, block_rows

if TYPE_CHECKING:
    from .._audit import Audit

_FEWEST = 4
_SMALL_SHARE = 1 / 9  # of the largest variance: a third of its standard error, which makes an interval 6 % wider


@dataclass(frozen=True, slots=True)
class Run:
    """What the sampling found, as sums over cells of people: no row of it is left."""

    moments: Moments
    pooled: Pooled
    rounds: int
    predictions: int
    plan: Plan
    base: Numbers


@dataclass(frozen=True, slots=True)
class Task:
    """What is to be explained: whose rows, of which f of the score; `main` is the f that says when the sampling is enough."""

    people: People
    cells: Cells
    hidden: Hidden
    players: Players
    values: Values
    main: int
    able: Mask


def run(
    audit: Audit, task: Task, rows: Codec, background: Any, decides: bool, limits: Limits, rng: np.random.Generator, progress: bool | Step
) -> Run:
    """Check that the model answers as it did, then sample round after round.

    Raises
    ------
    TooManyPredictions
        If not even a few rows fit in the budget.
    BadValue
        If the model is random, has changed, or depends on more than the columns of a row.
    """
    people = task.people
    inside, size = np.flatnonzero(people.inside), len(people.inside)
    places = inside if background is None else np.arange(size, size + len(background))
    plan = make_plan(people, task.cells, task.hidden, len(task.players.names), None if background is None else len(places), limits, rng)
    asked = Asked(rows, task.players, audit.handle.predict, decides, audit.spec)
    with Progress("Explaining the gap", progress) as shown:
        done = 0

        def report(predictions: int) -> None:
            nonlocal done
            done += predictions
            shown(done, plan.total)

        report(0)
        asked.check(inside, people.scored, audit.handle.inputs, rng)
        scores = people.scored[places] if background is None else asked.plain(places)
        report(plan.first)
        shares = None
        if background is None and people.weights is not None:
            shares = people.weights[places] / people.weights[places].sum()
        chosen = task.cells.rows[plan.chosen]
        setting = Setting(
            asked, len(task.players.names), chosen, people.scored[chosen], people.labels[chosen], places, scores, task.values, shares
        )  # fmt: skip
        found, pooled, rounds = _sample(setting, task, plan, rng, report)
        shown(done, done)
    return Run(found, pooled, rounds, done, plan, setting.base)


def _sample(setting: Setting, task: Task, plan: Plan, rng: np.random.Generator, report: Report) -> tuple[Moments, Pooled, int]:
    """Sample block after block of rows; the first block says how many rounds are enough for all."""
    cells, most = task.cells.of_row[plan.chosen], plan.most
    cycle = Cycle(len(setting.background), setting.shares, rng)

    def summed(sums: Sums, some: Places) -> Moments:
        return moments(sums, cells[some], plan.weights[some], task.cells.count)

    found: Moments | None = None
    pooled: Pooled | None = None
    for some in _blocks(len(plan.chosen), block_rows(setting), rng):
        sums = Sums(setting, some)
        while sums.rounds < most:
            sums.draw(cycle, rng, report)
            if plan.may_stop and found is None and _FEWEST <= sums.rounds < most and _settled(summed(sums, some), sums.pooled(), sums.rounds, task):
                most = sums.rounds
        part = summed(sums, some)
        found = part if found is None else found + part
        pooled = sums.pooled() if pooled is None else pooled + sums.pooled()
    assert found is not None
    assert pooled is not None
    return found, pooled, most


def _blocks(size: int, most: int, rng: np.random.Generator) -> list[Places]:
    """Rows in blocks of about one size, each like all rows."""
    if size <= most:
        return [np.arange(size)]
    return np.array_split(rng.permutation(size), -(-size // most))


def _settled(found: Moments, pooled: Pooled, rounds: int, task: Task) -> bool:
    """Whether the sampling of every part is less than a third of the largest standard error among them."""
    pairs = [
        (group, reference)
        for group, reference in zip(task.cells.group[task.able], task.cells.reference[task.able], strict=True)
        if min(found.n[group].sum(), found.n[reference].sum()) > 1
    ]
    compared = contrasts(found, pooled, rounds, task.main, pairs, 0.95, simultaneous=False)
    return all(bool((one.noise <= _SMALL_SHARE * one.variance.max()).all()) for one in compared)
