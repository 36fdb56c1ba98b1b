"""Family: the groups that are compared together, and those that are left out of the comparison."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from .._levels import ALL, Level
from .._measure import By, Measured, Metrics
from .._tables import View
from ..exceptions import OneGroup, OutOfRange, WrongKind
from ..metrics import GroupRow, Metric
from ..metrics._disparity import rates
from ..metrics._sentence import label_of

Array = npt.NDArray[np.float64]
TOO_FEW = "fewer than two groups can be compared"


@dataclass(frozen=True, eq=False)
class Family:
    """One metric by one set of group columns: a row per group."""

    by: tuple[str, ...]
    view: View
    metric: Metric
    rows: tuple[GroupRow, ...]

    @cached_property
    def able(self) -> tuple[GroupRow, ...]:
        """The groups with enough people; the others are left out of whatever looks at all groups."""
        return tuple(row for row in self.rows if row.status == "ok")

    @cached_property
    def left_out(self) -> tuple[GroupRow, ...]:
        """The groups with too few people, without a rate, or suppressed."""
        return tuple(row for row in self.rows if row.status != "ok")

    @property
    def n(self) -> Array:
        """Independent people whom the denominators hold, by group."""
        return np.array([row.effective for row in self.able], float)

    @property
    def x(self) -> Array:
        """Independent people whom the numerators hold."""
        if self.is_plain:
            return np.array([row.numerator for row in self.able], float)
        return np.array([row.value * row.effective for row in self.able], float)

    @property
    def weight(self) -> Array:
        """Sums of the weights in the denominators."""
        return np.array([row.denominator for row in self.able], float)

    @property
    def rate(self) -> float:
        """The rate of all groups that are compared."""
        total = self.weight.sum()
        return float(sum(row.numerator for row in self.able) / total) if total > 0 else math.nan

    @property
    def is_plain(self) -> bool:
        """Whether every person counts once and independently, so that counts are whole."""
        return all(row.effective == row.denominator == row.n and float(row.numerator).is_integer() for row in self.able)


def families(measured: Measured, metrics: Metrics, by: By, confidence: float) -> list[Family]:
    """Read the arguments of a question about all groups: one family per set of group columns and metric."""
    wanted = proportions(measured, metrics, confidence)
    return [family_of(measured, columns, view, metric, confidence) for columns, view in compared(measured, by) for metric in wanted]


def compared(measured: Measured, by: By) -> list[tuple[tuple[str, ...], View]]:
    """Give the views to compare in; an error where none has two groups."""
    views = measured._views(by)
    if all(len(view.groups) < 2 for _, view in views):
        columns, view = views[0]
        raise OneGroup(
            f"A comparison of groups was asked for by {', '.join(columns)}.",
            f"There is one group only: {label_of(view.groups[0])}." if view.groups else "There is no group.",
            hint='audit.by_group("selection_rate") shows its rate; compare by another column',
            role="by",
            value=columns,
        )
    return views


def family_of(
    measured: Measured, columns: tuple[str, ...], view: View, metric: Metric, confidence: float
) -> Family:
    """Work out the rates of one family."""
    spec = measured.spec
    rows = rates(view, metric, confidence, spec.min_denominator, spec.suppress_below)
    return Family(columns, view, metric, tuple(rows))


def proportions(measured: Measured, metrics: Metrics, confidence: float) -> tuple[Metric, ...]:
    """Read metrics of which every one is a proportion of a group's own people."""
    found = []
    for metric in measured._metrics(metrics, confidence):
        if not isinstance(metric, Metric) or metric.of_all:
            raise WrongKind(
                f"A comparison of all groups was asked for {metric.name!r}.",
                "It compares proportions of the people in a group, such as selection rates or error rates.",
                hint='"true_positive_rate", or audit.difference for other metrics',
                role="metric",
                value=metric.name,
            )
        found.append(metric)
    return tuple(found)


def check_draws(draws: Any) -> None:
    """Refuse a number of draws that can decide nothing."""
    if isinstance(draws, bool) or not isinstance(draws, int) or draws < 99:
        raise OutOfRange(
            f"`draws` is {draws!r}.",
            "It must be a whole number, 99 or more.",
            hint="draws=99_999",
            role="draws",
            value=draws,
        )


def check_seed(random_state: Any) -> None:
    """Refuse what is no seed: the same question must have the same answer."""
    if isinstance(random_state, bool) or not isinstance(random_state, int) or random_state < 0:
        raise WrongKind(
            f"`random_state` is {random_state!r}.",
            "It must be a whole number, 0 or more, so that the same question has the same answer.",
            hint="random_state=0",
            role="random_state",
            value=random_state,
        )


def named(rows: Sequence[GroupRow]) -> str:
    """Name groups with the reason why they are left out."""
    return "; ".join(names(rows))


def names(rows: Sequence[GroupRow]) -> tuple[str, ...]:
    """Name each group with its status."""
    return tuple(f"{label_of(row.group)} ({row.status})" for row in rows)


def plain_group(group: tuple[Level, ...]) -> object:
    """Give a group as its level, or as a tuple where it crosses attributes."""
    used = tuple(level for level in group if level != ALL)
    return used[0] if len(used) == 1 else used
