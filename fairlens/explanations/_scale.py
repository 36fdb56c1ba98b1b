"""Scale: the model's answer as what is explained: its score, its decision, or its log-odds."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from .._predict import Predictor
from ..exceptions import OutOfRange
from ._attributor import Vector
from ._encoded import Output

CLIP = 1e-6
_SAME = 1e-6
Ask = Callable[[Any], Vector]


@dataclass(frozen=True, slots=True, eq=False)
class Scale:
    """From rows as the model knows them to what is explained.

    Attributes
    ----------
    predict : Predictor
        Rows to scores, or to decisions as 1 and 0.
    output : "score", "decision" or "log_odds"
        What is explained.
    threshold : float or None
        Of a decision that is taken by the score.
    """

    predict: Predictor
    output: Output
    threshold: float | None = None

    def __call__(self, rows: Any) -> Vector:
        """Ask the model."""
        return self.of(self.predict(rows))

    def of(self, scores: Vector) -> Vector:
        """Bring scores to what is explained, without asking again."""
        if self.output == "decision" and self.threshold is not None:
            return (scores >= self.threshold).astype(float)
        if self.output != "log_odds":
            return scores
        _check_probabilities(scores)
        kept = np.clip(scores, CLIP, 1 - CLIP)
        odds: Vector = np.log(kept) - np.log1p(-kept)
        return odds


@dataclass(frozen=True, slots=True, eq=False)
class Margin:
    """The log-odds that a model itself adds up: how to ask for them, and those of the rows they were checked with."""

    ask: Ask
    found: Vector


def margin_of(predict: Predictor, rows: Any, scores: Vector) -> Margin | None:
    """Find the log-odds that the model itself adds up, checked against the scores of some rows; None where it has none."""
    if predict.form != "predict_proba" or predict.classes != 2:
        return None
    method = _method(predict.model)
    if method is None:
        return None
    sign = 1.0 if predict.column == 1 else -1.0

    def ask(some: Any) -> Vector:
        return sign * np.asarray(predict._ask(method, some), float)

    found = ask(rows)
    with np.errstate(over="ignore"):
        same = found.shape == scores.shape and bool((np.abs(1 / (1 + np.exp(-found)) - scores) <= _SAME).all())
    return Margin(ask, found) if same else None


def _method(model: Any) -> Callable[[Any], Any] | None:
    libraries = {kind.__module__.split(".")[0] for kind in type(model).__mro__}
    if "xgboost" in libraries:
        return lambda rows: model.predict(rows, output_margin=True)
    if "lightgbm" in libraries:
        return lambda rows: model.predict(rows, raw_score=True)
    method: Callable[[Any], Any] | None = getattr(model, "decision_function", None)
    return method


def _check_probabilities(scores: Vector) -> None:
    outside = scores[~((scores >= 0) & (scores <= 1))]
    if len(outside):
        raise OutOfRange(
            f"`output` is 'log_odds', and the model gave the score {outside[0]:g}.",
            "Only probabilities, from 0 to 1, have log-odds.",
            hint="fl.explain(audit, output='score')",
            role="output",
            value="log_odds",
        )
