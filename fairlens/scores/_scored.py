"""The scores of each group's people, brought from tables of counts to what ranking and calibration need."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from .._levels import ALL, MISSING, Level
from ..exceptions import RoleNeeded, WrongKind
from ..stats._auc import kish

if TYPE_CHECKING:
    from .._clusters import ClusterRows
    from .._measure import Measured

Group = tuple[Level, ...]
Floats = npt.NDArray[np.float64]
_ALIKE = 1e-14
"""Variance (relative to squared scores) up to which the scores of a step are one score, and rounding."""
_FIELDS = ("counts", "weights", "squares", "scores", "scores2")


@dataclass(frozen=True, slots=True, eq=False)
class Scored:
    """One group by label and score step: arrays (3 labels, steps), of people without the event, with it, and without a label.

    `weights` and `squares` are sums of weights and of their squares (people where there are none), `scores` and `scores2` weighted sums of
    the score and of its square, `steps` the lower end of each step. `hidden` groups hold no number.
    """

    group: Group
    counts: Floats
    weights: Floats
    squares: Floats
    scores: Floats
    scores2: Floats
    steps: Floats
    hidden: bool = False

    @property
    def people(self) -> int:
        """Everybody, labelled or not."""
        return round(float(self.counts.sum()))

    @property
    def n(self) -> int:
        """People with a label."""
        return round(float(self.counts[:2].sum()))

    @property
    def n_negative(self) -> int:
        """People without the event."""
        return round(float(self.counts[0].sum()))

    @property
    def n_positive(self) -> int:
        """People with the event."""
        return round(float(self.counts[1].sum()))

    @property
    def unlabelled(self) -> int:
        """People without a label."""
        return self.people - self.n

    @property
    def known(self) -> Floats:
        """Kish's number of people without and with the event."""
        return kish(self.weights[:2], self.squares[:2])

    @property
    def effective(self) -> float:
        """Kish's number of people with a label."""
        return float(kish(self.weights[:2].ravel(), self.squares[:2].ravel()))

    @property
    def mixed(self) -> npt.NDArray[np.bool_]:
        """Which steps hold different scores of labelled people."""
        return mixed_steps(self.weights[:2], self.scores[:2], self.scores2[:2])

    def without(self, part: Scored, name: str) -> Scored:
        """Everybody here who is not in `part`."""
        left: dict[str, Any] = {field: np.maximum(getattr(self, field) - getattr(part, field), 0) for field in _FIELDS}
        left["scores"] = self.scores - part.scores
        return replace(self, group=(name,), hidden=self.hidden or part.hidden, **left)


def mixed_steps(weights: Floats, scores: Floats, scores2: Floats) -> npt.NDArray[np.bool_]:
    """Which steps hold different scores, by the variance of the scores in each; arrays of some rows of people by step."""
    people = np.maximum(weights.sum(axis=0), 1e-300)
    mean, square = scores.sum(axis=0) / people, scores2.sum(axis=0) / people
    return np.asarray(square - mean**2 > _ALIKE * (1 + square), bool)


def read_scored(measured: Measured, columns: tuple[str, ...], *, labels: bool = True) -> tuple[list[Scored], Scored | None]:
    """Give the scores of each group of some columns, and of everybody; None where the whole is not to be shown.

    Raises
    ------
    RoleNeeded
        If there are no scores; or no labels, where `labels` are needed.
    """
    tables = measured.tables
    if labels and tables.steps is not None and not tables.has_y_true:
        raise RoleNeeded(
            "Scores were to be held against labels.",
            "This audit has scores and no `y_true`.",
            hint="fl.audit(..., y_true=..., y_score=...)",
            role="y_true",
        )
    fixed = dict(measured.selection)
    left = {axis for axis, _ in getattr(tables, "left_out", ())}
    gone = [axis for axis, levels in fixed.items() if axis in left and MISSING in levels]
    seen = tables.steps_view(columns, {axis: levels for axis, levels in fixed.items() if axis not in gone})
    steps = np.asarray(tables.steps, float)
    rows = None if gone or tables.cube.spec.cluster is None else measured._view(columns).clusters
    found = []
    for i, group in enumerate(seen.groups):
        hidden = bool(seen.suppressed[i] or gone)
        arrays: dict[str, Any] = {field: np.asarray(getattr(seen, field)[i], float) * (not hidden) for field in _FIELDS}
        one = Scored(group, **arrays, steps=steps, hidden=hidden)
        found.append(one if rows is None else _clustered(one, rows, i))
    if seen.total is None or gone:
        return found, None
    names = dict(zip(_FIELDS, ("n", "w", "w2", "score", "score2"), strict=True))
    totals: dict[str, Any] = {field: np.asarray(seen.total[name], float) for field, name in names.items()}
    whole = Scored((), **totals, steps=steps)
    return found, whole if rows is None else _clustered(whole, rows, None)


def _clustered(one: Scored, rows: ClusterRows, group: int | None) -> Scored:
    """Count no more independent people per label than there are persons, as if all rows of one person told the same."""
    inside = np.ones(len(rows.group), bool) if group is None else rows.group == group
    squares = one.squares.copy()
    for label in (0, 1, 2):
        persons = len(np.unique(rows.cluster[inside & (rows.cell // 2 == label)]))
        known = float(kish(one.weights[label], one.squares[label]))
        if 0 < persons < known:
            squares[label] *= known / persons
    return replace(one, squares=squares)


def check_measured(measured: Any, verb: str) -> None:
    """Refuse what is no audit."""
    from .._measure import Measured

    if not isinstance(measured, Measured):
        raise WrongKind(
            f"`fl.{verb}` was given a {type(measured).__name__}.",
            "It asks an audit.",
            hint=f"audit = fl.audit(data, y_true=..., y_score=..., sensitive_features=...); fl.{verb}(audit)",
            role="audit",
            value=type(measured).__name__,
        )


def selected(measured: Measured) -> str:
    """How a sentence about scores begins, where it is not about everybody."""
    from ..metrics._sentence import within_of

    return within_of([measured._among] if measured.selection else [])


def widened(measured: Measured, group: Group, columns: tuple[str, ...], by: Any) -> Group:
    """Give a group of one attribute a level for every sensitive feature: `ALL` in those that it is not one of."""
    if by is not None:
        return group
    return tuple(group[columns.index(name)] if name in columns else ALL for name in measured.spec.sensitive_features)


def parts_of(measured: Measured, by: Any) -> list[tuple[str, ...]]:
    """The sets of columns to look at: each sensitive feature by itself, or the crossing that was asked for."""
    if by is None:
        return [(name,) for name in measured.spec.sensitive_features]
    return [measured._attributes(by)]
