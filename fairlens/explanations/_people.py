"""Whose rows: the groups that are compared, as places in the rows of an audit, with the levels that its cube counts by."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from .._cube import Y_PRED, Y_TRUE
from .._levels import MISSING, Level
from .._tally import read_scores, row_levels
from ..exceptions import BadValue, LevelNotFound, WrongKind, listed
from ..metrics import GroupRow, Metric, PairRow
from ._codec import Mask

if TYPE_CHECKING:
    from .._audit import Audit

Numbers = npt.NDArray[np.float64]
Group = tuple[Level, ...]
AMONG: Mapping[str, int | None] = {"selection_rate": None, "true_positive_rate": 1, "false_positive_rate": 0}
"""The rates of the decision whose gap can be decomposed, and the label of the people in their denominator."""


@dataclass(frozen=True, slots=True)
class Question:
    """Which gap: of `group` to `reference` ("rest" or a group), both of the crossing of `attributes`."""

    attributes: tuple[str, ...]
    group: Group
    reference: Level | Group
    metric: Metric
    confidence: float

    def ask(self, measured: Any) -> PairRow | None:
        """Measure the gap, raw or published; None where the group is not there, or is itself the reference."""
        table = measured.difference(
            self.metric, by=list(self.attributes), reference=self.reference, confidence=self.confidence
        )
        return next((pair for pair in table.rows if pair.row.group == self.group), None)


@dataclass(frozen=True, slots=True)
class People:
    """One entry per row of the audit: in the selection, in either group and counted by the metric, published, as scored."""

    inside: Mask
    group: Mask
    reference: Mask
    published: Mask
    scored: Numbers
    crossed: tuple[Group, ...]

    @property
    def compared(self) -> Mask:
        """Rows of both groups."""
        return self.group | self.reference


def read_people(audit: Audit, question: Question, left_out: Sequence[tuple[str, int]]) -> People:
    """Find the rows of both groups; `scored` is what the audit holds of the model: scores, or decisions as 1 and 0.

    `left_out` names the attributes whose people without a value are not published.
    """
    spec, frame = audit.spec, audit.handle.columns
    left = [axis for axis, _ in left_out]
    needed = {*question.attributes, *(axis for axis, _ in audit.selection), *left}
    levels = {axis: row_levels(frame, axis, spec) for axis in needed}
    size = len(next(iter(levels.values())))
    inside, published = np.ones(size, bool), np.ones(size, bool)
    for axis, chosen in audit.selection:
        inside &= _at(levels[axis], chosen)
    for axis in left:
        published &= ~_at(levels[axis], (MISSING,))
    label = AMONG[question.metric.name]
    counted = inside if label is None else inside & _at(row_levels(frame, Y_TRUE, spec), (label,))
    crossed = tuple(zip(*(levels[axis] for axis in question.attributes), strict=True))
    group = _at(crossed, (question.group,))
    reference = ~group if isinstance(question.reference, str) else _at(crossed, (question.reference,))
    scored = np.asarray(row_levels(frame, Y_PRED, spec), float) if audit.threshold is None else read_scores(frame, spec)
    return People(inside, counted & group, counted & reference, published, scored, crossed)


def find_group(audit: Audit, group: Any, by: Any) -> tuple[tuple[str, ...], Group]:
    """Find the attributes and the levels that `group` names."""
    wanted = tuple(map(_plain, group)) if isinstance(group, tuple) else (_plain(group),)
    if by is not None:
        attributes = audit._attributes(by)
        have = _groups(audit, list(attributes))
        if wanted not in have:
            shown = [level[0] if len(level) == 1 else level for level in have]
            raise _not_found(group, f"is not a group of {', '.join(attributes)}", shown, f", by={by!r}")
        return attributes, have[have.index(wanted)]
    every = {name: _groups(audit, name) for name in audit.spec.sensitive_features}
    having = [name for name, have in every.items() if wanted in have]
    if not having:
        if len(wanted) > 1:
            raise BadValue(
                f"`group` is {group!r}, levels of {len(wanted)} columns, and `by` does not name them.",
                f"This audit has the group columns: {listed(audit.groups)}.",
                hint=f"fl.decompose_gap(audit, {group!r}, by={list(audit.groups[: len(wanted)])!r})",
                role="by",
            )
        shown = [level for have in every.values() for (level,) in have]
        raise _not_found(group, "no sensitive feature has", shown, "")
    if len(having) > 1:
        raise BadValue(
            f"`group` is {group!r}, which is a level of {len(having)} sensitive features.",
            f"They are: {listed(having)}.",
            hint=f"fl.decompose_gap(audit, {group!r}, by={having[0]!r})",
            role="group",
            value=group,
        )
    have = every[having[0]]
    return (having[0],), have[have.index(wanted)]


def find_pair(audit: Audit, question: Question, asked: Any) -> PairRow:
    """Measure the raw gap."""
    if question.reference == "overall":
        raise BadValue(
            "`reference` is 'overall', and the group is part of everybody.",
            "The parts of a gap are those of one group less those of another.",
            hint=f"fl.decompose_gap(audit, {asked!r}, reference='rest')",
            role="reference",
            value="overall",
        )
    found = question.ask(audit)
    if found is None:
        raise BadValue(
            f"`group` is {asked!r}, which is itself the reference {question.reference!r}.",
            "A gap is between two groups.",
            hint=f"fl.decompose_gap(audit, {asked!r}, reference='rest')",
            role="reference",
            value=question.reference,
        )
    return found


def _not_found(group: object, why: str, shown: Sequence[object], by: str) -> LevelNotFound:
    return LevelNotFound(
        f"`group` is {group!r}, which {why}.",
        f"There are: {listed(shown)}." if shown else "Nobody is in this selection.",
        hint=f"fl.decompose_gap(audit, {shown[0]!r}{by})" if shown else "audit.where(...) with levels that occur together",
        role="group",
        value=group,
    )


def _groups(audit: Audit, by: Any) -> list[Group]:
    rows: tuple[GroupRow, ...] = audit.by_group("selection_rate", by=by).rows
    return [row.group for row in rows]


def _at(levels: Any, wanted: Any) -> Mask:
    return np.fromiter((level in wanted for level in levels), bool, len(levels))


def _plain(level: Any) -> Any:
    if not isinstance(level, str | int | float) and not hasattr(level, "item"):
        raise WrongKind(
            f"`group` is a {type(level).__name__}.",
            "It must be a level, or a tuple of levels where `by` crosses columns.",
            hint="fl.decompose_gap(audit, fl.MISSING) for people without a value, or the level as by_group shows it",
            role="group",
            value=level,
        )
    return level.item() if hasattr(level, "item") else level
