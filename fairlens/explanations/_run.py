"""Run the sampling within a budget, until it is small beside the spread over people."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from .._progress import Progress, Step
from .._thresholds import GroupThresholds
from ..exceptions import TooManyPredictions
from ._codec import Codec, Mask
from ._deciding import Decision
from ._people import People
from ._sampling import Setting, Sums, contrast, rounds

if TYPE_CHECKING:
    from .._audit import Audit

_FEWEST, _MOST = 4, 20
_SMALL_SHARE = 1 / 16  # of the variance: a quarter of the standard error


@dataclass(frozen=True, slots=True)
class Limits:
    """Rounds, if fixed, and predictions at most."""

    n_rounds: int | None
    predictions: int


@dataclass(frozen=True, slots=True)
class Run:
    """What the sampling found, per row: it does not outlive the question."""

    sums: Sums
    predictions: int


def run(
    audit: Audit,
    people: People,
    rows: Codec,
    background: Any,
    limits: Limits,
    rng: np.random.Generator,
    progress: bool | Step,
) -> Run:
    """Check that the model answers as it did, then sample round after round.

    Raises
    ------
    TooManyPredictions
        If not even one round, or the rounds asked for, fit in the budget.
    BadValue
        If the model is random, has changed, or depends on more than the columns of a row.
    """
    inside, size = np.flatnonzero(people.inside), len(people.inside)
    places = inside if background is None else np.arange(size, size + len(background))
    first = len(inside) + (0 if background is None else len(places))
    compared = np.flatnonzero(people.compared)
    cost = 2 * (len(rows.names) - 1) * len(compared)
    most = _rounds(first, cost, limits, len(compared), len(rows.names))
    assert not isinstance(audit.threshold, GroupThresholds)
    decision = Decision(rows, audit.handle.predict, audit.threshold, audit.spec)
    with Progress("Explaining the gap", progress) as shown:
        done, total = 0, first + most * cost

        def report(asked: int) -> None:
            nonlocal done
            done += asked
            shown(done, total)

        decision.check(inside, people.scored, audit.handle.inputs, rng)
        fb = decision.of(people.scored[places] if background is None else decision.plain(places))
        report(first)
        setting = Setting(decision, len(rows.names), compared, decision.of(people.scored[compared]), places, fb)
        sums = _sample(setting, people, most, limits.n_rounds is None, rng, report)
        shown(done, done)
    return Run(sums, done)


def _sample(
    setting: Setting, people: People, most: int, may_stop: bool, rng: np.random.Generator, report: Callable[[int], None]
) -> Sums:
    group, reference = people.group[setting.rows], people.reference[setting.rows]
    rising = rounds(setting, rng, report)
    sums = next(rising)
    while sums.rounds < most:
        if may_stop and sums.rounds >= _FEWEST and _settled(sums, group, reference):
            break
        sums = next(rising)
    return sums


def _settled(sums: Sums, group: Mask, reference: Mask) -> bool:
    found = contrast(sums, group, reference)
    return bool((found.noise <= _SMALL_SHARE * found.variance).all())


def _rounds(first: int, cost: int, limits: Limits, people: int, inputs: int) -> int:
    """Rounds that fit in the budget, 20 at most."""
    wanted = limits.n_rounds or 1
    needed = first + wanted * cost
    if needed > limits.predictions:
        raise TooManyPredictions(
            f"{wanted:,} {'round' if wanted == 1 else 'rounds'} over {people:,} people and {inputs:,} inputs take {needed:,} predictions:"
            f" {cost:,} a round, and {first:,} to begin with.",
            f"The budget `max_predictions` is {limits.predictions:,}.",
            hint=f"max_predictions={needed:_}, or audit only the columns that the model uses",
            role="max_predictions",
            value=limits.predictions,
        )
    if limits.n_rounds is not None:
        return limits.n_rounds
    return min(_MOST, (limits.predictions - first) // cost) if cost else _MOST
