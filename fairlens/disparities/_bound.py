"""bound: how far labels or groups that are not known could move a rate, and whether they could turn a difference round."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np

from .._ask import Reference
from .._classes import Pool
from .._levels import MISSING
from .._measure import LARGEST, By, Measured, Metrics
from .._result import Query
from .._tables import View
from ..exceptions import BadValue, RowsNotHeld
from ..metrics import GroupRow, Metric
from ..metrics._disparity import _base, _check_word, rates
from ..metrics._results import Group
from ..stats import (
    difference_bounds,
    difference_limits,
    group_corners,
    label_corners,
    membership_corners,
    normal_quantile,
    rate_bounds,
    rate_limits,
)
from ..stats._bounds import Corners
from ._asked import one_group, proportions
from ._bounded import NOTHING, BoundRow, BoundsTable, Range, Source

_NAN = Range(math.nan, math.nan)
_ROUNDING = 1e-12
_WHY = {
    "pool": "the people of unknown group are suppressed",
    "left": "fewer than {floor} people of unknown group are not in these numbers",
    "reference": "the reference is suppressed",
}


def bound(
    audit: Measured, metric: Metrics, by: By = None, reference: Reference = LARGEST, confidence: float = 0.95
) -> BoundsTable:
    """Bound each group's rate, and its difference to a reference, over everything that what is unknown could be.

    Worst cases, not guesses: people without a label are taken to be all negative or all positive, by decision, whichever moves
    the rate most; people without a group are given to a group where they move its rate most. Nothing is assumed about why they
    are unknown. Where groups are known as probabilities (`membership`), people of one class of nearly the same probabilities are
    given to its groups in the shares that these say, whichever of them move the rate most; classes are of the same hundredths, and
    those of fewer than 30 people are brought together. Bounds do not shrink with more people, so
    the interval of chance stands beside them. Each source is bounded by itself; where several things are unknown, together they could
    move a rate further.

    Parameters
    ----------
    audit
        An audit.
    metric
        The id of a rate, a `Metric`, or a list of these.
    by
        A group column, a list of columns to cross, or None for each sensitive feature by itself.
    reference
        "largest" (the group with most people, not counting those of unknown group), a level, or a tuple of levels.
    confidence
        Between 0 and 1.

    Returns
    -------
    BoundsTable
        A row per group and source of what is unknown: "label" always, "group" where the group of some people is missing, "membership"
        where it is known as probabilities. There `n` and `n_unknown` are expected numbers.

    Raises
    ------
    BadValue
        If a metric is not a rate or counts people without a label itself, or the reference is not one group.
    RowsNotHeld
        If groups are known as probabilities, and the audit was loaded, added up, or made from a cube.

    References
    ----------
    N. Kallus, X. Mao and A. Zhou, Assessing algorithmic fairness with unobserved protected class using data combination, Management
    Science 68 (2022) 1959-1981, for groups that are known as probabilities;
    C. F. Manski, Nonparametric bounds on treatment effects, American Economic Review 80 (1990) 319-323; J. L. Horowitz and C. F.
    Manski, Journal of the American Statistical Association 95 (2000) 77-84, for bounds beside the interval of chance.

    Examples
    --------
    >>> import fairlens as fl
    >>> audit = fl.audit(
    ...     y_true=[1, 1, 0, None] * 20, y_pred=[1, 0, 0, 1] * 20, sensitive_features={"sex": ["f"] * 48 + ["m"] * 32}
    ... )
    >>> [(row.value, tuple(round(end, 3) for end in row.bounds)) for row in fl.bound(audit, "true_positive_rate").rows]
    [(0.5, (0.5, 0.667)), (0.5, (0.5, 0.667))]
    """
    wanted, base = proportions(audit, metric, confidence, "bound"), one_group(reference, "bound")
    rows: list[BoundRow] = []
    for columns, view in audit._compared(by, base):
        _check_word(view, base)
        pools = _pools(audit, view)
        for one in wanted:
            _check_labels(one)
            for row in _Bounded(audit, view, one, base, confidence, pools).every():
                rows.append(replace(row, group=audit._widen(row.group, columns, by), reference=audit._widen(row.reference, columns, by)))
    arguments = {"metric": metric, "by": by, "reference": reference, "confidence": confidence}
    query = None if audit.is_published else Query(audit, bound, arguments)
    return BoundsTable(audit._attributes(by), tuple(rows), audit.spec, confidence, audit.setting, audit.within, query)


def _pools(audit: Measured, view: View) -> list[Pool] | None:
    """For each group the people who may be of it; None where groups are not known as probabilities."""
    tables, selected = audit.tables, dict(audit.selection)
    uncertain = [name for name, _ in audit.spec.membership if name in view.by or name in selected]
    if not uncertain:
        return None
    if tables.classes is None:
        raise RowsNotHeld(
            f"{uncertain[0]!r} is known as probabilities, and bounds need those of each person.",
            "They are not held here: the audit was loaded, added up, or made from a cube.",
            hint="fl.bound(fl.audit(data, ..., sensitive_features=fl.membership(frame)), metric), of all rows at once",
            role="sensitive_features",
            value=uncertain[0],
        )
    counted = {axis: tables.levels(axis) for axis in tables.axes}  # people who left the published universe are not in them
    return tables.classes.pools(view.by, view.groups, {**counted, **selected}, audit.threshold)


class _Unknown(NamedTuple):
    """One source of what is unknown, by group: corners, effective people per unit, people, and why nothing may be shown."""

    corners: Corners
    information: Any
    people: list[int]
    hidden: list[str]


class _Bounded:
    """One metric in one view: its rates, and the corners that what is unknown could take each of them to."""

    def __init__(
        self, audit: Measured, view: View, metric: Metric, reference: Reference, confidence: float, pools: list[Pool] | None
    ) -> None:
        spec = audit.spec
        self.view, self.metric, self.pools = view, metric, pools
        self.floor, self.z = spec.suppress_below, normal_quantile(confidence)
        self.left = {axis for axis, _ in getattr(audit.tables, "left_out", ())}
        self.rates = rates(view, metric, confidence, spec.min_denominator, spec.suppress_below)
        self.base = self._reference(reference)
        self.information = np.array([_information(row, view, i) for i, row in enumerate(self.rates)])

    def every(self) -> list[BoundRow]:
        """One row per group and source; those of unknown group have none where they are what is unknown."""
        every = list(enumerate(self.view.groups))
        rows = [self._row(i, "label", self._by_label()) for i, _ in every]
        if any(MISSING in group for _, group in every) or self.left & set(self.view.by):
            rows += [self._row(i, "group", self._by_group()) for i, group in every if MISSING not in group]
        if self.pools is not None:
            rows += [self._row(i, "membership", self._by_membership(self.pools)) for i, _ in every]
        return rows

    def _by_label(self) -> _Unknown:
        corners = label_corners(self.view.weights, self.metric.numerator, self.metric.denominator)
        counts = self.view.counts[:, 4:] @ np.array(_open(self.metric))
        return _Unknown(corners, self.information, [_whole(count) for count in counts], [""] * len(self.rates))

    def _by_group(self) -> _Unknown:
        view, below = self.view, np.asarray(self.metric.denominator)
        pools = [np.array([_may_be(other, group) for other in view.groups]) for group in view.groups]
        top, bottom = view.weights @ np.asarray(self.metric.numerator), view.weights @ below
        more, of = (np.array([sums[pool].sum() for pool in pools]) for sums in (top, bottom))
        unknown = [_whole((view.counts[pool] @ below).sum()) for pool in pools]
        why = _WHY["left"].format(floor=self.floor) if self.left & set(view.by) else ""
        hidden = [why or (_WHY["pool"] if view.suppressed[pool].any() else "") for pool in pools]
        return _Unknown(group_corners(top, bottom, more, of), self.information, unknown, hidden)

    def _by_membership(self, pools: list[Pool]) -> _Unknown:
        top, below, all_of = np.asarray(self.metric.numerator), np.asarray(self.metric.denominator), np.ones(6)
        found, information = [], []
        for pool in pools:
            size = pool.weights @ all_of
            share = pool.mass / np.where(size > 0, size, 1.0)
            corners, worth = membership_corners(share[:, None], pool.weights @ top, size, pool.weights @ below)
            weight, square = pool.expected @ below, pool.squares @ below
            found.append(corners)
            information.append(worth[0] * (weight / square if square > 0 else 1.0))
        ends = Corners(*(np.concatenate(sums) for sums in zip(*found, strict=True)))
        return _Unknown(ends, np.stack(information), [_whole(pool.uncertain @ below) for pool in pools], [""] * len(pools))

    def _row(self, i: int, source: Source, open_: _Unknown) -> BoundRow:
        row, base = self.rates[i], self.rates[self.base]
        corners, information, unknown, hidden = open_
        reason = row.reason if row.status == "suppressed" else hidden[i]
        if reason:
            known = (_NAN, _NAN, None, None, base.group, math.nan, _NAN, _NAN, "")
            return BoundRow(row.group, self.metric, source, math.nan, *known, "suppressed", reason)
        at = _at(corners, i)
        ends = _range(rate_bounds(at)), _range(rate_limits(at, information[i], self.z))
        status = row.status
        told = [row.reason] if row.reason else []
        told += [NOTHING] if not unknown[i] else []
        made = BoundRow(
            row.group, self.metric, source, row.value, *ends, row.n, unknown[i], base.group, math.nan, _NAN, _NAN, "", status, "; ".join(told)
        )
        if i == self.base:
            return made
        if base.status == "suppressed" or hidden[self.base]:
            return replace(made, reason="; ".join([*told, _WHY["reference"]]))
        other = _at(corners, self.base)
        apart = _range(difference_bounds(at, other))
        limits = _range(difference_limits(at, other, information[i], information[self.base], self.z))
        conclusion = _conclusion(apart, unknown[i] + unknown[self.base])
        return replace(made, difference=row.value - base.value, difference_bounds=apart, difference_limits=limits, conclusion=conclusion)

    def _reference(self, reference: Reference) -> int:
        known = [row for row in self.rates if MISSING not in row.group] or self.rates
        found = _base(self.view, known if reference == "largest" else self.rates, self.metric, reference, None)
        return next(i for i, row in enumerate(self.rates) if row is found)


def _information(row: GroupRow, view: View, i: int) -> float:
    """Effective people per unit of the denominator; of all people of the group where nobody is in it yet."""
    if row.denominator > 0:
        return row.effective / row.denominator
    squares = float(view.squares[i].sum())
    return float(view.weights[i].sum()) / squares if squares > 0 else 1.0


def _may_be(unknown: Group, group: Group) -> bool:
    """Whether people of a group that is not fully known may be of `group`."""
    return MISSING in unknown and all(one in (MISSING, level) for one, level in zip(unknown, group, strict=True))


def _whole(people: float) -> int:
    """A number of people as one; a fraction of one is somebody, and what adding up has rounded is not a number of its own."""
    return max(round(round(float(people), 6)), 1) if people > 0 else 0


def _at(corners: Corners, i: int) -> Corners:
    return Corners(corners.numerator[i], corners.denominator[i])


def _range(ends: tuple[object, object]) -> Range:
    low, high = (float(end) for end in ends)  # type: ignore[arg-type]
    return Range(low, high)


def _conclusion(apart: Range, unknown: int) -> str:
    if math.isnan(apart.lower):
        return ""
    if not unknown:
        return NOTHING
    return "lower in any case" if apart.upper < -_ROUNDING else "higher in any case" if apart.lower > _ROUNDING else "the sign could be either"


def _open(metric: Metric) -> list[int]:
    """For people without a label, by decision, whether the metric changes with it."""
    pairs = [tuple(zip(metric.numerator, metric.denominator, strict=True))[i] for i in range(6)]
    return [int(pairs[0] != pairs[2]), int(pairs[1] != pairs[3])]


def _check_labels(metric: Metric) -> None:
    """Refuse a metric that treats people without a label unlike both kinds of label: its value is no unknown rate."""
    for unknown, negative, positive in ((4, 0, 2), (5, 1, 3)):
        own = (metric.numerator[unknown], metric.denominator[unknown])
        both = {(weights, below) for weights, below in ((metric.numerator[k], metric.denominator[k]) for k in (negative, positive))}
        if own != (0, 0) and both != {own}:
            raise BadValue(
                f"`metric` is {metric.name!r}, which counts people without a label as such.",
                "Bounds are over what their labels could be; a metric that needs labels leaves such people out.",
                hint=f'audit.by_group("{metric.name}"), or a Metric with 0 for the cells ?0 and ?1',
                role="metric",
                value=metric.name,
            )
