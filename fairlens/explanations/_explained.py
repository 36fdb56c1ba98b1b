"""From contributions of rows to means of groups: the raw explanation, and the one for readers."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from hashlib import sha256
from typing import TYPE_CHECKING, Any

import numpy as np

from .._levels import ALL
from ..exceptions import ThresholdNotHeld, TooManyCells
from ..metrics import GroupTable
from ..metrics._group_rows import REASONS
from ..metrics._sentence import within_of
from ..stats import student_means
from ._asking import Answer
from ._attributor import Places, Vector, Warned, at_most, largest_error
from ._explanation import Contribution, Explanation
from ._sample import Mask, Sample, Stratum
from ._scale import CLIP
from ._values import Group, Values

if TYPE_CHECKING:
    from .._audit import Audit
    from .._protected import ProtectedAudit

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
    published = replace(_published(audit, shown, views, sample, answer, raw), values=None, rates=_rates(shown.audit, views, attributes, confidence))
    own = replace(raw, rates=_rates(audit.protect("internal"), views, attributes, confidence)) if keep else raw
    return replace(raw, for_readers=published, values=_values(sample, answer, own, published) if keep else None, marks=_marks(sample, answer))


def _marks(sample: Sample, answer: Answer) -> tuple[str, str]:
    """Hash what the model says of the audited rows and of the background, but for the last digits."""
    told = [sample.scored, *([] if sample.weights is None else [sample.weights])]
    return _hash(told), _hash([answer.question.fb])


def _hash(arrays: Sequence[Vector]) -> str:
    digest = sha256()
    for array in arrays:
        digest.update((np.round(np.asarray(array, float), 6) + 0.0).tobytes())
    return digest.hexdigest()


def _rates(seen: ProtectedAudit | None, views: Sequence[tuple[str, ...]], attributes: tuple[str, ...], confidence: float) -> GroupTable | None:
    """Selection rates of the same groups; None where nobody sees a decision at this threshold."""
    if seen is None:
        return None
    try:
        found = seen.by_group("selection_rate", None if len(views) > 1 else list(attributes), confidence)
    except ThresholdNotHeld:
        return None
    return replace(found, query=None)


def _made(audit: Audit, attributes: tuple[str, ...], confidence: float, sample: Sample, answer: Answer, rows: tuple[Contribution, ...]) -> Explanation:
    question, found = answer.question, answer.found
    decides = question.output == "decision"
    among = [audit._among] if audit.selection else []
    setting, within = (audit.setting, audit.within) if decides else (", ".join(among), within_of(among))
    threshold = audit.threshold if decides and isinstance(audit.threshold, float) else None
    said = _said(answer)
    return Explanation(
        attributes, rows, audit.spec, confidence, question.output, found.method, answer.name, said.notes, found.base,
        None if found.base_of else len(question.background), (), said.max_error, said.diagnostics, None, threshold, setting, within,
        warned=said.warned, base_of=found.base_of,
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Said:
    """What is said of how the contributions of some rows were found; the warnings come first among the notes."""

    notes: tuple[str, ...]
    warned: tuple[Warned, ...]
    max_error: float
    diagnostics: tuple[tuple[str, float], ...]


def _said(answer: Answer, rows: Places | None = None) -> _Said:
    """Of all rows, or for readers of those whom they may see: then no number is that of one row."""
    found, question = answer.found, answer.question
    remarks = found.remarks(rows)
    first = [one.text for one in remarks.warnings]
    notes = [*first, *(text for text in remarks.notes if text not in first)]
    some = slice(None) if rows is None else rows
    error = found.max_error if rows is None else at_most(largest_error(found.values[some], found.base, question.fx[some]))
    if error > 1e-5 * max(1.0, float(np.abs(question.fx[some]).max(initial=0.0))) and not any("add up" in text for text in notes):
        notes.append(f"The contributions of a row do not add up to the model's answer about it: up to {error:.3g} is left over.")
    size = len(question.Z)
    clipped = np.concatenate([answer.clipped[:size][some], answer.clipped[size:]])
    if clipped.any():
        count = f"{int(clipped.sum()):,} of {len(clipped):,}" if rows is None else "Some"
        notes.append(f"{count} probabilities were 0 or 1, or nearly; they count as {CLIP:g} from it.")
    return _Said((*notes, *answer.notes), remarks.warnings, error, remarks.diagnostics)


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
    few = audit.spec.suppress_below
    if people and raw.background_n is not None and raw.background_n < few:  # a group's mean answer less its contributions would tell theirs
        people, reason = {}, f"the background has fewer than {few} rows"
    there = _there(shown, views, raw.attributes, sample)
    found = _rows([one for one in sample.strata if one.group in there], sample, answer, raw.confidence, sample.published)
    rows = tuple(row if row.group in people else _hidden(row, reason or REASONS["suppressed"].format(floor=few)) for row in found)
    n = {row.group: row.n for row in rows}
    sampled = tuple((group, n[group], people.get(group)) for group in n)
    everything = all(row.status != "suppressed" for row in rows) and bool(sample.published.all())
    seen = [one.drawn[sample.published[one.drawn]] for one in sample.strata if one.group in people]
    said = _said(answer, np.searchsorted(sample.places, np.unique(np.concatenate(seen)))) if seen else _Said((), (), math.nan, ())
    base, background = (raw.base, raw.background_n) if seen else (math.nan, None)
    return replace(
        raw, rows=rows, sampled=sampled, base=base, background_n=background, max_error=said.max_error, diagnostics=said.diagnostics,
        notes=said.notes, warned=said.warned, predictions=raw.predictions if everything else None,
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
    return Contribution(row.group, row.feature, n=None, status="suppressed", reason=reason)


def _values(sample: Sample, answer: Answer, raw: Explanation, published: Explanation) -> Values:
    question = answer.question
    members = {one.group: np.searchsorted(sample.places, one.drawn) for one in sample.strata}
    seen = {row.group for row in published.rows if row.status not in ("suppressed", "undefined")}
    known = {one.group: np.searchsorted(sample.places, one.drawn[sample.published[one.drawn]]) for one in sample.strata if one.group in seen}
    return Values(
        question.names,
        answer.found.values.astype(np.float32),
        question.Z.astype(np.float32),
        question.codec.levels,
        sample.places,
        raw,
        published,
        members,
        known,
    )
