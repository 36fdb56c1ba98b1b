"""Attributor: one method that splits a model's answer about each row into parts, one per input."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

import numpy as np
import numpy.typing as npt

Matrix = npt.NDArray[np.float64]
Vector = npt.NDArray[np.float64]
Function = Callable[[Matrix], Vector]
Report = Callable[[int, int], None]
Places = npt.NDArray[np.int64]
_CALL_ROWS, _CALL_NUMBERS = 200_000, 20_000_000


@runtime_checkable
class Attributor(Protocol):
    """What `explain` takes as a method of its own: anything with a name and `attribute`.

    An attributor may offer more; `explain` finds it by name:

    - ``explain(question: Encoded) -> Attribution`` instead of `attribute`: it sees the user's model itself, and says how it went.
    - ``predictions(rows: int, inputs: int, background: int) -> int``: rows that the model will be asked about, for the preview.
    - ``cost(question: Encoded) -> int``: the same, where it depends on more than these numbers; the model must not be asked for it.
    - ``preview_notes(question: Encoded) -> tuple of str``: what the preview says beside the number.
    - ``cache_key: str``: everything that its answer depends on besides the question; without it nothing is kept in the cache.

    Examples
    --------
    >>> import numpy as np, pandas as pd, fairlens as fl
    >>> class Lost:
    ...     name = "lost"
    ...     def attribute(self, f, Z, background, *, categorical, seed, progress):
    ...         parts = np.zeros(Z.shape)
    ...         for j in range(Z.shape[1]):
    ...             without = Z.copy()
    ...             without[:, j] = background[0, j]
    ...             parts[:, j] = f(Z) - f(without)
    ...         return parts
    >>> isinstance(Lost(), fl.Attributor)
    True
    """

    @property
    def name(self) -> str:
        """A short name for tables and pictures: "shap"."""

    def attribute(
        self, f: Function, Z: Matrix, background: Matrix, *, categorical: tuple[int, ...], seed: int, progress: Report | None
    ) -> Matrix:
        """Give contributions (rows, inputs) in units of `f`, that add up, or nearly, to f(Z) - mean f(background).

        Parameters
        ----------
        f
            The model: a matrix of any number of rows to one number per row.
        Z
            The rows to explain. Numbers as they are, NaN where missing; other columns as codes 0, 1, ..., NaN where missing.
        background
            The rows to compare with, in the same form.
        categorical
            Positions of the columns that hold codes. A code that does not occur in `Z` or `background` has no meaning.
        seed
            Of every random choice; the same seed gives the same answer, in whatever order the rows come.
        progress
            Called with (done, total), or None.
        """


@dataclass(frozen=True, slots=True)
class Warned:
    """A note without which the numbers mislead: the text of the note, and its short form for a sentence."""

    text: str
    short: str


@dataclass(frozen=True, slots=True)
class Remarks:
    """What is said of some rows: the notes, those of them that are warnings, and the measures of quality."""

    notes: tuple[str, ...]
    warnings: tuple[Warned, ...]
    diagnostics: tuple[tuple[str, float], ...]


@dataclass(frozen=True, slots=True, eq=False)
class Attribution:
    """Contributions of each row, and how they were found.

    Attributes
    ----------
    values : array (rows, inputs)
        In units of what is explained.
    base : float
        What the contributions start from: with them it adds up to f(row).
    method : str
        What was run, with versions, for a reader: one or two sentences, each with its full stop.
    notes : tuple of str
        What a reader has to know: another explainer replaced one that failed, contributions do not add up.
    max_error : float
        The largest of abs(base + sum of contributions - f(row)) over the rows.
    diagnostics : tuple of (name, number)
        Other measures of quality, such as the stability of LIME from repeat to repeat.
    warnings : tuple of Warned
        Those of the notes without which the numbers mislead, as where another explainer took the place of the best.
    base_of : str
        What the base is the mean answer for, where that is not the background: "the training rows, as the branches weigh them".
    """

    values: Matrix
    base: float
    method: str
    notes: tuple[str, ...] = ()
    max_error: float = float("nan")
    diagnostics: tuple[tuple[str, float], ...] = ()
    warnings: tuple[Warned, ...] = ()
    base_of: str = ""

    def remarks(self, rows: Places | None = None) -> Remarks:
        """What is said of all rows, or of some: readers are told of nobody whom they may not see."""
        return Remarks(self.notes, self.warnings, self.diagnostics)


def rows_per_call(inputs: int) -> int:
    """Rows to ask a model about at once."""
    return max(1, min(_CALL_ROWS, _CALL_NUMBERS // max(inputs, 1)))


def largest_error(values: Matrix, base: float, fx: Vector) -> float:
    """The largest of abs(base + sum of contributions - f(row)); infinite where a contribution is not a number."""
    if not len(values):
        return 0.0
    error = np.abs(base + values.sum(axis=1) - fx)
    return float(np.where(np.isfinite(error), error, np.inf).max())


def at_most(value: float) -> float:
    """Round up to one digit: a bound that is nobody's own number."""
    if not math.isfinite(value) or value <= 0:
        return value
    step = 10.0 ** math.floor(math.log10(value))
    return float(f"{math.ceil(value / step - 1e-9) * step:.0e}")
