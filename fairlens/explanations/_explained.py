"""From contributions of rows to means of groups: the raw explanation, and the one for readers."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from .._levels import ALL
from ..exceptions import ThresholdNotHeld, TooManyCells
from ..metrics import GroupTable
from ..metrics._sentence import within_of
from ..stats import student_means
from ._asking import Answer
from ._explanation import Contribution, Explanation
from ._sample import Mask, Sample, Stratum
from ._values import Group, Values

if TYPE_CHECKING:
    from .._audit import Audit
    from .._protected import ProtectedAudit

_FEW = "too few people to show"
_LARGE = "the tables to publish are too large"
_ONE = "one person has no interval"
_NOBODY = "nobody is in this group"


@dataclass(frozen=True, slots=True, eq=False)
class Readers:
    """What readers may see of an audit: its protected form, or why there is none."""

    audit: ProtectedAudit | None
    reason: str = ""

    @property
    def left_out(self) -> tuple[str, ...]:
        """Columns whose people without a value are not published."""
        return () if self.audit is None else tuple(axis for axis, _ in self.audit.tables.left_out)

    def people(self, views: Sequence[tuple[str, ...]], attributes: Sequence[str]) -> dict[Group, int]:
        """The groups that are shown, with their people."""
        if self.audit is None:
            return {}
        found = {}
        for view in views:
            seen = self.audit.tables.view(view, dict(self.audit.selection), self.audit.own_threshold, clustered=False)
            for group, people, hidden in zip(seen.groups, seen.people.tolist(), seen.suppressed.tolist(), strict=True):
                if not hidden:
                    found[tuple(group[view.index(name)] if name in view else ALL for name in attributes)] = int(people)
        return found


def readers(audit: Audit) -> Readers:
    """Make the protected form."""
    try:
        return Readers(audit.protect())
    except TooManyCells:
        return Readers(None, _LARGE)


def explained(
    audit: Audit, shown: Readers, views: Sequence[tuple[str, ...]], attributes: tuple[str, ...], confidence: float, sample: Sample, answer: Answer, keep: bool
) -> Explanation:
    """Make the raw explanation, which holds the one for readers."""
    strata = sample.strata
    raw = _made(audit, attributes, confidence, sample, answer, _rows(strata, sample, answer, confidence, np.ones(len(sample.scored), bool)))
    raw = replace(raw, sampled=tuple((one.group, len(one.drawn), one.people) for one in strata), predictions=answer.predictions)
    published = replace(_published(audit, shown, views, sample, answer, raw), values=None, rates=_rates(shown, views, attributes, confidence))
    return replace(raw, for_readers=published, values=_values(sample, answer) if keep else None)


def _rates(shown: Readers, views: Sequence[tuple[str, ...]], attributes: tuple[str, ...], confidence: float) -> GroupTable | None:
    """Published selection rates of the same groups; None where readers see no decision at this threshold."""
    if shown.audit is None:
        return None
    try:
        found = shown.audit.by_group("selection_rate", None if len(views) > 1 else list(attributes), confidence)
    except ThresholdNotHeld:
        return None
    return replace(found, query=None)


def _made(audit: Audit, attributes: tuple[str, ...], confidence: float, sample: Sample, answer: Answer, rows: tuple[Contribution, ...]) -> Explanation:
    question, found = answer.question, answer.found
    decides = question.output == "decision"
    among = [audit._among] if audit.selection else []
    setting, within = (audit.setting, audit.within) if decides else (", ".join(among), within_of(among))
    threshold = audit.threshold if decides and isinstance(audit.threshold, float) else None
    return Explanation(
        attributes, rows, audit.spec, confidence, question.output, found.method, answer.name, (*found.notes, *answer.notes), found.base,
        len(question.background), (), found.max_error, found.diagnostics, None, threshold, setting, within,
    )  # fmt: skip


def _rows(strata: Sequence[Stratum], sample: Sample, answer: Answer, confidence: float, kept: Mask) -> tuple[Contribution, ...]:
    """One row per group and input, over the drawn people of `kept`."""
    rows: list[Contribution] = []
    names, floor = answer.question.names, answer.min_denominator
    for one in strata:
        drawn = one.drawn[kept[one.drawn]]
        if not len(drawn):
            rows += [Contribution(one.group, name, n=0, status="undefined", reason=_NOBODY) for name in names]
            continue
        values = answer.found.values[np.searchsorted(sample.places, drawn)]
        weights = None if sample.weights is None else sample.weights[drawn]
        means, sizes = student_means(values, weights, confidence), student_means(np.abs(values), weights, confidence)
        status, reason = _status(len(drawn), floor)
        for j, name in enumerate(names):
            mean, lower, upper, se = (float(part[j]) for part in (means.mean, means.lower, means.upper, means.se))
            size, least, most = float(sizes.mean[j]), float(np.maximum(sizes.lower[j], 0.0)), float(sizes.upper[j])
            rows.append(Contribution(one.group, name, mean, lower, upper, size, least, most, len(drawn), status, reason, se, means.df))
    return tuple(rows)


def _status(n: int, floor: int) -> tuple[Any, str]:
    if n == 1:
        return "small", _ONE
    return ("small", f"fewer than {floor} people") if n < floor else ("ok", "")


def _published(audit: Audit, shown: Readers, views: Sequence[tuple[str, ...]], sample: Sample, answer: Answer, raw: Explanation) -> Explanation:
    """The same over the published people; groups that readers may not see have no numbers, and those who left are not there."""
    people, reason = shown.people(views, raw.attributes), shown.reason
    if shown.audit is not None and raw.threshold is not None:
        try:
            shown.audit.tables.check_threshold(raw.threshold)
        except ThresholdNotHeld:
            people, reason = {}, f"readers see decisions at declared thresholds only, and {raw.threshold!r} is not one"
    there = _there(shown, views, raw.attributes, sample)
    found = _rows([one for one in sample.strata if one.group in there], sample, answer, raw.confidence, sample.published)
    rows = tuple(row if row.group in people else _hidden(row, reason) for row in found)
    n = {row.group: row.n for row in rows}
    sampled = tuple((group, n[group], people.get(group)) for group in n)
    everything = all(row.status != "suppressed" for row in rows) and bool(sample.published.all())
    base, background = (raw.base, raw.background_n) if people else (math.nan, None)
    error, diagnostics = (raw.max_error, raw.diagnostics) if people else (math.nan, ())
    return replace(
        raw, rows=rows, sampled=sampled, base=base, background_n=background, max_error=error, diagnostics=diagnostics,
        notes=raw.notes if people else (), predictions=raw.predictions if everything else None,
    )  # fmt: skip


def _there(shown: Readers, views: Sequence[tuple[str, ...]], attributes: Sequence[str], sample: Sample) -> set[Group]:
    """The groups that readers know of, shown or not."""
    if shown.audit is None:
        return {one.group for one in sample.strata}
    found = set()
    for view in views:
        seen = shown.audit.tables.view(view, dict(shown.audit.selection), shown.audit.own_threshold, clustered=False)
        found |= {tuple(group[view.index(name)] if name in view else ALL for name in attributes) for group in seen.groups}
    return found


def _hidden(row: Contribution, reason: str) -> Contribution:
    return Contribution(row.group, row.feature, n=None, status="suppressed", reason=reason or _FEW)


def _values(sample: Sample, answer: Answer) -> Values:
    question = answer.question
    members = {one.group: np.searchsorted(sample.places, one.drawn) for one in sample.strata}
    return Values(
        question.names,
        answer.found.values.astype(np.float32),
        question.Z.astype(np.float32),
        question.codec.levels,
        sample.places,
        members,
    )
