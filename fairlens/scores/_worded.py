"""Sentences of curves: where scores miss what happens, and how groups differ at the decision as it is."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from .._html import fixed
from .._slice import Slice
from .._spec import Spec
from ..metrics import Metric, get
from ..metrics._results import comparisons
from ..metrics._sentence import TEXTS as COMMON
from ..metrics._sentence import _fill, _left, compare, label_of
from ..stats import normal_quantile, wilson
from ._words import TEXTS

if TYPE_CHECKING:
    from .._measure import By, Measured
    from ._curve import Curve

_TEXTS = {
    "missed": "Of 100 {group} {persons} with a mean score of {score}, {x} are {truth} ({low} to {high}, n={n}): {d} {than} their scores say.",
    "cannot": "Cannot tell that scores miss: the largest distance is at a mean score of {score} of {group} {persons}, of 100 of whom {x} are"
    " {truth} ({low} to {high}, n={n}){of}.",
    "of": ", allowing for {k} bins",
}


def calibration_sentence(curves: Sequence[Curve], spec: Spec, confidence: float, within: str) -> str:
    """Say where the observed rate is furthest from the score, if that is more than chance among all bins of all groups."""
    left = _left([f"{label_of(one.group)} ({one.status})" for one in curves if one.status != "ok"])
    bins = [(one, i) for one in curves if one.status == "ok" for i, n in enumerate(one.points["n"]) if n is not None]
    if not bins:
        return within + COMMON["nothing"] + left
    strict, plain = normal_quantile(confidence, len(bins)), normal_quantile(confidence)

    def gap(place: tuple[Curve, int]) -> float:
        points = place[0].points
        return float(points["observed_rate"][place[1]] - points["mean_score"][place[1]])

    def supported(place: tuple[Curve, int]) -> bool:
        one, i = place
        lower, upper = _rewidened(one, i, strict, plain)
        return not lower <= one.points["mean_score"][i] <= upper

    sure = [place for place in bins if supported(place)]
    one, i = top = max(sure or bins, key=lambda place: abs(gap(place)))
    lower, upper = (one.points["lower"][i], one.points["upper"][i]) if sure else _rewidened(one, i, strict, plain)
    values = {
        "group": label_of(one.group),
        "persons": spec.word("persons"),
        "truth": spec.word("truth"),
        "score": fixed(one.points["mean_score"][i], 2),
        "x": fixed(100 * one.points["observed_rate"][i], 0),
        "low": fixed(100 * lower, 0),
        "high": fixed(100 * upper, 0),
        "n": f"{one.points['n'][i]:,}",
        "d": fixed(100 * abs(gap(top)), 0),
        "than": "more than" if gap(top) > 0 else "fewer than",
        "of": _fill(_TEXTS["of"], {"k": str(len(bins))}) if len(bins) > 1 else "",
    }
    return within + _fill(_TEXTS["missed" if sure else "cannot"], values) + left


def _rewidened(one: Curve, i: int, strict: float, plain: float) -> tuple[float, float]:
    """Wilson's limits at the level of all bins; the number of people is read back from the limits that are there."""
    points = one.points
    rate, lower, upper = (float(points[name][i]) for name in ("observed_rate", "lower", "upper"))
    people = _people_of(rate, upper - lower, plain, float(points["n"][i]))
    found = wilson(rate * people, people, strict)
    return float(found[0]), float(found[1])


def _people_of(rate: float, width: float, z: float, most: float) -> float:
    """Number of people whose interval has this width: fewer than n where people have weights.

    With u one over the number, ``width (1 + z^2 u) = 2 z sqrt(p q u + z^2 u^2 / 4)``; its square has one positive root.
    """
    square = z * z
    a, b, c = square * square * (width * width - 1), 2 * square * (width * width - 2 * rate * (1 - rate)), width * width
    root = math.sqrt(b * b - 4 * a * c)
    u = (b + root) / (-2 * a) if b > 0 else 2 * c / (root - b)
    return min(max(1 / u, 0.5), most)


def decision_sentence(audit: Measured, names: Sequence[str | Metric], by: By, confidence: float) -> str:
    """Say the largest difference between groups at the decision as it is, in some rates."""
    if audit.threshold is None and not audit.tables.decided:
        return "No threshold is set, so there is no decision to compare groups at."
    pairs: list[Any] = []
    for columns, view in audit._views(by):
        if len(view.groups) > 1:
            pairs += audit.difference([get(name) for name in names], by=by if isinstance(by, Slice) else list(columns), confidence=confidence).rows
    if not pairs:
        return audit.within + TEXTS["alone"]
    return compare(comparisons(pairs), audit.spec, confidence, within=audit.within)
