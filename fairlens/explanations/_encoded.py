"""Encoded: what an attributor is asked, as matrices of floats, with the way back to the user's own model."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from .._predict import Predictor
from ..exceptions import MissingValues, TooManyPredictions
from ._attributor import Matrix, Report, Vector, rows_per_call
from ._encoding import Encoding, encoding

__all__ = ["Asked", "Encoded", "Encoding", "Output", "encoding"]

Output = Literal["score", "decision", "log_odds"]


@dataclass(slots=True, eq=False)
class Asked:
    """The model as a function of encoded rows, which counts what it is asked and keeps to a budget.

    Parameters
    ----------
    codec
        The way back to rows as the model knows them.
    answer
        Rows as the model knows them to one number each.
    budget
        Rows at most.
    total
        Rows expected, for `progress`.
    before
        Rows that are asked about whatever the method: those to explain, and the background.
    hides
        Whether a number of predictions would tell of people whose number readers do not know.
    """

    codec: Encoding
    answer: Callable[[Any], Vector]
    budget: int
    total: int = 0
    progress: Report | None = None
    before: int = 0
    hides: bool = False
    asked: int = field(default=0, init=False)

    def __call__(self, Z: Matrix) -> Vector:
        """Ask about encoded rows, in calls that fit in memory."""
        Z = np.asarray(Z, float)
        size = rows_per_call(Z.shape[1])
        self.afford(len(Z))
        parts = [self._part(Z[start : start + size]) for start in range(0, len(Z), size)]
        return np.concatenate(parts) if parts else np.zeros(0)

    def afford(self, more: int) -> None:
        """Refuse to ask about so many more rows, if they are beyond the budget.

        Raises
        ------
        TooManyPredictions
            With the number that it takes.
        """
        needed = self.asked + more
        if needed > self.budget:
            raise too_many(None, self.budget, "This takes") if self.hides else too_many(needed, self.budget, "This takes at least")

    def _part(self, Z: Matrix) -> Vector:
        found = self.answer(self.codec.decode(Z))
        lacking = int(np.isnan(found).sum())
        if lacking:
            raise MissingValues(
                f"`model` gave no number for {lacking:,} of {len(found):,} mixed rows.",
                "A mixed row has the values of several people; each value occurs in the data.",
                hint="model=a function that gives a number for every combination of values",
                role="model",
            )
        self.asked += len(Z)
        self.total = max(self.total, self.asked)
        if self.progress is not None:
            self.progress(self.asked, self.total)
        return found


@dataclass(frozen=True, slots=True, eq=False)
class Encoded:
    """One question to an attributor.

    Attributes
    ----------
    codec : Encoding
        From the user's rows to floats and back.
    predict : Predictor
        The user's model and its column: ``predict.model``, ``predict.form``, ``predict.column``, ``predict.classes``.
    f : callable
        (rows, inputs) to (rows,): what is explained, in its own units.
    Z, background : arrays (rows, inputs)
        Encoded rows, and what they are compared with.
    fx, fb : arrays (rows,)
        f of both, known already.
    names : tuple of str
        Of the inputs.
    categorical : tuple of int
        Positions of the columns that hold codes.
    output : "score", "decision" or "log_odds"
        What f is.
    seed : int
        Of every random choice.
    progress : callable or None
        (done, total), for attributors that do not ask f.
    """

    codec: Encoding
    predict: Predictor
    f: Asked
    Z: Matrix
    background: Matrix
    fx: Vector
    fb: Vector
    names: tuple[str, ...]
    categorical: tuple[int, ...]
    output: Output
    seed: int
    progress: Report | None = None

    @property
    def model(self) -> Any:
        """The user's object."""
        return self.predict.model

    @property
    def base(self) -> float:
        """Mean of the background."""
        return float(self.fb.mean())

    @property
    def marks(self) -> npt.NDArray[np.uint64]:
        """What tells the values of `Z` apart, whatever other rows there are: what random numbers of a row are keyed by."""
        return self.codec.marks(self.Z)

    @property
    def is_numeric(self) -> bool:
        """Whether the encoded rows are what the model itself sees: numbers, and truth values as 0 and 1."""
        return self.codec.is_numeric

    def named(self, rows: Matrix) -> Any:
        """Rows of numbers with the names of the user's columns, where these are a pandas frame."""
        return self.codec.rows.named(rows)


def too_many(needed: int | None, budget: int, what: str, fewer: str = "rows=40, background=50") -> TooManyPredictions:
    """Write the error of a budget that does not suffice, and the arguments that ask for less; without the number where this is None."""
    told = f"more than {budget:,}" if needed is None else f"{needed:,}"
    needed = 2 * budget if needed is None else needed
    return TooManyPredictions(
        f"{what} {told} predictions of the model.",
        f"The budget `max_predictions` is {budget:,}.",
        hint=f"max_predictions={needed:_}, or fewer rows: {fewer}",
        role="max_predictions",
        value=budget,
    )
