"""pool: the rates of small groups drawn towards the others, beside the raw ones."""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from .._html import Cell, fixed, percent, table
from .._measure import By, Measured, Metrics
from .._result import Query, Result
from .._spec import Spec
from ..metrics import GroupRow, Metric
from ..metrics._results import _count, _frame, _full, _group_columns, note
from ..metrics._sentence import MAX_NAMED, label_of
from ..stats import pool_rates
from ..stats._pooling import LEAST_GROUPS
from ._family import Family, families, named

if TYPE_CHECKING:
    import pandas as pd

NOT_POOLED = (
    f"fewer than {LEAST_GROUPS} groups, or no variation: nothing is learned from the others; Jeffreys' prior"
)


@dataclass(frozen=True, slots=True)
class PooledRow:
    """One group: its raw rate, and beside it the rate drawn towards the others."""

    row: GroupRow
    value: float
    lower: float
    upper: float


@dataclass(frozen=True, slots=True)
class PooledFamily:
    """The groups that were pooled together, and the prior Beta(alpha, beta) learned from them.

    `learned` is False where there are too few groups to learn from; then each group stands by itself, with Jeffreys' prior.
    """

    by: tuple[str, ...]
    metric: Metric
    rows: tuple[PooledRow, ...]
    alpha: float
    beta: float
    learned: bool

    @property
    def strength(self) -> float:
        """How many people the prior weighs."""
        return self.alpha + self.beta

    @property
    def mean(self) -> float:
        """The rate towards which groups are drawn."""
        return self.alpha / self.strength

    @property
    def left_out(self) -> tuple[GroupRow, ...]:
        """Groups without a rate that may be used."""
        return tuple(one.row for one in self.rows if math.isnan(one.value))


@dataclass(frozen=True, repr=False)
class PooledTable(Result):
    """Raw and pooled rates by group. Pooled rates stand next to the raw ones, never instead of them. Made by `pool`."""

    attributes: tuple[str, ...]
    families: tuple[PooledFamily, ...]
    spec: Spec
    confidence: float
    setting: str = ""
    within: str = ""
    query: Query | None = field(default=None, compare=False)

    def to_frame(self) -> pd.DataFrame:
        """Give one row per group: the raw rate with its interval and n, the pooled one with its interval, and the prior.

        Examples
        --------
        >>> import fairlens as fl
        >>> audit = fl.audit(y_pred=[1, 0, 1, 1] * 20, sensitive_features={"sex": ["f", "m"] * 40})
        >>> fl.pool(audit, "selection_rate").to_frame()[["sex", "value", "pooled"]].round(2).values.tolist()
        [['f', 1.0, 0.99], ['m', 0.5, 0.5]]
        """
        told = [(family, one) for family in self.families for one in family.rows]
        columns = _group_columns(self.attributes, [one.row.group for _, one in told])
        columns["metric"] = [one.row.metric.name for _, one in told]
        for name in ("value", "lower", "upper", "n"):
            columns[name] = [getattr(one.row, name) for _, one in told]
        columns["pooled"] = [one.value for _, one in told]
        columns["pooled_lower"] = [one.lower for _, one in told]
        columns["pooled_upper"] = [one.upper for _, one in told]
        columns["prior_mean"] = [family.mean for family, _ in told]
        columns["prior_people"] = [family.strength for family, _ in told]
        columns["status"] = [one.row.status for _, one in told]
        columns["reason"] = [_reason(family, one) for family, one in told]
        return _frame(columns)

    @property
    def sentence(self) -> str:
        """How strongly the groups are drawn together, and which rates move most."""
        answer = self.published()
        return answer.within + " ".join(map(_sentence, answer.families))

    def html(self) -> str:
        """Give the published raw and pooled rates as an HTML table."""
        answer = self.published()
        share = f"{round(100 * answer.confidence, 4):g} %"
        headers = [*answer.attributes, "metric", f"raw rate ({share} interval)", "n", f"pooled rate ({share} interval)", "note"]
        lines = [
            [
                *map(str, one.row.group),
                family.metric.label,
                Cell(percent(one.row.value, one.row.lower, one.row.upper), _full(one.row.value)),
                Cell(_count(one.row.n), one.row.n),
                Cell(percent(one.value, one.lower, one.upper), _full(one.value)),
                note(one.row.status, _reason(family, one)),
            ]
            for family in answer.families
            for one in family.rows
        ]
        return table(headers, lines, len(answer.attributes))


def pool(audit: Measured, metric: Metrics, by: By = None, confidence: float = 0.95) -> PooledTable:
    """Draw the rates of small groups towards those of the others, the more the fewer people they have.

    Parameters
    ----------
    audit
        An audit, or its protected form.
    metric
        A rate, or a list of these.
    by
        A group column, a list of columns to cross, or None for each sensitive feature by itself.
    confidence
        Of the raw intervals (Wilson's) and of the pooled ones (posterior, equal tails).

    Returns
    -------
    PooledTable
        Raw and pooled rate side by side. A true outlier with few people is drawn to the middle too, so never look at the pooled rate alone.

    Notes
    -----
    Beta-binomial empirical Bayes (`fairlens.stats.pool_rates`). It learns how much rates differ from the groups themselves, which takes five of
    them; with fewer each group stands by itself. Small groups take part; suppressed ones do not.

    Examples
    --------
    >>> import fairlens as fl
    >>> sizes = {"a": (90, 45), "b": (80, 40), "c": (70, 20), "d": (60, 29), "e": (12, 0)}
    >>> race = [name for name, (people, _) in sizes.items() for _ in range(people)]
    >>> hired = [int(i < some) for people, some in sizes.values() for i in range(people)]
    >>> rates = fl.pool(fl.audit(y_pred=hired, sensitive_features={"race": race}), "selection_rate").to_frame()
    >>> rates[["value", "pooled"]].round(2).values.tolist()[-1]
    [0.0, 0.16]
    """
    pooled = tuple(_pooled(audit, one, by, confidence) for one in families(audit, metric, by, confidence))
    query = Query(audit, pool, {"metric": metric, "by": by, "confidence": confidence})
    return PooledTable(
        audit._attributes(by), pooled, audit.spec, confidence, audit.setting, audit.within, None if audit.is_published else query
    )  # fmt: skip


def _pooled(audit: Measured, family: Family, by: By, confidence: float) -> PooledFamily:
    known = [row for row in family.rows if row.status in ("ok", "small")]
    found = pool_rates([row.value * row.effective for row in known], [row.effective for row in known], confidence)
    place = {row.group: i for i, row in enumerate(known)}
    rows = []
    for row in family.rows:
        i = place.get(row.group)
        numbers = (math.nan,) * 3 if i is None else tuple(float(one[i]) for one in (found.value, found.lower, found.upper))
        rows.append(PooledRow(replace(row, group=audit._widen(row.group, family.by, by)), *numbers))
    return PooledFamily(family.by, family.metric, tuple(rows), found.alpha, found.beta, found.learned)


def _reason(family: PooledFamily, one: PooledRow) -> str:
    told = "" if family.learned or math.isnan(one.value) else NOT_POOLED
    return "; ".join(part for part in (one.row.reason, told) if part)


def _sentence(family: PooledFamily) -> str:
    subject = f"{family.metric.label} by {' and '.join(family.by)}"
    left = family.left_out
    tail = f" Left out: {named(left)}." if 0 < len(left) <= MAX_NAMED else f" Left out: {len(left)} groups, marked in the table." if left else ""
    if not family.learned:
        return f"{subject}: cannot pool, {NOT_POOLED}. Look at the raw rates.{tail}"
    moved = sorted((one for one in family.rows if not math.isnan(one.value)), key=lambda one: -abs(one.value - one.row.value))
    told = "; ".join(
        f"{label_of(one.row.group)} from {percent(one.row.value, one.row.lower, one.row.upper)}"
        f" to {percent(one.value, one.lower, one.upper)}, n={one.row.n:,}"
        for one in moved[:MAX_NAMED]
    )
    return (
        f"{subject}: rates are drawn towards {fixed(100 * family.mean, 1)} % as if each group had {fixed(family.strength, 1)} more people with it."
        f" Moved most: {told}. The raw rates stay the answer for groups with many people; a true outlier with few is hidden by this.{tail}"
    )
