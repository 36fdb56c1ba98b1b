"""The measured gap: of decisions as the tables give it, of scores as means over the rows of the same people."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from statistics import NormalDist
from typing import Any

import numpy as np

from .._spec import Spec
from .._thresholds import Threshold
from ..exceptions import LevelNotFound, OneGroup, ThresholdNotHeld
from ..metrics import GroupRow, PairRow
from ..stats import student_means
from ..stats._calibration import bounded_mean
from ._budget import Cells, Hidden
from ._codec import Mask
from ._people import Group, Numbers, People, Question, Sides

FEW = "too few people to show"
_HIDDEN = {"value": math.nan, "lower": math.nan, "upper": math.nan, "n": None, "numerator": math.nan, "denominator": math.nan, "people": None}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Means:
    """The number of each row, whose means are compared: None where the tables give the gap themselves."""

    values: Numbers | None
    people: People

    def pair(self, pair: PairRow, sides: Sides, kept: Mask, spec: Spec) -> PairRow:
        """Give the gap in the means of the rows that are `kept`, with the status of `pair`, whose people they are."""
        if self.values is None:
            return pair
        metric: Any = sides.question.outcome.metric
        if math.isnan(pair.change):
            rows = [replace(row, metric=metric) for row in (pair.row, pair.base)]
            return replace(pair, row=rows[0], base=rows[1])
        confidence = sides.question.confidence
        row = self._row(pair.row, sides.group & kept, metric, confidence, spec)
        base = self._row(pair.base, sides.reference & kept, metric, confidence, spec)
        change = row.value - base.value
        low = math.hypot(row.value - row.lower, base.upper - base.value)
        high = math.hypot(row.upper - row.value, base.value - base.lower)
        half = (low if change > 0 else high) / NormalDist().inv_cdf((1 + confidence) / 2)
        p = math.erfc(abs(change) / half / math.sqrt(2)) if half > 0 else math.nan
        return replace(pair, row=row, base=base, change=change, lower=change - low, upper=change + high, p_value=p)

    def _row(self, row: GroupRow, rows: Mask, metric: Any, confidence: float, spec: Spec) -> GroupRow:
        """The mean of some rows with Student's interval; where all are alike, with the limits that a bounded mean could have."""
        assert self.values is not None
        values, weights = self.values[rows], self.people.weighing(rows)
        values, weights = values[weights > 0], weights[weights > 0]
        found = student_means(values[:, None], weights, confidence)
        value, lower, upper = float(found.mean[0]), float(found.lower[0]), float(found.upper[0])
        least, most = metric.least, metric.most
        if metric.name.startswith("mean_score"):
            least, most = spec.score_range if spec.score_kind == "grid" else (-math.inf, math.inf)
        if len(values) > 1 and not found.se[0] > 1e-12 and math.isfinite(most - least):
            z = NormalDist().inv_cdf((1 + confidence) / 2)
            lower, upper = (float(end) for end in bounded_mean(value, len(values), z, least, most))
        lower, upper = max(min(lower, value), least), min(max(upper, value), most)
        total = float(weights.sum())
        return replace(row, metric=metric, value=value, lower=lower, upper=upper, numerator=total * value, denominator=total)


def means_of(people: People, question: Question) -> Means:
    """Read what the gap is a gap of, row by row."""
    outcome = question.outcome
    if outcome.of is None:
        return Means(None, people)
    return Means(outcome.of(people.scored, people.labels)[:, 0], people)


def decided_at(measured: Any, question: Question, threshold: Threshold) -> Any:
    """The audit whose tables say who counts: at a threshold, or for scores at the audit's own, which is always held."""
    if question.outcome.output == "score":
        threshold = measured.own_threshold
    return measured if measured.threshold == threshold else measured.at(threshold)


def published_pairs(shown: Any, question: Question, threshold: Threshold) -> dict[Group, PairRow] | str:
    """What readers may see of the gaps of all groups, or why they may see none."""
    if isinstance(shown, str):
        return shown
    try:
        return question.ask_all(decided_at(shown, question, threshold))
    except (LevelNotFound, OneGroup):
        return FEW
    except ThresholdNotHeld:
        return f"readers see decisions at declared thresholds only, and {threshold!r} is not one"


def published_pair(found: dict[Group, PairRow] | str, question: Question, raw: PairRow) -> PairRow:
    """What readers may see of one gap."""
    if isinstance(found, str):
        return _hidden(raw, found)
    pair = found.get(question.group)
    if pair is None:
        return _hidden(raw, FEW)
    return replace(pair, reason=pair.reason or raw.reason) if pair.status == "ok" else pair


def seen_pairs(shown: Any, people: People, pairs: Sequence[PairRow], threshold: Threshold) -> list[PairRow]:
    """What readers may see of the gaps of all questions at one threshold."""
    tables: list[tuple[Question, Any]] = []
    found = []
    for side, pair in zip(people.sides, pairs, strict=True):
        question = side.question
        table = next((known for asked, known in tables if asked.asks_like(question)), None)
        if table is None:
            table = published_pairs(shown, question, threshold)
            tables.append((question, table))
        found.append(published_pair(table, question, pair))
    return found


def hidden_people(shown: Any, people: People, cells: Cells, seen: Sequence[Sequence[PairRow]]) -> Hidden:
    """Find the people whose number readers do not know; `seen` are the gaps that they see, by threshold and question."""
    nobody = np.zeros(cells.count, bool)
    if isinstance(shown, str):  # readers see nothing, so there is nothing that they could learn it from
        return Hidden(~nobody, nobody, 0, 0)
    rows = _of_hidden_groups(shown, people)
    inside = np.bincount(cells.of_row, weights=rows[cells.rows], minlength=cells.count) > 0
    known = cells.published & ~inside
    told = np.array([any(not math.isnan(pair.change) for pair in pairs) for pairs in zip(*seen, strict=True)])
    whole = cells.published & inside & (cells.group | cells.reference)[told].any(axis=0)
    beside = cells.rows[(cells.published & inside)[cells.of_row]]
    at_most = int(rows.sum() + (~rows[beside]).sum())
    return Hidden(known, whole, at_most, max(shown.spec.suppress_below - 1, 0) * len(shown.tables.left_out))


def _of_hidden_groups(shown: Any, people: People) -> Mask:
    """The rows that are published and counted, of a group whose number is not: a group of all attributes of the questions crossed."""
    sides = {name: side for side in people.sides for name in side.question.attributes}
    table = shown.at(shown.own_threshold).by_group(people.sides[0].question.outcome.counted, by=list(sides))
    able = {row.group for row in table.rows if row.n is not None}
    rows = np.flatnonzero(people.counted & people.published)
    crossed = np.zeros(len(rows), np.int64)
    for side in sides.values():
        crossed = np.unique(crossed * len(side.crossing.groups) + side.crossing.codes[rows], return_inverse=True)[1].reshape(-1)
    _, first, place = np.unique(crossed, return_index=True, return_inverse=True)
    groups = [
        tuple(side.crossing.groups[side.crossing.codes[row]][side.question.attributes.index(name)] for name, side in sides.items())
        for row in rows[first]
    ]
    found = np.zeros(len(people.counted), bool)
    found[rows] = np.array([group not in able for group in groups], bool)[place.reshape(-1)]
    return found


def _hidden(pair: PairRow, reason: str) -> PairRow:
    rows: list[GroupRow] = [replace(row, **_HIDDEN, status="suppressed", reason=reason) for row in (pair.row, pair.base)]  # type: ignore[arg-type]
    nan = math.nan
    return PairRow(rows[0], rows[1], pair.reference, nan, nan, nan, "suppressed", reason)
