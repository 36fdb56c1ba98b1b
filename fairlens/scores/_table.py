"""measure_scores: how well scores rank and keep their word, by group."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from .._html import Cell, table
from .._result import Query, Result
from .._spec import Spec
from ..metrics import PairRow
from ..metrics._results import _count, _frame, _full, _group_columns, _without_empty_notes, note
from ..stats import normal_quantile
from ._ids import ScoreMetrics
from ._numbers import ScoreRow
from ._rows import pair_of, reference_of, score_numbers
from ._scored import Scored, check_measured, parts_of, read_scored, selected
from ._words import TEXTS, compare_scores, unlabelled_tail

if TYPE_CHECKING:
    import pandas as pd

    from .._measure import By, Measured

_COLUMNS = ("value", "lower", "upper", "n", "n_positive", "n_negative", "bound", "beside", "beside_name", "status", "reason")


@dataclass(frozen=True, repr=False)
class ScoreTable(Result):
    """How well scores rank and keep their word, by group: each number with its interval, n, and what to hold it against."""

    attributes: tuple[str, ...]
    rows: tuple[ScoreRow, ...]
    pairs: tuple[PairRow, ...]
    spec: Spec
    confidence: float
    within: str = ""
    unlabelled: int | None = 0
    people: int | None = None
    query: Query | None = field(default=None, compare=False)

    def to_frame(self) -> pd.DataFrame:
        """Give one row per group and metric: the grouping columns, then metric, value, lower, upper, n, n_positive, ...

        `bound` is how far the binning of scores can have moved an area; `beside` the number named in `beside_name`.
        """
        columns = _group_columns(self.attributes, [row.group for row in self.rows])
        columns["metric"] = [row.metric.name for row in self.rows]
        for name in _COLUMNS:
            columns[name] = [getattr(row, name) for row in self.rows]
        return _frame(columns)

    @property
    def sentence(self) -> str:
        """The largest difference between groups that the data support, or that they cannot tell."""
        answer = self.published()
        tail = unlabelled_tail(answer.unlabelled, answer.people)
        if not answer.pairs:
            return answer.within + TEXTS["alone"] + tail
        return compare_scores(answer.pairs, answer.spec, answer.confidence, within=answer.within) + tail

    @property
    def left_out(self) -> tuple[ScoreRow, ...]:
        """The rows without a number that can be compared: undefined, suppressed or small."""
        return tuple(row for row in self.rows if row.status != "ok")

    def html(self) -> str:
        """Give the published numbers as an HTML table."""
        answer = self.published()
        share = f"{round(100 * answer.confidence, 4):g} %"
        headers = [*answer.attributes, "metric", f"value ({share} interval)", "beside", "n", "with the event", "note"]
        lines: list[list[object]] = [
            [
                *map(str, row.group),
                row.metric.label,
                Cell(row.metric.write(row.value, row.lower, row.upper), _full(row.value)),
                Cell(_beside(row), _full(row.beside)),
                Cell(_count(row.n), row.n),
                Cell(_count(row.n_positive), row.n_positive),
                note(row.status, row.reason),  # type: ignore[arg-type]
            ]
            for row in answer.rows
        ]
        return table(*_without_empty_notes(headers, lines), len(answer.attributes))


def _beside(row: ScoreRow) -> str:
    return f"{row.beside_name.replace('_', ' ')} {row.metric.write(row.beside)}" if row.beside == row.beside else ""


def measure_scores(audit: Measured, by: By = None, metrics: ScoreMetrics = None, confidence: float = 0.95) -> ScoreTable:
    """Measure how well scores rank and keep their word in each group, apart from any threshold.

    Parameters
    ----------
    audit
        An audit with scores and labels. People without a label are left out, and the sentence says how many.
    by
        A group column, a list of columns to cross, or None for each sensitive feature by itself.
    metrics
        ``roc_auc`` and ``average_precision`` of any scores; of probabilities also ``brier_score_loss``, ``brier_skill``,
        ``calibration_in_the_large``, ``calibration_intercept``, ``calibration_slope`` and ``expected_calibration_error``. All that the
        scores allow when None.
    confidence
        Between 0 and 1.

    Returns
    -------
    ScoreTable
        Its frame has a row per group and metric. An area has DeLong's interval on the logit scale and, where scores are in bins, a bound of
        what the bins can have moved; average precision stands beside the prevalence, which is what chance gives; the calibration error
        beside what calibrated scores would show by chance.

    Raises
    ------
    RoleNeeded
        If there are no scores or no labels.
    BadValue
        If a metric needs probabilities and the scores are none.

    Notes
    -----
    Equal areas in all groups do not make one threshold treat them alike: see `rank_across` and ``audit.curve("roc")``.

    Examples
    --------
    >>> import fairlens as fl
    >>> audit = fl.audit(
    ...     y_true=[0, 0, 1, 1] * 20, y_score=[0.1, 0.4, 0.35, 0.8] * 20, threshold=0.5, sensitive_features={"sex": ["f"] * 40 + ["m"] * 40}
    ... )
    >>> fl.measure_scores(audit, metrics="roc_auc").to_frame()[["sex", "value", "n"]].values.tolist()
    [['f', 0.75, 40], ['m', 0.75, 40]]
    """
    check_measured(audit, "measure_scores")
    rows = score_numbers(audit, by, metrics, confidence)
    pairs = _pairs(audit, by, rows, normal_quantile(confidence))
    _, whole = read_scored(audit, ())
    unlabelled, people = (None, None) if whole is None else (whole.unlabelled, whole.people)
    query = None if audit.is_published else Query(audit, measure_scores, {"by": by, "metrics": metrics, "confidence": confidence})
    return ScoreTable(
        audit._attributes(by), tuple(rows), pairs, audit.spec, confidence, selected(audit), unlabelled, people, query
    )  # fmt: skip


def _pairs(audit: Measured, by: Any, rows: list[ScoreRow], z: float) -> tuple[PairRow, ...]:
    """Each group against the largest of its attribute, in the first metric that was measured, where that has enough people."""
    first = [row for row in rows if row.metric is rows[0].metric]
    pairs: list[PairRow] = []
    for columns in parts_of(audit, by):
        groups = read_scored(audit, columns)[0]
        own, first = first[: len(groups)], first[len(groups) :]
        if len(own) > 1:
            at = reference_of(own)
            pairs += [_pair(own, groups, i, at, z) for i in range(len(own)) if i != at]
    return tuple(pairs)


def _pair(rows: list[ScoreRow], groups: list[Scored], i: int, at: int, z: float) -> PairRow:
    return pair_of(rows[i], rows[at], rows[at].group, z, groups[i], groups[at])

