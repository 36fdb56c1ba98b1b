"""dependence(): what the model answers, on average, for the people of each group if one input is set to each of several values."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, ClassVar, Literal

import numpy as np

from .._html import Cell, escape, number, table
from .._levels import name_of
from .._progress import Progress, Step
from .._result import Query, Result
from .._spec import Spec
from ..exceptions import BadValue, OutOfRange, ThresholdNotHeld
from ..metrics import GroupTable
from ..metrics._results import Status, note
from ..metrics._sentence import label_of, within_of
from ..stats import normal_quantile, student_means, wilson
from ._asking import _guard
from ._attributor import Matrix, Vector
from ._encoded import Asked, encoding, too_many
from ._engines import rows_at
from ._explain import _check_audit, _check_numbers, _output, _seed
from ._explained import Readers, _rates, _status, _there, readers
from ._explained_words import in_points, written
from ._grid import Grid, make_grid
from ._options import check_columns
from ._sample import LEAST, Sample, draw
from ._scale import Scale
from ._values import Group

if TYPE_CHECKING:
    import pandas as pd

    from .._audit import Audit

Answered = Literal["score", "decision"]
_ROWS, _MOST_TOLD = 500, 4
_COLUMNS = ("value", "mean", "lower", "upper", "n", "near", "held", "status", "reason")


@dataclass(frozen=True, slots=True)
class DependencePoint:
    """The mean answer for one group at one value of the input.

    NaN where there is no number to show. `n` rows were asked about; `near` people of the group have about this value of their own, None
    where this is not shown; `held` says whether these are enough people to speak of.
    """

    group: Group
    value: Any
    mean: float = math.nan
    lower: float = math.nan
    upper: float = math.nan
    n: int | None = None
    near: int | None = None
    held: bool = False
    status: Status = "ok"
    reason: str = ""


@dataclass(frozen=True, repr=False)
class Dependence(Result):
    """What the model answers on average in each group as one input takes several values, the others as they are. Made by `dependence`.

    Attributes
    ----------
    attributes : tuple of str
        The grouping columns.
    feature : str
        The input.
    is_number : bool
        Whether its values are numbers.
    rows : tuple of DependencePoint
        One per group and value.
    output : "score" or "decision"
        What is averaged.
    predictions : int or None
        Rows that the model was asked about; None where this would tell of people who are not shown.
    rates : GroupTable or None
        In the published form: how the same groups are decided about as they are, to be shown beside the model's answers.
    """

    attributes: tuple[str, ...]
    feature: str
    is_number: bool
    rows: tuple[DependencePoint, ...]
    spec: Spec
    confidence: float
    output: Answered
    predictions: int | None = None
    threshold: float | None = None
    setting: str = ""
    within: str = ""
    query: Query | None = field(default=None, compare=False)
    for_readers: Dependence | None = field(default=None, compare=False)
    rates: GroupTable | None = field(default=None, compare=False)

    caution: ClassVar[str] = (
        "This is what the model answers when one input is set and the others stay as they are, also where such people do not occur;"
        " not what would become of a person whose value changed, nor whether using the input is justified."
    )

    @property
    def groups(self) -> tuple[Group, ...]:
        """The groups, in the order of the rows."""
        return tuple(dict.fromkeys(row.group for row in self.rows))

    @property
    def values(self) -> tuple[Any, ...]:
        """The values that the input was set to."""
        return tuple(dict.fromkeys(row.value for row in self.rows))

    def of(self, group: Group) -> tuple[DependencePoint, ...]:
        """The points of one group."""
        return tuple(row for row in self.rows if row.group == group)

    @property
    def what(self) -> str:
        """What is averaged, in words."""
        return "mean score" if self.output == "score" else "selection rate"

    def write(self, value: float, lower: float = math.nan, upper: float = math.nan) -> str:
        """Write a mean answer with its interval."""
        shown = written(value, self.output, self.spec)
        if math.isnan(lower):
            return shown
        ends = [written(end, self.output, self.spec, bare=True) for end in (lower, upper)]
        return f"{shown} ({ends[0]} to {ends[1]})"

    def name_of(self, value: Any) -> str:
        """Write a value of the input."""
        return number(value) if self.is_number else name_of(value)

    def to_frame(self) -> pd.DataFrame:
        """Give one row per group and value: the grouping columns, value, mean, lower, upper, n, near, held, status, reason."""
        import pandas as pd

        columns: dict[str, Any] = {name: [row.group[j] for row in self.rows] for j, name in enumerate(self.attributes)}
        for name in _COLUMNS:
            columns[name] = [getattr(row, name) for row in self.rows]
        for name in ("n", "near"):
            if None in columns[name]:
                columns[name] = pd.array(columns[name], dtype="Int64")
        return pd.DataFrame(columns)

    def to_dict(self) -> dict[str, Any]:
        """Give the points and how they were found as plain data, with None for undefined. Raw: nothing is hidden in it."""
        more = {name: getattr(self, name) for name in ("feature", "output", "threshold", "confidence", "predictions", "setting", "caution")}
        return {**super().to_dict(), "attributes": list(self.attributes), **more}

    def published(self) -> Dependence:
        """Give the same answer over the published people, without small groups and without numbers of people per value."""
        return self if self.for_readers is None else self.for_readers

    @property
    def sentence(self) -> str:
        """How far the answer moves in each group."""
        answer = self.published()
        weak = [label_of(group) for group in answer.groups if answer.of(group)[0].status != "ok"]
        ends = {group: points for group in answer.groups if (points := answer._held(group))}
        nobody = [label_of(group) for group in answer.groups if group not in ends and label_of(group) not in weak]
        tail = f" {len(ends) - _MOST_TOLD} more groups are in the table." if len(ends) > _MOST_TOLD else ""
        tail += f" At no value that {answer.feature} is set to are there {answer.spec.suppress_below} people of {_some(nobody)}." if nobody else ""
        tail += f" Left out: {_some(weak)}." if weak else ""
        if not ends:
            return f"{answer.within}There is no group whose answers can be told.{tail}"
        values = {tuple(point.value for point in points) for points in ends.values()}
        alike = (answer.is_number or len(answer.values) == 1) and len(values) == 1
        told = "; ".join(answer._moves(group, points, alike) for group, points in list(ends.items())[:_MOST_TOLD])
        first, last = map(answer.name_of, next(iter(values)))
        if alike and first == last:
            return f"{answer.within}With {answer.feature} alone set to {first}, the {answer.what} is, on average, {told}.{tail}"
        way = "from level to level" if not answer.is_number else f"from {first} to {last}" if alike else "from low to high"
        return f"{answer.within}As {answer.feature} alone is set {way}, the {answer.what} goes, on average, {told}.{tail}"

    def _held(self, group: Group) -> tuple[DependencePoint, ...]:
        """Where the line of a group begins and where it ends, of the values that enough of its people have; lowest and highest for levels."""
        points = [one for one in self.of(group) if one.status == "ok" and one.held]
        if not self.is_number:
            points = sorted(points, key=lambda one: one.mean)
        return (points[0], points[-1]) if points else ()

    def _moves(self, group: Group, ends: Sequence[DependencePoint], alike: bool) -> str:
        said = [f"{self.write(one.mean, one.lower, one.upper)}{'' if alike else f' at {self.name_of(one.value)}'}" for one in ends]
        shown = said[0] if ends[0] is ends[-1] else f"from {said[0]} to {said[-1]}"
        return f"for {label_of(group)} (n={ends[0].n:,}) {shown}"

    def html(self) -> str:
        """Give the published points as an HTML table."""
        answer = self.published()
        share = f"{round(100 * answer.confidence, 4):g} %"
        headers = [*answer.attributes, answer.feature, f"{answer.what} (pointwise {share} interval)", "n", "such people in the group", "note"]
        lines: list[list[object]] = [
            [
                *map(str, row.group),
                answer.name_of(row.value),
                Cell(answer.write(row.mean, row.lower, row.upper), None if math.isnan(row.mean) else row.mean),
                Cell("–" if row.n is None else f"{row.n:,}", row.n),
                "–" if row.status == "suppressed" else "yes" if row.held else "few or none",
                note(row.status, row.reason),
            ]
            for row in answer.rows
        ]
        return f"{table(headers, lines, len(answer.attributes) + 1)}<p><small>{escape(self.caution)}</small></p>"

    def __repr__(self) -> str:
        return f"{super().__repr__()}\n{self.caution}"


def dependence(
    audit: Audit,
    feature: str,
    by: str | Sequence[str] | None = None,
    *,
    output: Answered = "score",
    grid: Sequence[Any] | None = None,
    rows: int | None = None,
    max_predictions: int = 20_000_000,
    random_state: int | np.random.Generator | None = 0,
    confidence: float = 0.95,
    progress: bool | Step = True,
) -> Dependence:
    """Ask the model about the people of each group with one input set to each of several values, and average its answers.

    Parameters
    ----------
    audit
        Made with ``fl.audit(X, model=model, ...)``, so that it holds the rows and the model.
    feature
        A column of the model's inputs.
    by
        A group column, a list of columns to cross, or None for each sensitive feature by itself.
    output
        "score", or "decision" at the audit's threshold. A model that only decides has no score.
    grid
        Values to set; round numbers between the tails, or the levels that enough people have, when None.
    rows
        People to ask about per group, 500 unless said and 30 at least; all where a group has fewer.
    max_predictions
        The budget. What is needed is counted before anything is asked.
    random_state
        A seed, or a NumPy generator. NumPy's global state is left as it was.
    confidence
        Between 0 and 1, for each point by itself.
    progress
        True to show progress where a person watches, False for silence, or a function ``(done, total)`` of predictions.

    Returns
    -------
    Dependence

    Raises
    ------
    RowsNotHeld
        If the audit holds no rows and no model.
    ColumnNotFound
        If the model has no such input.
    TooManyPredictions
        If it takes more predictions than the budget.
    BadValue
        For a value that the input cannot have, a model that answers differently than in the audit, or a group column called like one of the table.

    Notes
    -----
    Partial dependence (J. H. Friedman, Annals of Statistics 29 (2001) 1189-1232), over the people of each group instead of everybody.
    Student's intervals from the spread over rows, Wilson's for decisions; each point by itself.

    Examples
    --------
    >>> import pandas as pd, fairlens as fl
    >>> X = pd.DataFrame({"income": [20, 30, 40, 50] * 30, "bonus": [0, 10] * 60})
    >>> audit = fl.audit(X, model=lambda rows: (rows["income"] + rows["bonus"]) / 100, sensitive_features={"sex": ["f", "f", "m"] * 40})
    >>> [(point.value, round(point.mean, 2), point.n) for point in fl.dependence(audit, "income", grid=[20, 50]).of(("f",))]
    [(20.0, 0.25, 80), (50.0, 0.55, 80)]
    """
    _check_audit(audit, "dependence", repr(feature))
    if output not in ("score", "decision"):
        raise BadValue(
            f"`output` is {output!r}.", "There are: 'score', 'decision'.", hint=f'fl.dependence(audit, {feature!r}, output="score")', role="output", value=output
        )  # fmt: skip
    answered: Any = _output(audit, output, "dependence", repr(feature))
    _check_numbers(rows, confidence, max_predictions, None)
    if rows is not None and rows < LEAST:
        what = f"A mean of fewer than {LEAST} people per group tells too little of the group."
        raise OutOfRange(f"`rows` is {rows!r}.", what, hint=f"rows={LEAST}", role="rows", value=rows)
    seed = _seed(random_state)
    views = [(name,) for name in audit.spec.sensitive_features] if by is None else [audit._attributes(by)]
    attributes = audit._attributes(by)
    check_columns(audit, attributes, _COLUMNS, "dependence")
    shown = readers(audit)
    everybody = draw(audit, views, attributes, 2**62, None, shown.left_out, seed)
    sample = draw(audit, views, attributes, _ROWS if rows is None else int(rows), None, shown.left_out, seed)
    people = everybody.places[everybody.published[everybody.places]]
    values = make_grid(audit.handle.inputs, feature, grid, people, audit.spec.suppress_below)
    hides = not bool(sample.published.all()) or any(one.group not in shown.people(views, attributes) for one in sample.strata)
    with Progress("Asking", progress) as bar:
        answers, asked = _ask(audit, answered, replace(sample, background=values.examples), values, int(max_predictions), seed, bar, hides)
    return _made(audit, shown, views, attributes, confidence, (everybody, sample), values, answers, answered, asked)


def _ask(audit: Audit, output: Answered, sample: Sample, grid: Grid, budget: int, seed: int, bar: Progress, hides: bool) -> tuple[Matrix, int]:
    """Answers by drawn row and value; the rows must first be answered as in the audit."""
    handle = audit.handle
    rows = rows_at(handle.inputs, sample.places)
    codec = encoding(rows, rows_at(handle.inputs, sample.background) if len(sample.background) else None)
    total = len(codec.matrix) + len(sample.places) * len(grid.codes)
    if total > budget:
        raise too_many(None if hides else total, budget, f"{'The drawn' if hides else f'{len(sample.places):,}'} rows at {len(grid.codes):,} values take", "rows=40")
    threshold = audit.threshold if isinstance(audit.threshold, float) and audit.spec.y_score is not None else None
    f = Asked(codec, Scale(handle.predict, output, threshold), budget, total, bar, hides=hides)
    _guard(audit, handle.predict, codec, sample, rows, None, seed, hides=hides)
    f.asked += len(codec.matrix)
    answers = np.empty((len(sample.places), len(grid.codes)))
    for k, code in enumerate(grid.codes):
        Z = codec.matrix[: len(sample.places)].copy()
        Z[:, grid.place] = code
        answers[:, k] = f(Z)
    return answers, f.asked


def _made(
    audit: Audit, shown: Readers, views: Sequence[tuple[str, ...]], attributes: tuple[str, ...], confidence: float, samples: tuple[Sample, Sample],
    grid: Grid, answers: Matrix, output: Answered, asked: int,
) -> Dependence:  # fmt: skip
    """Make the raw result, which holds the one for readers."""
    decides, among = output == "decision", [audit._among] if audit.selection else []
    setting, within = (audit.setting, audit.within) if decides else (", ".join(among), within_of(among))
    threshold = audit.threshold if decides and isinstance(audit.threshold, float) else None
    everyone = np.ones(len(samples[1].scored), bool)
    raw = Dependence(
        attributes, grid.feature, grid.is_number, _points(audit, samples, grid, answers, confidence, decides, everyone), audit.spec, confidence, output,
        asked, threshold, setting, within,
    )  # fmt: skip
    people, reason = shown.people(views, attributes), shown.reason
    if shown.audit is not None and threshold is not None:
        try:
            shown.audit.tables.check_threshold(threshold)
        except ThresholdNotHeld:
            people, reason = {}, f"readers see decisions at declared thresholds only, and {threshold!r} is not one"
    there = _there(shown, views, attributes, samples[1])
    floor = audit.spec.suppress_below
    rare = _rare(samples[0], grid, floor)
    found = _points(audit, samples, grid, answers, confidence, decides, samples[1].published)
    rows = tuple(
        replace(row, near=None) if row.group in people
        else DependencePoint(row.group, row.value, status="suppressed", reason=reason or "too few people to show")
        for row in found if row.group in there and row.value not in rare
    )  # fmt: skip
    everything = bool(samples[1].published.all()) and not rare and all(row.status != "suppressed" for row in rows)
    rates = _rates(shown.audit, views, attributes, confidence)
    return replace(raw, for_readers=replace(raw, rows=rows, predictions=asked if everything else None, rates=rates))


def _rare(everybody: Sample, grid: Grid, floor: int) -> set[Any]:
    """Levels that so few people have that readers may not hear of them; a number that was asked about tells of nobody."""
    if grid.is_number:
        return set()
    near = grid.near(everybody.places[everybody.published[everybody.places]])
    return {value for value, count in zip(grid.values, near.tolist(), strict=True) if count < floor}


def _points(
    audit: Audit, samples: tuple[Sample, Sample], grid: Grid, answers: Matrix, confidence: float, decides: bool, kept: Any
) -> tuple[DependencePoint, ...]:
    everybody, sample = samples
    points: list[DependencePoint] = []
    for one, whole in zip(sample.strata, everybody.strata, strict=True):
        drawn = one.drawn[kept[one.drawn]]
        if not len(drawn):
            points += [DependencePoint(one.group, value, n=0, near=0, status="undefined", reason="nobody is in this group") for value in grid.values]
            continue
        weights = None if sample.weights is None else sample.weights[drawn]
        means = _means(audit, answers[np.searchsorted(sample.places, drawn)], weights, confidence, decides)
        status, reason = _status(len(drawn), audit.spec.min_denominator)
        near = grid.near(whole.drawn[kept[whole.drawn]]).tolist()
        points += [
            DependencePoint(one.group, value, *ends, len(drawn), count, count >= audit.spec.suppress_below, status, reason)
            for value, ends, count in zip(grid.values, means, near, strict=True)
        ]
    return tuple(points)


def _means(audit: Audit, answers: Matrix, weights: Vector | None, confidence: float, decides: bool) -> list[tuple[float, float, float]]:
    """Means with pointwise limits; by Wilson's interval for decisions, which has a width where all are decided alike."""
    found = student_means(answers, weights, confidence)
    lower, upper = found.lower, found.upper
    if decides:
        n = found.df + 1
        lower, upper = wilson(found.mean * n, np.full(len(found.mean), n), normal_quantile(confidence))
    elif in_points("score", audit.spec):
        lower, upper = np.clip(lower, 0, 1), np.clip(upper, 0, 1)
    return list(zip(found.mean.tolist(), lower.tolist(), upper.tolist(), strict=True))


def _some(names: Sequence[str]) -> str:
    return f"{', '.join(names[:3])}{f' and {len(names) - 3} more' if len(names) > 3 else ''}"
