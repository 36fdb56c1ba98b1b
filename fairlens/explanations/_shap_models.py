"""Which models shap explains from within, and on which scale: forests their score, boosted trees and logistic regression their log-odds."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from ._attributor import Matrix
from ._encoded import Encoded

_FORESTS = {"RandomForestClassifier", "ExtraTreesClassifier", "DecisionTreeClassifier", "ExtraTreeClassifier"}
_BOOSTED = {"GradientBoostingClassifier", "HistGradientBoostingClassifier", "XGBClassifier", "LGBMClassifier"}
Runner = Callable[[Matrix], Matrix]
Library = Callable[[], Any]


@dataclass(frozen=True, slots=True)
class Started:
    """An explainer that is ready: rows to contributions (rows, inputs) of the event, and what they start from, known when it has run."""

    run: Runner
    base: Callable[[], float]


@dataclass(frozen=True, slots=True)
class Way:
    """One of shap's explainers for models of a kind: its name for a reader, and how it is made."""

    told: str
    start: Callable[[Library], Started]


def ways(question: Encoded, path_dependent: bool) -> Iterator[Way]:
    """Explainers for the model's own parts; none where inputs are not all numbers, or the output is not what the parts add up to."""
    if not question.is_numeric or question.predict.form != "predict_proba":
        return
    kinds = {kind.__name__ for kind in type(question.model).__mro__}
    binary = question.predict.classes == 2
    if (question.output == "score" and kinds & _FORESTS) or (question.output == "log_odds" and binary and kinds & _BOOSTED):
        told = f"TreeExplainer, {'branches weighed by training rows' if path_dependent else 'interventional'}"
        yield Way(told, lambda library: _trees(question, path_dependent, library()))
    elif question.output == "log_odds" and binary and "LogisticRegression" in kinds and not path_dependent:
        yield Way("LinearExplainer", lambda library: _linear(question, library()))


def _trees(question: Encoded, path_dependent: bool, shap: Any) -> Started:
    column = question.predict.column
    if path_dependent:
        made = shap.TreeExplainer(question.model, feature_perturbation="tree_path_dependent")
    else:
        made = shap.TreeExplainer(question.model, _masker(question, shap), feature_perturbation="interventional", model_output="raw")

    def run(rows: Matrix) -> Matrix:
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", "LightGBM binary classifier", UserWarning)  # of a form that changed long ago
            found = np.asarray(made.shap_values(question.named(rows) if path_dependent else rows, check_additivity=False), float)
        return found[:, :, column] if found.ndim == 3 else found * _sign(column)

    def base() -> float:
        expected = np.atleast_1d(np.asarray(made.expected_value, float))
        return float(expected[column] if len(expected) > 1 else expected[0] * _sign(column))

    return Started(run, base)


def _linear(question: Encoded, shap: Any) -> Started:
    model, sign = question.model, _sign(question.predict.column)
    made = shap.LinearExplainer((sign * np.ravel(model.coef_), sign * float(np.ravel(model.intercept_)[0])), _masker(question, shap))
    return Started(lambda rows: np.asarray(made.shap_values(rows), float), lambda: float(made.expected_value))


def _masker(question: Encoded, shap: Any) -> Any:
    """All of the background: shap keeps 100 rows unless it is told."""
    return shap.maskers.Independent(question.background, max_samples=len(question.background))


def _sign(column: int) -> int:
    return 1 if column == 1 else -1
