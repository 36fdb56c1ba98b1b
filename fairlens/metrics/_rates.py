"""The rates of the confusion table, as data. One definition each; the browser is sent these same weights."""

from __future__ import annotations

from ..texts import texts_of
from ._metric import Favorable, Metric, Weights

#                                       y_true: 0  0  1  1  ?  ?
#                                       y_pred: 0  1  0  1  0  1
_ALL = (1, 1, 1, 1, 1, 1)
_LABELLED = (1, 1, 1, 1, 0, 0)
_POSITIVES = (0, 0, 1, 1, 0, 0)
_NEGATIVES = (1, 1, 0, 0, 0, 0)
_PREDICTED = (0, 1, 0, 1, 0, 0)
_NOT_PREDICTED = (1, 0, 1, 0, 0, 0)
_PREDICTED_ANY = (0, 1, 0, 1, 0, 1)


def _rate(name: str, numerator: Weights, denominator: Weights, favorable: Favorable = None) -> Metric:
    said = texts_of().metrics[name]
    return Metric(name, numerator, denominator, said["label"], said["among"], said["event"], favorable)


_METRICS = (
    _rate("selection_rate", (0, 1, 0, 1, 0, 1), _ALL, "event"),
    _rate("rejection_rate", (1, 0, 1, 0, 1, 0), _ALL, "opposite"),
    _rate("prevalence", _POSITIVES, _LABELLED),
    _rate("true_positive_rate", (0, 0, 0, 1, 0, 0), _POSITIVES),
    _rate("false_positive_rate", (0, 1, 0, 0, 0, 0), _NEGATIVES),
    _rate("false_negative_rate", (0, 0, 1, 0, 0, 0), _POSITIVES),
    _rate("true_negative_rate", (1, 0, 0, 0, 0, 0), _NEGATIVES),
    _rate("precision", (0, 0, 0, 1, 0, 0), _PREDICTED),
    _rate("negative_predictive_value", (1, 0, 0, 0, 0, 0), _NOT_PREDICTED),
    _rate("false_discovery_rate", (0, 1, 0, 0, 0, 0), _PREDICTED),
    _rate("false_omission_rate", (0, 0, 1, 0, 0, 0), _NOT_PREDICTED),
    _rate("accuracy", (1, 0, 0, 1, 0, 0), _LABELLED),
)  # fmt: skip

RATES = {metric.name: metric for metric in _METRICS}

SHARES = {
    "predicted_positive_share": Metric(
        "predicted_positive_share", _PREDICTED_ANY, _PREDICTED_ANY, "Share of all selected", "", "are in this group", of_all=True
    )
}
"""Shares of everybody: they depend on how large a group is, and are never compared."""

ALIASES = {
    "recall": "true_positive_rate",
    "recall_score": "true_positive_rate",
    "sensitivity": "true_positive_rate",
    "specificity": "true_negative_rate",
    "precision_score": "precision",
    "positive_predictive_value": "precision",
    "accuracy_score": "accuracy",
    "balanced_accuracy_score": "balanced_accuracy",
    "f1": "f1_score",
    "base_rate": "prevalence",
}
