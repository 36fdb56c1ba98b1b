"""The rates of the confusion table, as data. One definition each; the browser is sent these same weights."""

from __future__ import annotations

from ._metric import Metric

#                                       y_true: 0  0  1  1  ?  ?
#                                       y_pred: 0  1  0  1  0  1
_ALL = (1, 1, 1, 1, 1, 1)
_LABELLED = (1, 1, 1, 1, 0, 0)
_POSITIVES = (0, 0, 1, 1, 0, 0)
_NEGATIVES = (1, 1, 0, 0, 0, 0)
_PREDICTED = (0, 1, 0, 1, 0, 0)
_NOT_PREDICTED = (1, 0, 1, 0, 0, 0)
_PREDICTED_ANY = (0, 1, 0, 1, 0, 1)

_METRICS = (
    Metric("selection_rate", (0, 1, 0, 1, 0, 1), _ALL, "Selection rate", "", "are {decision}", "event"),
    Metric("rejection_rate", (1, 0, 1, 0, 1, 0), _ALL, "Rejection rate", "", "are not {decision}", "opposite"),
    Metric("prevalence", _POSITIVES, _LABELLED, "Prevalence", "", "are {truth}"),
    Metric("true_positive_rate", (0, 0, 0, 1, 0, 0), _POSITIVES, "True positive rate", " who are {truth}", "are {decision}"),
    Metric("false_positive_rate", (0, 1, 0, 0, 0, 0), _NEGATIVES, "False positive rate", " who are not {truth}", "are {decision}"),
    Metric("false_negative_rate", (0, 0, 1, 0, 0, 0), _POSITIVES, "False negative rate", " who are {truth}", "are not {decision}"),
    Metric("true_negative_rate", (1, 0, 0, 0, 0, 0), _NEGATIVES, "True negative rate", " who are not {truth}", "are not {decision}"),
    Metric("precision", (0, 0, 0, 1, 0, 0), _PREDICTED, "Precision", " who are {decision}", "are {truth}"),
    Metric("negative_predictive_value", (1, 0, 0, 0, 0, 0), _NOT_PREDICTED, "Negative predictive value", " who are not {decision}", "are not {truth}"),
    Metric("false_discovery_rate", (0, 1, 0, 0, 0, 0), _PREDICTED, "False discovery rate", " who are {decision}", "are not {truth}"),
    Metric("false_omission_rate", (0, 0, 1, 0, 0, 0), _NOT_PREDICTED, "False omission rate", " who are not {decision}", "are {truth}"),
    Metric("accuracy", (1, 0, 0, 1, 0, 0), _LABELLED, "Accuracy", "", "get the decision that their label says"),
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
