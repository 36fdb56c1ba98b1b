"""Numbers that sum up one rate over all groups: the gap, the ratio, the worst group, the spread."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from .._spec import Spec
from ..metrics import Metric
from ..metrics._results import Group, Status
from ..metrics._sentence import label_of
from ..stats import (
    between_variance,
    extreme_chance,
    extreme_rate,
    gap_by_chance,
    max_min_difference,
    min_max_ratio,
    pairs_quantile,
    redraw,
    smallest_seen,
)
from ..stats._many import Chance
from ..stats._spread import NOTHING, UNSEEN, Limits, Seen
from ._family import TOO_FEW, Family, names

Statistic = Literal[
    "max_min_difference", "min_max_ratio", "worst_group", "between_group_sd",
    "equalized_odds_difference", "average_odds_difference", "generalized_entropy", "theil",
]  # fmt: skip
NO_CHANCE = Chance(math.nan, math.nan)
LABELS: dict[str, str] = {
    "max_min_difference": "largest rate less smallest",
    "min_max_ratio": "smallest rate over largest",
    "worst_group": "rate of the worst group",
    "between_group_sd": "standard deviation between groups",
    "equalized_odds_difference": "larger gap of the two error rates",
    "average_odds_difference": "mean of the two differences",
    "generalized_entropy": "generalized entropy of benefits",
    "theil": "Theil's index of benefits",
}
_WORSE_HIGH = ("false_positive_rate", "false_negative_rate", "false_discovery_rate", "false_omission_rate")
_WORSE_LOW = ("true_positive_rate", "true_negative_rate", "precision", "negative_predictive_value", "accuracy")


@dataclass(frozen=True, slots=True)
class SummaryRow:
    """One number over all groups. `part` names a part of a statistic that has parts; the statistic itself has none.

    `strict` is the lower limit that allows for every metric and attribute of the summary; `seen` are the smallest gaps that it would have told
    from 0 with a power of 0.8.
    """

    by: tuple[str, ...]
    metric: str
    label: str
    statistic: Statistic
    part: str
    limits: Limits
    n: int
    groups: int
    left_out: tuple[str, ...]
    chance: Chance = NO_CHANCE
    seen: Seen = UNSEEN
    group: Group | None = None
    highest: Group | None = None
    lowest: Group | None = None
    probability: float = math.nan
    strict: float = math.nan
    status: Status = "ok"
    reason: str = ""


def worse_when(metric: Metric, spec: Spec) -> Literal["high", "low"] | None:
    """Say which end of a rate is the worse one for people; None where nobody said.

    Errors are worse when frequent (false positive, false negative, false discovery and false omission rate), being right is worse when rare
    (true positive and true negative rate, precision, negative predictive value, accuracy). A rate of decisions follows `favorable`.
    """
    if metric.name in _WORSE_HIGH:
        return "high"
    if metric.name in _WORSE_LOW:
        return "low"
    if metric.favorable is None or spec.event_is_favorable is None:
        return None
    return "low" if spec.event_is_favorable == (metric.favorable == "event") else "high"


def row(family: Family, statistic: Statistic, limits: Limits, part: str = "", **more: Any) -> SummaryRow:
    """Make a row about a family; undefined where there is no number."""
    if math.isnan(limits.value) and "status" not in more:
        more |= {"status": "undefined", "reason": more.get("reason") or TOO_FEW}
    counted = sum(one.n or 0 for one in family.able)
    metric = family.metric
    return SummaryRow(
        family.by, metric.name, metric.label, statistic, part, limits, counted, len(family.able), names(family.left_out), **more
    )  # fmt: skip


def one_rate(family: Family, spec: Spec, confidence: float, strict: float, draws: int, seed: int) -> list[SummaryRow]:
    """Sum up one rate: gap, ratio, worst group and spread."""
    return [
        gap_row(family, confidence, strict, seed),
        _ratio_row(family, confidence),
        _worst_row(family, spec, confidence, draws, seed),
        *_spread_rows(family, confidence, draws, seed),
    ]


def ends_of(family: Family) -> tuple[Group, Group]:
    """Which groups have the highest and the lowest rate."""
    values = [one.value for one in family.able]
    return family.able[int(np.argmax(values))].group, family.able[int(np.argmin(values))].group


def gap_row(family: Family, confidence: float, strict: float, seed: int) -> SummaryRow:
    """The largest rate less the smallest, beside what chance alone makes of groups of this size."""
    if len(family.able) < 2:
        return row(family, "max_min_difference", NOTHING)
    x, n = family.x, family.n
    highest, lowest = ends_of(family)
    return row(
        family, "max_min_difference", max_min_difference(x, n, confidence), chance=gap_by_chance(n, family.rate, seed=seed),
        seen=smallest_seen(n, family.rate, pairs_quantile(len(n), strict)), strict=max_min_difference(x, n, strict).lower,
        highest=highest, lowest=lowest,
    )  # fmt: skip


def _ratio_row(family: Family, confidence: float) -> SummaryRow:
    if len(family.able) < 2:
        return row(family, "min_max_ratio", NOTHING)
    found = min_max_ratio(family.x, family.n, confidence)
    highest, lowest = ends_of(family)
    reason = "all rates are 0" if math.isnan(found.value) else ""
    return row(family, "min_max_ratio", found, reason=reason, highest=highest, lowest=lowest)


def _worst_row(family: Family, spec: Spec, confidence: float, draws: int, seed: int) -> SummaryRow:
    worse = worse_when(family.metric, spec)
    if worse is None:
        known = family.metric.favorable is None
        reason = "this rate does not say by itself which end is worse" if known else "`favorable` was not given"
        return row(family, "worst_group", NOTHING, reason=reason)
    if len(family.able) < 2:
        return row(family, "worst_group", NOTHING)
    largest = worse == "high"
    group = ends_of(family)[0 if largest else 1]
    at = next(i for i, one in enumerate(family.able) if one.group == group)
    chance = extreme_chance(redraw(family.x, family.n, draws, seed), largest=largest)
    tied = [label_of(one.group) for one in family.able if one.value == family.able[at].value and one.group != group]
    return row(
        family, "worst_group", extreme_rate(family.x, family.n, confidence, largest=largest), group=group,
        probability=float(chance[at]), reason=f"tied with {', '.join(tied)}" if tied else "",
    )  # fmt: skip


def _spread_rows(family: Family, confidence: float, draws: int, seed: int) -> list[SummaryRow]:
    found = between_variance(family.x, family.n, confidence, draws=draws, seed=seed) if len(family.able) > 1 else None
    if found is None or math.isnan(found.observed):
        reason = TOO_FEW if found is None else "a group has one person only"
        return [row(family, "between_group_sd", NOTHING, reason=reason)]
    plain = Limits(math.sqrt(found.observed), math.nan, math.nan)
    less = "no more spread than chance makes" if found.corrected <= 0 else ""
    return [
        row(family, "between_group_sd", found.deviation, reason=less),
        row(family, "between_group_sd", plain, "uncorrected", reason="holds the noise of the rates too, so it has no interval of its own"),
    ]
