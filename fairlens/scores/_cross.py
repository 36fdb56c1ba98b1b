"""rank_across: whether people of one group with the event score above those of another without it, as one threshold for all needs."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from .._html import Cell, fixed, table
from .._levels import ALL
from .._result import Query, Result
from .._spec import Spec
from ..metrics._results import _count, _frame, _full, _without_empty_notes, note
from ..metrics._sentence import TEXTS as COMMON
from ..metrics._sentence import _fill, _left, label_of
from ..stats import _auc, normal_quantile
from ._ids import SCORES
from ._numbers import REASONS, ScoreRow, _from_area, _rounded_up
from ._rows import check_confidence, hidden_whole
from ._scored import Group, Scored, check_measured, mixed_steps, parts_of, read_scored, selected, widened
from ._words import TEXTS, binned_tail, excludes_zero

if TYPE_CHECKING:
    import pandas as pd

    from .._measure import By, Measured

REST = "(rest)"
_SAID = {
    "gap": "{one} {persons} who are {truth} score above {two} {persons} who are not in {x} of 100 pairs, {two} {persons} who are above {one}"
    " {persons} who are not in {y}: {d} fewer ({low} to {high}; n={n}).",
    "cannot": "Cannot tell: {one} {persons} who are {truth} score above {two} {persons} who are not in {x} of 100 pairs, the other way round in {y};"
    " the difference lies between {low} and {high}{of} (n={n}).",
    "of": ", allowing for {k} pairs of groups",
}


@dataclass(frozen=True, slots=True)
class CrossRow:
    """The area of the positives of one group against the negatives of another. `kind`: within, cross, bpsn or bnsp."""

    positives: Group
    negatives: Group
    kind: str
    number: ScoreRow

    @property
    def status(self) -> str:
        """Whether there is a number, and what it rests on."""
        return self.number.status


@dataclass(frozen=True, repr=False)
class CrossAUC(Result):
    """Areas under ROC curves of positives of one group against negatives of another, and of each group against the rest."""

    attributes: tuple[str, ...]
    rows: tuple[CrossRow, ...]
    spec: Spec
    confidence: float
    within: str = ""
    query: Query | None = field(default=None, compare=False)

    def to_frame(self) -> pd.DataFrame:
        """Give one row per pair: the group of the positives, that of the negatives, kind, value, lower, upper, n_positive, ...

        `kind` is "within" (one group), "cross" (two), "bpsn" (positives of the rest, negatives of the group) or "bnsp" (negatives of the rest).
        """
        columns: dict[str, list[object]] = {}
        for part in ("positives", "negatives"):
            for j, name in enumerate(self.attributes):
                columns[f"{name}_{part}"] = [getattr(row, part)[j] for row in self.rows]
        columns["kind"] = [row.kind for row in self.rows]
        for name in ("value", "lower", "upper", "n_positive", "n_negative", "bound", "status", "reason"):
            columns[name] = [getattr(row.number, name) for row in self.rows]
        frame = _frame(columns)
        return frame.astype({name: "Int64" if frame[name].isna().any() else "int64" for name in ("n_positive", "n_negative")})

    @property
    def sentence(self) -> str:
        """The largest difference between a pair of groups and the same pair the other way round, or that the data cannot tell."""
        answer = self.published()
        return answer.within + _say(answer.rows, answer.spec, answer.confidence)

    @property
    def left_out(self) -> tuple[CrossRow, ...]:
        """The rows without a number that can be compared: undefined, suppressed or small."""
        return tuple(row for row in self.rows if row.status != "ok")

    def html(self) -> str:
        """Give the published areas as an HTML table."""
        answer = self.published()
        share = f"{round(100 * answer.confidence, 4):g} %"
        headers = ["positives of", "negatives of", "kind", f"area ({share} interval)", "n positives", "n negatives", "note"]
        lines: list[list[object]] = [
            [
                label_of(row.positives),
                label_of(row.negatives),
                row.kind,
                Cell(SCORES["roc_auc"].write(row.number.value, row.number.lower, row.number.upper), _full(row.number.value)),
                Cell(_count(row.number.n_positive), row.number.n_positive),
                Cell(_count(row.number.n_negative), row.number.n_negative),
                note(row.number.status, row.number.reason),  # type: ignore[arg-type]
            ]
            for row in answer.rows
        ]
        return table(*_without_empty_notes(headers, lines), 2)


def rank_across(audit: Measured, by: By = None, confidence: float = 0.95) -> CrossAUC:
    """Measure how often a person of one group with the event scores above one of another group without it.

    Parameters
    ----------
    audit
        An audit with scores and labels.
    by
        A group column, a list of columns to cross, or None for each sensitive feature by itself.
    confidence
        Between 0 and 1.

    Returns
    -------
    CrossAUC
        Each pair of groups in both directions, each group within itself, and each group against the rest ("bpsn": positives of the rest
        above negatives of the group, low where the group is wrongly ranked high; "bnsp": the group's positives above the rest's negatives,
        low where the group is wrongly ranked low). All with DeLong's interval on the logit scale.

    Notes
    -----
    One threshold for all ranks people across groups, so areas within groups are not enough. N. Kallus and A. Zhou, NeurIPS 2019 (xAUC);
    D. Borkan, L. Dixon, J. Sorensen, N. Thain and L. Vasserman, WWW 2019 (BPSN, BNSP). The difference of a pair in its two directions,
    which the sentence is about, has four independent samples. Groups whose rates of the event differ can show one with calibrated scores too.

    Examples
    --------
    >>> import fairlens as fl
    >>> audit = fl.audit(
    ...     y_true=[0, 1, 0, 1] * 20, y_score=[1, 3, 2, 4] * 20, threshold=3, sensitive_features={"sex": ["f", "f", "m", "m"] * 20}
    ... )
    >>> fl.rank_across(audit).to_frame()[["sex_positives", "sex_negatives", "value"]].values.tolist()[:4]
    [['f', 'f', 1.0], ['f', 'm', 1.0], ['m', 'f', 1.0], ['m', 'm', 1.0]]
    """
    check_measured(audit, "rank_across")
    z, rows = normal_quantile(check_confidence(confidence)), []
    for columns in parts_of(audit, by):
        groups, whole = read_scored(audit, columns)
        found = [_row(one, two, z, audit.spec) for one in groups for two in groups]
        found += _against_rest(groups, whole or hidden_whole(audit), z, audit.spec)
        rows += [_widened(audit, row, columns, by) for row in found]
    query = None if audit.is_published else Query(audit, rank_across, {"by": by, "confidence": confidence})
    return CrossAUC(audit._attributes(by), tuple(rows), audit.spec, confidence, selected(audit), query)


def _row(one: Scored, two: Scored, z: float, spec: Spec, kind: str = "") -> CrossRow:
    """Positives of one group against negatives of another, or of the same one."""
    kind = kind or ("within" if one is two else "cross")
    row = ScoreRow(one.group, SCORES["roc_auc"])
    if one.hidden or two.hidden:
        reason = REASONS["suppressed"].format(floor=spec.suppress_below)
        return CrossRow(one.group, two.group, kind, ScoreRow(one.group, row.metric, status="suppressed", reason=reason))
    counts: dict[str, Any] = {"n_positive": one.n_positive, "n_negative": two.n_negative}
    positives, negatives = one.weights[1].sum() > 0, two.weights[0].sum() > 0
    if not positives or not negatives:
        why = REASONS["negatives" if positives else "positives"]
        return CrossRow(one.group, two.group, kind, ScoreRow(one.group, row.metric, **counts, status="undefined", reason=why))
    taken = [np.stack([getattr(one, name)[1], getattr(two, name)[0]]) for name in ("weights", "scores", "scores2")]
    found = _auc.ranked(one.weights[1], two.weights[0], one.squares[1], two.squares[0], z=z, mixed=mixed_steps(*taken))
    status, reason = "ok", ""
    if min(float(one.known[1]), float(two.known[0])) < spec.min_denominator:
        status, reason = "small", REASONS["small"].format(least=spec.min_denominator, who="on one side")
    filled = _from_area(ScoreRow(one.group, row.metric, **counts, status=status, people=one.people), found)
    told = "; ".join(part for part in (reason, filled.reason) if part)
    return CrossRow(one.group, two.group, kind, replace(filled, reason=told))


def _against_rest(groups: Sequence[Scored], whole: Scored, z: float, spec: Spec) -> list[CrossRow]:
    """Each group against everybody else; nothing of it where a group is hidden, which the rest would give away."""
    if len(groups) < 2:
        return []
    hidden = whole.hidden or any(one.hidden for one in groups)
    rows = []
    for one in groups:
        rest = replace(whole.without(one, REST), hidden=hidden, group=(REST,) * len(one.group))
        rows += [_row(rest, one, z, spec, "bpsn"), _row(one, rest, z, spec, "bnsp")]
    return rows


def _widened(audit: Measured, row: CrossRow, columns: tuple[str, ...], by: Any) -> CrossRow:
    positives, negatives = (widened(audit, group, columns, by) for group in (row.positives, row.negatives))
    return CrossRow(positives, negatives, row.kind, row.number)


def _say(rows: Sequence[CrossRow], spec: Spec, confidence: float) -> str:
    cross = {(row.positives, row.negatives): row for row in rows if row.kind == "cross"}
    if not cross:
        return TEXTS["alone"]
    order = {key: i for i, key in enumerate(cross)}
    pairs = [(row, cross[two, one]) for (one, two), row in cross.items() if order[one, two] < order[two, one]]
    left = {label_of(row.positives): row.status for row in rows if row.kind == "within" and row.status != "ok"}
    tail = _left([f"{name} ({status})" for name, status in left.items()])
    able = [pair for pair in pairs if pair[0].status == pair[1].status == "ok"]
    if not able:
        return COMMON["nothing"] + tail
    strict = normal_quantile(confidence, len(able))
    sure = [(one, two) for one, two in able if excludes_zero(gap_of(one, two, strict)[1:])]
    top = max(sure or able, key=lambda pair: abs(pair[0].number.value - pair[1].number.value))
    one, two = sorted(top, key=lambda row: row.number.value)
    change, low, high = gap_of(one, two, normal_quantile(confidence) if sure else strict)
    values = {
        "one": label_of(one.positives),
        "two": label_of(one.negatives),
        "persons": spec.word("persons"),
        "truth": spec.word("truth"),
        "x": fixed(100 * one.number.value, 1),
        "y": fixed(100 * two.number.value, 1),
        "d": fixed(100 * abs(change), 1),
        "low": fixed(-100 * high, 1) if sure else _signed(low),
        "high": fixed(-100 * low, 1) if sure else _signed(high),
        "n": " and ".join(f"{row.number.n_positive:,} against {row.number.n_negative:,}" for row in (one, two)),
        "of": _fill(_SAID["of"], {"k": str(len(able))}) if len(able) > 1 else "",
    }
    bound = max(float(row.number.area.bound) for row in (one, two))
    return _fill(_SAID["gap" if sure else "cannot"], values) + tail + binned_tail(bound, percent=True)


def gap_of(one: CrossRow, two: CrossRow, z: float) -> tuple[float, float, float]:
    """Difference of a pair of groups in its two directions, with limits."""
    change, lower, upper, _ = _auc.roc_difference(one.number.area, two.number.area, z)
    return float(change), float(lower), float(upper)


def _signed(value: float) -> str:
    return f"{fixed(100 * abs(value), 1)} {'fewer' if value < 0 else 'more'}"


def names_of(rows: Sequence[CrossRow]) -> list[list[Group]]:
    """The groups of each attribute, in the order of the table."""
    found: dict[tuple[bool, ...], list[Group]] = {}
    for row in rows:
        if row.kind == "within":
            found.setdefault(tuple(level == ALL for level in row.positives), []).append(row.positives)
    return list(found.values())


def told_bound(row: ScoreRow) -> str:
    """Say the bound of binned scores beside a number; nothing where it is 0 or unknown."""
    return f"±{_rounded_up(row.bound)} bins" if not math.isnan(row.bound) and row.bound > 0 else ""
