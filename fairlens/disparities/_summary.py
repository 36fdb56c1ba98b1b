"""summarize: how far apart all groups are, in one number per rate, with what chance alone makes of groups of this size."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from .._html import Cell, fixed, percent, points, table
from .._measure import By, Measured, Metrics
from .._result import Query, Result
from .._spec import Spec
from ..exceptions import RoleNeeded
from ..metrics._results import Group, _count, _frame, _full, note
from ..metrics._sentence import TEXTS, _left, label_of
from ._family import check_draws, check_seed, compared, families, plain_group
from ._odds import COMPOSITES, composite
from ._statistics import LABELS, SummaryRow, one_rate
from ._words import seen_briefly, seen_sentence

if TYPE_CHECKING:
    import pandas as pd

DEFAULTS = ("selection_rate", "true_positive_rate", "false_positive_rate", "precision", "negative_predictive_value", "accuracy")
_SHARES = ("max_min_difference", "between_group_sd", "equalized_odds_difference", "average_odds_difference")


@dataclass(frozen=True, repr=False)
class DisparitySummary(Result):
    """How far apart all groups are, one number per rate and statistic. Made by `summarize`."""

    attributes: tuple[str, ...]
    rows: tuple[SummaryRow, ...]
    spec: Spec
    confidence: float
    setting: str = ""
    within: str = ""
    query: Query | None = field(default=None, compare=False)

    def to_frame(self) -> pd.DataFrame:
        """Give one row per set of group columns, metric, statistic and part of it.

        Examples
        --------
        >>> import fairlens as fl
        >>> audit = fl.audit(y_pred=[1, 0, 1, 1] * 20, sensitive_features={"sex": ["f", "m"] * 40})
        >>> frame = fl.summarize(audit).to_frame()
        >>> frame[["by", "metric", "statistic", "value", "n", "highest"]].values.tolist()[0]
        ['sex', 'selection_rate', 'max_min_difference', 0.5, 80, 'f']
        """
        columns: dict[str, list[object]] = {"by": [", ".join(one.by) for one in self.rows]}
        for name in ("metric", "statistic", "part"):
            columns[name] = [getattr(one, name) for one in self.rows]
        for name in ("value", "lower", "upper"):
            columns[name] = [getattr(one.limits, name) for one in self.rows]
        columns["n"] = [one.n for one in self.rows]
        columns["groups"] = [one.groups for one in self.rows]
        columns["expected_by_chance"] = [one.chance.mean for one in self.rows]
        columns["expected_by_chance_95"] = [one.chance.upper for one in self.rows]
        columns["smallest_detectable"] = [one.seen.least for one in self.rows]
        columns["smallest_detectable_any_two"] = [one.seen.surely for one in self.rows]
        for name in ("group", "highest", "lowest"):
            columns[name] = [_plain(getattr(one, name)) for one in self.rows]
        columns["probability"] = [one.probability for one in self.rows]
        columns["left_out"] = ["; ".join(one.left_out) for one in self.rows]
        for name in ("status", "reason"):
            columns[name] = [getattr(one, name) for one in self.rows]
        return _frame(columns)

    @property
    def sentence(self) -> str:
        """The largest gap that the data support, beside the one that chance alone makes; or that they cannot tell."""
        answer = self.published()
        return answer.within + _sentence(answer.rows)

    def html(self) -> str:
        """Give the published summary as an HTML table."""
        answer = self.published()
        share = f"{round(100 * answer.confidence, 4):g} %"
        headers = ["by", "metric", "statistic", f"value ({share} interval)", "by chance alone", "smallest gap it could see", "n", "groups", "left out", "note"]
        lines = [
            [
                ", ".join(one.by),
                one.label,
                _named(one),
                Cell(shown(one), _full(one.limits.value)),
                Cell(_size(one, one.chance.mean), _full(one.chance.mean)),
                Cell(_seen(one), _full(one.seen.least)),
                Cell(_count(one.n), one.n),
                Cell(str(one.groups), one.groups),
                "; ".join(one.left_out),
                _note(one),
            ]
            for one in answer.rows
        ]
        return table(headers, lines, 2)


def summarize(
    audit: Measured,
    metrics: Metrics = None,
    by: By = None,
    confidence: float = 0.95,
    draws: int = 2_000,
    random_state: int = 0,
) -> DisparitySummary:
    """Sum up how far apart all groups are.

    Parameters
    ----------
    audit
        An audit, or its protected form.
    metrics
        Rates, and any of "equalized_odds_difference", "average_odds_difference", "generalized_entropy", "theil". When None, one rate of each pair of opposites
        and all of these, as far as the roles allow.
    by
        A group column, a list of columns to cross, or None for each sensitive feature by itself.
    confidence
        Of each interval by itself.
    draws, random_state
        Of the bootstrap of cells and its seed.

    Returns
    -------
    DisparitySummary
        Per rate: "max_min_difference", "min_max_ratio", "worst_group" (with the probability that it is the worst), "between_group_sd" (less the noise of the
        rates; the plain one is its part "uncorrected"). Groups with few people are left out and listed; with fewer than two left a number is
        undefined, not 0. Beside each gap stand the one that chance alone makes and the smallest that so many people can tell: "smallest_detectable" between
        the two groups with most people, "smallest_detectable_any_two" between whichever two (power 0.8, at the level that decides the sentence). Worse is: errors when frequent, being right when rare, decisions as `favorable` says.

    Notes
    -----
    The intervals of gap, ratio and worst rate hold whichever groups turn out to be the extreme ones (`fairlens.stats.max_min_difference`). Percentiles of a
    bootstrap do not: with ten groups of 100 people that all have the rate 0.3, the true gap 0 was in none of 400 such intervals.

    Examples
    --------
    >>> import fairlens as fl
    >>> race = ["a"] * 100 + ["b"] * 80 + ["c"] * 60
    >>> audit = fl.audit(y_pred=[1, 0] * 90 + [1, 0, 0] * 20, sensitive_features={"race": race}, favorable=1)
    >>> frame = fl.summarize(audit).to_frame().set_index("statistic")
    >>> round(float(frame.loc["max_min_difference", "value"]), 3), frame.loc["worst_group", "group"]
    (0.167, 'c')
    """
    check_draws(draws)
    check_seed(random_state)
    rates, composites = _asked(audit, metrics)
    audit._metrics("selection_rate", confidence)
    chosen = families(audit, rates, by, confidence) if rates else []
    views = compared(audit, by)
    tests = len(chosen) + len(views) * ("equalized_odds_difference" in composites)
    strict = 1 - (1 - confidence) / max(tests, 1)
    rows: list[SummaryRow] = []
    for columns, view in views:
        for family in (one for one in chosen if one.by == columns):
            rows += one_rate(family, audit.spec, confidence, strict, draws, random_state)
        for name in composites:
            rows += composite(audit, columns, view, name, confidence, strict, draws, random_state)
    query = Query(audit, summarize, {"metrics": metrics, "by": by, "confidence": confidence, "draws": draws, "random_state": random_state})
    return DisparitySummary(
        audit._attributes(by), tuple(rows), audit.spec, confidence, audit.setting, audit.within, None if audit.is_published else query
    )  # fmt: skip


def _asked(audit: Measured, metrics: Metrics) -> tuple[Any, tuple[str, ...]]:
    """Tell rates from numbers over several of them."""
    labelled = audit.tables.has_y_true
    if metrics is None:
        return (list(DEFAULTS), COMPOSITES) if labelled else (["selection_rate"], ())
    several = list(metrics) if isinstance(metrics, list | tuple) else [metrics]
    composites = tuple(dict.fromkeys(str(one) for one in several if isinstance(one, str) and one in COMPOSITES))
    if composites and not labelled:
        raise RoleNeeded(
            f"{composites[0]!r} was asked for.",
            "It compares decisions with true labels, and this audit has no `y_true`.",
            hint="fl.audit(..., y_true=...)",
            role="y_true",
            value=composites[0],
        )
    if not composites:
        return metrics, ()
    return [one for one in several if one not in composites], composites


def _plain(group: Group | None) -> object:
    return None if group is None else plain_group(group)


def _named(one: SummaryRow) -> str:
    told = LABELS[one.statistic]
    return f"{told}: {one.part.replace('_', ' ')}" if one.part else told


def shown(one: SummaryRow) -> str:
    """Write the number with its interval."""
    value, lower, upper = one.limits
    if math.isnan(value):
        return "–"
    if one.statistic == "worst_group":
        return percent(value, lower, upper)
    write = _write(one)
    unit = " points" if one.statistic in _SHARES else ""
    return f"{write(value)}{unit}" + ("" if math.isnan(lower) else f" ({write(lower)} to {write(upper)})")


def _write(one: SummaryRow) -> Callable[[float], str]:
    if one.statistic == "average_odds_difference":
        return points
    if one.statistic in _SHARES:
        return lambda value: fixed(100 * value, 1)
    return lambda value: fixed(value, 2 if one.statistic == "min_max_ratio" else 3)


def _size(one: SummaryRow, value: float) -> str:
    return "–" if math.isnan(value) else _write(one)(value)


def _seen(one: SummaryRow) -> str:
    if not is_gap(one):
        return "–"
    return "none" if math.isnan(one.seen.least) else f"{seen_briefly(one.seen, one.groups)} points"


def _note(one: SummaryRow) -> str:
    parts = [note(one.status, one.reason)]
    if one.statistic == "worst_group" and one.group is not None:
        parts.insert(0, f"{label_of(one.group)}, the worst with probability {one.probability:.2f}")
    elif one.statistic == "average_odds_difference" and one.group is not None:
        parts.insert(0, label_of(one.group))
    elif one.highest is not None and one.lowest is not None:
        parts.insert(0, f"{label_of(one.highest)} highest, {label_of(one.lowest)} lowest")
    return "; ".join(part for part in parts if part)


def _sentence(rows: Sequence[SummaryRow]) -> str:
    """Of all gaps, the largest one whose interval excludes 0 while allowing for every metric and attribute."""
    tail = _tail(rows)
    top, sure, count = largest_gap(rows)
    if top is None:
        return TEXTS["nothing"] + tail
    several = f", allowing for {count} rates compared" if count > 1 else ""
    verdict = f"The groups do not all have one rate{several}." if sure else f"Cannot tell whether any rate differs between groups{several}."
    told = f"{gap_words(top)}{_ends(top)}, n={top.n:,}; if all {top.groups} groups had one rate, chance alone would make about {_size(top, top.chance.mean)}."
    return f"{f'{told} {verdict}' if sure else f'{verdict} {told}'} {seen_sentence(top.seen, top.groups)}{tail}"


def _tail(rows: Sequence[SummaryRow]) -> str:
    """Name the groups that are left out: three of them at most, and only where all numbers leave out the same."""
    left = list(dict.fromkeys(one.left_out for one in rows if one.left_out))
    if len(left) > 1:
        return " Groups that are left out are named in the table."
    return _left(left[0]) if left else ""


def is_gap(one: SummaryRow) -> bool:
    """Whether a row is the distance of the largest and the smallest rate."""
    return one.statistic in ("max_min_difference", "equalized_odds_difference") and one.status == "ok"


def largest_gap(rows: Sequence[SummaryRow]) -> tuple[SummaryRow | None, bool, int]:
    """Give the gap to speak of, whether the data support it, and of how many it is the largest."""
    for statistic in ("max_min_difference", "equalized_odds_difference"):
        gaps = [one for one in rows if one.statistic == statistic and not one.part and one.status == "ok"]
        if gaps:
            sure = [one for one in gaps if one.strict > 0]
            return max(sure or gaps, key=lambda one: one.limits.value), bool(sure), len(gaps)
    return None, False, 0


def gap_words(one: SummaryRow) -> str:
    """Say a gap with its interval."""
    return f"{one.label} by {' and '.join(one.by)}: the largest rate less the smallest is {shown(one)}"


def _ends(one: SummaryRow) -> str:
    if one.highest is None or one.lowest is None:
        return ""
    return f" ({label_of(one.highest)} highest, {label_of(one.lowest)} lowest)"
