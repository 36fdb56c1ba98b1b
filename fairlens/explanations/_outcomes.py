"""What a gap is a gap of: decisions, scores, or losses, as one number per person."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from .._predict import Numbers
from ..exceptions import BadValue, RoleNeeded
from ..metrics import Metric
from ..metrics._rates import ALIASES, RATES
from ..scores._ids import ScoreMetric, is_probability, not_probable
from ._codec import Places

if TYPE_CHECKING:
    from .._audit import Audit

Output = Literal["decision", "score"]
Values = Callable[[Numbers, Places], Numbers]
_LEAST = 1e-15
"""Probabilities are held between this and 1 less this for logarithms, as in scikit-learn."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """A number per person from the score and the label, whose means are compared.

    `counted` is the rate whose denominator are the people who count, and `label` what their label is; `by_label` says whether the
    number depends on the label, so that a difference in labels alone makes a gap.
    """

    metric: Metric | ScoreMetric
    counted: Metric
    label: int | None = None
    by_label: bool = False
    of: Values | None = None

    @property
    def output(self) -> Output:
        """What is explained."""
        return "decision" if isinstance(self.metric, Metric) else "score"

    def values(self, cuts: Numbers | None) -> Values:
        """Give the function of scores and labels of one shape, to that shape and one value per cut; None for decisions as they are."""
        if self.of is not None:
            return self.of
        return _as_they_are if cuts is None else lambda scores, labels: (scores[..., None] >= cuts).astype(float)


def _as_they_are(scores: Numbers, labels: Places) -> Numbers:
    return scores[..., None]


def _error(scores: Numbers, labels: Places) -> Numbers:
    return (scores - labels)[..., None]


def _square(scores: Numbers, labels: Places) -> Numbers:
    squares: Numbers = (scores - labels) ** 2
    return squares[..., None]


def _log_loss(scores: Numbers, labels: Places) -> Numbers:
    given = np.where(labels == 1, scores, 1 - scores)
    losses: Numbers = -np.log(np.clip(given, _LEAST, 1 - _LEAST))
    return losses[..., None]


_INFINITE = float("inf")
_ALL, _TRUE, _FALSE = (RATES[name] for name in ("selection_rate", "true_positive_rate", "false_positive_rate"))
_LABELLED = RATES["prevalence"]
DECISIONS = {rate.name: Outcome(rate, rate, label) for rate, label in ((_ALL, None), (_TRUE, 1), (_FALSE, 0))}
"""The rates of decisions whose gap can be decomposed."""
SCORES = {
    outcome.metric.name: outcome
    for outcome in (
        Outcome(ScoreMetric("mean_score", "Mean score", "high", least=-_INFINITE, most=_INFINITE), _ALL, of=_as_they_are),
        Outcome(
            ScoreMetric("mean_score_positive", "Mean score", "high", least=-_INFINITE, most=_INFINITE, among=" who are {truth}"),
            _TRUE, 1, of=_as_they_are,
        ),
        Outcome(
            ScoreMetric("mean_score_negative", "Mean score", "low", least=-_INFINITE, most=_INFINITE, among=" who are not {truth}"),
            _FALSE, 0, of=_as_they_are,
        ),
        Outcome(ScoreMetric("mean_error", "Mean score less mean outcome", "zero", True, -1.0), _LABELLED, by_label=True, of=_error),
        Outcome(ScoreMetric("brier_score_loss", "Brier score", "low", True), _LABELLED, by_label=True, of=_square),
        Outcome(ScoreMetric("log_loss", "Log loss", "low", True, 0.0, _INFINITE), _LABELLED, by_label=True, of=_log_loss),
    )
}  # fmt: skip
"""The means of scores whose gap can be decomposed."""
_OTHER_NAMES = {
    "brier": "brier_score_loss", "brier_score": "brier_score_loss", "neg_log_loss": "log_loss", "cross_entropy": "log_loss",
}  # fmt: skip
_OF_A_RATE = {"selection_rate": "mean_score", "true_positive_rate": "mean_score_positive", "false_positive_rate": "mean_score_negative"}


def find_outcome(audit: Audit, metric: Any, output: Any, group: object) -> Outcome:
    """Read the arguments `metric` and `output`."""
    if output not in (None, "decision", "score"):
        raise BadValue(
            f"`output` is {output!r}.",
            "What can be decomposed is a gap of decisions or one of scores.",
            hint=f"fl.decompose_gap(audit, {group!r}, output='decision'), or output='score'",
            role="output",
            value=output,
        )
    named = metric.name if isinstance(metric, Metric | ScoreMetric) else metric
    name = ALIASES.get(named, _OTHER_NAMES.get(named, named)) if isinstance(named, str) else ""
    if output == "score":
        name = _OF_A_RATE.get(name, name)
    known = {**DECISIONS, **SCORES}
    if name not in known or (isinstance(metric, Metric) and RATES.get(metric.name) != metric):
        raise BadValue(
            f"`metric` is {named!r}.",
            f"The gaps that can be decomposed are rates of the decision: {', '.join(DECISIONS)}; and means of scores: {', '.join(SCORES)}.",
            hint='metric="selection_rate"',
            role="metric",
            value=metric,
        )
    found = known[name]
    if output == "decision" and found.output == "score":
        raise BadValue(
            f"`metric` is {name!r}, and `output` is 'decision'.",
            "It is a mean over scores, and no decision is made for it.",
            hint=f"fl.decompose_gap(audit, {group!r}, metric={name!r}, output='score')",
            role="output",
            value=output,
        )
    if found.output == "score":
        _check_scores(audit, found)
    return found


def _check_scores(audit: Audit, outcome: Outcome) -> None:
    if audit.spec.y_score is None:
        raise RoleNeeded(
            f"The gap in {outcome.metric.name!r} was asked for.",
            "This audit's model decides, and gives no scores.",
            hint="fl.audit(X, model=lambda X: clf.predict_proba(X)[:, 1], threshold=0.5, ...)",
            role="y_score",
            value=outcome.metric.name,
        )
    if isinstance(outcome.metric, ScoreMetric) and outcome.metric.needs_probability and not is_probability(audit.spec):
        raise not_probable(f"The gap in {outcome.metric.name!r}", audit.spec)
