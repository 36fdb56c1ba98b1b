"""decompose_gap(): which inputs carry a measured gap between two groups."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from .._progress import Step
from .._thresholds import GroupThresholds
from ..exceptions import BadValue, OutOfRange, WrongKind
from ..metrics import Metric
from ..metrics._disparity import Word
from ..metrics._rates import ALIASES, RATES
from ._answer import answer, is_able, protected
from ._codec import codec
from ._decomposition import GapDecomposition
from ._people import AMONG, Question, find_group, find_pair, read_people
from ._run import Limits, run

if TYPE_CHECKING:
    from .._audit import Audit
    from .._levels import Level

_CONFIDENCE = 0.95
REST = Word("rest")


def decompose_gap(
    audit: Audit,
    group: Level | tuple[Level, ...],
    *,
    reference: Level | tuple[Level, ...] = REST,
    by: str | Sequence[str] | None = None,
    metric: str | Metric = "selection_rate",
    output: Literal["decision"] = "decision",
    background: Any = None,
    n_rounds: int | None = None,
    max_predictions: int = 20_000_000,
    random_state: int | np.random.Generator | None = 0,
    progress: bool | Step = True,
) -> GapDecomposition:
    """Split a gap between two groups into what each input of the model carries of it.

    The parts are Shapley values of the model's decision, averaged over the people of each group: no person is left out, and the
    parts add up to the gap that `audit.difference` measures. The raw columns are the inputs, whatever the model makes of them.

    Parameters
    ----------
    audit
        Made with ``fl.audit(X, model=model, ...)``, so that it holds the rows and the model.
    group
        The level whose gap is explained; a tuple of levels where `by` crosses columns, `fl.MISSING` for people without a value.
    reference
        "rest" (everybody else), "largest", "best", a level, or a tuple of levels, as in `audit.difference`.
    by
        A group column, or a list of columns to cross; None finds the one sensitive feature that has the level `group`.
    metric
        "selection_rate", "true_positive_rate" (people who are the event) or "false_positive_rate" (people who are not).
    output
        What is explained: the decision, since the gap is one of decisions.
    background
        Rows like those of the audit that the decisions are compared with; all audited rows when None.
    n_rounds
        Draws per person. None makes at least 4, and goes on until the sampling is less than a quarter of every standard error, or to 20.
    max_predictions
        The budget: a round asks the model 2 x (inputs - 1) times per person.
    random_state
        A seed, or a NumPy generator. NumPy's global state is not touched.
    progress
        True to show progress where a person watches, False for silence, or a function ``(done, total)`` of predictions.

    Returns
    -------
    GapDecomposition
        Its frame has feature, contribution, lower, upper, share and n, the largest contribution first.

    Raises
    ------
    RowsNotHeld
        If the audit holds no rows and no model.
    LevelNotFound
        If no group has the name given.
    TooManyPredictions
        If not even one round fits in the budget.
    BadValue
        For other metrics and outputs, and for a model that is random or depends on more than the columns of a row.

    Notes
    -----
    Sampling over rows, background rows and antithetic orderings (Strumbelj and Kononenko 2014; Mitchell et al. 2022), with
    f(background row) as control variate. Normal intervals from the spread over the people of each group, which contains that of the
    sampling. They hold for this model and this background. Correlated inputs share a part between them.

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
    _check_audit(audit, output, group)
    limits = _limits(n_rounds, max_predictions)
    attributes, levels = find_group(audit, group, by)
    question = Question(attributes, levels, reference, _rate(metric), _CONFIDENCE)
    pair = find_pair(audit, question, group)
    question = replace(question, reference=pair.reference)
    shown = protected(audit)
    people = read_people(audit, question, () if isinstance(shown, str) else shown.tables.left_out)
    rows = codec(audit.handle.inputs, background)
    done = None
    if pair.change == pair.change and is_able(people.group, people.reference):
        done = run(audit, people, rows, background, limits, _generator(random_state), progress)
    return answer(audit, shown, question, pair, people, rows.names, background, done)


def _check_audit(audit: Audit, output: str, group: object) -> None:
    if not hasattr(audit, "handle"):
        raise WrongKind(
            f"`audit` is a {type(audit).__name__}.",
            "It must be the audit itself, which holds the rows and the model.",
            hint="audit = fl.audit(X, model=model, ...); fl.decompose_gap(audit, group)",
            role="audit",
        )
    if output != "decision":
        raise BadValue(
            f"`output` is {output!r}.",
            "The gap is one of decisions, so the decision is what can be decomposed.",
            hint=f"fl.decompose_gap(audit, {group!r}, output='decision')",
            role="output",
            value=output,
        )
    _check_plain(audit, group)
    if audit.threshold is None and audit.tables.decided and audit.spec.y_score is not None:
        raise BadValue(
            f"The decisions of this audit are the column {audit.spec.y_pred!r}, not those of its model.",
            "The inputs of a model explain what the model decides.",
            hint=f"fl.decompose_gap(audit.at({audit.spec.threshold!r}), {group!r})",
            role="y_pred",
            value=audit.spec.y_pred,
        )


def _check_plain(audit: Audit, group: object) -> None:
    """Parts are means over rows, each of one person of one group, decided about at one threshold."""
    spec = audit.spec
    wrong = {
        "sample_weight": (spec.sample_weight, "rows have weights", "leave sample_weight out: fl.audit(X, model=model, ...)"),
        "cluster": (spec.cluster, "one person may have several rows", "leave cluster out, or keep one row per person"),
        "sensitive_features": (dict(spec.membership), "groups are known as probabilities", "sensitive_features=... of people whose group is known"),
        "threshold": (isinstance(audit.threshold, GroupThresholds), "groups have thresholds of their own", f"fl.decompose_gap(audit.at({spec.threshold!r}), {group!r})"),
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


def _limits(n_rounds: int | None, max_predictions: int) -> Limits:
    for role, value in (("n_rounds", n_rounds), ("max_predictions", max_predictions)):
        if value is not None and (isinstance(value, bool) or not isinstance(value, int | np.integer) or value < 1):
            raise OutOfRange(
                f"`{role}` is {value!r}.", "It must be a whole number from 1 on.", hint=f"{role}={10 if role == 'n_rounds' else 20_000_000}", role=role, value=value
            )  # fmt: skip
    return Limits(n_rounds, max_predictions)


def _rate(metric: str | Metric) -> Metric:
    name = metric.name if isinstance(metric, Metric) else metric
    name = ALIASES.get(name, name) if isinstance(name, str) else ""
    if name not in AMONG or (isinstance(metric, Metric) and metric != RATES[name]):
        raise BadValue(
            f"`metric` is {metric.name if isinstance(metric, Metric) else metric!r}.",
            f"The gaps that can be decomposed are rates of the decision: {', '.join(AMONG)}.",
            hint='metric="selection_rate"',
            role="metric",
            value=metric,
        )
    return RATES[name]


def _generator(random_state: int | np.random.Generator | None) -> np.random.Generator:
    if random_state is None or isinstance(random_state, int | np.integer | np.random.Generator):
        return np.random.default_rng(random_state)
    raise WrongKind(
        f"`random_state` is a {type(random_state).__name__}.",
        "It must be a whole number, a NumPy generator, or None.",
        hint="random_state=0",
        role="random_state",
        value=random_state,
    )
