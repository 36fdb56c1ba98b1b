"""Codec: mixed rows of the model's own frame. A mixed value is a place in its column, so no value and no dtype ever changes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

import narwhals.stable.v2 as nw
import numpy as np
import numpy.typing as npt

from ..exceptions import EmptyData, ShapesDiffer, WrongKind, listed

if TYPE_CHECKING:
    import pandas as pd

Places = npt.NDArray[np.int64]
Mask = npt.NDArray[np.bool_]


class Codec(Protocol):
    """A pool of rows, the audited ones first, then those of a background of its own."""

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the inputs, in the order of the model's columns."""

    def mix(self, own: Places, other: Places, mask: Mask) -> Any:
        """Give rows for the model: where `mask` (rows, inputs) is true the value of row `own`, elsewhere of row `other`."""


def codec(inputs: Any, background: Any = None) -> Codec:
    """Read the model's inputs, and a background of the same form.

    Raises
    ------
    WrongKind
        If the inputs are not a table with rows in memory, or the background is of another form.
    ShapesDiffer
        If the background has other columns.
    EmptyData
        If the background has no rows.
    """
    if background is not None and not hasattr(background, "__len__"):
        raise other_form(inputs, background)
    if background is not None and len(background) == 0:
        raise EmptyData("`background` has no rows.", hint="leave it out: all audited rows are the background", role="background")
    if isinstance(inputs, np.ndarray) and inputs.ndim == 2:
        return _Matrix(pool_matrix(inputs, background))
    if nw.dependencies.is_pandas_dataframe(inputs):
        return _Pandas(_pool_pandas(inputs, background))
    try:
        return _Frame(pool_frame(nw.from_native(inputs, eager_only=True), background))
    except TypeError as error:
        if isinstance(error, WrongKind):
            raise
        raise WrongKind(
            f"The model's inputs are a {type(inputs).__name__}.",
            "To mix rows they must be a table in memory: pandas, polars, pyarrow or a two-dimensional NumPy array.",
            hint="fl.audit(pandas.DataFrame(X), model=model, ...)",
            role="data",
        ) from error


@dataclass(frozen=True, slots=True)
class _Pandas:
    pool: pd.DataFrame

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(map(str, self.pool.columns))

    def mix(self, own: Places, other: Places, mask: Mask) -> Any:
        import pandas as pd

        index = pd.RangeIndex(len(own))
        made = {}
        for j, dtype in enumerate(self.pool.dtypes):  # by place, since names may be anything; the dtype keeps text as object
            values = self.pool.iloc[:, j].array.take(np.where(mask[:, j], own, other))
            made[j] = pd.Series(values, index=index, dtype=dtype, copy=False)
        frame = pd.DataFrame(made, index=index)
        frame.columns = self.pool.columns
        return frame


@dataclass(frozen=True, slots=True)
class _Matrix:
    pool: npt.NDArray[Any]

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(f"x{j}" for j in range(self.pool.shape[1]))

    def mix(self, own: Places, other: Places, mask: Mask) -> Any:
        return np.where(mask, self.pool[own], self.pool[other])


@dataclass(frozen=True, slots=True)
class _Frame:
    pool: nw.DataFrame[Any]

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(self.pool.columns)

    def mix(self, own: Places, other: Places, mask: Mask) -> Any:
        places = [np.where(mask[:, j], own, other) for j in range(mask.shape[1])]
        made = [self.pool[name][place].to_frame() for name, place in zip(self.pool.columns, places, strict=True)]
        return nw.concat(made, how="horizontal").to_native()


def _pool_pandas(inputs: Any, background: Any) -> Any:
    if background is None:
        return inputs
    import pandas as pd

    if not isinstance(background, pd.DataFrame):
        raise other_form(inputs, background)
    if list(background.columns) != list(inputs.columns):
        raise other_columns(inputs.columns, background.columns)
    differing = [j for j, (one, two) in enumerate(zip(inputs.dtypes, background.dtypes, strict=True)) if one != two]
    if differing:
        j = differing[0]
        raise other_type(inputs.columns[j], inputs.dtypes.iloc[j], background.dtypes.iloc[j], "background.astype(X.dtypes)")
    return pd.concat([inputs, background], ignore_index=True)


def pool_matrix(inputs: npt.NDArray[Any], background: Any) -> npt.NDArray[Any]:
    if background is None:
        return inputs
    if not isinstance(background, np.ndarray) or background.ndim != 2:
        raise other_form(inputs, background)
    if background.shape[1] != inputs.shape[1]:
        raise other_columns(range(inputs.shape[1]), range(background.shape[1]))
    if background.dtype != inputs.dtype:
        raise other_type(0, inputs.dtype, background.dtype, "background.astype(X.dtype)")
    return np.concatenate([inputs, background])


def pool_frame(inputs: nw.DataFrame[Any], background: Any) -> nw.DataFrame[Any]:
    if background is None:
        return inputs
    if type(background) is not type(inputs.to_native()):
        raise other_form(inputs.to_native(), background)
    other = nw.from_native(background, eager_only=True)
    if other.columns != inputs.columns:
        raise other_columns(inputs.columns, other.columns)
    for name, dtype in inputs.schema.items():
        if other.schema[name] != dtype:
            raise other_type(name, dtype, other.schema[name], f"background.with_columns(background[{name!r}].cast(...))")
    return nw.concat([inputs, other], how="vertical")


def other_form(inputs: Any, background: Any) -> WrongKind:
    return WrongKind(
        f"`background` is a {type(background).__name__}.",
        f"The audited rows are a {type(inputs).__name__}, and rows of both are mixed.",
        hint="background=X_train, in the form of the audited rows; or leave it out for all audited rows",
        role="background",
    )


def other_columns(have: Any, given: Any) -> ShapesDiffer:
    return ShapesDiffer(
        f"`background` has the columns {listed(list(given))}.",
        f"The audited rows have {listed(list(have))}, in this order.",
        hint="background=X_train[X_test.columns]",
        role="background",
    )


def other_type(name: object, have: object, given: object, hint: str) -> WrongKind:
    return WrongKind(
        f"`background` holds {given} in the column {name!r}.",
        f"The audited rows hold {have} there, and a mixed row must look to the model like one of them.",
        hint=f"background={hint}",
        role="background",
    )
