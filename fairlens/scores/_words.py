"""Sentences about scores: the largest difference that the data support, or that they cannot tell."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from typing import Any

from .._html import fixed
from .._spec import Spec
from ..metrics import PairRow
from ..metrics._sentence import TEXTS as COMMON
from ..metrics._sentence import _fill, _left, label_of, lowered, nearness
from ..stats import normal_quantile
from ._numbers import ScoreRow

TEXTS = {
    "ranked": "Of 100 pairs of {group} {persons}, one {truth} and one not, the score ranks {x} rightly, of {reference} {y}: {d} ({low} to {high}).",
    "ranked_cannot": "Cannot tell: of 100 pairs of {group} {persons}, one {truth} and one not, the score ranks {x} rightly, of {reference} {y};"
    " the difference lies between {low} and {high}{of}.",
    "other": "{label}: {group} {x}, {reference} {y}: {d} ({low} to {high}).",
    "other_cannot": "Cannot tell: {label} {x} for {group}, {y} for {reference}; the difference lies between {low} and {high}{of}.",
    "alone": "There is one group only, so there is nothing to compare.",
    "unlabelled": " People without a label are left out: {k} of {n}.",
    "binned": " Scores are in bins, which can have moved each of these numbers by up to {bound}.",
    "unlabelled_some": " People without a label are left out.",
}


def compare_scores(pairs: Sequence[PairRow], spec: Spec, confidence: float, *, within: str = "") -> str:
    """Say the largest supported difference of a metric of scores, or that the data cannot tell of the one that is nearest to being supported.

    A difference is supported if its interval, widened to the Bonferroni level of all comparisons with a number, excludes 0.
    """
    able = [pair for pair in pairs if pair.status == "ok"]
    tail = _left([f"{label_of(pair.row.group)} ({pair.status})" for pair in pairs if pair.status != "ok"])
    if not able:
        return within + COMMON["nothing"] + tail
    factor = normal_quantile(confidence, len(able)) / normal_quantile(confidence)
    supported = [pair for pair in able if excludes_zero(widened(pair, factor))]
    if supported:
        top = max(supported, key=lambda pair: abs(pair.change))
    else:
        top = max(able, key=lambda pair: nearness(pair.change, (pair.lower, pair.upper)))
    limits = (top.lower, top.upper) if supported else widened(top, factor)
    text = _said(top, limits, spec, len(able), is_supported=bool(supported))
    return within + text + tail + _binned(top)


def _binned(pair: PairRow) -> str:
    """Say how far binning can have moved the two numbers; it stands in the reason of the pair."""
    found = re.search(r"in bins: up to ([0-9.]+) either way", pair.reason)
    metric: Any = pair.row.metric
    return binned_tail(float(found[1]), percent=metric.name == "roc_auc") if found else ""


def binned_tail(bound: float, *, percent: bool) -> str:
    """The sentence about bins; nothing where they moved nothing."""
    shown = f"{math.ceil(1000 * bound - 1e-6) / 10:.1f}" if percent else f"{bound:.3f}"
    return _fill(TEXTS["binned"], {"bound": shown}) if bound > 0 else ""


def widened(pair: PairRow, factor: float) -> tuple[float, float]:
    """Limits moved away from the difference by a factor: those of a higher confidence."""
    return pair.change - factor * (pair.change - pair.lower), pair.change + factor * (pair.upper - pair.change)


def excludes_zero(limits: tuple[float, float]) -> bool:
    """Whether both limits are on one side of 0."""
    return limits[0] > 0 or limits[1] < 0


def _said(pair: PairRow, limits: tuple[float, float], spec: Spec, k: int, *, is_supported: bool) -> str:
    metric: Any = pair.row.metric
    ranks = metric.name == "roc_auc"
    reference = COMMON[pair.reference] if isinstance(pair.reference, str) else label_of(pair.reference)

    def write(value: float) -> str:
        return fixed(100 * value, 1) if ranks else fixed(value, 3)

    def signed(value: float) -> str:
        words = ("fewer", "more") if ranks else ("lower", "higher")
        return f"{write(abs(value))} {words[value >= 0]}"

    low, high = limits if pair.change >= 0 else (-limits[1], -limits[0])
    values = {
        "group": label_of(pair.row.group),
        "reference": reference,
        "persons": spec.word("persons"),
        "truth": spec.word("truth"),
        "label": metric.label if is_supported else lowered(metric.label),
        "x": f"{write(pair.row.value)} (n={pair.row.n:,})",
        "y": f"{write(pair.base.value)} (n={pair.base.n:,})",
        "d": signed(pair.change),
        "low": write(low) if is_supported else signed(limits[0]),
        "high": write(high) if is_supported else signed(limits[1]),
        "of": _fill(COMMON["of"], {"k": str(k)}) if k > 1 else "",
    }
    name = "ranked" if ranks else "other"
    return _fill(TEXTS[name if is_supported else f"{name}_cannot"], values)


def describe_scores(rows: Sequence[ScoreRow], within: str = "") -> str:
    """Say each group's number with its interval and n."""
    parts, left = [], []
    for row in rows:
        label = label_of(row.group) if row.group else "everybody"
        if row.value != row.value:
            left.append(f"{label} ({row.status})")
            continue
        weak = ", few people" if row.status == "small" else ""
        limits = f"{fixed(row.lower, 3)} to {fixed(row.upper, 3)}, n={row.n:,}{weak}"
        parts.append(f"{label} {row.metric.label[0].lower()}{row.metric.label[1:]} {fixed(row.value, 3)} ({limits})")
    return within + ("; ".join(parts) + "." if parts else COMMON["nothing"]) + _left(left)


def unlabelled_tail(unlabelled: int | None, people: int | None) -> str:
    """Say how many people have no label; nothing where everybody has one."""
    if unlabelled is None or people is None:
        return TEXTS["unlabelled_some"]
    return _fill(TEXTS["unlabelled"], {"k": f"{unlabelled:,}", "n": f"{people:,}"}) if unlabelled else ""
