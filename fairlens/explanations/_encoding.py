"""Encoding: rows of the model's own frame as a matrix of floats, and back to the very dtypes that the model knows."""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import blake2b
from typing import Any

import numpy as np
import numpy.typing as npt

from ..exceptions import BadValue, listed
from ._attributor import Matrix
from ._engines import Engine, Places, engine
from ._raw import Raw


@dataclass(frozen=True, slots=True, eq=False)
class Coded:
    """What the codes of a column stand for: code k is the value at `places[k]` of the column; `absent` is a place without a value.

    A place is -1 where no row has such a value. `truth` marks a column of truth values, whose codes are those of the model too.
    """

    levels: tuple[Any, ...]
    keys: dict[Any, int]
    places: Places
    absent: int
    truth: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class Encoding:
    """Floats for numbers, codes for other columns.

    Numbers stay as they are, with NaN where one is missing. Texts, categories and truth values are codes 0, 1, ... in the order of
    their categories, or sorted; NaN where missing. A decoded row has the dtypes of the user's own: code k becomes the value
    that the column itself holds, and a column of whole numbers stays one unless a fraction was drawn for it.

    Attributes
    ----------
    rows : Engine
        The rows that the codes were read from.
    matrix : array (rows, inputs)
        These rows, encoded.
    coded : tuple of (Coded or None)
        One per column; None for numbers.
    """

    rows: Engine
    matrix: Matrix
    coded: tuple[Coded | None, ...]

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the inputs, in the order of the model's columns."""
        return self.rows.names

    @property
    def categorical(self) -> tuple[int, ...]:
        """Positions of the columns that hold codes."""
        return tuple(j for j, column in enumerate(self.coded) if column is not None)

    @property
    def levels(self) -> tuple[tuple[Any, ...] | None, ...]:
        """By column: what its codes stand for; None for numbers."""
        return tuple(None if column is None else column.levels for column in self.coded)

    @property
    def is_numeric(self) -> bool:
        """Whether the codes are what the model itself sees: numbers, and truth values as 0 and 1."""
        return all(column is None or column.truth for column in self.coded)

    @property
    def schema(self) -> str:
        """What the matrix means, in a text that differs where it means something else."""
        return repr((self.rows.schema, [None if column is None else list(map(repr, column.levels)) for column in self.coded]))

    def encode(self, frame: Any) -> Matrix:
        """Turn other rows of the same form into a matrix.

        Raises
        ------
        BadValue
            If a column has a value that the rows of this encoding do not have.
        """
        raws = engine(frame).columns()
        return np.stack([_floats(raw, column) for raw, column in zip(raws, self.coded, strict=True)], axis=1)

    def marks(self, Z: Matrix) -> npt.NDArray[np.uint64]:
        """Give each value a number that depends on nothing but the value: a code depends on what else there is in its column."""
        Z = np.asarray(Z, float)
        found = np.empty(Z.shape, np.uint64)
        for j, column in enumerate(self.coded):
            if column is None:
                found[:, j] = np.where(np.isnan(Z[:, j]), np.nan, Z[:, j] + 0.0).view(np.uint64)  # one NaN, and one zero
                continue
            known = {float(code): _mark(key) for key, code in column.keys.items()}
            found[:, j] = [known.get(code, 0) for code in Z[:, j].tolist()]  # 0 where missing
        return found

    def decode(self, Z: Matrix) -> Any:
        """Rebuild rows as the model knows them from any matrix of numbers and codes.

        Raises
        ------
        BadValue
            If a code stands for nothing: a method that was to explain the model made it up.
        """
        Z = np.asarray(Z, float)
        made = [
            self.rows.numbers(j, Z[:, j]) if column is None else self.rows.take(j, self._places(j, column, Z[:, j]))
            for j, column in enumerate(self.coded)
        ]
        return self.rows.join(made, len(Z))

    def _places(self, j: int, column: Coded, codes: npt.NDArray[np.float64]) -> Places:
        last = len(column.places)
        known = (codes >= 0) & (codes < last) & (codes == np.floor(codes))
        at = np.where(known, codes, last).astype(np.int64)
        places = np.append(column.places, column.absent)[at]
        wrong = (places < 0) | ~(known | np.isnan(codes))
        if wrong.any():
            raise BadValue(
                f"`method` asked the model about the code {codes[wrong][0]:g} in the column {self.names[j]!r}, which stands for nothing.",
                f"The rows hold {listed(column.levels)} there, as codes from 0 on.",
                hint="let attribute() mix the values of Z and of the background where a column is `categorical`, and make none up",
                role="method",
            )
        return places


def encoding(inputs: Any, background: Any = None) -> Encoding:
    """Read the rows, and those of a background of its own behind them.

    Raises
    ------
    WrongKind
        If the rows are no table in memory, or a column holds dates or nested values.
    BadValue
        If two columns have one name, whole numbers are too large for floats, or the background has a category that the rows cannot have.
    """
    rows = engine(inputs, background)
    doubled = [name for name in rows.names if rows.names.count(name) > 1]
    if doubled or not rows.names:
        raise BadValue(
            f"The model's inputs have two columns named {doubled[0]!r}." if doubled else "The model's inputs have no column.",
            "An explanation names each input.",
            hint="X = X.loc[:, ~X.columns.duplicated()], and a model that is fitted on it",
            role="data",
            value=doubled[0] if doubled else None,
        )
    raws = rows.columns()
    coded = tuple(_coded(raw) for raw in raws)
    matrix = np.stack([_floats(raw, column) for raw, column in zip(raws, coded, strict=True)], axis=1)
    return Encoding(rows, matrix, coded)


def _coded(raw: Raw) -> Coded | None:
    """Number the values of a column that holds no numbers."""
    if raw.kind == "number":
        return None
    first = raw.distinct()
    if raw.kind == "bool":
        truths = {bool(raw.values[place]): (key, place) for key, place in first.items()}
        places = [truths[level][1] if level in truths else -1 for level in (False, True)]
        keys = {key: int(level) for level, (key, _) in truths.items()}
        return Coded((False, True), keys, np.array(places, np.int64), raw.absent, truth=True)
    levels = tuple(raw.values[place] for place in first.values())
    return Coded(levels, {key: k for k, key in enumerate(first)}, np.array(list(first.values()), np.int64), raw.absent)


def _mark(key: Any) -> int:
    return int.from_bytes(blake2b(repr(key).encode(), digest_size=8).digest(), "big") | 1


def _floats(raw: Raw, column: Coded | None) -> npt.NDArray[np.float64]:
    if raw.floats is not None and column is None:
        return raw.floats
    keys = {} if column is None else column.keys
    unseen = [place for place, key in enumerate(raw.keys) if key is not None and key not in keys]
    if unseen or raw.floats is not None:
        shown = raw.values[unseen[0]] if unseen else "numbers"
        raise BadValue(
            f"The column {raw.name!r} holds {shown!r}, which the rows to explain do not have.",
            f"They have: {listed(column.levels)}." if column is not None else "They have numbers.",
            hint=f"rows = rows[rows[{raw.name!r}] != {shown!r}]",
            role="data",
            value=shown,
        )
    return np.array([np.nan if key is None else keys[key] for key in raw.keys], float)
