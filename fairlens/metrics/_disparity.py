"""difference and ratio: from a view of counts to one row per group and its reference. Knows no rows of people and no audit."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from .._levels import Level
from .._tables import View
from ..exceptions import BadValue, LevelNotFound, OneGroup, RoleNeeded, listed
from ..stats import koopman, miettinen, mn_p, newcombe
from ..stats._bootstrap import percentile_interval
from ._formula import Formula, Measure
from ._group_rows import (
    DRAWS,
    LOST,
    MOST_LOST,
    REASONS,
    SCORE_LIMITS,
    Interval,
    Limits,
    draws_of,
    joined,
    rates,
    resampled,
    rests_of,
    whole,
)
from ._metric import Metric
from ._results import Group, GroupRow, Opposite, PairRow, Status, informed
from ._sentence import label_of

__all__ = ["NAMED", "REASONS", "Word", "need_favorable", "pairs", "rates", "whole"]


class Word(str):
    """A reference that is certainly one of our words, and not a level that is spelled like it."""

    __slots__ = ()


NAMED = ("largest", "best", "rest", "overall")
_MEANT = {
    "largest": "the group with most people",
    "best": "the group with the best rate",
    "rest": "everybody else",
    "overall": "everybody",
}
_ROUNDING = 1e-12
NEGATIVE = "a ratio of values that may be negative says nothing"
_WITH_ALL = "it depends on how large a group is, so that a difference or a ratio of it says nothing about how people are treated"


def pairs(
    view: View,
    metric: Measure,
    reference: Level | tuple[Level, ...],
    confidence: float,
    least: int,
    floor: int,
    *,
    favorable: bool | None,
    ratio: bool,
    interval: Interval = "score",
) -> list[PairRow]:
    """Each group against the reference, the reference's own row left out."""
    _check_comparable(metric)
    limits = Limits(confidence, least, floor, interval)
    found = _compare(view, metric, reference, limits, favorable, ratio)
    if not ratio or isinstance(metric, Formula) or found[0].reference == "best":
        return found  # there is no opposite, or nobody had enough people to be the best
    turned = _compare(view, metric.opposite, _settled(found, reference), limits, favorable, ratio)
    return [
        replace(pair, opposite=Opposite(other.change, other.lower, other.upper, other.status, other.reason))
        for pair, other in zip(found, turned, strict=True)
    ]


def _settled(found: Sequence[PairRow], reference: Level | tuple[Level, ...]) -> Level | tuple[Level, ...]:
    """The reference that was chosen, so that the opposite rates are compared with the same group."""
    first = found[0].reference
    return first if isinstance(first, tuple) else reference


def _compare(
    view: View, metric: Measure, reference: Level | tuple[Level, ...], limits: Limits, favorable: bool | None, ratio: bool
) -> list[PairRow]:
    confidence, least, floor, interval = limits.confidence, limits.least, limits.floor, limits.interval
    if len(view.groups) < 2:
        name = label_of(view.groups[0]) if view.groups else "no group"
        raise OneGroup(
            f"A comparison was asked for by {', '.join(view.by)}.",
            f"There is one group only: {name}.",
            hint=f"audit.by_group({metric.name!r}) shows its rate; compare by another column",
            role="by",
            value=view.by,
        )
    _check_word(view, reference)
    rows = rates(view, metric, confidence, least, floor, interval)
    if isinstance(reference, str) and reference in ("rest", "overall"):
        if isinstance(metric, Formula) or interval == "bootstrap":
            return _resampled_against_all(view, rows, metric, reference, limits, ratio)
        everybody = whole(view, metric, confidence, least, floor)
        return _against_all(view, rows, everybody, metric, reference, limits, ratio)
    base = _base(view, rows, metric, reference, favorable)
    if base is None:
        nobody = replace(rows[0], group=("best",), value=math.nan, n=None, status="undefined", reason=REASONS["no_best"])
        return [replace(pair, reason=REASONS["no_best"]) for pair in _against(rows, [nobody] * len(rows), "best", limits, ratio)]
    told = REASONS["after_looking"] if reference == "best" else ""  # and a test of what was chosen so would say too much
    others = [row for row in rows if row is not base]
    compared = _against(others, [base] * len(others), base.group, limits, ratio)
    return [replace(pair, reason=pair.reason or told, p_value=math.nan) for pair in compared] if told else compared


def _check_word(view: View, reference: Level | tuple[Level, ...]) -> None:
    """A word of ours that is also the name of a level has two meanings, and none is guessed."""
    if isinstance(reference, Word):
        return
    if isinstance(reference, str) and reference in NAMED and (reference,) in view.groups:
        raise BadValue(
            f"`reference` is {reference!r}, which is ambiguous: a level of {view.by[0]}, and a word for {_MEANT[reference]}.",
            f"To compare with {_MEANT[reference]}, give the level another name before the audit.",
            hint=f"reference=({reference!r},) for the level",
            role="reference",
            value=reference,
        )


def _base(
    view: View,
    rows: Sequence[GroupRow],
    metric: Measure,
    reference: Level | tuple[Level, ...],
    favorable: bool | None,
) -> GroupRow | None:
    if reference == "best":
        return _best(rows, metric, favorable)
    if reference == "largest":
        known = [row for row in rows if row.people is not None]
        return max(known, key=lambda row: row.people or 0) if known else rows[0]
    wanted = reference if isinstance(reference, tuple) else (reference,)
    for row in rows:
        if alike(row.group, wanted) or alike(tuple(level for level in row.group if level != "(all)"), wanted):
            return row
    have = [label_of(group) for group in view.groups]
    raise LevelNotFound(
        f"`reference` is {reference!r}, which is not a group of {', '.join(view.by)}.",
        f"There are: {listed(have)}; and {listed(NAMED)}.",
        hint=f"reference={(view.groups[0][0] if len(view.by) == 1 else view.groups[0])!r}",
        role="reference",
        value=reference,
    )


def _best(rows: Sequence[GroupRow], metric: Measure, favorable: bool | None) -> GroupRow | None:
    if metric.favorable is None:
        raise RoleNeeded(
            f"`reference='best'` was asked for {metric.name!r}.",
            "This rate does not say by itself what a person wants.",
            hint="reference='largest', or the level to compare with",
            role="reference",
            value="best",
        )
    if favorable is None:
        raise need_favorable("reference='best'")
    sign = 1 if favorable == (metric.favorable == "event") else -1
    able = [row for row in rows if row.status == "ok"]
    return max(able, key=lambda row: sign * row.value) if able else None


def alike(one: Sequence[Level], two: Sequence[Level]) -> bool:
    """Whether two groups have the same levels; 1 and True are two."""
    same = [a == b and isinstance(a, bool) == isinstance(b, bool) for a, b in zip(one, two, strict=False)]
    return len(one) == len(two) and all(same)


def need_favorable(what: str) -> RoleNeeded:
    """The error of a question that has a direction."""
    return RoleNeeded(
        f"{what} needs to know which decision a person wants, and `favorable` was not given.",
        "A high rate can be good news (hired) or bad news (flagged as fraud).",
        hint="fl.audit(..., favorable=1) if people want the predicted event, favorable=0 if they do not",
        role="favorable",
    )


def _check_comparable(metric: Measure) -> None:
    if isinstance(metric, Metric) and metric.of_all:
        raise BadValue(
            f"A comparison of {metric.name!r} was asked for.",
            f"It is a group's share of everybody selected: {_WITH_ALL}.",
            hint='audit.difference("selection_rate"), or audit.by_group("predicted_positive_share") to see it',
            role="metric",
            value=metric.name,
        )


def _against(
    rows: Sequence[GroupRow], bases: Sequence[GroupRow], reference: str | Group, limits: Limits, ratio: bool
) -> list[PairRow]:
    """Each row against its base, all intervals and p-values at once."""
    states = [_status(row, base, ratio, limits) for row, base in zip(rows, bases, strict=True)]
    able = [status not in ("undefined", "suppressed") for status, _ in states]
    sizes = _sizes([row for row, fits in zip(rows, able, strict=True) if fits], [base for base, fits in zip(bases, able, strict=True) if fits])
    nan = math.nan
    if isinstance(rows[0].metric, Formula):
        scored = iter([(nan, nan, nan)] * len(sizes[0]))
    else:
        low, high = _ratio(sizes, limits) if ratio else _difference(sizes, limits)
        scored = zip(low.tolist(), high.tolist(), mn_p(*sizes).tolist(), strict=True)
    found = []
    for row, base, state, fits in zip(rows, bases, states, able, strict=True):
        if not fits:
            found.append(PairRow(row, base, reference, nan, nan, nan, *state))
            continue
        change, (lower, upper, p) = row.value / base.value if ratio else row.value - base.value, next(scored)
        pair = PairRow(row, base, reference, change, lower, upper, *state, p)
        found.append(pair if row.draws is None or base.draws is None else _resampled_pair(pair, limits, ratio))
    return found


def _sizes(rows: Sequence[GroupRow], bases: Sequence[GroupRow]) -> Any:
    """Numerators and denominators of rows and of their bases, (4, rows)."""
    return np.array([(*informed(row), *informed(base)) for row, base in zip(rows, bases, strict=True)], float).reshape(-1, 4).T


def _difference(sizes: Any, limits: Limits) -> tuple[Any, Any]:
    """Limits of differences, by the method that was asked for."""
    x1, n1, x2, n2 = sizes
    return (miettinen if limits.interval == "miettinen_nurminen" else newcombe)(x1, n1, x2, n2, limits.z)


def _ratio(sizes: Any, limits: Limits) -> tuple[Any, Any]:
    x1, n1, x2, n2 = sizes
    return koopman(x1, n1, x2, n2, limits.z)


def _resampled_pair(pair: PairRow, limits: Limits, ratio: bool) -> PairRow:
    """A pair whose interval comes from the resampled values of both groups; the score interval stays where one of them does not vary."""
    one, two = np.asarray(pair.row.draws), np.asarray(pair.base.draws)
    if isinstance(pair.row.metric, Metric) and (_is_constant(one) or _is_constant(two)):
        return replace(pair, reason=joined(pair.reason, SCORE_LIMITS))
    with np.errstate(divide="ignore", invalid="ignore"):
        values = one / two if ratio else one - two
    low, high, lost = (float(one) for one in percentile_interval(values, limits.confidence))
    kept = values[np.isfinite(values)]
    neutral = 1.0 if ratio else 0.0
    side = min(int((kept <= neutral + _ROUNDING).sum()), int((kept >= neutral - _ROUNDING).sum()))
    p = min(1.0, 2 * (side + 1) / (len(kept) + 1))
    reason = joined(pair.reason, LOST.format(share=round(100 * lost)) if lost > MOST_LOST else "")
    limited = (min(low, pair.change), max(high, pair.change)) if len(kept) else (pair.change, pair.change)
    return replace(pair, lower=limited[0], upper=limited[1], reason=reason, p_value=p, draws=values)


def _is_constant(values: Any) -> bool:
    """Whether resampled values are all one number: that tells nothing about chance."""
    kept = values[np.isfinite(values)]
    return len(kept) == 0 or float(np.ptp(kept)) <= 1e-12


def _status(row: GroupRow, base: GroupRow, ratio: bool, limits: Limits) -> tuple[Status, str]:
    if row.status in ("suppressed", "undefined"):
        return row.status, row.reason
    if base.status in ("suppressed", "undefined"):
        return base.status, REASONS[f"{base.status}_reference"]
    if ratio and base.value == 0:
        return "undefined", REASONS["zero_reference"]
    if ratio and min(row.value, base.value) < 0:
        return "undefined", NEGATIVE
    if base.status == "small" and row.status == "ok":
        few = "small_reference" if base.n is not None and base.n < limits.least else "weak_reference"
        return "small", REASONS[few].format(least=limits.least)
    return row.status, row.reason


def _against_all(
    view: View, rows: Sequence[GroupRow], everybody: GroupRow, metric: Metric, reference: str, limits: Limits, ratio: bool
) -> list[PairRow]:
    """To the rest, or to everybody by scaling the limits to the rest with the group's share of the denominators."""
    blank = replace(everybody, status="suppressed", value=math.nan, lower=math.nan, upper=math.nan, n=None)
    if everybody.status == "suppressed" or (reference == "rest" and bool(view.suppressed.any())):
        return _against(rows, [blank] * len(rows), reference, limits, ratio)
    rests = [replace(rest, group=everybody.group) for rest in rests_of(view, metric, limits)]
    bases = rests if reference == "rest" else [everybody] * len(rows)
    bases = [blank if row.status == "suppressed" else base for row, base in zip(rows, bases, strict=True)]
    found = _against(rows, bases, reference, limits, ratio)
    if reference == "rest":
        return found
    able = []
    for i, (pair, rest) in enumerate(zip(found, rests, strict=True)):
        if pair.status in ("undefined", "suppressed"):
            continue
        if rest.denominator == 0:
            found[i] = _alone(pair)
        else:
            able.append(i)
    low, high, p = _to_overall([rows[i] for i in able], [rests[i] for i in able], everybody, limits, ratio)
    for i, lower, upper, value in zip(able, low.tolist(), high.tolist(), p.tolist(), strict=True):
        found[i] = replace(found[i], lower=lower, upper=upper, p_value=value, rest=rests[i])
    return found


def _to_overall(
    rows: Sequence[GroupRow], rests: Sequence[GroupRow], everybody: GroupRow, limits: Limits, ratio: bool
) -> tuple[Any, Any, Any]:
    """Limits to everybody from those to the rest, and the p-values of the latter."""
    sizes = _sizes(rows, rests)
    share = np.array([row.denominator for row in rows], float) / everybody.denominator
    if not ratio:
        low, high = ((1 - share) * limit for limit in _difference(sizes, limits))
        return low, high, mn_p(*sizes)
    nobody = sizes[0] == 0
    with np.errstate(divide="ignore", invalid="ignore"):
        forth = _ratio(sizes, limits)[1]
        back = _ratio(sizes[[2, 3, 0, 1]], limits)  # from the rest to the group, which is defined where the rest's rate is 0
        high, low = (1 / (share + (1 - share) * limit) for limit in back)
        high = np.where(nobody, forth / (share * forth + 1 - share), high)
    return np.where(nobody, 0.0, low), high, mn_p(*sizes)


def _resampled_against_all(
    view: View, rows: Sequence[GroupRow], metric: Measure, reference: str, limits: Limits, ratio: bool
) -> list[PairRow]:
    """To the rest or to everybody, by resampling the groups together."""
    if view.total is None or bool(view.suppressed.any()):
        blank = replace(rows[0], group=(reference,), status="suppressed", value=math.nan, n=None, draws=None)
        return _against(rows, [blank] * len(rows), reference, limits, ratio)
    drawn = draws_of(view, metric.draws if isinstance(metric, Formula) else DRAWS)
    rests = [_without(view, i, drawn, metric, limits) for i in range(len(rows))]
    if reference == "rest":
        return _against(rows, rests, reference, limits, ratio)
    found = _against(rows, [_without(view, None, drawn, metric, limits)] * len(rows), reference, limits, ratio)
    return [_alone(pair) if rest.denominator == 0 else pair for pair, rest in zip(found, rests, strict=True)]


def _alone(pair: PairRow) -> PairRow:
    """A pair of a group and everybody, who are the same people; a group without a rate has none anyway."""
    nan = math.nan
    if pair.status in ("undefined", "suppressed"):
        return pair
    return replace(pair, change=nan, lower=nan, upper=nan, p_value=nan, status="undefined", reason=REASONS["alone"], draws=None)


def _without(view: View, left_out: int | None, drawn: Any, metric: Measure, limits: Limits) -> GroupRow:
    """The row of all groups, or of all but one, resampled with the same draws as the groups themselves."""
    kept = np.array([i != left_out for i in range(len(view.groups))])
    n, w, w2 = (sums[kept].sum(axis=0)[None] for sums in (view.counts, view.weights, view.squares))
    sums = (n, w, w2) if view.is_weighted else (n, n, n)
    clusters = None if view.clusters is None else view.clusters.together(left_out)
    one = View((), (("overall",),), *sums, np.array([False]), None, None, None, clusters)
    return resampled(one, metric, drawn[:, kept].sum(axis=1)[:, None], limits)[0]
