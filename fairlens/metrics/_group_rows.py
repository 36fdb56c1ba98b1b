"""by_group: from a view of counts to one row per group. Knows no rows of people and no audit."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np

from .._tables import View
from ..stats import normal_quantile, wilson
from ..stats._bootstrap import cell_draws, cluster_draws, percentile_interval, weighted_draws
from ..texts import texts_of
from ._formula import Formula, Measure
from ._metric import Metric
from ._results import Group, GroupRow, Status

REASONS = texts_of()["reasons"]
_RESAMPLED = texts_of()["intervals"]
NOT_A_NUMBER = _RESAMPLED["not_a_number"]
LOST = _RESAMPLED["lost"]
SCORE_LIMITS = _RESAMPLED["score_limits"]
SMOOTH_LIMITS = _RESAMPLED["smooth_limits"]
CONSTANT = _RESAMPLED["constant"]
WEIGHTLESS = REASONS["weightless"]
DRAWS = 2_000
_SEED, _ROUNDING, _NO_WIDTH = 20_240, 1e-12, 1e-12
MOST_LOST = 0.05
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
    if isinstance(metric, Formula):
        return resampled(view, metric, draws_of(view, metric.draws), limits)
    if interval != "bootstrap":
        return _scored(view, metric, limits)
    return resampled(view, metric, _share_draws(view) if metric.of_all else draws_of(view), limits)


def whole(
    view: View, metric: Measure, confidence: float, least: int, floor: int, interval: Interval = "score"
) -> GroupRow:
    """The row of everybody in the view."""
    return rates(_everybody(view), metric, confidence, least, floor, interval)[0]


def rests_of(view: View, metric: Metric, limits: Limits) -> list[GroupRow]:
    """For each group the row of everybody else; `view.total` must be shown."""
    assert view.total is not None
    assert view.total_weights is not None
    assert view.total_squares is not None
    n, w, w2 = (
        _left(total, part) for total, part in ((view.total, view.counts), (view.total_weights, view.weights), (view.total_squares, view.squares))
    )
    effective = _kish(metric, w, w2)
    if view.clusters is not None:
        vectors = (np.asarray(metric.numerator, float), np.asarray(metric.denominator, float))
        effective = np.array([view.clusters.together(i).effective(*vectors, 1)[0] for i in range(len(view.groups))])
    return _rated([("rest",)] * len(view.groups), metric, n, w, effective, limits)


def _left(total: Any, part: Any) -> Any:
    """What a part leaves of the total; what is only the rounding error of a sum is nobody."""
    left = total - part
    return np.where(left > _ROUNDING * total, left, np.zeros_like(left))


def _everybody(view: View) -> View:
    """The same view with one group, which is everybody."""
    hidden = view.total is None
    nobody = np.zeros(6, view.counts.dtype)
    sums = [nobody if one is None else one for one in (view.total, view.total_weights, view.total_squares)]
    n, w, w2 = (one[None] for one in sums)
    same = view.is_weighted
    clusters = None if view.clusters is None else view.clusters.together()
    return View((), (("overall",),), n, w if same else n, w2 if same else n, np.array([hidden]), sums[0], sums[1], sums[2], clusters)


def _scored(view: View, metric: Metric, limits: Limits) -> list[GroupRow]:
    """Rows with score intervals."""
    if metric.of_all:
        return _shares(view, metric, limits)
    rows = _rated(view.groups, metric, view.counts, view.weights, _effective(view, metric), limits)
    return _blanked(view, rows, limits)


def _blanked(view: View, rows: list[GroupRow], limits: Limits) -> list[GroupRow]:
    return [suppressed_row(row.group, row.metric, limits) if hidden else row for row, hidden in zip(rows, view.suppressed, strict=True)]


def _shares(view: View, metric: Metric, limits: Limits) -> list[GroupRow]:
    """Shares of everybody's denominator: the numerator of one group among all people who could be in it."""
    if view.total is None or view.total_weights is None or view.total_squares is None:
        return [suppressed_row(group, metric, limits) for group in view.groups]
    top, below = np.asarray(metric.numerator), np.asarray(metric.denominator)
    size = len(view.groups)
    effective = np.full(size, _kish(metric, view.total_weights[None], view.total_squares[None])[0])
    if view.clusters is not None:
        vectors = (np.array([*[0.0] * 6, *top]), np.array([*below, *below], float))
        effective = np.array([view.clusters.marked(i).effective(*vectors, 1)[0] for i in range(size)])
    bottom, n = np.full(size, below @ view.total_weights), np.full(size, np.rint(below @ view.total))
    rows = _finish(view.groups, metric, view.weights @ top, bottom, n, effective, np.rint(view.people), limits)
    return _blanked(view, rows, limits)


def suppressed_row(group: Group, metric: Measure, limits: Limits) -> GroupRow:
    """A row without any number."""
    nan = math.nan
    reason = REASONS["suppressed"].format(floor=limits.floor)
    return GroupRow(group, metric, nan, nan, nan, None, nan, nan, "suppressed", reason, None)


def _effective(view: View, metric: Metric) -> Any:
    """Kish's number for weights, and for clusters the number of independent people who would tell as much."""
    if view.clusters is not None:
        return view.clusters.effective(np.asarray(metric.numerator, float), np.asarray(metric.denominator, float), len(view.groups))
    return _kish(metric, view.weights, view.squares)


def _kish(metric: Measure, weights: Any, squares: Any) -> Any:
    """(sum of weights)^2 / sum of squared weights of the people in a denominator; their number where all weigh the same.

    L. Kish, Survey Sampling (1965), 11.7.
    """
    below = np.asarray(metric.counted if isinstance(metric, Formula) else metric.denominator)
    bottom, noise = weights @ below, np.asarray(squares @ below, float)
    if np.issubdtype(np.asarray(weights).dtype, np.integer):
        return bottom.astype(float)
    found = bottom**2 / np.where(noise > 0, noise, np.inf)
    return np.where(np.abs(found - np.rint(found)) < _ROUNDING * found, np.rint(found), found)


def _people(counts: Any) -> Any:
    """Whole people where they count in fractions; halves to the even number, whatever the order of the sum, as in the browser."""
    return np.rint(np.round(counts, 6))


def _rated(groups: Sequence[Group], metric: Metric, counts: Any, weights: Any, effective: Any, limits: Limits) -> list[GroupRow]:
    top, bottom = (weights @ np.asarray(vector) for vector in (metric.numerator, metric.denominator))
    n, people = _people(counts @ np.asarray(metric.denominator)), _people(counts.sum(axis=1))
    return _finish(groups, metric, top, bottom, n, effective, people, limits)


def _finish(
    groups: Sequence[Group], metric: Metric, top: Any, bottom: Any, n: Any, effective: Any, people: Any, limits: Limits
) -> list[GroupRow]:
    """Rows with Wilson's intervals, all at once."""
    with np.errstate(divide="ignore", invalid="ignore"):
        values = np.minimum(top / bottom, 1.0)
        lower, upper = wilson(np.where(effective == bottom, top, values * effective), effective, limits.z)
    columns = (values, lower, upper, n.astype(np.int64), top, bottom, people.astype(np.int64), effective)
    rows = []
    for group, value, low, high, size, x, below, everybody, worth in zip(groups, *(column.tolist() for column in columns), strict=True):
        if below <= 0:
            nan, reason = math.nan, WEIGHTLESS if size else REASONS["undefined"]
            rows.append(GroupRow(group, metric, nan, nan, nan, size, x, below, "undefined", reason, everybody, 0.0))
        else:
            rows.append(GroupRow(group, metric, value, low, high, size, x, below, *_size(size, worth, limits), everybody, worth))
    return rows


def _size(n: float, effective: float, limits: Limits) -> tuple[Status, str]:
    if min(n, effective) >= limits.least:
        return "ok", ""
    return "small", REASONS["small" if n < limits.least else "weak"].format(least=limits.least)


def resampled(view: View, metric: Measure, drawn: Any, limits: Limits) -> list[GroupRow]:
    """Rows whose intervals come from resampled counts, (draws, groups, 6): of cells, of weighted sums, or of whole clusters."""
    rows = _formula_rows(view, metric, limits) if isinstance(metric, Formula) else _scored(view, metric, limits)
    chances = _chances(view)
    everybody = drawn.sum(axis=1) if isinstance(metric, Metric) and metric.of_all else None
    found = []
    for i, row in enumerate(rows):
        if row.status in ("suppressed", "undefined"):
            found.append(row)
            continue
        values = evaluate(metric, drawn[:, i], everybody)
        found.append(_with_limits(row, values, view.weights[i], chances[i], limits))
    return found


def draws_of(view: View, draws: int = DRAWS) -> Any:
    """Resample the counts of a view, (draws, groups, 6).

    Always the same for the same people: what is drawn for a group depends on its own counts, not on how it is called, on the order of the
    groups, or on which others are shown; of groups with the very same counts each is drawn for itself. Clusters are drawn for all groups
    that are shown together, in an order of their counts.
    """
    if view.clusters is not None:
        return _clusters_drawn(view, draws)
    scale = _common_weight(view)
    drawn = np.zeros((draws, len(view.groups), 6))
    for i, rng in enumerate(_chances(view)):
        if scale is None:
            drawn[:, i] = weighted_draws(view.weights[i], view.squares[i], draws, rng)
        else:
            drawn[:, i] = cell_draws(view.counts[i][None], draws, rng)[:, 0] * scale
    return drawn


def _clusters_drawn(view: View, draws: int) -> Any:
    """Resample whole clusters, seen from the groups that are shown: what is hidden must not move what is drawn for the others."""
    assert view.clusters is not None
    tables = view.clusters.tables(len(view.groups))
    shown = np.flatnonzero(~view.suppressed)
    shown = shown[np.lexsort(np.array([tables[:, i].sum(axis=0) for i in shown]).reshape(len(shown), -1).T)] if len(shown) else shown
    kept = tables[:, shown].reshape(len(tables), -1)
    kept = kept[kept.any(axis=1)]
    kept = kept[np.lexsort(kept.T)] if kept.size else kept
    out = np.zeros((draws, len(view.groups), 6))
    if kept.size:
        out[:, shown] = cluster_draws(kept.reshape(len(kept), len(shown), 6), draws, np.random.default_rng(_SEED))
    return out


def _share_draws(view: View) -> Any:
    """Resample the counts of a view over all groups together, those that are not shown in a last place."""
    if view.clusters is not None or view.total is None:
        return draws_of(view)
    pairs = ((view.counts, view.total), (view.weights, view.total_weights), (view.squares, view.total_squares))
    n, w, w2 = (np.concatenate([part, _left(total, part.sum(axis=0))[None]]) for part, total in pairs)
    rng = np.random.default_rng(_SEED)
    if _common_weight(view) is None:
        return weighted_draws(w, w2, DRAWS, rng)
    return cell_draws(n.reshape(1, -1), DRAWS, rng).reshape(DRAWS, *n.shape)


def _common_weight(view: View) -> float | None:
    """The weight that all people have; None where they differ."""
    if not view.is_weighted or not view.counts.any():
        return 1.0
    weight = float(view.weights.sum() / view.counts.sum())
    same = (np.allclose(sums, weight**k * view.counts, rtol=1e-9, atol=0) for k, sums in ((1, view.weights), (2, view.squares)))
    return weight if all(same) else None


def _chances(view: View) -> list[np.random.Generator]:
    """A source of chance per group, made from its counts; groups of the same counts get different ones, and so do groups and the rest."""
    content = [np.round(np.asarray(counts, float), 6).tobytes() for counts in view.counts]
    found: list[np.random.Generator | None] = [None] * len(content)
    seen: dict[bytes, int] = {}
    for i in sorted(range(len(content)), key=lambda i: (content[i], view.weights[i].tolist())):
        seen[content[i]] = seen.get(content[i], -1) + 1
        found[i] = np.random.default_rng([_SEED, seen[content[i]], len(view.by), *np.frombuffer(content[i], np.uint32)])
    return [one for one in found if one is not None]


def evaluate(metric: Measure, counts: Any, everybody: Any = None) -> Any:
    """Evaluate a metric on counts of shape (..., 6); NaN where it is undefined. The denominator is that of `everybody`, where given."""
    if isinstance(metric, Formula):
        return metric.evaluate(np.asarray(counts, float))
    below = counts if everybody is None else everybody
    top, bottom = counts @ np.asarray(metric.numerator, float), below @ np.asarray(metric.denominator, float)
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(bottom > 0, top / bottom, np.nan)


def _formula_rows(view: View, metric: Formula, limits: Limits) -> list[GroupRow]:
    """Rows with the value of a formula and no limits yet."""
    values = evaluate(metric, view.weights)
    below = np.asarray(metric.counted)
    n, bottom, people = (np.rint(view.counts @ below), view.weights @ below, np.rint(view.people))
    effective = _kish(metric, view.weights, view.squares)
    if view.clusters is not None:
        effective = view.clusters.effective(np.zeros(6), below.astype(float), len(view.groups))
    rows, nan = [], math.nan
    for i, group in enumerate(view.groups):
        size, worth, value = int(n[i]), float(effective[i]), float(values[i])
        if math.isfinite(value):
            smallest = min(metric.smallest(view.counts[i]), size)
            state = _size(smallest, min(worth, smallest * worth / size) if size else 0.0, limits)
        else:
            nobody = WEIGHTLESS if size and not bottom[i] else REASONS["undefined"]
            state = "undefined", NOT_A_NUMBER if metric.smallest(view.weights[i]) > 0 else nobody
            value, worth = nan, 0.0
        rows.append(GroupRow(group, metric, value, nan, nan, size, nan, float(bottom[i]), *state, int(people[i]), worth))
    return _blanked(view, rows, limits)


def _with_limits(row: GroupRow, values: Any, weights: Any, rng: np.random.Generator, limits: Limits) -> GroupRow:
    """Give a row the percentiles of its resampled values."""
    low, high, lost = (float(one) for one in percentile_interval(values, limits.confidence))
    if lost > MOST_LOST:
        row = replace(row, reason=joined(row.reason, LOST.format(share=round(100 * lost))))
    if high - low > _NO_WIDTH:
        return replace(row, lower=min(low, row.value), upper=max(high, row.value), draws=values)
    if isinstance(row.metric, Metric):  # a bootstrap of people who are all alike has no width, and that is not certainty
        return replace(row, reason=joined(row.reason, SCORE_LIMITS), draws=values)
    values = _smoothed(row, weights, rng)
    low, high, _ = (float(one) for one in percentile_interval(values, limits.confidence))
    if not high - low > _NO_WIDTH:  # it depends on how many people there are and on nothing else
        nan = math.nan
        return replace(row, value=nan, lower=nan, upper=nan, status="undefined", reason=CONSTANT, effective=0.0)
    return replace(row, lower=min(low, row.value), upper=max(high, row.value), reason=joined(row.reason, SMOOTH_LIMITS), draws=values)


def _smoothed(row: GroupRow, weights: Any, rng: np.random.Generator) -> Any:
    """Values of a formula at shares of the four labelled cells drawn from their distribution given the counts and Jeffreys' prior."""
    assert isinstance(row.metric, Formula)
    seen = np.asarray(weights[:4], float)
    shares = rng.dirichlet(seen / seen.sum() * max(row.effective, 1.0) + 0.5, row.metric.draws)
    return evaluate(row.metric, np.concatenate([shares * seen.sum(), np.zeros((len(shares), 2))], axis=1))


def joined(*reasons: str) -> str:
    """Several reasons as one."""
    return "; ".join(dict.fromkeys(reason for reason in reasons if reason))
