"""From sums over rows to answers that hold means of groups only: the raw one, and the one for readers."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import narwhals.stable.v2 as nw
import numpy as np

from .._levels import Level
from .._thresholds import GroupThresholds
from ..exceptions import LevelNotFound, OneGroup, ThresholdNotHeld, TooManyCells
from ..metrics import GroupRow, PairRow
from ..stats import normal_quantile
from ._codec import Mask
from ._decomposition import GapDecomposition, Part
from ._people import Group, People, Question
from ._run import Run
from ._sampling import contrast

if TYPE_CHECKING:
    from .._audit import Audit
from .._protected import ProtectedAudit

_FEW = "too few people to show"
_LARGE = "the tables to publish are too large"
_ONE = "one person has no interval"
_HIDDEN = {"value": math.nan, "lower": math.nan, "upper": math.nan, "n": None, "numerator": math.nan, "denominator": math.nan, "people": None}  # fmt: skip
Shares = tuple[tuple[Level | Group, float], ...]


def is_able(group: Mask, reference: Mask) -> bool:
    """Say whether both means have an interval: from two people on."""
    return min(int(group.sum()), int(reference.sum())) > 1


def protected(audit: Audit) -> ProtectedAudit | str:
    """Give the audit for readers, or why there is none."""
    try:
        return audit.protect()
    except TooManyCells:
        return _LARGE


def answer(
    audit: Audit,
    shown: ProtectedAudit | str,
    question: Question,
    pair: PairRow,
    people: People,
    names: Sequence[str],
    background: Any,
    done: Run | None,
) -> GapDecomposition:
    """Make the raw answer, which holds the one for readers."""
    everybody = np.ones(len(people.inside), bool)
    raw = _made(audit, question, pair, _parts(question, pair, people, everybody, names, done), done)
    n, shares = _background(audit, audit, question, people, background)
    raw = replace(raw, background_n=n, background_shares=shares)
    found = _published_pair(shown, question, pair)
    published = _made(audit, question, found, _parts(question, found, people, people.published, names, done), done)
    if done is not None and not isinstance(shown, str) and published.n is not None:
        n, shares = _background(audit, shown, question, people, background)
        asked = _asked(shown, published.n, len(names), background, done)
        published = replace(published, background_n=n, background_shares=shares, predictions=asked)
    return replace(raw, for_readers=published)


def _made(
    audit: Audit, question: Question, pair: PairRow, parts: tuple[Part, ...], done: Run | None
) -> GapDecomposition:
    assert not isinstance(audit.threshold, GroupThresholds)
    has_parts = bool(parts) and not math.isnan(parts[0].contribution)
    if not has_parts and pair.status == "ok":
        pair = replace(pair, status="small", reason=_ONE)
    rounds, asked = (done.sums.rounds, done.predictions) if done is not None and has_parts else (0, 0)
    return GapDecomposition(
        question.attributes, pair, parts, audit.spec, question.confidence, audit.threshold, rounds, asked, None, (),
        within=audit.within,
    )


def _asked(shown: ProtectedAudit, n: int, inputs: int, background: Any, done: Run) -> int:
    """Predictions about the people of the published universe."""
    everybody = shown.overall("selection_rate").rows[0].people or 0
    return everybody + (0 if background is None else len(background)) + done.sums.rounds * 2 * (inputs - 1) * n


def _parts(
    question: Question, pair: PairRow, people: People, kept: Mask, names: Sequence[str], done: Run | None
) -> tuple[Part, ...]:
    """One part per input, the largest first; without numbers where the gap has none."""
    group, reference = people.group & kept, people.reference & kept
    if done is None or math.isnan(pair.change) or not is_able(group, reference):
        return tuple(Part(name) for name in names)
    rows = done.sums.setting.rows
    found = contrast(done.sums, group[rows], reference[rows])
    z = normal_quantile(question.confidence)
    numbers = zip(found.means.tolist(), np.sqrt(found.variance).tolist(), np.sqrt(found.noise).tolist(), strict=True)
    parts = [
        Part(name, mean, mean - z * se, mean + z * se, se, noise)
        for name, (mean, se, noise) in zip(names, numbers, strict=True)
    ]
    return tuple(sorted(parts, key=lambda part: -abs(part.contribution)))


def _published_pair(shown: ProtectedAudit | str, question: Question, pair: PairRow) -> PairRow:
    if isinstance(shown, str):
        return _hidden(pair, shown)
    try:
        found = question.ask(shown)
    except (LevelNotFound, OneGroup):
        return _hidden(pair, _FEW)
    except ThresholdNotHeld:
        return _hidden(pair, f"readers see decisions at declared thresholds only, and {shown.threshold!r} is not one")
    if found is None:
        return _hidden(pair, _FEW)
    return replace(found, reason=found.reason or pair.reason) if found.status == "ok" else found


def _hidden(pair: PairRow, reason: str) -> PairRow:
    rows: list[GroupRow] = [replace(row, **_HIDDEN, status="suppressed", reason=reason) for row in (pair.row, pair.base)]  # type: ignore[arg-type]
    nan = math.nan
    return PairRow(rows[0], rows[1], pair.reference, nan, nan, nan, "suppressed", reason)


def _background(
    audit: Audit, measured: Any, question: Question, people: People, background: Any
) -> tuple[int | None, Shares]:
    """Rows of the background and the share of each group in it, as far as `measured` may show them."""
    rows = measured.by_group("selection_rate", by=list(question.attributes)).rows
    if background is None:
        total = measured.overall("selection_rate").rows[0].people
        if not total:
            return None, ()
        return total, tuple((_plain(row.group), row.people / total) for row in rows if row.people is not None)
    places = _places(audit.handle.inputs, background)
    if places is None:
        return len(background), ()
    crossed = [people.crossed[place] for place in places]
    counts = {group: crossed.count(group) for group in dict.fromkeys(crossed)}
    if measured.is_published:
        able = {row.group for row in rows if row.people is not None}
        if any(group not in able or count < measured.spec.suppress_below for group, count in counts.items()):
            return len(background), ()
    return len(background), tuple((_plain(group), count / len(places)) for group, count in counts.items())


def _places(inputs: Any, background: Any) -> Any:
    """Places of the background's rows among the audited ones, where its index and its values say that they are the same people."""
    if not nw.dependencies.is_pandas_dataframe(inputs) or not inputs.index.is_unique:
        return None
    places = inputs.index.get_indexer(background.index)
    if (places < 0).any() or not inputs.iloc[places].equals(background):
        return None
    return places


def _plain(group: Group) -> Level | Group:
    return group[0] if len(group) == 1 else group
