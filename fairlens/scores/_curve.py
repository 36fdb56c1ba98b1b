"""curve: what happens at every threshold, or at every score, by group."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, get_args

import numpy as np

from .._html import Cell, fixed, number, table
from .._result import Query, Result
from .._spec import Spec
from .._thresholds import GroupThresholds
from ..exceptions import BadValue
from ..metrics import PairRow
from ..metrics._results import _count, _frame, _group_columns, note
from ..stats import _calibration, normal_quantile, wilson
from ._ids import SCORES, is_probability, not_probable
from ._numbers import BINS, REASONS, ScoreRow, measure
from ._rows import check_confidence, pair_of, reference_of
from ._scored import Floats, Group, Scored, check_measured, parts_of, read_scored, selected, widened
from ._worded import calibration_sentence, decision_sentence
from ._words import TEXTS, compare_scores

if TYPE_CHECKING:
    import pandas as pd

    from .._measure import By, Measured

Kind = Literal["roc", "calibration", "det", "threshold"]
KINDS: tuple[str, ...] = get_args(Kind)
RATES = ("selection_rate", "true_positive_rate", "false_positive_rate", "precision")
"""The rates of a sweep over thresholds."""
_ROC = (
    "threshold", "false_positive_rate", "false_positive_lower", "false_positive_upper", "true_positive_rate", "true_positive_lower",
    "true_positive_upper", "n_negative", "n_positive",
)  # fmt: skip
_COLUMNS: dict[str, tuple[str, ...]] = {
    "roc": _ROC,
    "det": tuple(name.replace("true_positive", "false_negative") for name in _ROC),
    "calibration": ("bin", "mean_score", "observed_rate", "lower", "upper", "n"),
    "threshold": ("threshold", "metric", "value", "lower", "upper", "n"),
}
_COUNTS = ("n", "n_negative", "n_positive", "bin")


@dataclass(frozen=True, slots=True)
class Curve:
    """The curve of one group: columns of equal length, a number that sums it up, and where the audit decides now.

    `summary` is the area under the curve, or the calibration error. `now` has the false positive rate and the true positive rate of the
    decision as it is; None without one.
    """

    group: Group
    points: Mapping[str, tuple[Any, ...]]
    summary: ScoreRow | None
    now: tuple[float, float] | None
    status: str = "ok"
    reason: str = ""
    people: int | None = None


@dataclass(frozen=True, repr=False)
class CurveTable(Result):
    """Curves by group. `threshold` is where the audit decides now, where that is one number."""

    kind: str
    attributes: tuple[str, ...]
    curves: tuple[Curve, ...]
    said: str
    spec: Spec
    confidence: float
    threshold: float | None = None
    setting: str = ""
    query: Query | None = field(default=None, compare=False)

    def to_frame(self) -> pd.DataFrame:
        """Give one row per point: the grouping columns, those of the kind of curve, status and reason.

        A group without a curve has one row, with its reason.
        """
        groups: list[Group] = []
        columns: dict[str, list[Any]] = {name: [] for name in (*_COLUMNS[self.kind], "status", "reason")}
        for curve in self.curves:
            length = len(next(iter(curve.points.values()))) if curve.points else 1
            groups += [curve.group] * length
            for name in _COLUMNS[self.kind]:
                columns[name] += curve.points.get(name, [None if name in (*_COUNTS, "metric") else math.nan])
            columns["status"] += curve.points.get("status", [curve.status] * length)
            columns["reason"] += curve.points.get("reason", [curve.reason] * length)
        return _whole(_frame({**_group_columns(self.attributes, groups), **columns}))

    @property
    def sentence(self) -> str:
        """What the curves say of the groups, in one sentence."""
        return self.published().said

    @property
    def left_out(self) -> tuple[Curve, ...]:
        """The groups without a curve."""
        return tuple(curve for curve in self.curves if not curve.points)

    def html(self) -> str:
        """Give the published curves as an HTML table, one row per point."""
        answer = self.published()
        names = _COLUMNS[answer.kind]
        lines: list[list[object]] = []
        frame = answer.to_frame()
        for row in frame.astype(object).where(frame.notna(), None).itertuples(index=False):
            groups, cells = row[: len(answer.attributes)], row[len(answer.attributes) : -2]
            shown = [_cell(name, cell) for name, cell in zip(names, cells, strict=True)]
            lines.append([*map(str, groups), *shown, note(row[-2], row[-1])])
        headers = [*answer.attributes, *(name.replace("_", " ") for name in names), "note"]
        return table(headers, lines, len(answer.attributes))


def _cell(name: str, value: Any) -> object:
    if isinstance(value, str):
        return value
    if value is None:
        return "–"
    if name in _COUNTS:
        return Cell(_count(int(value)), int(value))
    text = "above all" if math.isinf(value) else number(value) if name == "threshold" else fixed(value, 3)
    return Cell(text, None if math.isinf(value) else float(value))


def _whole(frame: pd.DataFrame) -> pd.DataFrame:
    for name in _COUNTS:
        if name in frame.columns:
            frame[name] = frame[name].astype("Int64" if frame[name].isna().any() else "int64")
    return frame


def curve(audit: Measured, kind: Kind, by: By = None, confidence: float = 0.95) -> CurveTable:
    """Give a curve per group, each point with Wilson's interval.

    Parameters
    ----------
    audit
        An audit with scores; with labels too, but for selection rates of a "threshold" sweep.
    kind
        "roc": true against false positive rate at every threshold. "det": false negative against false positive rate.
        "calibration": observed rate against mean score in ten bins of about equal size (fewer for fewer than a hundred people, so that
        each holds ten; bins with fewer people than `min_denominator` are suppressed). "threshold": selection rate, true and false
        positive rate and precision at every threshold.
    by
        A group column, a list of columns to cross, or None for each sensitive feature by itself.
    confidence
        Between 0 and 1; the intervals are pointwise.

    Returns
    -------
    CurveTable

    Raises
    ------
    BadValue
        If the kind is not known, or calibration is asked of scores that are no probabilities.
    RoleNeeded
        If scores or labels are needed and not there.

    Examples
    --------
    >>> import fairlens as fl
    >>> from fairlens.scores import curve
    >>> audit = fl.audit(y_true=[0, 0, 1, 1] * 10, y_score=[1, 3, 2, 4] * 10, threshold=3, sensitive_features={"sex": ["f"] * 40})
    >>> curve(audit, "roc").to_frame()[["threshold", "false_positive_rate", "true_positive_rate"]].values.tolist()
    [[inf, 0.0, 0.0], [4.0, 0.0, 0.5], [3.0, 0.5, 0.5], [2.0, 0.5, 1.0], [1.0, 1.0, 1.0]]
    """
    check_measured(audit, "curve")
    if kind not in KINDS:
        raise BadValue(
            f"`kind` is {kind!r}.", f"There are: {', '.join(KINDS)}.", hint='audit.curve("roc")', role="kind", value=kind
        )  # fmt: skip
    z = normal_quantile(check_confidence(confidence))
    labels = kind != "threshold" or audit.tables.has_y_true
    found: list[Curve] = []
    pairs: list[PairRow] = []
    for columns in parts_of(audit, by):
        groups, _ = read_scored(audit, columns, labels=labels)
        if kind == "calibration" and not is_probability(audit.spec):
            raise not_probable("A calibration curve", audit.spec)
        made = [_curve(kind, one, z, audit.spec, labels=labels) for one in groups]
        made = [_placed(audit, columns, i, one) for i, one in enumerate(made)] if kind in ("roc", "det") else made
        pairs += _pairs(made, groups, z) if kind == "roc" else []
        found += [_widened(audit, one, columns, by) for one in made]
    cut = audit.threshold if not isinstance(audit.threshold, GroupThresholds) else None
    query = None if audit.is_published else Query(audit, curve, {"kind": kind, "by": by, "confidence": confidence})
    said = _say(audit, kind, by, found, pairs, confidence)
    return CurveTable(kind, audit._attributes(by), tuple(found), said, audit.spec, confidence, cut, audit.setting, query)


def _widened(audit: Measured, one: Curve, columns: tuple[str, ...], by: By) -> Curve:
    return Curve(widened(audit, one.group, columns, by), one.points, one.summary, one.now, one.status, one.reason, one.people)


def _curve(kind: str, one: Scored, z: float, spec: Spec, *, labels: bool) -> Curve:
    if one.hidden:
        return Curve(one.group, {}, None, None, "suppressed", REASONS["suppressed"].format(floor=spec.suppress_below))
    summary = None
    if kind != "threshold":
        summary = measure(one, SCORES["expected_calibration_error" if kind == "calibration" else "roc_auc"], z, spec)
        if summary.status == "undefined":
            return Curve(one.group, {}, summary, None, "undefined", summary.reason, one.people)
    points = _POINTS[kind](one, z, spec.min_denominator, labels)
    status, reason = ("ok", "") if summary is None or summary.status != "small" else ("small", summary.reason)
    return Curve(one.group, {name: tuple(values) for name, values in points.items()}, summary, None, status, reason, one.people)


def _rates(one: Scored, z: float, name: str, label: int, *, taken: bool) -> dict[str, list[Any]]:
    """Share of one label that is selected (or not) at each threshold, from above all scores to the lowest, with limits."""
    kept = one.weights[:2].sum(axis=0) > 0
    above = np.concatenate([[0.0], np.cumsum(one.weights[label, kept][::-1])])
    total, known = float(above[-1]), float(one.known[label])
    share = above / total if taken else 1 - above / total
    lower, upper = wilson(np.clip(share, 0, 1) * known, known, z)
    return {name: share.tolist(), name.replace("_rate", "_lower"): lower.tolist(), name.replace("_rate", "_upper"): upper.tolist()}


def _thresholds(one: Scored) -> list[float]:
    kept = one.weights[:2].sum(axis=0) > 0
    return [math.inf, *one.steps[kept][::-1].tolist()]


def _roc(one: Scored, z: float, least: int, labels: bool, *, missed: bool = False) -> dict[str, list[Any]]:
    second = "false_negative_rate" if missed else "true_positive_rate"
    thresholds = _thresholds(one)
    points = {"threshold": thresholds, **_rates(one, z, "false_positive_rate", 0, taken=True)}
    points |= _rates(one, z, second, 1, taken=not missed)
    return points | {"n_negative": [one.n_negative] * len(thresholds), "n_positive": [one.n_positive] * len(thresholds)}


def _det(one: Scored, z: float, least: int, labels: bool) -> dict[str, list[Any]]:
    return _roc(one, z, least, labels, missed=True)


def _calibration_points(one: Scored, z: float, least: int, labels: bool) -> dict[str, list[Any]]:
    weights, scores, counts = one.weights[:2], one.scores[:2], one.counts[:2]
    count = max(min(BINS, one.n // max(least, 10)), 1)
    bins = _calibration.equal_mass_bins(weights.sum(axis=0), count)
    mass, expected, people, squares = (
        _calibration.binned(values.sum(axis=0), bins) for values in (weights, scores, counts, one.squares[:2])
    )
    events = _calibration.binned(weights[1], bins)
    known = np.divide(mass**2, squares, out=np.zeros(len(mass)), where=squares > 0)
    with np.errstate(invalid="ignore", divide="ignore"):
        mean, rate = expected / mass, events / mass
        lower, upper = wilson(rate * known, known, z)
    few = people < least
    shown = {"mean_score": mean, "observed_rate": rate, "lower": lower, "upper": upper}
    points: dict[str, list[Any]] = {"bin": list(range(1, len(mass) + 1))}
    points |= {name: np.where(few, np.nan, values).tolist() for name, values in shown.items()}
    points["n"] = [None if hide else round(float(n)) for n, hide in zip(people, few, strict=True)]
    points["status"] = ["suppressed" if hide else "ok" for hide in few]
    points["reason"] = [f"fewer than {least} people in the bin" if hide else "" for hide in few]
    return points


def _sweep(one: Scored, z: float, least: int, labels: bool) -> dict[str, list[Any]]:
    """The rates at every threshold, one rate after the other."""
    points: dict[str, list[Any]] = {name: [] for name in (*_COLUMNS["threshold"], "status", "reason")}
    for metric in RATES if labels else RATES[:1]:
        for name, values in _swept(one, metric, z, least).items():
            points[name] += values
    return points


def _swept(one: Scored, metric: str, z: float, least: int) -> dict[str, list[Any]]:
    weights, squares, counts = (_above(values) for values in (one.weights, one.squares, one.counts))
    fold = _FOLDS[metric]
    top, bottom, mass2, people = fold(weights)[0], fold(weights)[1], fold(squares)[1], fold(counts)[1]
    known = np.divide(bottom**2, mass2, out=np.zeros(len(bottom)), where=mass2 > 0)
    with np.errstate(invalid="ignore", divide="ignore"):
        value = np.where(bottom > 0, top / bottom, np.nan)
        lower, upper = wilson(np.clip(value, 0, 1) * known, known, z)
    weak = ["undefined" if not total > 0 else "small" if n < least else "ok" for total, n in zip(bottom, people, strict=True)]
    told = {"undefined": "nobody in the denominator", "small": f"fewer than {least} people in the denominator", "ok": ""}
    return {
        "threshold": one.steps.tolist(), "metric": [metric] * len(value), "value": value.tolist(), "lower": lower.tolist(),
        "upper": upper.tolist(), "n": [round(float(n)) for n in people], "status": weak, "reason": [told[status] for status in weak],
    }  # fmt: skip


def _above(values: Floats) -> tuple[Floats, Floats]:
    """People at or above each step by label, and all of them at every step."""
    above = np.cumsum(values[:, ::-1], axis=1)[:, ::-1]
    return above, np.broadcast_to(values.sum(axis=1, keepdims=True), above.shape)


_Fold = Callable[[tuple[Floats, Floats]], tuple[Floats, Floats]]
_FOLDS: dict[str, _Fold] = {
    "selection_rate": lambda found: (found[0].sum(axis=0), found[1].sum(axis=0)),
    "true_positive_rate": lambda found: (found[0][1], found[1][1]),
    "false_positive_rate": lambda found: (found[0][0], found[1][0]),
    "precision": lambda found: (found[0][1], found[0][:2].sum(axis=0)),
}
_POINTS: dict[str, Callable[[Scored, float, int, bool], dict[str, list[Any]]]] = {
    "roc": _roc,
    "det": _det,
    "calibration": _calibration_points,
    "threshold": _sweep,
}


def _placed(audit: Measured, columns: tuple[str, ...], i: int, one: Curve) -> Curve:
    """Add where the audit decides now."""
    if not one.points or (audit.threshold is None and not audit.tables.decided):
        return one
    cells = np.asarray(audit._view(columns).weights[i], float)
    negatives, positives = cells[0] + cells[1], cells[2] + cells[3]
    if not (negatives > 0 and positives > 0):
        return one
    now = (float(cells[1] / negatives), float(cells[3] / positives))
    return Curve(one.group, one.points, one.summary, now, one.status, one.reason, one.people)


def _pairs(made: list[Curve], groups: list[Scored], z: float) -> list[PairRow]:
    rows = [one.summary or ScoreRow(one.group, SCORES["roc_auc"], status=one.status, reason=one.reason) for one in made]
    if len(rows) < 2:
        return []
    at = reference_of(rows)
    return [pair_of(rows[i], rows[at], rows[at].group, z, groups[i], groups[at]) for i in range(len(rows)) if i != at]


def _say(audit: Measured, kind: str, by: By, found: list[Curve], pairs: list[PairRow], confidence: float) -> str:
    if kind == "calibration":
        return calibration_sentence(found, audit.spec, confidence, selected(audit))
    if kind == "roc":
        return compare_scores(pairs, audit.spec, confidence, within=selected(audit)) if pairs else selected(audit) + TEXTS["alone"]
    return decision_sentence(audit, ("selection_rate",) if kind == "threshold" else ("false_positive_rate", "false_negative_rate"), by, confidence)
