"""fl.plan_collection: how many more people of each group would settle a criterion."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from .._html import Cell, percent, table
from .._measure import Measured
from .._result import Query, Result
from .._spec import Spec
from ..metrics._row import Group
from ..metrics._sentence import label_of
from ._against import Reading
from ._criterion import Criterion
from ._judging import State
from ._plan_inputs import check_share
from ._plan_words import collection_sentence
from ._sizes import POWER, planned
from ._verdict import Ruling, check, read

if TYPE_CHECKING:
    import pandas as pd

SETTLED = "settled: {state}"


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
    measured: Measured, criterion: Criterion, *, power: float = POWER, baseline: Measured | None = None
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
    Medicine 9 (1990) 1447-1454, with the variances of the score test that `check` makes. Where the rates seen lie near the margin, it is
    at least as many as would settle it if they stayed as they are; where no number would, and half of the people planned are there
    already, nothing is planned. With a power of 0.8 it is the `more_needed` of `check`. Where groups are known as probabilities, and
    these leave open on which side of the margin the change lies, more people cannot settle it.

    Examples
    --------
    >>> import fairlens as fl
    >>> hired, sex = [1] * 180 + [0] * 120 + [1] * 1240 + [0] * 760, ["f"] * 300 + ["m"] * 2000
    >>> audit = fl.audit(y_pred=hired, sensitive_features={"sex": sex}, favorable=1)
    >>> fl.plan_collection(audit, fl.Criterion("selection_rate", margin=0.06)).sentence
    'Collect 492 more of f people: with a power of 80 %, if the rates are equal or differ by twice the margin.'
    """
    check_share("power", power)
    if measured.is_published and baseline is not None:
        baseline = baseline.protect()
    verdict = check(measured, criterion, baseline=baseline)
    judged = verdict.criteria[0]
    found = read(measured, judged, baseline)
    rows = [_row(judged, ruling, reading, power) for ruling, reading in zip(verdict.rows, found, strict=True)]
    asked = {"criterion": criterion, "power": power, "baseline": baseline}
    query = None if measured.is_published else Query(measured, plan_collection, asked)
    return CollectionPlan(verdict.attributes, tuple(rows), judged, power, measured.spec, measured.within, query)


def _row(criterion: Criterion, ruling: Ruling, reading: Reading, power: float) -> PlanRow:
    known = (ruling.group, ruling.state, ruling.n, ruling.n_reference, ruling.base)
    if ruling.state in ("exceeds", "within"):
        return PlanRow(*known, None, None, 0, SETTLED.format(state=ruling.state))
    if ruling.state == "undefined":
        return PlanRow(*known, None, None, None, ruling.reason)
    return PlanRow(*known, *planned(criterion, reading, ruling.comparisons, power))


def _count(n: int | None) -> str:
    return "–" if n is None else f"{n:,}"

