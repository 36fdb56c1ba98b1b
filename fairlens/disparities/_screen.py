"""screen: which of many groups differ from the rest, with the chance of any false alarm held."""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from .._ask import Reference, check_reference
from .._html import Cell, fixed, percent, points, table
from .._measure import By, Measured, Metrics
from .._result import Query, Result
from .._spec import Spec
from ..exceptions import BadValue
from ..metrics import GroupRow, Metric
from ..metrics._disparity import REASONS, Word, _base, _check_word
from ..metrics._results import Group, Status, _count, _frame, _full, _group_columns, _plain, note
from ..metrics._sentence import label_of
from ..stats import (
    benjamini_hochberg,
    chi_square_omnibus,
    gap_by_chance,
    holm,
    max_min_difference,
    max_z_normal,
    max_z_permutation,
    newcombe,
    pairs_quantile,
    rest_sizes,
    smallest_gap,
    smallest_seen,
)
from ..stats._many import Chance, MaxZ, Omnibus
from ..stats._spread import UNSEEN, Limits, Seen
from ._family import TOO_FEW, Family, check_draws, check_seed, families, named
from ._words import p_words, screening

if TYPE_CHECKING:
    import pandas as pd

REST = Word("rest")
_NOTHING = Chance(math.nan, math.nan)


@dataclass(frozen=True, slots=True)
class ScreenRow:
    """One group against the rest or a reference. `lower` and `upper` of the difference hold for all groups of the family together."""

    row: GroupRow
    status: Status
    reason: str = ""
    base_value: float = math.nan
    base_n: int | None = None
    difference: float = math.nan
    lower: float = math.nan
    upper: float = math.nan
    z: float = math.nan
    p_value: float = math.nan
    p_adjusted: float = math.nan
    p_holm: float = math.nan
    p_bh: float = math.nan
    minimum_detectable: float = math.nan

    def differs(self, confidence: float) -> bool:
        """Whether the data support a difference, allowing for all groups of the family."""
        return self.status == "ok" and self.p_adjusted <= 1 - confidence and (self.lower > 0 or self.upper < 0)


@dataclass(frozen=True, slots=True)
class ScreenFamily:
    """The groups that were tested together, and what is said of all of them.

    Attributes
    ----------
    omnibus
        Chi-square of one rate for all groups, its degrees of freedom and its p-value.
    critical
        The normal quantile that makes the intervals of all groups hold together.
    gap
        The largest rate less the smallest, with an interval that holds whichever groups these are.
    by_chance
        Mean and 95th percentile of that gap, if all groups had the common rate.
    seen
        The smallest gap between two groups whose interval would have excluded 0 with a power of 0.8.
    rate
        The rate of all groups that were tested.
    method
        "permutation" for whole counts; "normal" for weights and clusters, which is approximate.
    """

    by: tuple[str, ...]
    metric: Metric
    rows: tuple[ScreenRow, ...]
    reference: str | Group
    base: GroupRow | None
    omnibus: Omnibus
    critical: float
    gap: Limits
    by_chance: Chance
    seen: Seen
    rate: float
    n: float
    method: Literal["permutation", "normal"]

    @property
    def size(self) -> int:
        """Number of tests."""
        return sum(row.status == "ok" for row in self.rows)

    @property
    def left_out(self) -> tuple[GroupRow, ...]:
        """Groups that were not tested, each with its reason."""
        return tuple(one.row for one in self.rows if one.status != "ok")


@dataclass(frozen=True, repr=False)
class Screening(Result):
    """Every group against the rest, adjusted for their number. Made by `screen`; one family per sensitive feature and metric."""

    attributes: tuple[str, ...]
    families: tuple[ScreenFamily, ...]
    spec: Spec
    confidence: float
    setting: str = ""
    within: str = ""
    query: Query | None = field(default=None, compare=False)

    @property
    def rows(self) -> tuple[ScreenRow, ...]:
        """The rows of all families."""
        return tuple(row for family in self.families for row in family.rows)

    def to_frame(self) -> pd.DataFrame:
        """Give one row per group and metric: the rate with its own interval, then the test and the simultaneous interval of the difference."""
        told = [(family, one) for family in self.families for one in family.rows]
        columns = _group_columns(self.attributes, [one.row.group for _, one in told])
        columns["metric"] = [one.row.metric.name for _, one in told]
        for name in ("value", "lower", "upper", "n"):
            columns[name] = [getattr(one.row, name) for _, one in told]
        columns["reference"] = [_plain(family.reference) for family, _ in told]
        columns["difference"] = [one.difference for _, one in told]
        columns["difference_lower"] = [one.lower for _, one in told]
        columns["difference_upper"] = [one.upper for _, one in told]
        columns["n_reference"] = [one.base_n for _, one in told]
        columns["z_score"] = [one.z for _, one in told]
        for name in ("p_value", "p_adjusted", "p_holm", "p_bh", "minimum_detectable", "status", "reason"):
            columns[name] = [getattr(one, name) for _, one in told]
        return _frame(columns)

    def families_frame(self) -> pd.DataFrame:
        """Give one row per family: the omnibus test, the gap beside the one expected by chance, and who was left out.

        Examples
        --------
        >>> import fairlens as fl
        >>> audit = fl.audit(y_pred=[1, 0, 1, 1] * 20, sensitive_features={"sex": ["f", "m"] * 40})
        >>> fl.screen(audit, "selection_rate").families_frame()[["by", "groups", "gap", "method"]].values.tolist()
        [['sex', 2, 0.5, 'permutation']]
        """
        import pandas as pd

        return pd.DataFrame(
            [
                {
                    "by": ", ".join(one.by),
                    "metric": one.metric.name,
                    "groups": one.size,
                    "rate": one.rate,
                    "chi_square": one.omnibus.statistic,
                    "df": one.omnibus.df,
                    "p_value": one.omnibus.p_value,
                    "critical": one.critical,
                    "gap": one.gap.value,
                    "lower": one.gap.lower,
                    "upper": one.gap.upper,
                    "expected_by_chance": one.by_chance.mean,
                    "expected_by_chance_95": one.by_chance.upper,
                    "smallest_detectable": one.seen.least,
                    "smallest_detectable_any_two": one.seen.surely,
                    "method": one.method,
                    "left_out": named(one.left_out),
                }
                for one in self.families
            ]
        )

    @property
    def sentence(self) -> str:
        """Whether the rates differ at all, which groups differ from the rest, and how large a gap chance alone would make."""
        answer = self.published()
        return answer.within + " ".join(screening(one, answer.confidence, len(answer.families)) for one in answer.families)

    def html(self) -> str:
        """Give the published screening as an HTML table."""
        answer = self.published()
        share = f"{round(100 * answer.confidence, 4):g} %"
        headers = [
            *answer.attributes, "metric", f"rate ({share} interval)", "n", "against",
            f"difference ({share} interval, all groups together)", "p", "p adjusted", "smallest gap it could see", "note",
        ]  # fmt: skip
        lines = [
            [
                *map(str, one.row.group),
                family.metric.label,
                Cell(percent(one.row.value, one.row.lower, one.row.upper), _full(one.row.value)),
                Cell(_count(one.row.n), one.row.n),
                label_of(family.reference),
                Cell(_difference(one), _full(one.difference)),
                Cell(p_words(one.p_value), _full(one.p_value)),
                Cell(p_words(one.p_adjusted), _full(one.p_adjusted)),
                Cell("–" if math.isnan(one.minimum_detectable) else f"{fixed(100 * one.minimum_detectable, 1)} points", _full(one.minimum_detectable)),
                note(one.status, one.reason),
            ]
            for family in answer.families
            for one in family.rows
        ]  # fmt: skip
        return table(headers, lines, len(answer.attributes))


def _difference(one: ScreenRow) -> str:
    if math.isnan(one.difference):
        return "–"
    return f"{points(one.difference)} points ({points(one.lower)} to {points(one.upper)})"


def screen(
    audit: Measured,
    metric: Metrics,
    by: By = None,
    reference: Reference = REST,
    confidence: float = 0.95,
    draws: int = 99_999,
    random_state: int = 0,
) -> Screening:
    """Find which groups differ from the rest, with the chance of any false alarm among them held at one less the confidence.

    Parameters
    ----------
    audit
        An audit, or its protected form.
    metric
        A rate, or a list of these; each is a family of its own.
    by
        A group column, a list of columns to cross, or None for each sensitive feature by itself, each a family of its own.
    reference
        "rest" (the other groups of the family), "largest", a level, or a tuple of levels. Not "best": a reference chosen for its rate makes the
        tests wrong.
    confidence
        Of all intervals of a family together, and one less the level of its tests.
    draws, random_state
        Simulated tables and the seed; no adjusted p-value is under ``1 / (draws + 1)``.

    Returns
    -------
    Screening
        Groups with few people in the denominator are not tested and are listed, with their rate and interval. ``p_adjusted`` allows for all
        groups of the family (`fairlens.stats.max_z_permutation`); ``p_holm`` and ``p_bh`` are beside it.

    Notes
    -----
    The largest difference of two rates by itself says little: it grows with the number of groups and shrinks with the number of people,
    also where no group differs. It is shown beside the gap that chance alone makes. Of the false positive rates of COMPAS by race the gap
    is 36 points; because a race with 8 people can be anywhere, chance makes gaps as large in 7 of 100 tables, and yet four races differ
    from the rest beyond all doubt, each measured by its own standard error.

    Examples
    --------
    >>> import fairlens as fl
    >>> sizes = {"a": (90, 45), "b": (80, 40), "c": (70, 7), "d": (60, 29)}
    >>> race = [name for name, (people, _) in sizes.items() for _ in range(people)]
    >>> hired = [int(i < some) for people, some in sizes.values() for i in range(people)]
    >>> found = fl.screen(fl.audit(y_pred=hired, sensitive_features={"race": race}), "selection_rate")
    >>> [row.race for row in found.to_frame().itertuples() if row.p_adjusted < 0.05]
    ['c']
    """
    check_draws(draws)
    check_seed(random_state)
    reference = _checked(reference)
    columns = {found for found, _ in audit._compared(by, reference)}
    chosen = [one for one in families(audit, metric, by, confidence) if one.by in columns]
    tested = tuple(_screened(audit, one, by, reference, confidence, draws, random_state) for one in chosen)
    query = Query(audit, screen, {"metric": metric, "by": by, "reference": reference, "confidence": confidence, "draws": draws, "random_state": random_state})
    return Screening(
        audit._attributes(by), tested, audit.spec, confidence, audit.setting, audit.within, None if audit.is_published else query
    )  # fmt: skip


def _checked(reference: Any) -> Reference:
    wanted = check_reference(reference)
    if wanted in ("best", "overall") and isinstance(wanted, str):
        best = wanted == "best"
        raise BadValue(
            f"`reference={wanted!r}` was asked for in a screening.",
            "A reference chosen for its rate makes the tests wrong." if best else "Everybody holds the group itself.",
            hint='reference="largest"' if best else 'reference="rest"',
            role="reference",
            value=wanted,
        )
    return wanted


def _screened(
    audit: Measured, family: Family, by: By, reference: Reference, confidence: float, draws: int, seed: int
) -> ScreenFamily:
    _check_word(family.view, reference)
    base = None
    if reference != "rest" or isinstance(reference, tuple):
        base = _base(family.view, family.rows, family.metric, reference, None)
    able, others = family.able, tuple(row for row in family.rows if row is not base)
    at = able.index(base) if base is not None and base in able else None
    if len(able) < 2 or (base is not None and at is None):
        reason = TOO_FEW if base is None or base.status == "ok" else REASONS[f"{base.status}_reference"]
        reason = reason.format(least=audit.spec.min_denominator)
        tested = {}
        critical, largest, chance, seen, omnibus = math.nan, Limits(*[math.nan] * 3), _NOTHING, UNSEEN, Omnibus(math.nan, 0, math.nan)
    else:
        reason = ""
        found = _tested(family, at, draws, seed)
        critical = found.critical(confidence)
        tested = _compared(family, at, found, critical)
        omnibus = chi_square_omnibus(family.x, family.n)
        largest = max_min_difference(family.x, family.n, confidence)
        chance = gap_by_chance(family.n, family.rate, seed=seed)
        seen = smallest_seen(family.n, family.rate, pairs_quantile(len(able), confidence))
    rows = tuple(tested[row.group] if row.group in tested else _untested(row, reason) for row in others)
    rows = tuple(replace(one, row=replace(one.row, group=audit._widen(one.row.group, family.by, by))) for one in rows)
    told: str | Group = "rest" if base is None else base.group
    method: Literal["permutation", "normal"] = "permutation" if family.is_plain else "normal"
    n = float(sum(row.n or 0 for row in able))
    return ScreenFamily(family.by, family.metric, rows, told, base, omnibus, critical, largest, chance, seen, family.rate, n, method)


def _tested(family: Family, at: int | None, draws: int, seed: int) -> MaxZ:
    if family.is_plain:
        return max_z_permutation(family.x, family.n, draws, seed, at)
    return max_z_normal(family.x, family.n, draws, seed, at, family.weight)


def _untested(row: GroupRow, reason: str) -> ScreenRow:
    status: Status = "undefined" if row.status == "ok" else row.status
    return ScreenRow(row, status, row.reason or reason)


def _compared(family: Family, at: int | None, found: MaxZ, critical: float) -> dict[Group, ScreenRow]:
    """Each group of the family against the rest, or against the group at a place."""
    x, n, weight, rows = family.x, family.n, family.weight, family.able
    people = np.array([row.n or 0 for row in rows])
    if at is None:
        tops = np.array([row.numerator for row in rows], float)
        others = weight.sum() - weight
        base = (tops.sum() - tops) / others
        sizes, counted = rest_sizes(n, weight), people.sum() - people
    else:
        base, sizes, counted = (np.full(len(rows), one[at]) for one in (x / n, n, people))
    lower, upper = newcombe(x, n, base * sizes, sizes, critical)
    seen = smallest_gap(n, family.rate, critical, reference=at, weight=weight)
    by_holm, by_bh = holm(found.p_value), benjamini_hochberg(found.p_value)
    return {
        row.group: ScreenRow(
            row,
            "ok",
            base_value=float(base[i]),
            base_n=int(counted[i]),
            difference=float(row.value - base[i]),
            lower=float(lower[i]),
            upper=float(upper[i]),
            z=float(found.z[i]),
            p_value=float(found.p_value[i]),
            p_adjusted=float(found.p_adjusted[i]),
            p_holm=float(by_holm[i]),
            p_bh=float(by_bh[i]),
            minimum_detectable=float(seen[i]),
        )
        for i, row in enumerate(rows)
        if i != at
    }
