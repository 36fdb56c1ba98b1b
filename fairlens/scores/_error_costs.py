"""price_errors: what the errors of the decision as it is cost, by group and for everybody. Needs labels, and no scores."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from .._html import Cell, fixed, table
from .._levels import ALL
from .._result import Query, Result
from .._slice import Slice
from .._spec import Spec
from ..exceptions import BadValue, RoleNeeded
from ..metrics._results import _count, _frame, _group_columns, note
from ..metrics._sentence import TEXTS as COMMON
from ..metrics._sentence import _left, label_of
from ._choice import unit_of
from ._choice_words import cost_of
from ._costs import ChoiceRow, check_costs, price_decision
from ._rows import check_confidence
from ._scored import check_measured, parts_of, selected, widened

if TYPE_CHECKING:
    import pandas as pd

    from .._measure import By, Measured


@dataclass(frozen=True, repr=False)
class ErrorCosts(Result):
    """The mean cost of errors of the decision as it is: a row per group, everybody last."""

    attributes: tuple[str, ...]
    rows: tuple[ChoiceRow, ...]
    spec: Spec
    confidence: float
    unit: str
    within: str = ""
    query: Query | None = field(default=None, compare=False)

    def to_frame(self) -> pd.DataFrame:
        """Give one row per group, everybody last: cost per 100 people with its interval, n, and the rates that it is made of."""
        names = ("cost", "lower", "upper", "n", "selection_rate", "true_positive_rate", "false_positive_rate", "status", "reason")
        columns = _group_columns(self.attributes, [row.group for row in self.rows])
        return _frame(columns | {name: [getattr(row, name) for row in self.rows] for name in names})

    @property
    def everybody(self) -> ChoiceRow:
        """The row of everybody."""
        return self.rows[-1]

    @property
    def sentence(self) -> str:
        """What errors cost everybody, and the groups in which they cost most and least, each by itself."""
        answer = self.published()
        return answer.within + answer._said()

    def _said(self) -> str:
        groups, whole = self.rows[:-1], self.everybody
        able = sorted((row for row in groups if row.status == "ok"), key=lambda row: row.cost)
        tail = _left([f"{label_of(row.group)} ({row.status})" for row in groups if row.status != "ok"])
        told = [f"everybody {self._written(whole)}"] if whole.cost == whole.cost else []
        if able:
            told.append(f"most in {label_of(able[-1].group)}, {self._written(able[-1])}")
        if len(able) > 1:
            told.append(f"least in {label_of(able[0].group)}, {self._written(able[0])}")
        if not told:
            return COMMON["nothing"] + tail
        return f"Cost of errors in {self.unit} per 100 {self.spec.word('persons')}, each group by itself: {'; '.join(told)}.{tail}"

    def _written(self, row: ChoiceRow) -> str:
        return f"{fixed(row.cost, 1)} ({fixed(row.lower, 1)} to {fixed(row.upper, 1)}, n={row.n:,})"

    def html(self) -> str:
        """Give the published costs as an HTML table."""
        answer = self.published()
        heads = [*answer.attributes, f"{answer.unit} per 100 ({round(100 * answer.confidence, 4):g} % interval)", "n", "note"]
        lines: list[list[object]] = [
            [
                *map(str, row.group),
                Cell(cost_of(row), None if row.cost != row.cost else row.cost),
                Cell(_count(row.n), row.n),
                note(row.status, row.reason),  # type: ignore[arg-type]
            ]
            for row in answer.rows
        ]
        return table(heads, lines, len(answer.attributes))


def price_errors(
    audit: Measured,
    by: By = None,
    false_positive: float = 1.0,
    false_negative: float = 1.0,
    words: Mapping[str, str] | None = None,
    confidence: float = 0.95,
) -> ErrorCosts:
    """Give what the errors of the decision as it is cost, by group and for everybody.

    Parameters
    ----------
    audit
        An audit with labels; decisions need no scores. ``audit.at(threshold)`` prices another decision.
    by
        A group column, a list of columns to cross, a `Slice` beside everybody else, or None for each sensitive feature by itself.
    false_positive, false_negative
        What one error of each kind costs, in any unit: 0 or more.
    words
        ``{"cost": "euros"}`` names that unit.
    confidence
        Between 0 and 1.

    Returns
    -------
    ErrorCosts
        Its frame has a row per group, everybody last. Intervals are Wilson's, for as many people as give the mean cost its variance.

    Raises
    ------
    RoleNeeded
        If there are no labels.
    BadValue
        If rows belong to persons.
    OutOfRange
        If a cost is below 0, or both are 0.

    See Also
    --------
    choose_thresholds : The same at every threshold, where there are scores.

    Examples
    --------
    >>> import fairlens as fl
    >>> audit = fl.audit(y_true=[0, 1, 0, 1] * 25, y_pred=[0, 1, 1, 1] * 25, sensitive_features={"sex": ["f"] * 60 + ["m"] * 40})
    >>> fl.price_errors(audit, false_positive=10).to_frame()[["sex", "cost", "n"]].values.tolist()
    [['f', 250.0, 60], ['m', 250.0, 40], ['(all)', 250.0, 100]]
    """
    check_measured(audit, "price_errors")
    costs = check_costs(false_positive, false_negative)
    unit, _ = unit_of(words, costs), check_confidence(confidence)
    _check_roles(audit)
    attributes = audit._attributes(by)
    rows: list[ChoiceRow] = []
    if isinstance(by, Slice):
        *rows, whole = price_decision(audit, by, costs, confidence)
    else:
        for columns in parts_of(audit, by):
            *groups, whole = price_decision(audit, list(columns), costs, confidence)
            rows += [replace(row, group=widened(audit, row.group, columns, by)) for row in groups]
    rows.append(replace(whole, group=(ALL,) * len(attributes)))
    arguments = {
        "by": by, "false_positive": false_positive, "false_negative": false_negative, "words": words, "confidence": confidence,
    }  # fmt: skip
    query = None if audit.is_published else Query(audit, price_errors, arguments)
    return ErrorCosts(attributes, tuple(rows), audit.spec, confidence, unit, selected(audit), query)


def _check_roles(audit: Measured) -> None:
    """Costs need labels; and their intervals rows of one person each."""
    if not audit.tables.has_y_true:
        raise RoleNeeded("Errors were to be priced.", "This audit has no `y_true`.", hint="fl.audit(..., y_true=..., y_pred=...)", role="y_true")
    if audit.spec.cluster is not None:
        raise BadValue(
            f"Errors were to be priced in an audit whose rows belong to persons ({audit.spec.cluster!r}).",
            "The intervals are of rows that are independent.",
            hint="fl.price_errors(fl.audit(data, ...)) of one row per person, or fl.choose_thresholds(audit) where there are scores",
            role="cluster",
            value=audit.spec.cluster,
        )
