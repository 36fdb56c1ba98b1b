"""Sentences about ratios: how many times as often something happens, and how many times as often it does not."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from .._html import fixed
from .._spec import Spec
from ..stats import koopman, normal_quantile
from ..stats._bootstrap import percentile_interval
from ._row import PairRow, informed
from ._sentence import TEXTS, Comparison, _fill, _harm, _left_out, nearness, words_of
from ._write import written

_TEXTS = {
    "rate": "{group} {persons}{among} {event} {r} times as often as {reference} ({low} to {high}; n={n} and {m}){opposite}{harm}.",
    "opposite": " and {turned} {r} times as often ({low} to {high})",
    "no_opposite": "; how often they {turned} has no ratio",
    "rate_cannot": "Cannot tell: {group} {persons}{among} {event} {r} times as often as {reference} (n={n} and {m}), which lies between {low} and {high}"
    "{opposite}{of}.",
    "opposite_cannot": ", and {turned} {r} times as often, which lies between {low} and {high}",
    "scored": "{label}: {group} {persons} {x}, {reference} {y}: {r} times as much ({low} to {high}; n={n} and {m}){harm}.",
    "scored_cannot": "Cannot tell: {label} of {group} {persons} is {x}, of {reference} {y}: {r} times as much (n={n} and {m}), which lies between"
    " {low} and {high}{of}.",
}


def compare_ratios(
    pairs: Sequence[PairRow], comparisons: Sequence[Comparison], spec: Spec, confidence: float, *, within: str = ""
) -> str:
    """Say the ratio furthest from 1 that the data support, beside the ratio of the opposite rates; or that they cannot tell.

    A ratio is supported if its interval excludes 1 at the Bonferroni level of all comparisons that have a number. That of the opposite rates is then
    supported too: both intervals are those ratios that a test of one rate for both groups does not reject.
    """
    able = [(pair, one) for pair, one in zip(pairs, comparisons, strict=True) if pair.status == "ok"]
    tail = _left_out(comparisons)
    if not able:
        return within + TEXTS["nothing"] + tail
    strict = normal_quantile(confidence, len(able))
    sure = [(pair, one) for pair, one in able if _excludes_one(limits_at(pair, strict))]
    if sure:
        pair, one = max(sure, key=lambda both: _distance(both[0].change))
        told: tuple[tuple[float, float], ...] = ((pair.lower, pair.upper),)
        if pair.opposite is not None:
            told = (*told, (pair.opposite.lower, pair.opposite.upper))
    else:
        pair, one = max(able, key=lambda both: nearness(both[1].difference, both[1].interval(strict)))
        told = (limits_at(pair, strict), limits_at(pair, strict, opposite=True))
    return within + _said(pair, one, told, spec, len(able), is_supported=bool(sure)) + tail


def limits_at(pair: PairRow, z: float, *, opposite: bool = False) -> tuple[float, float]:
    """Limits of a ratio at a normal quantile, by the method that gave the pair its own."""
    if pair.draws is not None:
        values: Any = pair.draws if not opposite else _turned(pair)
        lower, upper, _ = percentile_interval(values, 1 - math.erfc(z / math.sqrt(2)))
        return float(lower), float(upper)
    one, base = informed(pair.row), informed(pair.base if pair.rest is None else pair.rest)
    if opposite:
        one, base = (one[1] - one[0], one[1]), (base[1] - base[0], base[1])
    if pair.rest is None:
        lower, upper = koopman(*one, *base, z)
        return float(lower), float(upper)
    share = pair.row.denominator / pair.base.denominator  # to everybody from that to the rest, as the table has it
    if one[0] == 0:
        most = float(koopman(*one, *base, z)[1])
        return 0.0, most / (share * most + 1 - share)
    lower, upper = koopman(*base, *one, z)
    return 1 / (share + (1 - share) * float(upper)), 1 / (share + (1 - share) * float(lower))


def _turned(pair: PairRow) -> Any:
    """Resampled ratios of the opposite rates."""
    with np.errstate(divide="ignore", invalid="ignore"):
        return (1 - np.asarray(pair.row.draws)) / (1 - np.asarray(pair.base.draws))


def turned(event: str) -> str:
    """Say that something does not happen: "are hired" becomes "are not hired", and back.

    Examples
    --------
    >>> turned("are not hired"), turned("get the decision that their label says")
    ('are hired', 'do not get the decision that their label says')
    """
    if event.startswith("are not "):
        return f"are {event.removeprefix('are not ')}"
    return f"are not {event.removeprefix('are ')}" if event.startswith("are ") else f"do not {event}"


def _distance(ratio: float) -> float:
    return abs(math.log(ratio)) if ratio > 0 else math.inf


def _excludes_one(limits: tuple[float, float]) -> bool:
    return limits[0] > 1 or limits[1] < 1


def _said(
    pair: PairRow, one: Comparison, limits: Sequence[tuple[float, float]], spec: Spec, k: int, *, is_supported: bool
) -> str:
    words = words_of(spec, pair.row.metric)
    values = {
        **words,
        "turned": turned(words["event"]),
        "group": one.group,
        "reference": one.reference,
        "label": pair.row.metric.label,
        "x": written(pair.row.metric, pair.row.value),
        "y": written(pair.row.metric, pair.base.value),
        "n": f"{pair.row.n:,}",
        "m": f"{pair.base.n:,}",
        "harm": _harm(one, spec),
        "of": _fill(TEXTS["of"], {"k": str(k)}) if k > 1 else "",
    }
    last = "" if is_supported else "_cannot"
    other = pair.opposite
    if other is not None:
        able = other.status == "ok" and not math.isnan(other.change)
        values["opposite"] = _fill(_TEXTS[f"opposite{last}" if able else "no_opposite"], {**values, **_numbers(other.change, limits[1])})
    else:
        values["opposite"] = ""
    name = "rate" if pair.row.metric.event else "scored"
    return _fill(_TEXTS[name + last], {**values, **_numbers(pair.change, limits[0])})


def _numbers(ratio: float, limits: tuple[float, float]) -> dict[str, str]:
    named = zip(("r", "low", "high"), (ratio, *limits), strict=True)
    return {name: "–" if math.isnan(value) else fixed(value, 2) for name, value in named}
