"""Ask a model for scores or decisions, whatever its form."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from ._levels import Level, normalise
from .exceptions import BadValue, WrongKind, listed

Numbers = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Predictor:
    """A model as one function: rows to scores of the event, or to 1 and 0 for decisions."""

    model: Any
    form: Literal["predict_proba", "predict", "call"]
    event: Level
    column: int = 0

    def __call__(self, rows: Any) -> Numbers:
        """Predict every row of a frame in the form that the model was fitted on."""
        if self.form == "predict_proba":
            return np.asarray(self.model.predict_proba(rows), float)[:, self.column]
        if self.form == "predict":
            return np.array([normalise(value, "y_pred") == self.event for value in self.model.predict(rows)], float)
        found = np.asarray(self.model(rows))
        if found.ndim != 1 or found.dtype.kind not in "fiub":
            raise WrongKind(
                f"`model` is a function that gave an array of shape {found.shape} and type {found.dtype}.",
                "It must give one number per row: the score of the event, or 1 and 0.",
                hint="model=lambda X: clf.predict_proba(X)[:, 1]",
                role="model",
            )
        return found.astype(float)


def predictor(model: Any, pos_label: Level, event_prediction: Level) -> Predictor:
    """Find out how a model predicts.

    Raises
    ------
    WrongKind
        If it has neither ``predict_proba`` nor ``predict`` and cannot be called.
    BadValue
        If it does not know `pos_label`.
    """
    if hasattr(model, "predict_proba"):
        classes = [normalise(value, "pos_label") for value in getattr(model, "classes_", (0, 1))]
        if pos_label not in classes:
            raise BadValue(
                f"`pos_label` is {pos_label!r}, which the model does not know.",
                f"Its classes_ are: {listed(classes)}.",
                hint=f"pos_label={classes[-1]!r}",
                role="pos_label",
                value=pos_label,
            )
        return Predictor(model, "predict_proba", pos_label, classes.index(pos_label))
    if hasattr(model, "predict"):
        return Predictor(model, "predict", event_prediction)
    if callable(model):
        return Predictor(model, "call", event_prediction)
    raise WrongKind(
        f"`model` is a {type(model).__name__}, which cannot predict.",
        "It must have predict_proba or predict, or be a function of the rows.",
        hint="model=lambda X: clf.predict_proba(X)[:, 1]",
        role="model",
    )
