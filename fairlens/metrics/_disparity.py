"""difference and ratio: from a view of counts to one row per group and its reference. Knows no rows of people and no audit."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
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
    NO_LIMITS,
    REASONS,
    SCORE_LIMITS,
    Interval,
    Limits,
    draws_of,
    evaluate,
    rates,
    resampled_row,
    rest_of,
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
Compared = Callable[[Any, Any, Any, Any, float], tuple[Any, Any]]
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
        return [_against_all(row, i, everybody, view, reference, limits, ratio) for i, row in enumerate(rows)]
    base = _base(view, rows, metric, reference, favorable)
    if base is None:
        nobody = replace(rows[0], group=("best",), value=math.nan, n=None, status="undefined", reason=REASONS["no_best"])
        return [replace(_against(row, nobody, "best", limits, ratio), reason=REASONS["no_best"]) for row in rows]
    told = REASONS["after_looking"] if reference == "best" else ""
    compared = [_against(row, base, base.group, limits, ratio) for row in rows if row is not base]
    return [replace(pair, reason=pair.reason or told) for pair in compared]


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
        if row.group == wanted or tuple(level for level in row.group if level != "(all)") == wanted:
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


def _against(row: GroupRow, base: GroupRow, reference: str | Group, limits: Limits, ratio: bool) -> PairRow:
    status, reason = _status(row, base, ratio)
    nan = math.nan
    if status in ("undefined", "suppressed"):
        return PairRow(row, base, reference, nan, nan, nan, status, reason)
    change = row.value / base.value if ratio else row.value - base.value
    if row.draws is not None and base.draws is not None:
        return _resampled_pair(row, base, reference, change, status, reason, limits, ratio)
    sizes = (*informed(row), *informed(base))
    method: Compared = koopman if ratio else miettinen if limits.interval == "miettinen_nurminen" else newcombe
    low, high = method(*sizes, limits.z)
    return PairRow(row, base, reference, change, float(low), float(high), status, reason, float(mn_p(*sizes)))


def _resampled_pair(
    row: GroupRow, base: GroupRow, reference: str | Group, change: float, status: Status, reason: str, limits: Limits, ratio: bool
) -> PairRow:
    """A pair whose interval comes from the resampled values of both groups."""
    with np.errstate(divide="ignore", invalid="ignore"):
        values = np.asarray(row.draws) / np.asarray(base.draws) if ratio else np.asarray(row.draws) - np.asarray(base.draws)
    low, high, _ = (float(one) for one in percentile_interval(values, limits.confidence))
    neutral = 1.0 if ratio else 0.0
    kept = values[np.isfinite(values)]
    if high - low <= 1e-12 or len(kept) == 0:
        return _without_variation(row, base, reference, change, status, reason, limits, ratio)
    side = min(int((kept <= neutral).sum()), int((kept >= neutral).sum()))
    p = min(1.0, 2 * (side + 1) / (len(kept) + 1))
    return PairRow(row, base, reference, change, low, high, status, reason, p, draws=values)


def _without_variation(
    row: GroupRow, base: GroupRow, reference: str | Group, change: float, status: Status, reason: str, limits: Limits, ratio: bool
) -> PairRow:
    """Resampled people who are all alike tell nothing about chance; for proportions the score interval does."""
    if isinstance(row.metric, Formula) and (row.metric.least, row.metric.most) != (0.0, 1.0):
        nan = math.nan
        return PairRow(row, base, reference, change, nan, nan, status, reason or NO_LIMITS)
    sizes = (*informed(row), *informed(base))
    low, high = (koopman if ratio else newcombe)(*sizes, limits.z)
    return PairRow(row, base, reference, change, float(low), float(high), status, reason or SCORE_LIMITS, float(mn_p(*sizes)))


def _status(row: GroupRow, base: GroupRow, ratio: bool) -> tuple[Status, str]:
    if row.status in ("suppressed", "undefined"):
        return row.status, row.reason
    if base.status in ("suppressed", "undefined"):
        return base.status, REASONS[f"{base.status}_reference"]
    if ratio and base.numerator == 0:
        return "undefined", REASONS["zero_reference"]
    if base.status == "small" and row.status == "ok":
        return "small", REASONS["small_reference"].format(least=_least(base.reason))
    return row.status, row.reason


def _least(reason: str) -> str:
    return next(word for word in reason.split() if word.isdigit())


def _against_all(
    row: GroupRow, i: int, everybody: GroupRow, view: View, reference: str, limits: Limits, ratio: bool
) -> PairRow:
    """To the rest, or to everybody by scaling the limits to the rest with the group's share of the denominators."""
    hidden = bool(view.suppressed.any())
    if everybody.status == "suppressed" or row.status == "suppressed" or (reference == "rest" and hidden):
        base = replace(everybody, status="suppressed", value=math.nan, lower=math.nan, upper=math.nan, n=None)
        return _against(row, base, reference, limits, ratio)
    assert isinstance(row.metric, Metric)
    rest = replace(rest_of(view, i, row.metric, limits), group=everybody.group)
    if reference == "rest":
        return _against(row, rest, reference, limits, ratio)
    whole_pair = _against(row, everybody, reference, limits, ratio)
    if whole_pair.status in ("undefined", "suppressed"):
        return whole_pair
    if rest.denominator == 0:
        nan = math.nan
        return replace(whole_pair, change=nan, lower=nan, upper=nan, p_value=nan, status="undefined", reason=REASONS["alone"])
    share = row.denominator / everybody.denominator
    to_rest = (*informed(row), *informed(rest))
    if not ratio:
        method: Compared = miettinen if limits.interval == "miettinen_nurminen" else newcombe
        low, high = ((1 - share) * float(limit) for limit in method(*to_rest, limits.z))
    elif row.numerator == 0:
        high = float(koopman(*to_rest, limits.z)[1])
        low, high = 0.0, high / (share * high + 1 - share)
    else:  # from the rest to the group, which is defined where the rest's rate is 0
        back = koopman(*informed(rest), *informed(row), limits.z)
        high, low = (1 / (share + (1 - share) * float(limit)) for limit in back)
    return replace(whole_pair, lower=low, upper=high, p_value=float(mn_p(*to_rest)), rest=rest)


def _resampled_against_all(
    view: View, rows: Sequence[GroupRow], metric: Measure, reference: str, limits: Limits, ratio: bool
) -> list[PairRow]:
    """To the rest or to everybody, by resampling the groups together."""
    found = []
    for i, row in enumerate(rows):
        hidden = view.total is None or bool(view.suppressed.any())
        if hidden or row.status == "suppressed":
            base = replace(rows[0], group=(reference,), status="suppressed", value=math.nan, n=None, draws=None)
            found.append(_against(row, base, reference, limits, ratio))
            continue
        base = replace(_others(view, i, metric, limits, alone=reference == "rest"), group=("overall",))
        found.append(_against(row, base, reference, limits, ratio))
    return found


def _others(view: View, i: int, metric: Measure, limits: Limits, *, alone: bool) -> GroupRow:
    """The row of all groups, or of all but one, resampled with the same draws as the groups themselves."""
    kept = np.ones(len(view.groups), bool)
    kept[i] = not alone
    n, w, w2 = (sums[kept].sum(axis=0)[None] for sums in (view.counts, view.weights, view.squares))
    one = View((), (("overall",),), n, w, w2, np.array([False]), None, None, None)
    drawn = draws_of(view, metric.draws if isinstance(metric, Formula) else DRAWS)
    values = evaluate(metric, drawn[:, kept].sum(axis=1))
    return resampled_row(one, 0, metric, values, limits)
