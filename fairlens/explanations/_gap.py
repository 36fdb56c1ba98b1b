"""decompose_gap(): which inputs carry a measured gap between groups."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, overload

import numpy as np

from .._progress import Step
from .._thresholds import GroupThresholds
from ..exceptions import BadValue, WrongKind
from ..metrics import Metric, PairRow
from ..metrics._disparity import Word
from ._answer import Answerer, is_able, protected
from ._budget import Limits, read_cells
from ._codec import codec
from ._decomposition import GapDecomposition
from ._gap_table import COLUMNS, GapTable, table_of, with_steps
from ._options import check_columns, read_generator, read_limits, read_thresholds
from ._outcomes import Outcome, Output, find_outcome
from ._pairs import decided_at, hidden_people, means_of, seen_pairs
from ._people import Question, find_questions, read_people
from ._players import read_players
from ._run import Task, run

if TYPE_CHECKING:
    from .._audit import Audit
    from .._levels import Level
    from ..scores._ids import ScoreMetric

_CONFIDENCE = 0.95
REST = Word("rest")


@overload
def decompose_gap(
    audit: Audit,
    group: Level | tuple[Level, ...],
    *,
    reference: Level | tuple[Level, ...] = ...,
    by: str | Sequence[str] | None = ...,
    metric: str | Metric | ScoreMetric = ...,
    output: Output | None = ...,
    background: Any = ...,
    thresholds: Sequence[float] | bool | None = ...,
    players: Mapping[str, Sequence[str]] | None = ...,
    n_rounds: int | None = ...,
    max_predictions: int = ...,
    random_state: int | np.random.Generator | None = ...,
    progress: bool | Step = ...,
) -> GapDecomposition: ...
@overload
def decompose_gap(
    audit: Audit,
    group: list[Any] | None = ...,
    *,
    reference: Level | tuple[Level, ...] = ...,
    by: str | Sequence[str] | None = ...,
    metric: str | Metric | ScoreMetric = ...,
    output: Output | None = ...,
    background: Any = ...,
    thresholds: Sequence[float] | bool | None = ...,
    players: Mapping[str, Sequence[str]] | None = ...,
    n_rounds: int | None = ...,
    max_predictions: int = ...,
    random_state: int | np.random.Generator | None = ...,
    progress: bool | Step = ...,
) -> GapTable: ...
def decompose_gap(
    audit: Audit,
    group: Any = None,
    *,
    reference: Level | tuple[Level, ...] = REST,
    by: str | Sequence[str] | None = None,
    metric: str | Metric | ScoreMetric = "selection_rate",
    output: Output | None = None,
    background: Any = None,
    thresholds: Sequence[float] | bool | None = None,
    players: Mapping[str, Sequence[str]] | None = None,
    n_rounds: int | None = None,
    max_predictions: int = 20_000_000,
    random_state: int | np.random.Generator | None = 0,
    progress: bool | Step = True,
) -> GapDecomposition | GapTable:
    """Split the gap between two groups into what each input of the model carries of it.

    The parts are Shapley values of the model's decision (or score, or loss), averaged over the people of each group; they add up to the
    measured gap, for decisions the one of `audit.difference`. The raw columns are the inputs, whatever the model makes of them.

    Parameters
    ----------
    audit
        Made with ``fl.audit(X, model=model, ...)``, so that it holds the rows and the model.
    group
        The level whose gap is explained; a tuple of levels where `by` crosses columns, `fl.MISSING` for people without a value. A list
        of these for several gaps, None for those of all groups, from the same predictions.
    reference
        "rest" (everybody else), "largest", "best", a level, or a tuple of levels, as in `audit.difference`.
    by
        A group column, or a list of columns to cross; None finds the one sensitive feature that has the level `group`.
    metric
        Of decisions: "selection_rate", "true_positive_rate" (people who are the event) or "false_positive_rate" (people who are not). Of
        scores: "mean_score", "mean_score_positive", "mean_score_negative" (people of one label), "mean_error" (score less label),
        "brier_score_loss" and "log_loss" (natural logarithm, probabilities held within 1e-15 of 0 and 1).
    output
        "decision" or "score": the mean score in place of a rate of decisions, of the same people. None is what `metric` is of.
    background
        Rows like those of the audit that people are compared with; all audited rows when None, drawn by their weights.
    thresholds
        Thresholds at which the gap is decomposed as well, from the same predictions, for ``.at(threshold)``; True for all published ones.
        Simultaneous limits are for one threshold: looking at many finds more than chance allows at one.
    players
        Inputs that count as one, ``{"money": ["income", "debt"]}``; the others stay single.
    n_rounds
        Draws per person. None makes at least 4, and goes on until no input's error of the sampling is more than a third of the
        largest standard error, or to 20; it makes 10 where some groups or people are hidden from readers, who see this number.
    max_predictions
        The budget: a round asks the model 2 x (inputs - 1) times per person. Where not even one round of everybody fits, as many people
        of each group as do are drawn by chance, and a part "(rows not explained)" says what that leaves out. People who are hidden from
        readers count as the most that they could be, so that the size of the sample does not tell how many they are.
    random_state
        A seed, or a NumPy generator. NumPy's global state is not touched.
    progress
        True to show progress where a person watches, False for silence, or a function ``(done, total)`` of predictions, which is told the
        total before any is made.

    Returns
    -------
    GapDecomposition or GapTable
        For one group a GapDecomposition; its frame has feature, contribution, lower, upper, share and n, the largest contribution first.
        For a list or None a GapTable, which has one for each group.

    Raises
    ------
    RowsNotHeld
        If the audit holds no rows and no model.
    LevelNotFound
        If no group has the name given.
    TooManyPredictions
        If not even one round of 30 people of each group fits in the budget.
    BadValue
        For other metrics and outputs, for a model that is random or depends on more than the columns of a row, and for names that the
        answer has for itself.

    Notes
    -----
    Sampling over rows, background rows and antithetic orderings (Strumbelj and Kononenko 2014; Mitchell et al. 2022), with
    f(background row) as control variate. Student's intervals from the spread over the people of each group, which contains that of the
    sampling; simultaneous ones from the largest of normal numbers with the same correlations (Hothorn, Bretz and Westfall 2008). They
    hold for this model and this background, one threshold at a time. Correlated inputs share a part between them. The gap of an error or
    a loss depends on the labels too: what they make of it by themselves, with background rows in the place of people, is the part
    "(label mix)".

    Examples
    --------
    >>> import pandas as pd, fairlens as fl
    >>> X = pd.DataFrame({"income": [20, 30, 40, 50] * 30, "zip": ["n", "s"] * 60})
    >>> model = lambda rows: (rows["income"] >= 35).astype(int)
    >>> audit = fl.audit(X, model=model, sensitive_features={"sex": ["f", "f", "f", "m", "m", "m"] * 20})
    >>> gap = fl.decompose_gap(audit, "f", random_state=0)
    >>> gap.closes, gap.to_frame().loc[1, "contribution"] == 0
    (True, np.True_)
    """
    _check_audit(audit)
    limits, rng = read_limits(n_rounds, max_predictions), read_generator(random_state)
    outcome = find_outcome(audit, metric, output, group)
    _check_reference(outcome, reference, group)
    _check_decides(audit, outcome, group)
    steps = read_thresholds(audit, outcome, thresholds, group)
    attributes, questions, found = find_questions(audit, group, by, reference, outcome, _CONFIDENCE)
    single = group is not None and not isinstance(group, list)
    if not single:
        check_columns(audit, attributes, COLUMNS, "decompose_gap")
    answerer, main = _answerer(audit, questions, found, steps, background, players, limits, rng, progress)
    if single:
        made: list[Any] = [answerer.answers(k)[0] for k in range(len(steps))]
    else:
        made = [table_of(attributes, answerer.answers(k)) for k in range(len(steps))]
    if thresholds is None or thresholds is False:
        return made[0]  # type: ignore[no-any-return]
    return with_steps(made, main, _put_single if single else _put_table)  # type: ignore[no-any-return]


def _put_single(answer: GapDecomposition, steps: tuple[GapDecomposition, ...]) -> GapDecomposition:
    return replace(answer, steps=steps)


def _put_table(answer: GapTable, steps: tuple[GapTable, ...]) -> GapTable:
    gaps = tuple(replace(gap, steps=tuple(step.gaps[i] for step in steps)) for i, gap in enumerate(answer.gaps))
    return replace(answer, gaps=gaps, steps=steps)


def _answerer(
    audit: Audit, questions: Sequence[Question], found: Sequence[PairRow], steps: tuple[float | None, ...], background: Any, players: Any,
    limits: Limits, rng: np.random.Generator, progress: bool | Step,
) -> tuple[Answerer, int]:  # fmt: skip
    """Read the rows, run the sampling, and measure the gaps at every threshold; also give the place of the audit's own."""
    outcome = questions[0].outcome
    shown = protected(audit)
    people = read_people(audit, questions, () if isinstance(shown, str) else shown.tables.left_out)
    rows = codec(audit.handle.inputs, background)
    who = read_players(rows.names, players)
    means, cells = means_of(people, questions[0]), read_cells(people)
    main = steps.index(audit.threshold) if outcome.output == "decision" else 0
    everybody = np.ones(len(people.inside), bool)
    own = [means.pair(pair, side, everybody, audit.spec) for pair, side in zip(found, people.sides, strict=True)]
    able = np.array(
        [not math.isnan(pair.change) and is_able(people, side.group, side.reference) for pair, side in zip(own, people.sides, strict=True)]
    )
    pairs = tuple(tuple(own) if k == main else _pairs_at(audit, questions, own, step) for k, step in enumerate(steps))
    seen = tuple(tuple(seen_pairs(shown, people, some, step)) for some, step in zip(pairs, steps, strict=True))
    cuts = None if steps[0] is None else np.asarray(steps, float)
    done = None
    if able.any():
        task = Task(people, cells, hidden_people(shown, people, cells, seen), who, outcome.values(cuts), main, able)
        decides = outcome.output == "decision" and audit.threshold is None
        done = run(audit, task, rows, background, decides, limits, rng, progress)
    return Answerer(audit, shown, people, means, cells, who, background, steps, pairs, seen, done), main


def _pairs_at(audit: Audit, questions: Sequence[Question], own: Sequence[PairRow], threshold: float | None) -> tuple[PairRow, ...]:
    """The raw gaps at another threshold, to the same references."""
    measured = decided_at(audit, questions[0], threshold)
    tables: dict[Any, Any] = {}
    found = []
    for question, pair in zip(questions, own, strict=True):
        key = (question.attributes, question.reference)
        if key not in tables:
            tables[key] = question.ask_all(measured)
        other = tables[key][question.group]
        found.append(replace(other, reason=other.reason or pair.reason) if other.status == pair.status == "ok" else other)
    return tuple(found)


def _check_audit(audit: Audit) -> None:
    if not hasattr(audit, "handle"):
        raise WrongKind(
            f"`audit` is a {type(audit).__name__}.",
            "It must be the audit itself, which holds the rows and the model.",
            hint="audit = fl.audit(X, model=model, ...); fl.decompose_gap(audit, group)",
            role="audit",
        )
    _check_plain(audit)


def _check_plain(audit: Audit) -> None:
    """Parts are means over rows, each of one person of one group, decided about at one threshold."""
    spec = audit.spec
    wrong = {
        "cluster": (spec.cluster, "one person may have several rows", "leave cluster out, or keep one row per person"),
        "sensitive_features": (dict(spec.membership), "groups are known as probabilities", "sensitive_features=... of people whose group is known"),
        "threshold": (isinstance(audit.threshold, GroupThresholds), "groups have thresholds of their own", f"fl.decompose_gap(audit.at({spec.threshold!r}), ...)"),
    }  # fmt: skip
    for role, (given, why, hint) in wrong.items():
        if given:
            raise BadValue(
                f"A gap was to be decomposed of an audit where {why}.",
                "Its parts are means over rows, each of one person of one group, decided about at one threshold.",
                hint=hint,
                role=role,
                value=given,
            )


def _check_decides(audit: Audit, outcome: Outcome, group: object) -> None:
    if outcome.output == "decision" and audit.threshold is None and audit.tables.decided and audit.spec.y_score is not None:
        raise BadValue(
            f"The decisions of this audit are the column {audit.spec.y_pred!r}, not those of its model.",
            "The inputs of a model explain what the model decides.",
            hint=f"fl.decompose_gap(audit.at({audit.spec.threshold!r}), {group!r})",
            role="y_pred",
            value=audit.spec.y_pred,
        )


def _check_reference(outcome: Outcome, reference: object, group: object) -> None:
    if outcome.output == "score" and isinstance(reference, str) and reference == "best":
        raise BadValue(
            f"`reference` is 'best', for a gap in {outcome.metric.name!r}.",
            "Which group is best is known for rates of decisions.",
            hint=f"fl.decompose_gap(audit, {group!r}, reference='largest', metric={outcome.metric.name!r})",
            role="reference",
            value=reference,
        )
