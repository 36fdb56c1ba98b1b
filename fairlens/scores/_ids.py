"""What can be measured of scores, apart from any threshold."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from .._html import fixed
from ..exceptions import BadValue, MetricNotFound, WrongKind, listed

if TYPE_CHECKING:
    from .._spec import Spec

Better = Literal["high", "low", "zero", "one"]


@dataclass(frozen=True, slots=True)
class ScoreMetric:
    """A number of scores and labels: how well they rank, or how well they keep their word as probabilities.

    Parameters
    ----------
    name
        Its id, in scikit-learn's words where it has them.
    label
        What a table or an axis calls it.
    better
        Which values are good: high ones, low ones, or those near zero or one.
    needs_probability
        Whether the score has to be the probability of the event.
    least, most
        The lowest and the highest value that are possible.

    Examples
    --------
    >>> from fairlens.scores import SCORES
    >>> SCORES["roc_auc"].better
    'high'
    """

    name: str
    label: str
    better: Better
    needs_probability: bool = False
    least: float = 0.0
    most: float = 1.0
    among: str = ""
    event: str = ""

    @property
    def needs_y_true(self) -> bool:
        """Always true: scores are held against labels."""
        return True

    @property
    def needs_decision(self) -> bool:
        """Always false: no threshold is used."""
        return False

    @property
    def favorable(self) -> None:
        """None: a ranking says by itself nothing about what a person wants."""
        return None

    def write(self, value: float, lower: float | None = None, upper: float | None = None) -> str:
        """Write a value with three decimals, with its interval.

        Examples
        --------
        >>> SCORES["roc_auc"].write(0.69183, 0.67479, 0.70834)
        '0.692 (0.675 to 0.708)'
        """
        if value != value:
            return "–"
        shown = fixed(value, 3)
        return shown if lower is None or upper is None else f"{shown} ({fixed(lower, 3)} to {fixed(upper, 3)})"


SCORES = {
    metric.name: metric
    for metric in (
        ScoreMetric("roc_auc", "Area under the ROC curve", "high"),
        ScoreMetric("average_precision", "Average precision", "high"),
        ScoreMetric("brier_score_loss", "Brier score", "low", True),
        ScoreMetric("brier_skill", "Brier skill", "high", True, -math.inf),
        ScoreMetric("calibration_in_the_large", "Mean outcome less mean score", "zero", True, -1.0),
        ScoreMetric("calibration_intercept", "Calibration intercept", "zero", True, -math.inf, math.inf),
        ScoreMetric("calibration_slope", "Calibration slope", "one", True, -math.inf, math.inf),
        ScoreMetric("expected_calibration_error", "Expected calibration error", "low", True),
    )
}
"""By id, in the order of tables."""

SCORE_IDS = tuple(SCORES)
ScoreMetrics = str | ScoreMetric | Sequence[str | ScoreMetric] | None


def is_score_metric(metric: Any) -> bool:
    """Whether a metric, or an id, is one of scores.

    Examples
    --------
    >>> is_score_metric("roc_auc"), is_score_metric("selection_rate")
    (True, False)
    """
    return isinstance(metric, ScoreMetric) or (isinstance(metric, str) and metric in SCORES)


def chosen_scores(metrics: ScoreMetrics, spec: Spec) -> tuple[ScoreMetric, ...]:
    """Read the argument `metrics`: one, several, or None for all that these scores allow."""
    probable = is_probability(spec)
    if metrics is None:
        return tuple(metric for metric in SCORES.values() if probable or not metric.needs_probability)
    given = (metrics,) if isinstance(metrics, str | ScoreMetric) else metrics
    if not isinstance(given, list | tuple) or not given:
        raise WrongKind(
            f"`metrics` is {metrics!r}.",
            f"It must be one metric of scores or a list of them: {listed(SCORE_IDS)}.",
            hint='fl.measure_scores(audit, metrics=["roc_auc", "brier_score_loss"])',
            role="metrics",
            value=metrics,
        )
    found = tuple(dict.fromkeys(map(_get, given)))
    for metric in found:
        if metric.needs_probability and not probable:
            raise not_probable(f"{metric.name!r}", spec)
    return found


def is_probability(spec: Spec) -> bool:
    """Whether scores can be read as probabilities: fractions from 0 to 1."""
    return spec.score_kind == "grid" and spec.score_range == (0.0, 1.0)


def not_probable(what: str, spec: Spec) -> BadValue:
    """The error of a question that scores cannot answer which are not probabilities."""
    kind = "whole numbers" if spec.score_kind == "integer" else f"numbers from {spec.score_range[0]:g} to {spec.score_range[1]:g}"
    return BadValue(
        f"{what} was asked for, which holds scores against outcomes as probabilities.",
        f"The scores of {spec.y_score!r} are {kind}. They can be ranked, and that needs no probability.",
        hint='fl.measure_scores(audit, metrics=["roc_auc", "average_precision"]), or audit the probability itself as y_score',
        role="y_score",
        value=spec.y_score,
    )


def _get(metric: Any) -> ScoreMetric:
    if isinstance(metric, ScoreMetric):
        return metric
    if not isinstance(metric, str):
        raise WrongKind(
            f"`metric` is a {type(metric).__name__}.",
            "It must be the id of a metric of scores.",
            hint='fl.measure_scores(audit, metrics="roc_auc")',
            role="metric",
            value=metric,
        )
    if metric not in SCORES:
        from difflib import get_close_matches

        raise MetricNotFound(
            f"There is no metric of scores {metric!r}.",
            f"There are: {', '.join(SCORE_IDS)}.",
            hint=f"fl.measure_scores(audit, metrics={(get_close_matches(metric, SCORE_IDS, 1, 0.0) or ['roc_auc'])[0]!r})",
            role="metric",
            value=metric,
        )
    return SCORES[metric]
