"""fl.plan_collection: how many more people of each group would settle a criterion."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from statistics import NormalDist
from typing import TYPE_CHECKING, Any

from .._html import Cell, percent, table
from .._measure import Measured
from .._result import Query, Result
from .._spec import Spec
from ..metrics._results import Group
from ..metrics._sentence import label_of
from ..stats import normal_quantile
from ._against import Reading, readings
from ._criterion import Criterion
from ._judging import State
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
_quantile = NormalDist().inv_cdf


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
    `more` is for the one that takes more people, and at least `minimum_n` in all. The normal approximation is that of
    `fairlens.stats.equivalence_people`. Where so many people are there already, the rates lie near the margin; then it is the
    `more_needed` of `check`.

    Examples
    --------
    >>> import fairlens as fl
    >>> hired, sex = [1] * 180 + [0] * 120 + [1] * 1200 + [0] * 800, ["f"] * 300 + ["m"] * 2000
    >>> audit = fl.audit(y_pred=hired, sensitive_features={"sex": sex}, favorable=1)
    >>> fl.plan_collection(audit, fl.Criterion("selection_rate", margin=0.08)).sentence
    'Collect 143 more of f people.'
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
        None if size is None else math.ceil(size / reading.per_person - 1e-9) for size in _sizes(criterion, reading, ruling.comparisons, power)
    )
    if equal is None or (ruling.n_reference or 0) < criterion.minimum_n:
        return PlanRow(*known, equal, twice, None, REASONS["reference"])
    more = max(equal, twice or 0, criterion.minimum_n) - ruling.n
    if more > 0:
        return PlanRow(*known, equal, twice, more, "")
    near = ruling.more_needed
    return PlanRow(*known, equal, twice, near, REASONS["near" if near is not None else "never"])


def _sizes(criterion: Criterion, reading: Reading, comparisons: int, power: float) -> tuple[float | None, float | None]:
    """Effective people of the group for "within" if the rates are equal, and for "exceeds" if they differ by twice the margin."""
    samples = reading.samples
    assert samples is not None
    alpha = 1 - criterion.confidence
    least = 1 / (samples.n2 + 2)
    base = min(max(samples.rate2, least), 1 - least)
    sides = [bound for bound in criterion.bounds if math.isfinite(bound)]
    edges = [edge for edge in (_to_rest(bound, samples.share, samples.is_ratio) for bound in sides) if edge is not None]
    if not edges:
        return None, None
    spread = (lambda rate: (1 - rate) / rate) if samples.is_ratio else (lambda rate: rate * (1 - rate))
    away = min(abs(math.log(edge)) if samples.is_ratio else abs(edge) for edge in edges)
    inside = _quantile(1 - alpha) + _quantile((1 + power) / 2 if len(sides) == 2 else power)
    equal = _people(spread(base), spread(base) / samples.n2, away / inside)
    beyond = normal_quantile(1 - alpha / comparisons) + _quantile(power)
    others = [base * edge * edge if samples.is_ratio else base + 2 * edge for edge in edges]
    cases = [_people(spread(rate), spread(base) / samples.n2, away / beyond) for rate in others if 0 < rate < 1]
    able = [case for case in cases if case is not None]
    return equal, max(able) if able else None


def _people(spread: float, other: float, error: float) -> float | None:
    """People with the variance `spread` each, so that together with the reference's variance the standard error is `error`."""
    left = error * error - other
    return spread / left if left > 0 else None


def _to_rest(bound: float, share: float, is_ratio: bool) -> float | None:
    """The bound of a change to everybody as one to everybody else; None where it cannot be reached."""
    if not is_ratio:
        return bound / (1 - share) if abs(bound) < 1 - share else None
    return bound * (1 - share) / (1 - bound * share) if bound * share < 1 else None


def _count(n: int | None) -> str:
    return "–" if n is None else f"{n:,}"

