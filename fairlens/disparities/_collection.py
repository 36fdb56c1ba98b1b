"""fl.plan_collection: how many more people of each group would settle a criterion."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from statistics import NormalDist
from typing import TYPE_CHECKING, Any

from .._html import Cell, percent, table
from .._measure import Measured
from .._result import Query, Result
from .._spec import Spec
from ..metrics._row import Group
from ..metrics._sentence import label_of
from ..stats import normal_quantile
from ._against import Reading, readings
from ._criterion import Criterion
from ._judging import Samples, State
from ._plan_inputs import check_share
from ._plan_words import collection_sentence
from ._verdict import Ruling, check

if TYPE_CHECKING:
    import pandas as pd

REASONS = {
    "settled": "settled: {state}",
    "reference": "the reference is too small, however many of the group there are",
    "not_a_rate": "it can be planned only for rates of two separate samples",
    "near": "its rates lie near the margin; as many as would settle it if they stayed as they are",
    "never": "its rates lie at the margin: no number would settle it if they stayed as they are",
}
_quantile, _MOST = NormalDist().inv_cdf, 1_000_000


@dataclass(frozen=True, slots=True)
class PlanRow:
    """One group of a plan. `more` is 0 where it is settled and None where no number can be planned."""

    group: Group
    state: State
    n: int | None
    n_reference: int | None
    rate_reference: float
    n_if_equal: int | None
    n_if_twice: int | None
    more: int | None
    reason: str

    @property
    def n_planned(self) -> int | None:
        """People of the group when the plan is done."""
        return None if self.more is None or self.n is None else self.n + self.more


@dataclass(frozen=True, repr=False)
class CollectionPlan(Result):
    """How many more people of each group would settle a criterion. Made by `plan_collection`."""

    attributes: tuple[str, ...]
    rows: tuple[PlanRow, ...]
    criterion: Criterion
    power: float
    spec: Spec
    within: str = ""
    query: Query | None = field(default=None, compare=False)

    def to_frame(self) -> pd.DataFrame:
        """Give one row per group: state now, n, n_reference, rate_reference, n_if_equal, n_if_twice, more, reason."""
        import pandas as pd

        columns: dict[str, Any] = {name: [row.group[j] for row in self.rows] for j, name in enumerate(self.attributes)}
        columns["state"] = [row.state for row in self.rows]
        for name in ("n", "n_reference"):
            columns[name] = pd.array([getattr(row, name) for row in self.rows], dtype="Int64")
        columns["rate_reference"] = [row.rate_reference for row in self.rows]
        for name in ("n_if_equal", "n_if_twice", "more"):
            columns[name] = pd.array([getattr(row, name) for row in self.rows], dtype="Int64")
        columns["reason"] = [row.reason for row in self.rows]
        return pd.DataFrame(columns)

    def name_of(self, row: PlanRow) -> str:
        """Name the group of a row."""
        return label_of(row.group)

    @property
    def sentence(self) -> str:
        """How many more to collect, of which groups."""
        answer = self.published()
        return answer.within + collection_sentence(answer)

    def html(self) -> str:
        """Give the published plan as an HTML table."""
        answer = self.published()
        headers = [*answer.attributes, "state", "n", "n reference", "rate of the reference", "n if equal", "n if twice the margin", "more", "note"]
        lines = [
            [
                *map(str, row.group),
                row.state,
                *(Cell(_count(n), n) for n in (row.n, row.n_reference)),
                percent(row.rate_reference),
                *(_count(n) for n in (row.n_if_equal, row.n_if_twice, row.more)),
                row.reason,
            ]
            for row in answer.rows
        ]
        return table(headers, lines, len(answer.attributes), caption=answer.criterion.label)


def plan_collection(
    measured: Measured, criterion: Criterion, *, power: float = 0.8, baseline: Measured | None = None
) -> CollectionPlan:
    """How many more people of each group it takes to settle a criterion.

    Parameters
    ----------
    measured
        An audit.
    criterion
        A `Criterion`.
    power
        Probability that the criterion is settled in the two cases below.
    baseline
        As for `check`.

    Returns
    -------
    CollectionPlan
        With ``more`` for each group: 0 where it is settled.

    Notes
    -----
    The reference stays as it is, and so does its rate. A plan is made for two cases, of which the group's own rate, which led to the
    plan, is none: both rates are equal, and "within" is to be found; or they differ by twice the margin, and "exceeds" is to be found.
    `more` is for the one that takes more people, and at least `minimum_n` in all: C. P. Farrington and G. Manning, Statistics in
    Medicine 9 (1990) 1447-1454, with the variances of the score test that `check` makes. Where so many people are there already, the
    rates lie near the margin; then it is the `more_needed` of `check`.

    Examples
    --------
    >>> import fairlens as fl
    >>> hired, sex = [1] * 180 + [0] * 120 + [1] * 1240 + [0] * 760, ["f"] * 300 + ["m"] * 2000
    >>> audit = fl.audit(y_pred=hired, sensitive_features={"sex": sex}, favorable=1)
    >>> fl.plan_collection(audit, fl.Criterion("selection_rate", margin=0.06)).sentence
    'Collect 492 more of f people.'
    """
    check_share("power", power)
    if measured.is_published and baseline is not None:
        baseline = baseline.protect()
    verdict = check(measured, criterion, baseline=baseline)
    found = readings(measured, criterion, baseline)
    rows = [_row(criterion, ruling, reading, power) for ruling, reading in zip(verdict.rows, found, strict=True)]
    asked = {"criterion": criterion, "power": power, "baseline": baseline}
    query = None if measured.is_published else Query(measured, plan_collection, asked)
    return CollectionPlan(verdict.attributes, tuple(rows), criterion, power, measured.spec, measured.within, query)


def _row(criterion: Criterion, ruling: Ruling, reading: Reading, power: float) -> PlanRow:
    known = (ruling.group, ruling.state, ruling.n, ruling.n_reference, ruling.base)
    if ruling.state in ("exceeds", "within"):
        return PlanRow(*known, None, None, 0, REASONS["settled"].format(state=ruling.state))
    if ruling.state == "undefined" or reading.samples is None or ruling.n is None:
        return PlanRow(*known, None, None, None, ruling.reason if ruling.state == "undefined" else REASONS["not_a_rate"])
    equal, twice = (
        None if size is None else math.ceil(size / reading.per_person) for size in _sizes(criterion, reading, ruling.comparisons, power)
    )
    if equal is None or (ruling.n_reference or 0) < criterion.minimum_n:
        return PlanRow(*known, equal, twice, None, REASONS["reference"])
    more = max(equal, twice or 0, criterion.minimum_n) - ruling.n
    if more > 0:
        return PlanRow(*known, equal, twice, more, "")
    near = ruling.more_needed
    return PlanRow(*known, equal, twice, near, REASONS["near" if near is not None else "never"])


def _sizes(criterion: Criterion, reading: Reading, comparisons: int, power: float) -> tuple[int | None, int | None]:
    """Effective people of the group for "within" if the rates are equal, and for "exceeds" if they differ by twice the margin."""
    samples = reading.samples
    assert samples is not None
    alpha, least = 1 - criterion.confidence, 1 / (samples.n2 + 2)
    base = min(max(samples.rate2, least), 1 - least)
    bounds = [bound for bound in criterion.bounds if math.isfinite(bound)]
    z, z_power = _quantile(1 - alpha), _quantile((1 + power) / 2 if len(bounds) == 2 else power)
    alike = replace(samples, rate1=base, rate2=base)
    equal = _first(alike, lambda one: all(_is_shown(one, bound, z, z_power) for bound in bounds))
    strict, z_power = normal_quantile(1 - alpha / comparisons), _quantile(power)
    sizes = []
    for bound in bounds:
        edge = _to_rest(bound, samples.share, samples.is_ratio)
        rate = -1.0 if edge is None else base * edge * edge if samples.is_ratio else base + 2 * edge
        if 0 < rate < 1:
            sizes.append(_first(replace(alike, rate1=rate), lambda one, bound=bound: _is_shown(one, bound, strict, z_power)))  # type: ignore[misc]
    able = [size for size in sizes if size is not None]
    return equal, max(able) if able else None


def _first(samples: Samples, enough: Callable[[Samples], bool]) -> int | None:
    """The first number of people in the group that is enough, the reference staying as it is; None where a million are not."""
    if not enough(samples.with_more(_MOST - samples.n1)):
        return None
    low, high = 0, _MOST
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if enough(samples.with_more(middle - samples.n1)) else (middle, high)
    return high


def _is_shown(samples: Samples, bound: float, z: float, z_power: float) -> bool:
    """Whether the score test against `bound` rejects with the power, if these are the rates."""
    edge = _to_rest(bound, samples.share, samples.is_ratio)
    if edge is None:
        return True
    p1, p2 = samples.rate1, samples.rate2
    distance = abs(p1 - edge * p2) if samples.is_ratio else abs(p1 - p2 - edge)
    weight = edge * edge if samples.is_ratio else 1.0
    true = math.sqrt(p1 * (1 - p1) / samples.n1 + weight * p2 * (1 - p2) / samples.n2)
    seen = abs(samples.statistic(bound))
    return distance > 0 and seen - z >= z_power * true * seen / distance


def _to_rest(bound: float, share: float, is_ratio: bool) -> float | None:
    """The bound of a change to everybody as one to everybody else; None where it cannot be reached."""
    if not is_ratio:
        return bound / (1 - share) if abs(bound) < 1 - share else None
    return bound * (1 - share) / (1 - bound * share) if bound * share < 1 else None


def _count(n: int | None) -> str:
    return "–" if n is None else f"{n:,}"

