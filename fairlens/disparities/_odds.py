"""Numbers over several rates: equalized odds, average odds, and the inequality of benefits."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import numpy as np

from .._measure import Measured
from .._tables import View
from ..metrics import GroupRow, get
from ..metrics._disparity import rates
from ..metrics._metric import Metric
from ..metrics._results import informed
from ..metrics._sentence import label_of
from ..stats import inequality, max_min_difference, newcombe, normal_quantile
from ..stats._many import Chance, chance_of, gap_draws
from ..stats._spread import NOTHING, Limits, Seen
from ._family import TOO_FEW, Family, family_of, names
from ._statistics import Statistic, SummaryRow, gap_row, row

COMPOSITES = ("equalized_odds_difference", "average_odds_difference", "generalized_entropy", "theil")
ODDS = ("true_positive_rate", "false_positive_rate")
_BENEFIT = "benefit is {event}, without cause worth 2, withheld worth 0"


def composite(
    measured: Measured, columns: tuple[str, ...], view: View, statistic: str, confidence: float, strict: float, draws: int, seed: int
) -> list[SummaryRow]:
    """Work out one of `COMPOSITES` for one set of group columns."""
    if statistic in ("generalized_entropy", "theil"):
        return _inequality(measured, columns, view, statistic == "theil", confidence, draws, seed)
    odds = [family_of(measured, columns, view, _rate(name), confidence) for name in ODDS]
    if statistic == "equalized_odds_difference":
        return _equalized(odds, confidence, strict, seed)
    return _average(odds, confidence)


def _rate(name: str) -> Metric:
    found = get(name)
    assert isinstance(found, Metric)
    return found


def _equalized(odds: list[Family], confidence: float, strict: float, seed: int) -> list[SummaryRow]:
    """The larger of the gaps of two rates; both of their intervals hold together."""
    one, other = odds
    parts = [replace(gap_row(family, confidence, strict**0.5, seed), statistic="equalized_odds_difference", part=family.metric.name) for family in odds]
    if any(len(family.able) < 2 for family in odds):
        short = next(family for family in odds if len(family.able) < 2)
        return [_over(odds, "equalized_odds_difference", NOTHING, reason=f"{TOO_FEW} by {short.metric.label.lower()}"), *parts]
    both = [max_min_difference(family.x, family.n, confidence**0.5) for family in odds]
    wide = [max_min_difference(family.x, family.n, strict**0.5).lower for family in odds]
    by_chance = np.maximum(gap_draws(one.n, one.rate, seed=seed), gap_draws(other.n, other.rate, seed=seed + 1))
    limits = Limits(*(max(found[k] for found in both) for k in range(3)))
    top = max(parts, key=lambda part: part.limits.value)
    return [
        _over(
            odds, "equalized_odds_difference", limits, chance=chance_of(by_chance), strict=max(wide), highest=top.highest, lowest=top.lowest,
            seen=_either([part.seen for part in parts]),
        ),
        *parts,
    ]  # fmt: skip


def _either(seen: list[Seen]) -> Seen:
    """The smallest gap that shows in one of two rates, and the one that shows in whichever it is."""
    least = [one.least for one in seen if not math.isnan(one.least)]
    surely = [one.surely for one in seen]
    return Seen(min(least, default=math.nan), math.nan if any(map(math.isnan, surely)) else max(surely))


def _over(odds: list[Family], statistic: Statistic, limits: Limits, **more: Any) -> SummaryRow:
    """A row about both rates."""
    made = row(odds[0], statistic, limits, **more)
    left = {one.group: one for family in odds for one in family.left_out}
    return replace(
        made, metric=" and ".join(family.metric.name for family in odds), label=" and ".join(family.metric.label for family in odds),
        n=sum(one.n or 0 for family in odds for one in family.able), groups=min(len(family.able) for family in odds),
        left_out=names(list(left.values())),
    )  # fmt: skip


def _average(odds: list[Family], confidence: float) -> list[SummaryRow]:
    """The mean of two differences to the largest group, for every other group; differences in opposite directions cancel."""
    able = [{one.group: one for one in family.able} for family in odds]
    groups = [group for group in able[0] if group in able[1]]
    if len(groups) < 2:
        return [_over(odds, "average_odds_difference", NOTHING)]
    base = max(groups, key=lambda group: able[0][group].people or 0)
    against = f"against {label_of(base)}, the largest group; by itself"
    rows = []
    for group in groups:
        if group == base:
            continue
        parts = [_change(found[group], found[base], confidence) for found in able]
        counted = sum((found[one].n or 0) for found in able for one in (group, base))
        cancel = parts[0].value * parts[1].value < 0
        told = f"{against}; its parts have opposite signs and cancel" if cancel else against
        rows.append(replace(_over(odds, "average_odds_difference", _mean(parts), group=group, lowest=base, reason=told), n=counted))
        for family, found, part in zip(odds, able, parts, strict=True):
            own = row(family, "average_odds_difference", part, family.metric.name, group=group, lowest=base, reason=against)
            rows.append(replace(own, n=(found[group].n or 0) + (found[base].n or 0)))
    return rows


def _change(one: GroupRow, base: GroupRow, confidence: float) -> Limits:
    lower, upper = newcombe(*informed(one), *informed(base), normal_quantile(confidence))
    return Limits(one.value - base.value, float(lower), float(upper))


def _mean(parts: list[Limits]) -> Limits:
    """The mean of two independent differences, its limits by their distances squared and added (G. Y. Zou and A. Donner, 2008)."""
    value = sum(part.value for part in parts) / 2
    below = math.hypot(*(part.value - part.lower for part in parts)) / 2
    above = math.hypot(*(part.upper - part.value for part in parts)) / 2
    return Limits(value, value - below, value + above)


def _inequality(
    measured: Measured, columns: tuple[str, ...], view: View, theil: bool, confidence: float, draws: int, seed: int
) -> list[SummaryRow]:
    statistic: Statistic = "theil" if theil else "generalized_entropy"
    spec = measured.spec
    accuracy = _rate("accuracy")
    known = rates(view, accuracy, confidence, spec.min_denominator, spec.suppress_below)
    used = [i for i, one in enumerate(known) if one.status in ("ok", "small")]
    swapped = spec.event_is_favorable is False
    cells = np.asarray(view.weights, float)[used][:, [0, 2, 1, 3] if swapped else [0, 1, 2, 3]]
    found = inequality(cells, 1.0 if theil else 2.0, confidence, [known[i].effective for i in used], draws, seed)
    event = "not being predicted" if swapped else "being predicted"
    told = _BENEFIT.format(event=f"{event} the event") + ("" if spec.favorable is not None else "; `favorable` was not given")
    nobody = math.isnan(found.total.value)
    counted, left = sum(known[i].n or 0 for i in used), [one for i, one in enumerate(known) if i not in used]
    rows = []
    for part, limits in (("", found.total), ("between", found.between), ("within", found.within)):
        alone = part == "between" and len(used) < 2
        chance = Chance(*found.noise) if part == "between" and not alone else Chance(math.nan, math.nan)
        undefined = nobody or alone
        reason = "nobody has any benefit" if nobody else TOO_FEW if alone else told
        rows.append(
            SummaryRow(
                columns, "benefit", "Benefit", statistic, part, NOTHING if undefined else limits, counted, len(used), names(left), chance,
                status="undefined" if undefined else "ok", reason=reason,
            )
        )  # fmt: skip
    return rows

