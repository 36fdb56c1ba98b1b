"""Whose rows: the groups that are compared, as places in the rows of an audit, with the levels that its cube counts by."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from .._columns import read, weights_of
from .._cube import Y_PRED, Y_TRUE
from .._levels import MISSING, Level
from .._tally import read_scores, row_levels
from ..exceptions import BadValue, LevelNotFound, OneGroup, WrongKind, listed
from ..metrics import GroupRow, PairRow
from ._codec import Mask, Places
from ._outcomes import Outcome

if TYPE_CHECKING:
    from .._audit import Audit

Numbers = npt.NDArray[np.float64]
Group = tuple[Level, ...]


@dataclass(frozen=True, slots=True)
class Question:
    """Which gap: of `group` to `reference` ("rest" or a group), both of the crossing of `attributes`."""

    attributes: tuple[str, ...]
    group: Group
    reference: Level | Group
    outcome: Outcome
    confidence: float

    def ask(self, measured: Any) -> PairRow | None:
        """Measure the gap, raw or published; None where the group is not there, or is itself the reference."""
        return self.ask_all(measured).get(self.group)

    def ask_all(self, measured: Any) -> dict[Group, PairRow]:
        """Measure the gaps of all groups of these attributes to the reference, in the rate that says who counts."""
        table = measured.difference(
            self.outcome.counted, by=list(self.attributes), reference=self.reference, confidence=self.confidence
        )
        return {pair.row.group: pair for pair in table.rows}

    def asks_like(self, other: Question) -> bool:
        """Whether one table answers both."""
        return (self.attributes, self.reference) == (other.attributes, other.reference)


@dataclass(frozen=True, slots=True)
class Crossing:
    """The groups that columns make together, and which of them each row is in."""

    groups: tuple[Group, ...]
    codes: Places

    def at(self, group: object) -> Mask:
        """Rows of one group."""
        found: Mask = self.codes == (self.groups.index(group) if group in self.groups else -1)
        return found


@dataclass(frozen=True, slots=True)
class Sides:
    """Rows of one question: who is in the group and who in the reference, of those who count."""

    question: Question
    group: Mask
    reference: Mask
    crossing: Crossing


@dataclass(frozen=True, slots=True)
class People:
    """One entry per row of the audit: in the selection, counted, published, as scored, with weights and labels (0 where it makes no difference).

    `counted` are those in the selection that the metric is of; `weights` is None where each row is one person.
    """

    inside: Mask
    counted: Mask
    published: Mask
    scored: Numbers
    labels: Places
    weights: Numbers | None
    sides: tuple[Sides, ...]

    @property
    def compared(self) -> Mask:
        """Rows of any group that is compared."""
        found: Mask = np.logical_or.reduce([one.group | one.reference for one in self.sides])
        return found

    def weighing(self, rows: Any) -> Numbers:
        """How many people some rows stand for."""
        found: Numbers = np.ones(len(self.inside))[rows] if self.weights is None else self.weights[rows]
        return found


def read_people(audit: Audit, questions: Sequence[Question], left_out: Sequence[tuple[str, int]]) -> People:
    """Find the rows of all groups; `scored` is what the audit holds of the model: scores, or decisions as 1 and 0.

    `left_out` names the attributes whose people without a value are not published.
    """
    spec, frame, outcome = audit.spec, audit.handle.columns, questions[0].outcome
    left = [axis for axis, _ in left_out]
    attributes = dict.fromkeys(axis for question in questions for axis in question.attributes)
    needed = {*attributes, *(axis for axis, _ in audit.selection), *left}
    levels = {axis: row_levels(frame, axis, spec) for axis in needed}
    size = len(next(iter(levels.values())))
    inside, published = np.ones(size, bool), np.ones(size, bool)
    for axis, chosen in audit.selection:
        inside &= _at(levels[axis], chosen)
    for axis in left:
        published &= ~_at(levels[axis], (MISSING,))
    counted, labels = inside, np.zeros(size, np.int64)
    if outcome.label is not None or outcome.by_label:
        found = row_levels(frame, Y_TRUE, spec)
        counted = inside & _at(found, (0, 1) if outcome.label is None else (outcome.label,))
        labels = np.fromiter((level == 1 for level in found), np.int64, size) if outcome.by_label else labels
    as_decided = outcome.output == "decision" and audit.threshold is None
    scored = np.asarray(row_levels(frame, Y_PRED, spec), float) if as_decided else read_scores(frame, spec)
    weights = None if spec.sample_weight is None else weights_of(read(frame), spec.sample_weight)
    crossings = {names: _cross([levels[axis] for axis in names]) for names in {question.attributes for question in questions}}
    sides = tuple(_sides(question, crossings[question.attributes], counted) for question in questions)
    return People(inside, counted, published, scored, labels, weights, sides)


def _cross(levels: Sequence[Sequence[Level]]) -> Crossing:
    place: dict[Group, int] = {}
    codes = np.fromiter((place.setdefault(group, len(place)) for group in zip(*levels, strict=True)), np.int64, len(levels[0]))
    return Crossing(tuple(place), codes)


def _sides(question: Question, crossing: Crossing, counted: Mask) -> Sides:
    group = crossing.at(question.group)
    reference = ~group if isinstance(question.reference, str) else crossing.at(question.reference)
    return Sides(question, counted & group, counted & reference, crossing)


def find_questions(
    audit: Audit, group: Any, by: Any, reference: Any, outcome: Outcome, confidence: float
) -> tuple[tuple[str, ...], list[Question], list[PairRow]]:
    """Find every gap that is asked for, with the measured pair: of one group, of each in a list, or of all (None).

    The attributes are those of all gaps together.
    """
    if isinstance(group, list):
        if not group:
            raise WrongKind("`group` is an empty list.", "It must name groups.", hint="group=None for all groups", role="group", value=group)
        named = [find_group(audit, one, by) for one in group]
        asked = [Question(names, level, reference, outcome, confidence) for names, level in named]
        pairs = [find_pair(audit, question, one) for question, one in zip(asked, group, strict=True)]
        return _all_names(audit, asked), [_settled(question, pair) for question, pair in zip(asked, pairs, strict=True)], pairs
    if group is not None:
        names, level = find_group(audit, group, by)
        question = Question(names, level, reference, outcome, confidence)
        pair = find_pair(audit, question, group)
        return names, [_settled(question, pair)], [pair]
    questions, found = [], []
    for names in _attributes_with(audit, by, reference):
        first = Question(names, (), reference, outcome, confidence)
        _check_reference(reference, None)
        for pair in first.ask_all(audit).values():
            questions.append(_settled(replace(first, group=pair.row.group), pair))
            found.append(pair)
    return _all_names(audit, questions), questions, found


def _settled(question: Question, pair: PairRow) -> Question:
    """The question with the reference that was found, so that readers and other thresholds get the same."""
    return replace(question, reference=pair.reference)


def _all_names(audit: Audit, questions: Sequence[Question]) -> tuple[str, ...]:
    used = {name for question in questions for name in question.attributes}
    return tuple(name for name in audit.groups if name in used) if len({q.attributes for q in questions}) > 1 else questions[0].attributes


def _attributes_with(audit: Audit, by: Any, reference: Any) -> list[tuple[str, ...]]:
    """The sets of columns to compare in: `by`, or each sensitive feature with two groups, of which one is the reference if that is a level."""
    if by is not None:
        return [audit._attributes(by)]
    found: list[tuple[str, ...]] = [columns for columns, view in audit._compared(None, reference) if len(view.groups) > 1]
    if not found:
        raise OneGroup(
            "Gaps of all groups were asked for.",
            "There is one group only, so there is nothing to compare.",
            hint="fl.audit(..., sensitive_features=...) with a column that tells people apart",
            role="group",
        )
    return found


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
    _check_reference(question.reference, asked)
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


def _check_reference(reference: object, asked: object) -> None:
    if reference == "overall":
        raise BadValue(
            "`reference` is 'overall', and the group is part of everybody.",
            "The parts of a gap are those of one group less those of another.",
            hint=f"fl.decompose_gap(audit, {asked!r}, reference='rest')",
            role="reference",
            value="overall",
        )


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
