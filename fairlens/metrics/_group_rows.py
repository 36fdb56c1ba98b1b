"""by_group: from a view of counts to one row per group. Knows no rows of people and no audit."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from .._tables import View
from ..stats import normal_quantile, wilson
from ..stats._bootstrap import cell_draws, cluster_draws, percentile_interval, weighted_draws
from ._formula import Formula, Measure
from ._metric import Metric
from ._results import Group, GroupRow, Status

REASONS = {
    "undefined": "nobody in the denominator",
    "small": "fewer than {least} people in the denominator",
    "suppressed": "fewer than {floor} people, or needed to hide such a group",
    "undefined_reference": "the reference has no rate",
    "zero_reference": "the reference's rate is 0",
    "small_reference": "fewer than {least} people in the reference's denominator",
    "suppressed_reference": "the reference is suppressed",
    "after_looking": "the reference was chosen after looking",
    "alone": "nobody else is in the denominator",
    "no_best": "no group has enough people to be the best",
}
NOT_A_NUMBER = "the metric gives no number for these people"
LOST = "undefined in {share} % of the resampled tables, so the interval is not reliable"
SCORE_LIMITS = "no variation in the resampled tables; Wilson's interval"
NO_LIMITS = "no variation in the resampled tables, so there is no interval"
DRAWS = 2_000
_SEED = 20_240
_MOST_LOST = 0.05
Interval = Literal["score", "miettinen_nurminen", "bootstrap"]


@dataclass(frozen=True, slots=True)
class Limits:
    """What a row needs besides counts: confidence, the least number of people, the floor of suppression, and the kind of interval."""

    confidence: float
    least: int
    floor: int
    interval: Interval = "score"

    @property
    def z(self) -> float:
        """The normal quantile of the confidence."""
        return normal_quantile(self.confidence)


def rates(
    view: View, metric: Measure, confidence: float, least: int, floor: int, interval: Interval = "score"
) -> list[GroupRow]:
    """One row per group of the view."""
    limits = Limits(confidence, least, floor, interval)
    if isinstance(metric, Formula) or interval == "bootstrap":
        return _resampled(view, metric, limits)
    return [_rate_row(view, i, metric, limits) for i in range(len(view.groups))]


def whole(
    view: View, metric: Measure, confidence: float, least: int, floor: int, interval: Interval = "score"
) -> GroupRow:
    """The row of everybody in the view."""
    limits = Limits(confidence, least, floor, interval)
    return rates(_everybody(view), metric, limits.confidence, least, floor, interval)[0]


def rest_of(view: View, i: int, metric: Metric, limits: Limits) -> GroupRow:
    """The row of everybody but one group; `view.total` must be shown."""
    assert view.total is not None
    assert view.total_weights is not None
    assert view.total_squares is not None
    sums = {
        "n": view.total - view.counts[i],
        "w": view.total_weights - view.weights[i],
        "w2": view.total_squares - view.squares[i],
    }
    return _rated(("rest",), metric, sums, _effective(view, metric, sums, i, rest=True), limits)


def _everybody(view: View) -> View:
    """The same view with one group, which is everybody."""
    hidden = view.total is None
    nobody = np.zeros(6, view.counts.dtype)
    sums = [nobody if one is None else one for one in (view.total, view.total_weights, view.total_squares)]
    n, w, w2 = (one[None] for one in sums)
    same = view.is_weighted
    clusters = None
    if view.clusters is not None:
        from dataclasses import replace

        clusters = replace(view.clusters, group=np.zeros_like(view.clusters.group))
    return View((), (("overall",),), n, w if same else n, w2 if same else n, np.array([hidden]), sums[0], sums[1], sums[2], clusters)


def _rate_row(view: View, i: int, metric: Measure, limits: Limits) -> GroupRow:
    assert isinstance(metric, Metric)
    if view.suppressed[i]:
        return suppressed_row(view.groups[i], metric, limits)
    sums = {"n": view.counts[i], "w": view.weights[i], "w2": view.squares[i]}
    if metric.of_all:
        return _share_row(view, i, metric, limits)
    return _rated(view.groups[i], metric, sums, _effective(view, metric, sums, i), limits)


def _share_row(view: View, i: int, metric: Metric, limits: Limits) -> GroupRow:
    """A share of everybody's denominator: the numerator of one group among all people who could be in it."""
    if view.total is None or view.total_weights is None or view.total_squares is None:
        return suppressed_row(view.groups[i], metric, limits)
    below = np.asarray(metric.denominator)
    bottom, squares = float(below @ view.total_weights), float(below @ view.total_squares)
    top, n = float(np.asarray(metric.numerator) @ view.weights[i]), round(float(below @ view.total))
    effective = bottom**2 / squares if squares > 0 else 0.0
    if view.clusters is not None:
        effective = min(effective, float(len(np.unique(view.clusters.cluster))))
    return _finish(view.groups[i], metric, top, bottom, n, effective, round(float(view.counts[i].sum())), limits)


def suppressed_row(group: Group, metric: Measure, limits: Limits) -> GroupRow:
    """A row without any number."""
    nan = math.nan
    reason = REASONS["suppressed"].format(floor=limits.floor)
    return GroupRow(group, metric, nan, nan, nan, None, nan, nan, "suppressed", reason, None)


def _effective(view: View, metric: Metric, sums: Mapping[str, Any], i: int | None, *, rest: bool = False) -> float:
    """Kish's number for weights, and for clusters the number of independent people who would tell as much."""
    below = np.asarray(metric.denominator)
    if view.clusters is not None:
        top = np.asarray(metric.numerator, float)
        return view.clusters.effective(top, below.astype(float), i, rest=rest)
    if not view.is_weighted:
        return float(below @ sums["n"])
    squares = float(below @ sums["w2"])
    return float(below @ sums["w"]) ** 2 / squares if squares > 0 else 0.0


def _rated(group: Group, metric: Metric, sums: Mapping[str, Any], effective: float, limits: Limits) -> GroupRow:
    plain = sums["w"] is sums["n"] or np.issubdtype(np.asarray(sums["w"]).dtype, np.integer)
    number: Any = int if plain else float
    top, bottom = (number(np.dot(weights, sums["w"])) for weights in (metric.numerator, metric.denominator))
    n, people = round(float(np.dot(metric.denominator, sums["n"]))), round(float(sums["n"].sum()))
    return _finish(group, metric, top, bottom, n, effective, people, limits)


def _finish(
    group: Group, metric: Metric, top: float, bottom: float, n: int, effective: float, people: int, limits: Limits
) -> GroupRow:
    nan = math.nan
    if bottom <= 0:
        return GroupRow(group, metric, nan, nan, nan, n, top, bottom, "undefined", REASONS["undefined"], people, 0.0)
    value = min(top / bottom, 1.0)
    lower, upper = wilson(value * effective if effective != bottom else top, effective, limits.z)
    status, reason = _size(min(n, effective), limits)
    return GroupRow(group, metric, value, float(lower), float(upper), n, top, bottom, status, reason, people, effective)


def _size(n: float, limits: Limits) -> tuple[Status, str]:
    if n >= limits.least:
        return "ok", ""
    return "small", REASONS["small"].format(least=limits.least)


def _resampled(view: View, metric: Measure, limits: Limits) -> list[GroupRow]:
    """Rows whose intervals come from a bootstrap: over cells, over weighted sums, or over whole clusters."""
    drawn = draws_of(view, metric.draws if isinstance(metric, Formula) else DRAWS)
    rows = []
    for i, group in enumerate(view.groups):
        if view.suppressed[i]:
            rows.append(suppressed_row(group, metric, limits))
            continue
        values = evaluate(metric, drawn[:, i])
        rows.append(resampled_row(view, i, metric, values, limits))
    return rows


def draws_of(view: View, draws: int = DRAWS) -> Any:
    """Resample the counts of a view, (draws, groups, 6); always the same for the same view."""
    rng = np.random.default_rng(_SEED)
    if view.clusters is not None:
        found, tables = view.clusters.tables(len(view.groups))
        return cluster_draws(tables, draws, rng) if len(found) else np.zeros((draws, len(view.groups), 6))
    if view.is_weighted:
        return weighted_draws(view.weights, view.squares, draws, rng)
    return cell_draws(view.counts, draws, rng)


def evaluate(metric: Measure, counts: Any) -> Any:
    """Evaluate a metric on counts of shape (..., 6); NaN where it is undefined."""
    if isinstance(metric, Formula):
        return metric.evaluate(np.asarray(counts, float))
    top, bottom = counts @ np.asarray(metric.numerator, float), counts @ np.asarray(metric.denominator, float)
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(bottom > 0, top / bottom, np.nan)


def resampled_row(view: View, i: int, metric: Measure, values: Any, limits: Limits) -> GroupRow:
    cells = np.asarray(metric.counted if isinstance(metric, Formula) else metric.denominator)
    group, people = view.groups[i], round(float(view.counts[i].sum()))
    n = round(float(cells @ view.counts[i]))
    bottom, squares = float(cells @ view.weights[i]), float(cells @ view.squares[i])
    effective = bottom**2 / squares if squares > 0 else 0.0
    if isinstance(metric, Metric) and bottom > 0:
        effective = _effective(view, metric, {"n": view.counts[i], "w": view.weights[i], "w2": view.squares[i]}, i)
    value = float(evaluate(metric, view.weights[i][None].astype(float))[0])
    top = math.nan if isinstance(metric, Formula) else value * bottom
    if not math.isfinite(value):
        reason = REASONS["undefined"] if bottom == 0 else NOT_A_NUMBER
        return GroupRow(group, metric, math.nan, math.nan, math.nan, n, math.nan, bottom, "undefined", reason, people, effective)
    low, high, lost = (float(one) for one in percentile_interval(values, limits.confidence))
    status, reason = _size(min(n, effective), limits)
    if high - low <= 1e-12 or math.isnan(low):
        low, high, reason = _fallback(metric, value, effective, limits, reason)
    elif lost > _MOST_LOST:
        reason = LOST.format(share=round(100 * lost))
    return GroupRow(group, metric, value, low, high, n, top, bottom, status, reason, people, effective, values)


def _fallback(metric: Measure, value: float, effective: float, limits: Limits, reason: str) -> tuple[float, float, str]:
    """A bootstrap of people who are all alike has no width, and that is not certainty."""
    proportion = not isinstance(metric, Formula) or (metric.least, metric.most) == (0.0, 1.0)
    if not proportion:
        return math.nan, math.nan, reason or NO_LIMITS
    low, high = wilson(value * effective, effective, limits.z)
    return float(low), float(high), reason or SCORE_LIMITS
