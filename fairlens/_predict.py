"""Ask a model for scores or decisions, whatever its form."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from ._levels import Level, normalise
from .exceptions import BadValue, FairlensError, ModelFailed, WrongKind, listed

Numbers = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Predictor:
    """A model as one function: rows to scores of the event, or to 1 and 0 for decisions."""

    model: Any
    form: Literal["predict_proba", "predict", "call"]
    event: Level
    column: int = 0
    classes: int = 2

    def __call__(self, rows: Any) -> Numbers:
        """Predict every row of a frame in the form that the model was fitted on."""
        if self.form == "predict":
            import pandas as pd

            codes, values = pd.factorize(self.decisions(rows), use_na_sentinel=False)
            return np.array([normalise(value, "y_pred") == self.event for value in values], float)[codes]
        if self.form == "predict_proba":
            found = self._ask(self.model.predict_proba, rows)
            self._check(found, rows, (self.classes,))
            return found[:, self.column].astype(float)
        found = self._ask(self.model, rows)
        self._check(found, rows, ())
        return found.astype(float)

    def decisions(self, rows: Any) -> npt.NDArray[Any]:
        """What a model that decides said, in its own values."""
        found = self._ask(self.model.predict, rows)
        if found.ndim == 2 and found.shape[1] == 1:
            found = found[:, 0]
        self._check(found, rows, (), numbers=False)
        return found

    def _ask(self, method: Callable[[Any], Any], rows: Any) -> npt.NDArray[Any]:
        try:
            return np.asarray(method(rows))
        except FairlensError:
            raise
        except Exception as error:
            shape = getattr(rows, "shape", (len(rows),))
            call = "model" if self.form == "call" else f"model.{self.form}"
            raise ModelFailed(
                f"`model` is {self._what}, and raised {type(error).__name__} for rows of shape {tuple(shape)}.",
                " ".join(str(error).split()),
                hint=f"try the model itself: {call}({'X.head()' if hasattr(rows, 'head') else 'X[:5]'})",
                role="model",
            ) from error

    @property
    def _what(self) -> str:
        return "a function" if self.form == "call" else f"a {type(self.model).__name__} with {self.form}"

    def _check(self, found: npt.NDArray[Any], rows: Any, inner: tuple[int, ...], *, numbers: bool = True) -> None:
        size = rows.shape[0] if hasattr(rows, "shape") else len(rows)  # a sparse matrix has a shape and no length
        if found.shape == (size, *inner) and (not numbers or found.dtype.kind in "fiub"):
            return
        one = f"one row of {inner[0]} probabilities" if inner else "one number" if numbers else "one decision"
        raise WrongKind(
            f"`model` is {self._what} that gave an array of shape {found.shape} and type {found.dtype} for {size:,} rows.",
            f"It must give {one} per row.",
            hint="model=lambda X: clf.predict_proba(X)[:, 1]",
            role="model",
        )


def predictor(model: Any, pos_label: Level, event_prediction: Level) -> Predictor:
    """Find out how a model predicts.

    Raises
    ------
    WrongKind
        If it has neither ``predict_proba`` nor ``predict`` and cannot be called.
    BadValue
        If it does not know `pos_label`.
    """
    if isinstance(model, type):
        raise WrongKind(
            f"`model` is the class {model.__name__} itself.",
            "It must be a model that was made and fitted.",
            hint=f"model={model.__name__}().fit(X_train, y_train)",
            role="model",
        )
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
        return Predictor(model, "predict_proba", pos_label, classes.index(pos_label), len(classes))
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
