"""by_group, difference and ratio: from a view of counts to rows. Knows no rows of people and no audit."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from .._levels import Level
from .._tables import View
from ..exceptions import BadValue, LevelNotFound, OneGroup, RoleNeeded, listed
from ..stats import koopman, newcombe, normal_quantile, wilson
from ._metric import Metric
from ._results import Group, GroupRow, PairRow, Status
from ._sentence import label_of


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
Limits = Callable[[Any, Any, Any, Any, float], tuple[Any, Any]]


def rates(view: View, metric: Metric, confidence: float, least: int, floor: int) -> list[GroupRow]:
    """One row per group of the view."""
    rows = [
        _row(group, metric, counts, bool(hidden), confidence, least, floor)
        for group, counts, hidden in zip(view.groups, view.counts, view.suppressed, strict=True)
    ]
    return rows


def _row(
    group: Group, metric: Metric, counts: Any, hidden: bool, confidence: float, least: int, floor: int
) -> GroupRow:
    nan = math.nan
    if hidden:
        reason = REASONS["suppressed"].format(floor=floor)
        return GroupRow(group, metric, nan, nan, nan, None, nan, nan, "suppressed", reason, None)
    top, bottom = int(np.dot(metric.numerator, counts)), int(np.dot(metric.denominator, counts))
    return _rated(group, metric, top, bottom, int(counts.sum()), confidence, least)


def _rated(
    group: Group, metric: Metric, top: int, bottom: int, people: int, confidence: float, least: int
) -> GroupRow:
    nan = math.nan
    if bottom == 0:
        return GroupRow(group, metric, nan, nan, nan, 0, top, bottom, "undefined", REASONS["undefined"], people)
    lower, upper = wilson(top, bottom, normal_quantile(confidence))
    status: Status = "ok" if bottom >= least else "small"
    reason = "" if status == "ok" else REASONS["small"].format(least=least)
    return GroupRow(group, metric, top / bottom, float(lower), float(upper), bottom, top, bottom, status, reason, people)


def whole(view: View, metric: Metric, confidence: float, least: int, floor: int) -> GroupRow:
    """The row of everybody in the view."""
    counts = view.total
    return _row(("overall",), metric, counts, counts is None, confidence, least, floor)


def pairs(
    view: View,
    metric: Metric,
    reference: Level | tuple[Level, ...],
    confidence: float,
    least: int,
    floor: int,
    *,
    favorable: bool | None,
    ratio: bool,
) -> list[PairRow]:
    """Each group against the reference, the reference's own row left out."""
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
    rows = rates(view, metric, confidence, least, floor)
    if isinstance(reference, str) and reference in ("rest", "overall"):
        everybody = whole(view, metric, confidence, least, floor)
        return [_against_all(row, everybody, view, reference, confidence, least, ratio) for row in rows]
    base = _base(view, rows, metric, reference, favorable)
    if base is None:
        nobody = replace(rows[0], group=("best",), value=math.nan, n=None, status="undefined", reason=REASONS["no_best"])
        return [replace(_against(row, nobody, "best", confidence, ratio), reason=REASONS["no_best"]) for row in rows]
    told = REASONS["after_looking"] if reference == "best" else ""
    compared = [_against(row, base, base.group, confidence, ratio) for row in rows if row is not base]
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
    metric: Metric,
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


def _best(rows: Sequence[GroupRow], metric: Metric, favorable: bool | None) -> GroupRow | None:
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


def _against(row: GroupRow, base: GroupRow, reference: str | Group, confidence: float, ratio: bool) -> PairRow:
    status, reason = _status(row, base, ratio)
    nan = math.nan
    if status in ("undefined", "suppressed"):
        return PairRow(row, base, reference, nan, nan, nan, status, reason)
    limits: Limits = koopman if ratio else newcombe
    low, high = limits(row.numerator, row.denominator, base.numerator, base.denominator, normal_quantile(confidence))
    change = row.value / base.value if ratio else row.value - base.value
    return PairRow(row, base, reference, change, float(low), float(high), status, reason)


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
    row: GroupRow, everybody: GroupRow, view: View, reference: str, confidence: float, least: int, ratio: bool
) -> PairRow:
    """To the rest, or to everybody by scaling the limits to the rest with the group's share of the denominators."""
    hidden = bool(view.suppressed.any())
    if everybody.status == "suppressed" or row.status == "suppressed" or (reference == "rest" and hidden):
        base = replace(everybody, status="suppressed", value=math.nan, lower=math.nan, upper=math.nan, n=None)
        return _against(row, base, reference, confidence, ratio)
    rest = _rest(row, everybody, confidence, least)
    if reference == "rest":
        return _against(row, rest, reference, confidence, ratio)
    whole_pair = _against(row, everybody, reference, confidence, ratio)
    if whole_pair.status in ("undefined", "suppressed"):
        return whole_pair
    if rest.denominator == 0:
        nan = math.nan
        return replace(whole_pair, change=nan, lower=nan, upper=nan, status="undefined", reason=REASONS["alone"])
    share = row.denominator / everybody.denominator
    z = normal_quantile(confidence)
    if not ratio:
        limits = newcombe(row.numerator, row.denominator, rest.numerator, rest.denominator, z)
        low, high = ((1 - share) * float(limit) for limit in limits)
    elif row.numerator == 0:
        high = float(koopman(0, row.denominator, rest.numerator, rest.denominator, z)[1])
        low, high = 0.0, high / (share * high + 1 - share)
    else:  # from the rest to the group, which is defined where the rest's rate is 0
        back = koopman(rest.numerator, rest.denominator, row.numerator, row.denominator, z)
        high, low = (1 / (share + (1 - share) * float(limit)) for limit in back)
    return replace(whole_pair, lower=low, upper=high)


def _rest(row: GroupRow, everybody: GroupRow, confidence: float, least: int) -> GroupRow:
    counts = (everybody.numerator - row.numerator, everybody.denominator - row.denominator)
    people = (everybody.people or 0) - (row.people or 0)
    return _rated(everybody.group, row.metric, int(counts[0]), int(counts[1]), people, confidence, least)
