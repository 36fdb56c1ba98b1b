"""adjust: a difference between groups, and what is left of it among people who are alike in other attributes."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from .._ask import Reference
from .._measure import LARGEST, By, Measured, Metrics
from .._result import Query
from .._tables import View
from ..exceptions import BadValue, LevelNotFound, RoleNeeded, WrongKind, listed
from ..metrics import GroupRow, Metric, PairRow
from ..metrics._disparity import REASONS, pairs, rates
from ..metrics._results import Group, Status, informed
from ..stats import breslow_day, cmh_test, mantel_haenszel, normal_quantile, standardize
from ..stats._intervals import Array
from ..stats._strata import Estimate
from ._adjusted import AdjustedRow, AdjustedTable, Method, Stratum
from ._asked import one_group, proportions

_NAN = Estimate(math.nan, math.nan, math.nan)
_THIN = 5
_ENOUGH = 0.8  # Cochran's rule: expected numbers of 5 or more in four of five tables
_WHY = {
    "hidden": REASONS["hidden_stratum"],
    "apart": REASONS["no_overlap"],
    "few": "fewer than {least} people in strata that have both groups",
    "overlap": "{k:,} people are in strata without the other group, and not compared",
    "thin": "most people are in strata with fewer than {thin} of one group, so its limits may be too narrow",
    "untested": "too few people per stratum to test whether strata differ",
}
_ADJUSTED: tuple[Method, Method] = ("mantel_haenszel", "standardized")


def adjust(
    audit: Measured,
    metric: Metrics,
    by: By = None,
    reference: Reference = LARGEST,
    control_features: str | Sequence[str] | None = None,
    confidence: float = 0.95,
) -> AdjustedTable:
    """Compare groups as they are, and among people who are alike in the control features, side by side.

    Adjusting answers another question than the crude difference, not a better one: a control feature can itself carry the
    disparity, as where groups are steered to other departments. Both numbers, the strata, and a test of whether strata differ
    are always given together.

    Parameters
    ----------
    audit
        An audit with control features.
    metric
        The id of a rate, a `Metric`, or a list of these.
    by
        A group column, a list of columns to cross, or None for each sensitive feature by itself.
    reference
        "largest" (the group with most people), a level, or a tuple of levels where `by` crosses columns.
    control_features
        Group columns of the audit whose crossing makes the strata; all its control features when None.
    confidence
        Between 0 and 1.

    Returns
    -------
    AdjustedTable
        Three rows per group: "crude", as `Audit.difference` gives it; "mantel_haenszel", weighted so that small strata add
        least noise; "standardized", as if both groups were spread over the strata as all people together are. Its `strata` are the
        rates by stratum.

    Raises
    ------
    RoleNeeded
        If the audit has no control features, and none is named.
    BadValue
        If a metric is not a rate, the reference not one group, or a column is both compared and held equal.

    See Also
    --------
    fairlens.stats.standardize, fairlens.stats.mantel_haenszel : The formulas and where they come from.

    Examples
    --------
    >>> import fairlens as fl
    >>> people = fl.datasets.load_berkeley()
    >>> audit = fl.audit(people, y_pred="admitted", sensitive_features="gender", control_features="dept")
    >>> table = fl.adjust(audit, "selection_rate")
    >>> [f"{row.method} {row.difference.value:+.3f}" for row in table.rows]
    ['crude -0.142', 'mantel_haenszel +0.018', 'standardized +0.043']
    """
    wanted, base = proportions(audit, metric, confidence, "adjust"), one_group(reference, "adjust")
    attributes = audit._attributes(by)
    controls = _controls(audit, control_features, attributes)
    rows: list[AdjustedRow] = []
    cells: list[Stratum] = []
    for columns, view in audit._compared(by, base):
        for one in wanted:
            strata = _read(audit, one, controls, columns, confidence)
            for row in _rows(audit, view, one, base, strata, confidence):
                group, other = (audit._widen(group, columns, by) for group in (row.group, row.reference))
                rows.append(replace(row, group=group, reference=other))
            cells += [replace(cell, group=audit._widen(cell.group, columns, by)) for cell in strata.cells()]
    arguments = {"metric": metric, "by": by, "reference": reference, "control_features": control_features, "confidence": confidence}
    query = None if audit.is_published else Query(audit, adjust, arguments)
    return AdjustedTable(attributes, controls, tuple(rows), tuple(cells), audit.spec, confidence, audit.setting, audit.within, query)


@dataclass(frozen=True, slots=True)
class _Strata:
    """Rates by group and stratum, and those of everybody in a stratum."""

    rates: Mapping[Group, Mapping[Group, GroupRow]]
    everybody: Mapping[Group, GroupRow]
    z: float
    least: int

    def cells(self) -> list[Stratum]:
        """The rates in the order of the strata."""
        total = sum(row.denominator for row in self.everybody.values())  # NaN where a stratum is suppressed
        return [
            Stratum(stratum, group, by_stratum[stratum], row.denominator / total if total else math.nan)
            for stratum, row in self.everybody.items()
            for group, by_stratum in self.rates.items()
            if stratum in by_stratum
        ]

    def compare(self, crude: AdjustedRow) -> list[AdjustedRow]:
        """Both adjusted rows of a crude one."""
        first, second = self.rates.get(crude.group, {}), self.rates.get(crude.reference, {})
        both = [stratum for stratum in self.everybody if _any(first, stratum) and _any(second, stratum)]
        needed = [*first.values(), *second.values(), *(self.everybody[stratum] for stratum in both)]
        if crude.status == "suppressed" or any(row.status == "suppressed" for row in needed):
            reason = crude.reason if crude.status == "suppressed" else _WHY["hidden"]
            return [_blank(crude, method, "suppressed", reason) for method in _ADJUSTED]
        n, m = (sum(rows[stratum].n or 0 for stratum in both) for rows in (first, second))
        apart = sum(row.n or 0 for row in (*first.values(), *second.values())) - n - m
        if not both:
            blank = (_blank(crude, method, "undefined", crude.reason or _WHY["apart"]) for method in _ADJUSTED)
            return [replace(row, n=0, n_reference=0, n_without_overlap=apart, strata=0) for row in blank]
        x1, n1 = np.array([informed(first[stratum]) for stratum in both], float).T
        x2, n2 = np.array([informed(second[stratum]) for stratum in both], float).T
        weights = np.array([self.everybody[stratum].denominator for stratum in both], float)
        small = min(n, m) < self.least
        reasons = [_WHY["few"].format(least=self.least)] if small else []
        reasons += [_WHY["overlap"].format(k=apart)] if apart else []
        thin = weights[np.minimum(n1, n2) < _THIN].sum() > weights.sum() / 2
        test, odds = cmh_test(x1, n1, x2, n2), breslow_day(x1, n1, x2, n2).p_value
        if len(both) > 1 and not _testable(x1, n1, x2, n2):
            odds, reasons = math.nan, [*reasons, _WHY["untested"]]
        made = []
        for method in _ADJUSTED:
            mantel = method == "mantel_haenszel"
            pooled = mantel_haenszel(x1, n1, x2, n2, self.z) if mantel else standardize(x1, n1, x2, n2, self.z, weights)
            told = [*reasons, *([_WHY["thin"].format(thin=_THIN)] if thin and not mantel else [])]
            made.append(
                AdjustedRow(
                    crude.group, crude.reference, crude.metric, method, pooled.rate1, pooled.rate2, pooled.difference,
                    pooled.ratio, pooled.odds_ratio, test.p_value if mantel else math.nan, odds, n, m, apart, len(both),
                    "small" if small else "ok", "; ".join(told),
                )
            )  # fmt: skip
        return made


def _read(audit: Measured, metric: Metric, controls: tuple[str, ...], columns: tuple[str, ...], confidence: float) -> _Strata:
    spec = audit.spec
    limits = (confidence, spec.min_denominator, spec.suppress_below)
    width = len(controls)
    found: dict[Group, dict[Group, GroupRow]] = {}
    for row in rates(audit._view((*controls, *columns)), metric, *limits):
        found.setdefault(row.group[width:], {})[row.group[:width]] = replace(row, group=row.group[width:])
    everybody = {row.group: row for row in rates(audit._view(controls), metric, *limits)}
    return _Strata(found, everybody, normal_quantile(confidence), spec.min_denominator)


def _rows(
    audit: Measured, view: View, metric: Metric, reference: Reference, strata: _Strata, confidence: float
) -> list[AdjustedRow]:
    spec = audit.spec
    found = [
        pairs(
            view, metric, reference, confidence, spec.min_denominator, spec.suppress_below,
            favorable=spec.event_is_favorable, ratio=ratio,
        )
        for ratio in (False, True)
    ]  # fmt: skip
    crude = [_crude(pair, ratio, metric, strata.z) for pair, ratio in zip(*found, strict=True)]
    return [row for one in crude for row in (one, *strata.compare(one))]


def _crude(pair: PairRow, ratio: PairRow, metric: Metric, z: float) -> AdjustedRow:
    row, base = pair.row, pair.base
    odds = _NAN if math.isnan(pair.change) else mantel_haenszel(*informed(row), *informed(base), z).odds_ratio
    return AdjustedRow(
        row.group, base.group, metric, "crude", _rate(row), _rate(base), Estimate(pair.change, pair.lower, pair.upper),
        Estimate(ratio.change, ratio.lower, ratio.upper), odds, pair.p_value, math.nan, row.n, base.n,
        None if pair.status == "suppressed" else 0, None if pair.status == "suppressed" else 1, pair.status, pair.reason,
    )  # fmt: skip


def _rate(row: GroupRow) -> Estimate:
    return Estimate(row.value, row.lower, row.upper)


def _blank(crude: AdjustedRow, method: Method, status: Status, reason: str) -> AdjustedRow:
    nan = math.nan
    return AdjustedRow(
        crude.group, crude.reference, crude.metric, method, _NAN, _NAN, _NAN, _NAN, _NAN, nan, nan, None, None, None, None, status, reason
    )


def _testable(x1: Array, n1: Array, x2: Array, n2: Array) -> bool:
    """Whether the tables are large enough, most of them, for the test that strata differ."""
    events, size = x1 + x2, n1 + n2
    expected = np.minimum(n1, n2) * np.minimum(events, size - events) / size
    return bool((expected >= _THIN).mean() >= _ENOUGH)


def _any(rows: Mapping[Group, GroupRow], stratum: Group) -> bool:
    """Whether somebody of the group is in the denominator there."""
    return stratum in rows and rows[stratum].denominator > 0


def _controls(audit: Measured, asked: str | Sequence[str] | None, compared: Sequence[str]) -> tuple[str, ...]:
    """The columns to hold equal: those named, or all control features."""
    if asked is not None and not isinstance(asked, str | list | tuple):
        raise WrongKind(
            f"`control_features` is {asked!r}.",
            f"It must name group columns of the audit: {listed(audit.groups)}.",
            hint=f"control_features={list(audit.spec.control_features or audit.groups[-1:])!r}",
            role="control_features",
            value=asked,
        )
    found = audit.spec.control_features if asked is None else (asked,) if isinstance(asked, str) else tuple(asked)
    if not found:
        raise RoleNeeded(
            "An adjusted comparison was asked for.",
            "This audit has no control features: nothing says in what people are to be alike.",
            hint='fl.audit(..., control_features=["department"])',
            role="control_features",
        )
    for name in found:
        if name not in audit.groups:
            raise LevelNotFound(
                f"`control_features` names {name!r}.",
                f"This audit has the group columns: {listed(audit.groups)}.",
                hint=f"fl.audit(..., control_features=[{name!r}])",
                role="control_features",
                value=name,
            )
        if name in compared or found.count(name) > 1:
            others = [other for other in audit.spec.sensitive_features if other not in found]
            raise BadValue(
                f"`control_features` names {name!r}, which is {'named twice' if found.count(name) > 1 else 'compared too'}.",
                f"Groups of {listed(compared)} are compared; what is held equal must be another column.",
                hint=f"by={(others or list(compared))[0]!r}" if others else "control_features=[...] of other columns",
                role="control_features",
                value=name,
            )
    return found
