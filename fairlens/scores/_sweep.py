"""sweep_thresholds: one rate by group at every threshold that a reader may decide at."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from .._html import Cell, fixed, number, table
from .._levels import ALL
from .._result import Query, Result
from .._slice import Slice
from .._spec import Spec, is_number
from .._thresholds import GroupThresholds
from ..exceptions import BadValue
from ..metrics import GroupRow, Metric
from ..metrics._results import Group, _count, _frame, _group_columns, note
from ._choice import candidates
from ._rows import check_confidence
from ._scored import check_measured
from ._worded import decision_sentence

if TYPE_CHECKING:
    import pandas as pd

    from .._measure import By, Measured

_VALUES = ("value", "lower", "upper", "n", "numerator", "denominator")


@dataclass(frozen=True, repr=False)
class ThresholdSweep(Result):
    """One rate by group at every published threshold.

    `rates` has the rows of all groups for each of `thresholds`; `now` those of the decision as it is, and `cuts` where that is for each group:
    None where it is no one score.
    """

    metric: Metric
    attributes: tuple[str, ...]
    thresholds: tuple[float, ...]
    rates: tuple[tuple[GroupRow, ...], ...]
    now: tuple[GroupRow, ...]
    cuts: tuple[float | None, ...]
    threshold: float | None
    said: str
    spec: Spec
    confidence: float
    setting: str = ""
    query: Query | None = field(default=None, compare=False)

    def to_frame(self) -> pd.DataFrame:
        """Give one row per group and threshold: the grouping columns, threshold, metric, value, lower, upper, n, ..., current, status, reason.

        `current` marks where a group is decided about now.
        """
        rows = [(row, cut, cut == now) for cut, found in zip(self.thresholds, self.rates, strict=True) for row, now in zip(found, self.cuts, strict=True)]
        columns: dict[str, list[Any]] = _group_columns(self.attributes, [row.group for row, _, _ in rows])
        columns |= {"threshold": [cut for _, cut, _ in rows], "metric": [row.metric.name for row, _, _ in rows]}
        columns |= {name: [getattr(row, name) for row, _, _ in rows] for name in _VALUES}
        columns["current"] = [current for _, _, current in rows]
        return _frame(columns | {name: [getattr(row, name) for row, _, _ in rows] for name in ("status", "reason")})

    @property
    def sentence(self) -> str:
        """How groups differ at the decision as it is."""
        return self.published().said

    @property
    def left_out(self) -> tuple[GroupRow, ...]:
        """The groups that have no number to compare at the decision as it is."""
        return tuple(row for row in self.now if row.status != "ok")

    @property
    def parts(self) -> tuple[tuple[str, tuple[int, ...]], ...]:
        """What is looked at together, each with the places of its groups: one attribute after the other, or all that are crossed."""
        found: dict[tuple[str, ...], list[int]] = {}
        for i, row in enumerate(self.now):
            found.setdefault(tuple(name for name, level in zip(self.attributes, row.group, strict=True) if level != ALL), []).append(i)
        return tuple((" and ".join(names), tuple(places)) for names, places in found.items())

    def html(self) -> str:
        """Give the published rates as an HTML table, one row per group and threshold."""
        answer = self.published()
        lines: list[list[object]] = []
        for cut, found in zip(answer.thresholds, answer.rates, strict=True):
            for row in found:
                shown = [fixed(one, 3) if one == one else "–" for one in (row.value, row.lower, row.upper)]
                lines.append([*map(str, row.group), number(cut), *shown, Cell(_count(row.n), row.n), note(row.status, row.reason)])
        return table([*answer.attributes, "threshold", answer.metric.label, "lower", "upper", "n", "note"], lines, len(answer.attributes))


def sweep_thresholds(audit: Measured, metric: str | Metric = "selection_rate", by: By = None, confidence: float = 0.95) -> ThresholdSweep:
    """Give one rate by group at every published threshold: what the view of thresholds of a panel draws.

    Parameters
    ----------
    audit
        An audit with scores.
    metric
        A rate: a proportion of people.
    by
        A group column, a list of columns to cross, a `Slice` to compare with everybody else, or None for each sensitive feature by itself.
    confidence
        Between 0 and 1; the intervals are pointwise, those of ``audit.at(threshold).by_group(...)``.

    Returns
    -------
    ThresholdSweep
        Its frame has a row per group and threshold. Thresholds are those that a reader may decide at, and the current ones: see
        `choose_thresholds`.

    Raises
    ------
    RoleNeeded
        If there are no scores, or no labels that the metric needs.
    BadValue
        If the metric is no proportion of people.

    See Also
    --------
    choose_thresholds : What errors cost at every threshold.
    Audit.curve : Four rates at every step of the scores.

    Examples
    --------
    >>> import fairlens as fl
    >>> audit = fl.audit(y_score=[1, 2, 3, 4] * 20, threshold=2, sensitive_features={"sex": ["f"] * 40 + ["m"] * 40})
    >>> found = fl.sweep_thresholds(audit, "selection_rate", by="sex").to_frame()
    >>> found[found["sex"] == "f"][["threshold", "value", "n", "current"]].values.tolist()[1:4]
    [[2.0, 0.75, 40, True], [3.0, 0.5, 40, False], [4.0, 0.25, 40, False]]
    """
    check_measured(audit, "sweep_thresholds")
    check_confidence(confidence)
    wanted = _rate(audit, metric, confidence)
    now = audit.by_group(wanted, by, confidence).rows
    attributes = audit._attributes(by)
    cuts = tuple(_cut_of(audit, attributes, by, row.group) for row in now)
    thresholds = swept(audit, cuts)
    rates = tuple(audit.at(cut).by_group(wanted, by, confidence).rows for cut in thresholds)
    said = decision_sentence(audit, (wanted,), by, confidence)
    one: float | None = audit.threshold if is_number(audit.threshold) else None  # type: ignore[assignment]
    query = None if audit.is_published else Query(audit, sweep_thresholds, {"metric": metric, "by": by, "confidence": confidence})
    return ThresholdSweep(wanted, attributes, thresholds, rates, now, cuts, one, said, audit.spec, confidence, audit.setting, query)


def swept(audit: Measured, cuts: tuple[float | None, ...] = ()) -> tuple[float, ...]:
    """Every threshold that a reader may decide at, and those that groups are decided at now."""
    tables = audit.tables if audit.is_published else audit.protect().tables
    found = set(candidates(audit))
    found |= set(tables.steps or ()) | set(audit.spec.declared) if tables.published_edges is None else set(tables.published_edges)
    return tuple(sorted(found | {cut for cut in cuts if cut is not None}))


def _rate(audit: Measured, metric: Any, confidence: float) -> Metric:
    found = audit._metrics(metric, confidence)
    if len(found) == 1 and isinstance(found[0], Metric):
        return found[0]
    raise BadValue(
        f"`metric` is {metric!r}.",
        "A sweep over thresholds is of one proportion of people.",
        hint='fl.sweep_thresholds(audit, "selection_rate")',
        role="metric",
        value=metric,
    )


def _cut_of(audit: Measured, attributes: tuple[str, ...], by: By, group: Group) -> float | None:
    """From which score on people of a group are selected; None where that is no one score."""
    cut = audit.threshold
    if isinstance(cut, GroupThresholds):
        place = attributes.index(cut.axis) if cut.axis in attributes and not isinstance(by, Slice) else None
        return None if place is None or group[place] == ALL else cut.of(group[place])
    return None if cut is None else float(cut)
