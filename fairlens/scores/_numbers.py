"""Each metric of scores for one group: its value, interval, and what has to stand beside it."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from .._spec import Spec
from ..stats import _auc, _calibration
from ._ids import ScoreMetric
from ._scored import Floats, Group, Scored

BINS = 10
REASONS = {
    "nobody": "nobody has a label",
    "positives": "nobody with the event",
    "negatives": "nobody without the event",
    "small": "fewer than {least} people {who}",
    "suppressed": "fewer than {floor} people, or needed to hide such a group",
    "few": f"fewer than {_calibration.FEWEST_EVENTS} people with or without the event",
    "alike": "all scores are alike",
    "separated": "a score parts everybody with the event from everybody without",
    "binned": "scores are in bins: up to {bound} either way",
    "bins": "in {bins} bins of about equal size",
    "times": "{times} times what chance gives",
}


@dataclass(frozen=True, slots=True)
class ScoreRow:
    """One number of one group. `bound` is how far binning can have moved it; `beside` is what it has to be held against.

    `n` people have a label; NaN and None where there is no number to show. `error` is a standard error where there is one.
    """

    group: Group
    metric: ScoreMetric
    value: float = math.nan
    lower: float = math.nan
    upper: float = math.nan
    n: int | None = None
    n_positive: int | None = None
    n_negative: int | None = None
    bound: float = math.nan
    beside: float = math.nan
    beside_name: str = ""
    status: str = "ok"
    reason: str = ""
    people: int | None = None
    effective: float = math.nan
    error: float = math.nan

    @property
    def area(self) -> _auc.Area:
        """The row as an area under a ROC curve."""
        numbers = (self.value, self.error, self.lower, self.upper, 0.0 if math.isnan(self.bound) else self.bound)
        return _auc.Area(*(np.asarray(number, float) for number in numbers))


def measure(one: Scored, metric: ScoreMetric, z: float, spec: Spec) -> ScoreRow:
    """Measure one group; suppressed and undefined rows have a reason and no number."""
    if one.hidden:
        return ScoreRow(one.group, metric, status="suppressed", reason=REASONS["suppressed"].format(floor=spec.suppress_below))
    row = ScoreRow(
        one.group, metric, n=one.n, n_positive=one.n_positive, n_negative=one.n_negative, people=one.people, effective=one.effective
    )  # fmt: skip
    why = _undefined(one, metric)
    if why:
        return replace(row, status="undefined", reason=REASONS[why])
    row = _MEASURES[metric.name](row, one, z)
    if math.isnan(row.value):
        return replace(row, status="undefined")
    return _sized(row, one, spec.min_denominator)


def _undefined(one: Scored, metric: ScoreMetric) -> str:
    """Why a metric has no value for these people; empty where it has one."""
    if one.n == 0:
        return "nobody"
    needs = {"roc_auc": (True, True), "average_precision": (True, False), "brier_skill": (True, True)}
    positives, negatives = needs.get(metric.name, (False, False))
    lacking, full = one.weights[1].sum() <= 0, one.weights[0].sum() <= 0
    return "positives" if positives and lacking else "negatives" if negatives and full else ""


def _sized(row: ScoreRow, one: Scored, least: int) -> ScoreRow:
    """Mark what rests on few people: on few of either outcome where the metric ranks the two."""
    ranks = row.metric.name in ("roc_auc", "average_precision")
    known = float(one.known.min()) if ranks else row.effective
    if known >= least:
        return row
    reason = REASONS["small"].format(least=least, who="with or without the event" if ranks else "with a label")
    return replace(row, status="small", reason=f"{reason}; {row.reason}" if row.reason else reason)


def _roc_auc(row: ScoreRow, one: Scored, z: float) -> ScoreRow:
    found = _auc.ranked(one.weights[1], one.weights[0], one.squares[1], one.squares[0], z=z, mixed=one.mixed)
    return _from_area(row, found)


def _from_area(row: ScoreRow, found: _auc.Area) -> ScoreRow:
    value, error, lower, upper, bound = (float(number) for number in found)
    return replace(row, value=value, lower=lower, upper=upper, bound=bound, error=error, reason=binned_reason(bound))


def binned_reason(bound: float) -> str:
    """Say how far binning can have moved a number; nothing where it cannot."""
    return REASONS["binned"].format(bound=_rounded_up(bound)) if bound > 0 else ""


def _rounded_up(bound: float) -> str:
    return f"{math.ceil(bound * 10_000 - 1e-9) / 10_000:.4f}"


def _average_precision(row: ScoreRow, one: Scored, z: float) -> ScoreRow:
    value = float(_auc.average_precision(one.weights[1], one.weights[0]))
    lower, upper = _drawn(row, one, z, value)
    rate = float(_calibration.event_rate(one.weights[:2]))
    bound = float(_auc.average_precision_bound(one.weights[1], one.weights[0], one.mixed))
    told = [REASONS["times"].format(times=f"{value / rate:.2f}"), *([binned_reason(bound)] if bound > 0 else [])]
    return replace(row, value=value, lower=lower, upper=upper, bound=bound, beside=rate, beside_name="prevalence", reason="; ".join(told))


def _brier(row: ScoreRow, one: Scored, z: float) -> ScoreRow:
    value = float(_calibration.brier_score(*_tables(one)))
    rate = float(_calibration.event_rate(one.weights[:2]))
    lower, upper = _drawn(row, one, z, value)
    return replace(row, value=value, lower=lower, upper=upper, beside=rate * (1 - rate), beside_name="same_score_for_all")


def _skill(row: ScoreRow, one: Scored, z: float) -> ScoreRow:
    value = float(_calibration.brier_skill(*_tables(one)))
    rate = float(_calibration.event_rate(one.weights[:2]))
    lower, upper = _auc.percentiles(replicates(one, row.metric), z)
    if not upper - lower > 1e-12:
        low, high = _calibration.bounded_mean((1 - value) * rate * (1 - rate), row.effective, z)
        lower, upper = 1 - float(high) / (rate * (1 - rate)), 1 - float(low) / (rate * (1 - rate))
    return replace(row, value=value, lower=lower, upper=upper, beside=rate, beside_name="prevalence")


def _large(row: ScoreRow, one: Scored, z: float) -> ScoreRow:
    weights, scores, scores2 = _tables(one)
    value, ratio = (float(number) for number in _calibration.calibration_in_the_large(weights, scores))
    error = float(_calibration.large_error(value, _calibration.brier_score(weights, scores, scores2), row.effective))
    lower, upper = value - z * error, value + z * error
    if not error > 1e-9:
        lower, upper = (float(limit) for limit in _calibration.bounded_mean(value, row.effective, z, -1.0, 1.0))
    lower, upper = max(lower, -1.0), min(upper, 1.0)
    return replace(row, value=value, lower=lower, upper=upper, error=error, beside=ratio, beside_name="observed_expected_ratio")


def _line(row: ScoreRow, one: Scored, z: float) -> ScoreRow:
    line = _calibration.calibration_line(one.weights[:2], one.scores[:2], one.known)
    if line.why:
        return replace(row, reason=REASONS[line.why])
    slope = row.metric.name == "calibration_slope"
    value, error = (line.slope, line.slope_error) if slope else (line.intercept, line.intercept_error)
    ideal = 1.0 if slope else 0.0
    return replace(row, value=value, lower=value - z * error, upper=value + z * error, error=error, beside=ideal, beside_name="calibrated")


def _error(row: ScoreRow, one: Scored, z: float) -> ScoreRow:
    weights, scores, scores2 = _tables(one)
    bins = _calibration.equal_mass_bins(weights.sum(axis=0), BINS)
    value = float(_calibration.calibration_error(weights, scores, bins))
    null = float(_calibration.null_error(weights, scores, scores2, bins, row.effective))
    low, high = _calibration.error_limits(weights, scores, scores2, bins, z, row.effective)
    lower, upper = min(low, value), max(high, value)
    told = REASONS["bins"].format(bins=int(bins.max()) + 1)
    return replace(row, value=value, lower=lower, upper=upper, beside=null, beside_name="by_chance", reason=told)


_MEASURES: dict[str, Callable[[ScoreRow, Scored, float], ScoreRow]] = {
    "roc_auc": _roc_auc,
    "average_precision": _average_precision,
    "brier_score_loss": _brier,
    "brier_skill": _skill,
    "calibration_in_the_large": _large,
    "calibration_intercept": _line,
    "calibration_slope": _line,
    "expected_calibration_error": _error,
}
DRAWN = ("average_precision", "brier_score_loss", "brier_skill")
"""Metrics whose intervals come from a bootstrap over the cells of label and score step."""


def replicates(one: Scored, metric: ScoreMetric, role: int = 0) -> Floats:
    """Values of a metric in tables drawn again from one group's; weights and mean scores of cells stay as they are."""
    weights, scores, scores2 = _tables(one)
    drawn = _auc.resampled(weights, one.effective, role=role)
    if metric.name == "average_precision":
        return _auc.average_precision(drawn[:, 1], drawn[:, 0])
    each = np.maximum(weights, 1e-300)
    formula = _calibration.brier_skill if metric.name == "brier_skill" else _calibration.brier_score
    return formula(drawn, drawn * (scores / each), drawn * (scores2 / each))


def _drawn(row: ScoreRow, one: Scored, z: float, value: float) -> tuple[float, float]:
    """Percentile limits of a mean of numbers from 0 to 1; where all tables are alike, those that such a mean could have."""
    lower, upper = _auc.percentiles(replicates(one, row.metric), z)
    if not upper - lower > 1e-12:
        people = float(one.known[1]) if row.metric.name == "average_precision" else row.effective
        lower, upper = (float(limit) for limit in _calibration.bounded_mean(value, people, z))
    return min(lower, value), max(upper, value)


def _tables(one: Scored) -> tuple[Any, Any, Any]:
    return one.weights[:2], one.scores[:2], one.scores2[:2]
