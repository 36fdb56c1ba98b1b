"""by_group and difference for metrics of scores: one row per group, and each group against a reference."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from functools import cache
from statistics import NormalDist
from typing import TYPE_CHECKING, Any

import numpy as np

from .._levels import Level
from .._spec import Spec
from ..exceptions import BadValue, LevelNotFound, OneGroup, OutOfRange, RoleNeeded, listed
from ..metrics import GroupRow, PairRow
from ..metrics._disparity import NAMED, _check_word
from ..metrics._sentence import label_of
from ..stats import _auc, normal_quantile
from ._ids import ScoreMetric, ScoreMetrics, chosen_scores
from ._numbers import DRAWN, ScoreRow, binned_reason, measure, replicates
from ._scored import Scored, parts_of, read_scored, widened

if TYPE_CHECKING:
    from .._ask import Reference
    from .._measure import By, Measured

_SHARES = 4000
REASONS = {
    "undefined_reference": "the reference has no value",
    "small_reference": "few people in the reference",
    "suppressed_reference": "the reference is suppressed",
    "after_looking": "the reference was chosen after looking",
    "no_best": "no group has enough people to be the best",
}


def score_numbers(measured: Measured, by: By, metrics: ScoreMetrics, confidence: float) -> list[ScoreRow]:
    """One full row per group and metric, attribute by attribute."""
    z, rows = normal_quantile(check_confidence(confidence)), []
    for columns in parts_of(measured, by):
        groups, _ = read_scored(measured, columns)
        for metric in chosen_scores(metrics, measured.spec):
            found = [measure(one, metric, z, measured.spec) for one in groups]
            rows += [replace(row, group=widened(measured, row.group, columns, by)) for row in found]
    return rows


def score_rows(measured: Measured, by: By, metrics: ScoreMetrics, confidence: float = 0.95) -> list[GroupRow]:
    """The rows of `by_group` for metrics of scores; `n` counts people with a label."""
    return [as_group_row(row) for row in score_numbers(measured, by, metrics, confidence)]


def score_overall(measured: Measured, metrics: ScoreMetrics, confidence: float = 0.95) -> list[GroupRow]:
    """The rows of `overall` for metrics of scores."""
    z = normal_quantile(check_confidence(confidence))
    _, whole = read_scored(measured, ())
    one = whole or hidden_whole(measured)
    return [as_group_row(measure(one, metric, z, measured.spec)) for metric in chosen_scores(metrics, measured.spec)]


def hidden_whole(measured: Measured) -> Scored:
    """Everybody, where everybody must not be shown."""
    steps = np.asarray(measured.tables.steps, float)
    nothing = np.zeros((3, len(steps)))
    return Scored((), nothing, nothing, nothing, nothing, nothing, steps, hidden=True)


def score_pairs(
    measured: Measured, by: By, metrics: ScoreMetrics, reference: Reference, confidence: float = 0.95
) -> list[PairRow]:
    """Each group against a reference, the reference's own row left out.

    Areas under ROC curves are compared by DeLong's standard errors; average precision, Brier score and Brier skill by a bootstrap within each
    of the two groups; calibration in the large, intercept and slope by their standard errors; the calibration error by the limits of both groups.
    """
    z, pairs = normal_quantile(check_confidence(confidence)), []
    if isinstance(reference, str) and reference == "overall" and not any(g == ("overall",) for _, v in measured._views(by) for g in v.groups):
        raise BadValue(
            "`reference` is 'overall', for a metric of scores.",
            "How scores rank or keep their word among everybody is no mean of the groups, and the group is part of everybody.",
            hint="reference='rest' compares with everybody else",
            role="reference",
            value=reference,
        )
    for columns, view in measured._compared(by, reference):
        groups, whole = read_scored(measured, columns)
        if len(groups) < 2:
            raise _one_group(columns, groups)
        _check_word(view, reference)
        for metric in chosen_scores(metrics, measured.spec):
            found = _against(groups, whole or hidden_whole(measured), metric, reference, columns, z, measured.spec)
            pairs += [replace(pair, row=replace(pair.row, group=widened(measured, pair.row.group, columns, by))) for pair in found]
    return pairs


def check_confidence(confidence: Any) -> float:
    """Refuse what is no confidence."""
    if isinstance(confidence, bool) or not isinstance(confidence, int | float) or not 0 < confidence < 1:
        raise OutOfRange(
            f"`confidence` is {confidence!r}.", "It must be between 0 and 1.", hint="confidence=0.95", role="confidence", value=confidence
        )  # fmt: skip
    return confidence


def _one_group(columns: tuple[str, ...], groups: Sequence[Scored]) -> OneGroup:
    name = label_of(groups[0].group) if groups else "no group"
    return OneGroup(
        f"A comparison was asked for by {', '.join(columns)}.",
        f"There is one group only: {name}.",
        hint="fl.measure_scores(audit) shows its numbers; compare by another column",
        role="by",
        value=columns,
    )


def _against(
    groups: Sequence[Scored],
    whole: Scored,
    metric: ScoreMetric,
    reference: Reference,
    columns: tuple[str, ...],
    z: float,
    spec: Spec,
) -> list[PairRow]:
    rows = [measure(one, metric, z, spec) for one in groups]
    if reference == "rest":
        hidden = any(one.hidden for one in groups)
        rests = [replace(whole.without(one, "rest"), hidden=hidden or whole.hidden) for one in groups]
        return [
            pair_of(row, measure(rest, metric, z, spec), "rest", z, one, rest) for row, one, rest in zip(rows, groups, rests, strict=True)
        ]
    at = _base(rows, metric, reference, columns)
    if at is None:
        nobody = replace(rows[0], group=("best",), value=math.nan, n=None, status="undefined", reason=REASONS["no_best"])
        return [replace(pair_of(row, nobody, "best", z, one, one), reason=REASONS["no_best"]) for row, one in zip(rows, groups, strict=True)]
    told = REASONS["after_looking"] if reference == "best" else ""
    pairs = [
        pair_of(row, rows[at], rows[at].group, z, one, groups[at]) for i, (row, one) in enumerate(zip(rows, groups, strict=True)) if i != at
    ]
    return [replace(pair, reason=pair.reason or told) for pair in pairs]


def _base(rows: Sequence[ScoreRow], metric: ScoreMetric, reference: Reference, columns: tuple[str, ...]) -> int | None:
    """The place of the reference among the rows; None where no group can be the best."""
    if reference == "best":
        return _best(rows, metric)
    if reference == "largest":
        return largest_of(rows)
    wanted = reference if isinstance(reference, tuple) else (reference,)
    for i, row in enumerate(rows):
        if row.group == wanted:
            return i
    have = [label_of(row.group) for row in rows]
    raise LevelNotFound(
        f"`reference` is {reference!r}, which is not a group of {', '.join(columns)}.",
        f"There are: {listed(have)}; and {listed(NAMED)}.",
        hint=f"reference={(rows[0].group[0] if len(columns) == 1 else rows[0].group)!r}",
        role="reference",
        value=reference,
    )


def largest_of(rows: Sequence[ScoreRow]) -> int:
    """The place of the group with most people."""
    return max(range(len(rows)), key=lambda i: (rows[i].people or 0, -i))


def reference_of(rows: Sequence[ScoreRow]) -> int:
    """The place of the group that a sentence compares with: the largest of those with enough people, or the largest."""
    able = [i for i, row in enumerate(rows) if row.status == "ok"]
    return max(able, key=lambda i: (rows[i].people or 0, -i)) if able else largest_of(rows)


def _best(rows: Sequence[ScoreRow], metric: ScoreMetric) -> int | None:
    if metric.better not in ("high", "low"):
        raise RoleNeeded(
            f"`reference='best'` was asked for {metric.name!r}.",
            f"It is best near {metric.better}, on both sides.",
            hint="reference='largest', or the level to compare with",
            role="reference",
            value="best",
        )
    sign = 1 if metric.better == "high" else -1
    able = [i for i, row in enumerate(rows) if row.status == "ok"]
    return max(able, key=lambda i: sign * rows[i].value) if able else None


def pair_of(row: ScoreRow, base: ScoreRow, reference: str | tuple[Level, ...], z: float, one: Scored, two: Scored) -> PairRow:
    """One group against another, of which the people are different ones."""
    status, reason = _status(row, base)
    rows = as_group_row(row), as_group_row(base)
    if status in ("undefined", "suppressed"):
        return PairRow(*rows, reference, math.nan, math.nan, math.nan, status, reason)
    change, lower, upper, p = _difference(row, base, z, one, two)
    told = reason or binned_reason(max(float(row.area.bound), float(base.area.bound)))
    draws = _spread(change, lower, upper, z)
    held = replace(rows[1], draws=np.full(len(draws), base.value))  # a sentence takes the difference of both rows' draws
    return PairRow(replace(rows[0], draws=base.value + draws), held, reference, change, lower, upper, status, told, p, draws=draws)


def _spread(change: float, lower: float, upper: float, z: float) -> Any:
    """Differences whose percentiles are the limits: of each side's half of a normal distribution, for limits of other confidences."""
    quantiles = _quantiles() / z
    return change + np.where(quantiles < 0, change - lower, upper - change) * quantiles


@cache
def _quantiles() -> Any:
    shares = np.clip(np.arange(_SHARES + 1) / _SHARES, 1e-6, 1 - 1e-6)
    return np.array([NormalDist().inv_cdf(float(share)) for share in shares])


def _status(row: ScoreRow, base: ScoreRow) -> tuple[Any, str]:
    if row.status in ("suppressed", "undefined"):
        return row.status, row.reason
    if base.status in ("suppressed", "undefined"):
        return base.status, REASONS[f"{base.status}_reference"]
    if row.status == "small":
        return "small", row.reason
    return ("small", REASONS["small_reference"]) if base.status == "small" else ("ok", "")


def _difference(row: ScoreRow, base: ScoreRow, z: float, one: Scored, two: Scored) -> tuple[float, float, float, float]:
    if row.metric.name in DRAWN:
        return _bootstrapped(row, base, z, one, two)
    change, lower, upper, p = (float(number) for number in _auc.roc_difference(row.area, base.area, z))
    if row.metric.name == "roc_auc":
        return change, lower, upper, p
    error = math.hypot(row.error, base.error)
    if error > 0 and row.error > 0 and base.error > 0:  # not held within -1 and 1, which an intercept need not be
        return change, change - z * error, change + z * error, math.erfc(abs(change) / error / math.sqrt(2))
    low, high = _auc.hybrid(change, row.area, base.area)
    return change, float(low), float(high), math.nan


def _bootstrapped(row: ScoreRow, base: ScoreRow, z: float, one: Scored, two: Scored) -> tuple[float, float, float, float]:
    """Differences of tables drawn again in both groups; where all are alike, from the limits of both."""
    change = row.value - base.value
    drawn = replicates(one, row.metric) - replicates(two, base.metric, role=1)
    drawn = drawn[~np.isnan(drawn)]
    lower, upper = _auc.percentiles(drawn, z)
    if not upper - lower > 1e-12:
        low, high = _auc.hybrid(change, row.area, base.area)
        return change, float(low), float(high), math.nan
    tail = 1 + min(int((drawn <= 0).sum()), int((drawn >= 0).sum()))
    return change, min(lower, change), max(upper, change), min(2 * tail / (len(drawn) + 1), 1.0)


def as_group_row(row: ScoreRow) -> GroupRow:
    """The row in the form that all answers about groups have; a mean has no numerator here."""
    nan = math.nan
    metric: Any = row.metric
    return GroupRow(
        row.group, metric, row.value, row.lower, row.upper, row.n, nan, nan, row.status, row.reason, row.people, row.effective  # type: ignore[arg-type]
    )  # fmt: skip
