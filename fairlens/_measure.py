"""Measured: the questions that an audit answers from tables of counts, raw or published."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from ._ask import Reference, check_interval, check_reference
from ._cube import asked_levels
from ._levels import ALL, Level, name_of
from ._result import Query
from ._slice import SLICE, Slice, slice_view
from ._spec import Spec
from ._tables import PairedView, StepsView, Tables, View
from ._thresholds import Threshold, told
from .exceptions import BadValue, LevelNotFound, OutOfRange, RoleNeeded, WrongKind, listed
from .metrics import DifferenceTable, GroupRow, GroupTable, Metric, PairRow, RatioTable
from .metrics._disparity import NAMED, Word, alike, need_favorable, pairs, rates, whole
from .metrics._formula import Formula
from .metrics._group_rows import Interval
from .metrics._metric import chosen
from .metrics._sentence import TEXTS, within_of
from .scores._ids import ScoreMetric, chosen_scores, is_score_metric

if TYPE_CHECKING:
    from .scores._curve import CurveTable, Kind

Measure = Metric | Formula | ScoreMetric
Metrics = str | Measure | Callable[..., float] | Sequence[str | Measure | Callable[..., float]] | None
By = str | Sequence[str] | Slice | None
LARGEST = Word("largest")


class Measured(ABC):
    """What an audit and its protected form have in common. Made by `audit` and by `Audit.protect`."""

    spec: Spec
    selection: tuple[tuple[str, tuple[Level, ...]], ...]
    threshold: Threshold

    @property
    @abstractmethod
    def tables(self) -> Tables:
        """Tables of counts by any subset of the group columns."""

    @property
    def is_published(self) -> bool:
        """Whether these are the tables for readers."""
        return False

    @property
    def groups(self) -> tuple[str, ...]:
        """Names of the group columns."""
        return self.tables.axes

    @property
    def setting(self) -> str:
        """Who is counted and how they are decided about, in words; empty for everybody, as decided."""
        parts = [self._among] if self.selection else []
        if self.threshold is not None:
            parts.append(f"decided at a score of {told(self.threshold)}")
        return ", ".join(parts)

    @property
    def within(self) -> str:
        """How a sentence begins, where it is not about everybody or not about the audit's own threshold."""
        parts = [self._among] if self.selection else []
        if self.threshold is not None and self.threshold != self.own_threshold:
            parts.append(TEXTS["deciding"].replace("{threshold}", told(self.threshold)))
        return within_of(parts)

    @property
    def _among(self) -> str:
        named = (f"{axis} = {' or '.join(map(name_of, levels))}" for axis, levels in self.selection)
        return TEXTS["among"].replace("{where}", " and ".join(named))

    @property
    def own_threshold(self) -> float | None:
        """The threshold that the audit decides at by itself; None for decisions as they were taken."""
        return None if self.tables.decided else self.spec.threshold

    def by_group(
        self, metrics: Metrics = None, by: By = None, confidence: float = 0.95, interval: Interval = "score"
    ) -> GroupTable:
        """Values by group, each with its interval: Wilson's for rates, a bootstrap over cells for other functions of counts.

        Parameters
        ----------
        metrics
            A metric id, a `Metric`, a function ``f(y_true, y_pred, sample_weight)``, or a list of these; every rate that the roles
            allow when None.
        by
            A group column, a list of columns to cross, a `Slice` to compare with everybody else, or None for each sensitive feature by
            itself.
        confidence
            Between 0 and 1.
        interval
            "score" is Wilson's for rates; "bootstrap" resamples people: a multinomial over cells, a Poisson bootstrap where rows have
            weights, whole clusters where one person has several rows.

        Returns
        -------
        GroupTable
            Its frame has a column per attribute, then metric, value, lower, upper, n (people in the denominator),
            numerator, denominator, status and reason. An undefined rate is NaN, never 0.

        Examples
        --------
        >>> import pandas as pd, fairlens as fl
        >>> frame = pd.DataFrame({"sex": ["f", "m"] * 20, "hired": [1, 0, 1, 1] * 10})
        >>> audit = fl.audit(frame, y_pred="hired", sensitive_features="sex")
        >>> audit.by_group("selection_rate").to_frame()["value"].tolist()
        [1.0, 0.5]
        """
        rows: list[GroupRow] = []
        wanted = self._metrics(metrics, confidence)
        check_interval(interval, ("score", "bootstrap"))
        for columns, view in self._views(by):
            for metric in wanted:
                found = self._rates_of(metric, view, confidence, interval)
                rows += found if by is not None else [replace(row, group=self._widen(row.group, columns, by)) for row in found]
        query = self._query("by_group", metrics=wanted, by=by, confidence=confidence, interval=interval)
        return GroupTable(self._attributes(by), tuple(rows), self.spec, confidence, self.setting, self.within, query)

    def overall(self, metrics: Metrics = None, confidence: float = 0.95) -> GroupTable:
        """Values of everybody, each with its interval; the frame is that of `by_group` without a group column."""
        view, wanted = self._view(()), self._metrics(metrics, confidence)
        limits = (confidence, self.spec.min_denominator, self.spec.suppress_below)
        rows = [
            replace(self._score_overall(metric, confidence) if isinstance(metric, ScoreMetric) else whole(view, metric, *limits), group=())
            for metric in wanted
        ]
        return GroupTable((), tuple(rows), self.spec, confidence, self.setting, self.within, self._query("overall", metrics=wanted, confidence=confidence))

    def difference(
        self, metric: Metrics, by: By = None, reference: Reference = LARGEST, confidence: float = 0.95, interval: Interval = "score"
    ) -> DifferenceTable:
        """Differences of rates to a reference, each with Newcombe's interval.

        Parameters
        ----------
        metric
            A metric id, a `Metric`, or a list of these.
        by
            A group column, a list of columns to cross, or None for each sensitive feature by itself.
        reference
            "largest" (the group with most people), "rest" (everybody else), "overall" (everybody), "best" (needs
            `favorable`; chosen after looking), a level, or a tuple of levels where `by` crosses columns.
        confidence
            Between 0 and 1.
        interval
            "score" is Newcombe's, "miettinen_nurminen" inverts the score test, "bootstrap" resamples people as in `by_group`.

        Raises
        ------
        OneGroup
            If there is nothing to compare with.
        LevelNotFound
            If no group has the name given as reference.

        Examples
        --------
        >>> import pandas as pd, fairlens as fl
        >>> frame = pd.DataFrame({"sex": ["f", "m"] * 20, "hired": [1, 0, 1, 1] * 10})
        >>> audit = fl.audit(frame, y_pred="hired", sensitive_features="sex")
        >>> audit.difference("selection_rate", reference="m").to_frame()["difference"].tolist()
        [0.5]
        """
        wanted = self._metrics(metric, confidence)
        rows = self._pairs(wanted, by, reference, confidence, interval, ratio=False)
        query = self._query("difference", metric=wanted, by=by, reference=reference, confidence=confidence, interval=interval)
        return DifferenceTable(self._attributes(by), rows, self.spec, confidence, self.setting, self.within, query)

    def ratio(
        self, metric: Metrics, by: By = None, reference: Reference = LARGEST, confidence: float = 0.95, interval: Interval = "score"
    ) -> RatioTable:
        """Ratios of rates to a reference, each with Koopman's interval; the arguments are those of `difference`."""
        wanted = self._metrics(metric, confidence)
        rows = self._pairs(wanted, by, reference, confidence, interval, ratio=True)
        query = self._query("ratio", metric=wanted, by=by, reference=reference, confidence=confidence, interval=interval)
        return RatioTable(self._attributes(by), rows, self.spec, confidence, self.setting, self.within, query)

    def curve(self, kind: Kind, by: By = None, confidence: float = 0.95) -> CurveTable:
        """What scores tell apart by group, at every threshold.

        Parameters
        ----------
        kind
            "roc" and "det" (error rates against each other), "calibration" (observed against predicted), or "threshold" (rates against
            the threshold).
        by
            A group column, a list of columns to cross, or None for each sensitive feature by itself.
        confidence
            Between 0 and 1.

        Returns
        -------
        CurveTable
            One row per group and step, with intervals and n.

        Raises
        ------
        RoleNeeded
            If there are no scores, or no labels to hold them against.

        Examples
        --------
        >>> import fairlens as fl
        >>> scores, sex = [0.2, 0.4, 0.6, 0.8] * 10, ["f", "m"] * 20
        >>> audit = fl.audit(y_true=[0, 0, 1, 1] * 10, y_score=scores, threshold=0.5, sensitive_features={"sex": sex})
        >>> float(audit.curve("roc", by="sex").to_frame()["true_positive_rate"].max())
        1.0
        """
        from .scores import curve

        return curve(self, kind, by, confidence)

    def _pairs(
        self, wanted: Sequence[Measure], by: By, reference: Reference, confidence: float, interval: Interval, *, ratio: bool
    ) -> tuple[PairRow, ...]:
        rows: list[PairRow] = []
        reference = check_reference(reference)
        check_interval(interval, ("score", "bootstrap") if ratio else ("score", "miettinen_nurminen", "bootstrap"))
        for columns, view in self._compared(by, reference):
            for one in wanted:
                found = self._pairs_of(one, view, reference, confidence, interval, ratio)
                if by is None:
                    found = [replace(pair, row=replace(pair.row, group=self._widen(pair.row.group, columns, by))) for pair in found]
                rows += found
        return tuple(rows)

    def _rates_of(self, metric: Measure, view: View, confidence: float, interval: Interval) -> list[GroupRow]:
        if isinstance(metric, ScoreMetric):
            from .scores import score_rows

            return score_rows(self, view.by, (metric,), confidence)
        return rates(view, metric, confidence, self.spec.min_denominator, self.spec.suppress_below, interval)

    def _score_overall(self, metric: ScoreMetric, confidence: float) -> GroupRow:
        from .scores import score_overall

        return score_overall(self, (metric,), confidence)[0]

    def _pairs_of(
        self, metric: Measure, view: View, reference: Reference, confidence: float, interval: Interval, ratio: bool
    ) -> list[PairRow]:
        if isinstance(metric, ScoreMetric):
            from .scores import score_pairs

            if ratio:
                raise BadValue(
                    f"A ratio of {metric.name!r} was asked for.",
                    "Numbers of scores have no zero at which nothing is, so that their ratios say nothing.",
                    hint=f"audit.difference({metric.name!r})",
                    role="metric",
                    value=metric.name,
                )
            return score_pairs(self, view.by, (metric,), reference, confidence)
        return pairs(
            view, metric, reference, confidence, self.spec.min_denominator, self.spec.suppress_below,
            favorable=self.spec.event_is_favorable, ratio=ratio, interval=interval,
        )  # fmt: skip

    def _paired_view(self, by: tuple[str, ...]) -> PairedView | None:
        """Both decisions about the same people by group; None where there is only one."""
        return self.tables.paired_view(by, dict(self.selection))

    def _steps_view(self, by: tuple[str, ...]) -> StepsView:
        """Labels and scores by group."""
        return self.tables.steps_view(by, dict(self.selection))

    def _compared(self, by: By, reference: Reference) -> list[tuple[tuple[str, ...], View]]:
        """The views to compare in; a level given with by=None picks the attribute that has it."""
        views = self._views(by)
        if by is not None or (isinstance(reference, str) and reference in NAMED):
            return views
        wanted = reference if isinstance(reference, tuple) else (reference,)
        having = [(columns, view) for columns, view in views if any(alike(group, wanted) for group in view.groups)]
        if not having:
            have = [level for _, view in views for (level,) in view.groups]
            raise LevelNotFound(
                f"`reference` is {reference!r}, which no sensitive feature has.",
                f"There are: {listed(have)}; and {listed(NAMED)}.",
                hint=f"reference={have[0]!r}",
                role="reference",
                value=reference,
            )
        return having

    def _views(self, by: By) -> list[tuple[tuple[str, ...], View]]:
        if by is None:
            return [((name,), self._view((name,))) for name in self.spec.sensitive_features]
        if isinstance(by, Slice):
            self.tables.check_threshold(self.threshold)
            return [((SLICE,), slice_view(self.tables, by, dict(self.selection), self.threshold))]
        return [(self._attributes(by), self._view(self._attributes(by)))]

    def _view(self, by: tuple[str, ...]) -> View:
        self.tables.check_threshold(self.threshold)
        return self.tables.view(by, dict(self.selection), self.threshold)

    def _attributes(self, by: By) -> tuple[str, ...]:
        if by is None:
            return self.spec.sensitive_features
        if isinstance(by, Slice):
            return (SLICE,)
        names = (by,) if isinstance(by, str) else tuple(by) if isinstance(by, list | tuple) else ()
        if not names or any(names.count(name) > 1 for name in names):
            raise WrongKind(
                f"`by` is {by!r}.",
                f"It must name each column once: {listed(self.groups)}.",
                hint=f"by={list(self.groups[:2])!r}",
                role="by",
                value=by,
            )
        return names

    def _widen(self, group: tuple[Level, ...], columns: tuple[str, ...], by: By) -> tuple[Level, ...]:
        if by is not None:
            return group
        return tuple(group[columns.index(name)] if name in columns else ALL for name in self.spec.sensitive_features)

    def _metrics(self, metrics: Metrics, confidence: float) -> tuple[Measure, ...]:
        if not isinstance(confidence, int | float) or not 0 < confidence < 1:
            raise OutOfRange(
                f"`confidence` is {confidence!r}.", "It must be between 0 and 1.", hint="confidence=0.95", role="confidence", value=confidence
            )  # fmt: skip
        wanted = chosen(metrics, self.tables.has_y_true, self._scored)
        for metric in wanted:
            if metric.needs_y_true and not self.tables.has_y_true:
                raise RoleNeeded(
                    f"{metric.name!r} was asked for.",
                    "It compares decisions with true labels, and this audit has no `y_true`.",
                    hint="fl.audit(..., y_true=...)",
                    role="y_true",
                    value=metric.name,
                )
        return wanted

    def _scored(self, metric: Any) -> ScoreMetric | None:
        """A metric of scores, if that is what was asked for and these scores allow it."""
        return chosen_scores(metric, self.spec)[0] if is_score_metric(metric) else None

    def _query(self, method: str, **arguments: Any) -> Query | None:
        return None if self.is_published else Query(self, method, arguments)

    @abstractmethod
    def at(self, threshold: Any, by: str | None = None) -> Any:
        """Decide at another threshold."""

    @abstractmethod
    def protect(self, profile: Any = "restricted") -> Any:
        """Give the form that may be printed, drawn or exported."""

    def _where(self, levels: Mapping[str, Level | Sequence[Level]]) -> tuple[tuple[str, tuple[Level, ...]], ...]:
        chosen_levels = dict(self.selection)
        for axis, wanted in levels.items():
            asked = asked_levels(axis, wanted)
            chosen_levels[axis] = tuple(level for level in asked if level in chosen_levels.get(axis, asked))
            if not chosen_levels[axis]:
                raise LevelNotFound(
                    f"`where` asks for {axis} in {listed(asked)}.",
                    f"This audit is already kept to {axis} in {listed(dict(self.selection)[axis])}: nobody is in both.",
                    hint=f"ask the whole audit: audit.where({axis}={asked[0]!r})",
                    role=axis,
                    value=wanted,
                )
        self.tables.view((), chosen_levels, self.threshold, clustered=False)
        return tuple((axis, chosen_levels[axis]) for axis in self.groups if axis in chosen_levels)


def disparity(measured: Measured, *, plan: bool = False) -> str:
    """The sentence of an audit: the largest difference in selection rate that the data support, or that they cannot tell."""
    from .metrics._results import comparisons
    from .metrics._sentence import compare

    if measured.spec.event_is_favorable is None:
        raise need_favorable("`sentence`")
    rows: list[PairRow] = []
    for name in measured.spec.sensitive_features:
        if len(measured._view((name,)).groups) > 1:
            rows += measured.difference("selection_rate", by=name).rows
    if not rows:
        return "There is one group only, so there is nothing to compare."
    return compare(comparisons(rows), measured.spec, 0.95, within=measured.within, plan=plan)
