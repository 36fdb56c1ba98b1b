"""Engines: columns of pandas, polars, pyarrow and NumPy, read one by one and rebuilt with the dtypes that they had."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

import narwhals.stable.v2 as nw
import numpy as np
import numpy.typing as npt

from ..exceptions import BadValue, EmptyData, WrongKind, listed
from ._codec import other_columns, other_form, other_type, pool_frame, pool_matrix
from ._raw import Floats, Kind, Raw, exact, key_of, no_column, read_values

if TYPE_CHECKING:
    import pandas as pd

Places = npt.NDArray[np.int64]
_OBJECT = np.dtype(object)


class Engine(Protocol):
    """Rows of one engine: the rows to explain, and those of the background behind them."""

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the columns."""

    @property
    def schema(self) -> str:
        """Columns and dtypes, in a text."""

    def columns(self) -> list[Raw]:
        """Read every column."""

    def take(self, j: int, places: Places) -> Any:
        """The values of a column at some places."""

    def numbers(self, j: int, floats: Floats) -> Any:
        """A column of numbers, in the dtype that it has; floats where that cannot hold them."""

    def join(self, columns: list[Any], size: int) -> Any:
        """Make rows of columns."""

    def named(self, rows: Floats) -> Any:
        """Give floats the names of the columns, where a model may ask for them."""


def engine(inputs: Any, background: Any = None) -> Engine:
    """Find out what engine the rows are of.

    Raises
    ------
    WrongKind
        If the rows are not a table in memory, or the background is of another form.
    ShapesDiffer
        If the background has other columns.
    EmptyData
        If there are no rows.
    BadValue
        If the background has a category that the rows to explain cannot have.
    """
    if background is not None and len(background) == 0:
        raise EmptyData("`background` has no rows.", hint="leave it out: the tool draws 100 of the audited rows", role="background")
    if isinstance(inputs, np.ndarray) and inputs.ndim == 2:
        return _Matrix(pool_matrix(inputs, background))
    if nw.dependencies.is_pandas_dataframe(inputs):
        return _Pandas(_pool_pandas(inputs, background), tuple(inputs.dtypes))
    try:
        frame = nw.from_native(inputs, eager_only=True)
    except TypeError as error:
        raise WrongKind(
            f"The model's inputs are a {type(inputs).__name__}.",
            "To mix rows they must be a table in memory: pandas, polars, pyarrow or a two-dimensional NumPy array.",
            hint="fl.audit(pandas.DataFrame(X), model=model, ...)",
            role="data",
        ) from error
    return _Frame(pool_frame(frame, background))


def rows_at(inputs: Any, places: Places) -> Any:
    """Some rows of a table, as they are."""
    if isinstance(inputs, np.ndarray):
        return inputs[places]
    if nw.dependencies.is_pandas_dataframe(inputs):
        return inputs.iloc[places]
    return nw.from_native(inputs, eager_only=True)[places, :].to_native()


def values_at(inputs: Any, j: int) -> list[Any]:
    """All values of a column, as they are."""
    if isinstance(inputs, np.ndarray):
        return list(inputs[:, j])
    if nw.dependencies.is_pandas_dataframe(inputs):
        return list(inputs.iloc[:, j])
    frame = nw.from_native(inputs, eager_only=True)
    found: list[Any] = frame[frame.columns[j]].to_list()
    return found


@dataclass(frozen=True, slots=True, eq=False)
class _Pandas:
    pool: pd.DataFrame
    dtypes: tuple[Any, ...]

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(map(str, self.pool.columns))

    @property
    def schema(self) -> str:
        return repr(("pandas", self.names, [str(dtype) for dtype in self.dtypes]))

    def columns(self) -> list[Raw]:
        return [self._read(j) for j in range(self.pool.shape[1])]

    def _read(self, j: int) -> Raw:
        import pandas as pd

        name, column = self.names[j], self.pool.iloc[:, j]
        kind = _pandas_kind(self.dtypes[j], name)
        if kind == "number":
            return Raw(name, kind, exact(name, column.to_numpy(float, na_value=np.nan), pd.api.types.is_integer_dtype(column.dtype)))
        values = column.array.astype(object)
        missing = np.asarray(pd.isna(values), bool)
        order = {key_of(value): k for k, value in enumerate(column.cat.categories)} if isinstance(column.dtype, pd.CategoricalDtype) else None
        return read_values(name, kind, list(values), missing, order)

    def take(self, j: int, places: Places) -> Any:
        return self.pool.iloc[:, j].array.take(places)

    def numbers(self, j: int, floats: Floats) -> Any:
        import pandas as pd

        dtype = self.dtypes[j]
        if dtype == _OBJECT:
            return floats.astype(object)
        if isinstance(dtype, np.dtype):
            return _as(floats, dtype)
        if pd.api.types.is_integer_dtype(dtype) and not _is_whole(floats, np.dtype(getattr(dtype, "numpy_dtype", np.int64)), np.isnan(floats)):
            return pd.array(floats, dtype=_wider(dtype))
        return pd.array(floats, dtype=_wider(dtype)).astype(dtype)

    def join(self, columns: list[Any], size: int) -> Any:
        import pandas as pd

        index = pd.RangeIndex(size)
        kept = {j: column.dtype for j, column in enumerate(columns)}  # the dtype keeps text as object
        frame = pd.DataFrame({j: pd.Series(column, index=index, dtype=kept[j], copy=False) for j, column in enumerate(columns)}, index=index)
        frame.columns = self.pool.columns
        return frame

    def named(self, rows: Floats) -> Any:
        import pandas as pd

        return pd.DataFrame(rows, columns=self.pool.columns)


def _wider(dtype: Any) -> Any:
    """The floats of an extension dtype's family."""
    import pandas as pd

    return "double[pyarrow]" if isinstance(dtype, pd.ArrowDtype) else "Float64"


def _pandas_kind(dtype: Any, name: str) -> Kind:
    import pandas as pd

    kinds = pd.api.types
    if isinstance(dtype, pd.CategoricalDtype) or dtype == _OBJECT or kinds.is_string_dtype(dtype):
        return "code"
    if kinds.is_bool_dtype(dtype):
        return "bool"
    if kinds.is_numeric_dtype(dtype) and not kinds.is_complex_dtype(dtype):
        return "number"
    raise no_column(name, dtype)


@dataclass(frozen=True, slots=True, eq=False)
class _Matrix:
    pool: npt.NDArray[Any]

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(f"x{j}" for j in range(self.pool.shape[1]))

    @property
    def schema(self) -> str:
        return repr(("matrix", self.pool.shape[1], str(self.pool.dtype)))

    def columns(self) -> list[Raw]:
        kind = self.pool.dtype.kind
        if kind in "fiu":
            return [Raw(name, "number", exact(name, self.pool[:, j].astype(float), kind in "iu")) for j, name in enumerate(self.names)]
        if kind not in "bUSO":
            raise no_column(self.names[0] if self.names else "x0", self.pool.dtype)
        import pandas as pd

        found = []
        for j, name in enumerate(self.names):
            values = self.pool[:, j].astype(object)
            missing = np.asarray(pd.isna(values), bool)
            found.append(read_values(name, "bool" if kind == "b" else "code", list(values), missing, None))
        return found

    def take(self, j: int, places: Places) -> Any:
        return self.pool[places, j]

    def numbers(self, j: int, floats: Floats) -> Any:
        return floats.astype(object) if self.pool.dtype == _OBJECT else _as(floats, self.pool.dtype)

    def join(self, columns: list[Any], size: int) -> Any:
        if self.pool.dtype == _OBJECT:
            made = np.empty((size, len(columns)), object)
            for j, column in enumerate(columns):
                made[:, j] = column
            return made
        return np.stack(columns, axis=1)

    def named(self, rows: Floats) -> Any:
        return rows


@dataclass(frozen=True, slots=True, eq=False)
class _Frame:
    pool: nw.DataFrame[Any]

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(self.pool.columns)

    @property
    def schema(self) -> str:
        return repr((str(self.pool.implementation), [(name, str(dtype)) for name, dtype in self.pool.schema.items()]))

    def columns(self) -> list[Raw]:
        return [self._read(name) for name in self.names]

    def _read(self, name: str) -> Raw:
        column = self.pool[name]
        dtype = column.dtype
        if dtype.is_numeric():
            floats = np.array(column.cast(nw.Float64).to_numpy(), float)
            return Raw(name, "number", exact(name, floats, dtype.is_integer()))
        if dtype != nw.Boolean and not isinstance(dtype, nw.String | nw.Categorical | nw.Enum):
            raise no_column(name, dtype)
        values = column.to_list()
        missing = np.fromiter((value is None for value in values), bool, len(values))
        order = {key_of(level): k for k, level in enumerate(dtype.categories)} if isinstance(dtype, nw.Enum) else None
        return read_values(name, "bool" if dtype == nw.Boolean else "code", values, missing, order)

    def take(self, j: int, places: Places) -> Any:
        return self.pool[self.names[j]][places]

    def numbers(self, j: int, floats: Floats) -> Any:
        name = self.names[j]
        dtype = self.pool.schema[name]
        made = nw.new_series(name, floats, nw.Float64, backend=self.pool.implementation)
        missing = np.isnan(floats)
        if missing.any() and (dtype.is_integer() or self.pool[name].null_count()):
            made = _with_nulls(made, missing, self.pool.implementation)
        if dtype.is_integer():
            bits = np.dtype(str(dtype).lower())
            return made.cast(dtype) if _is_whole(floats, bits, missing) else made
        return made.cast(dtype)

    def join(self, columns: list[Any], size: int) -> Any:
        return nw.concat([column.alias(name).to_frame() for name, column in zip(self.names, columns, strict=True)], how="horizontal").to_native()

    def named(self, rows: Floats) -> Any:
        return rows


def _with_nulls(made: Any, missing: npt.NDArray[np.bool_], backend: Any) -> Any:
    known = nw.new_series("known", ~missing, nw.Boolean, backend=backend)
    nothing = nw.new_series(made.name, [None] * len(missing), nw.Float64, backend=backend)
    return made.zip_with(known, nothing)


def _as(floats: Floats, dtype: np.dtype[Any]) -> npt.NDArray[Any]:
    """Numbers in a NumPy dtype; as floats where whole numbers cannot hold them."""
    if dtype.kind == "f":
        return floats.astype(dtype)
    return floats.astype(dtype) if _is_whole(floats, dtype, np.zeros(len(floats), bool)) else floats.copy()


def _is_whole(floats: Floats, dtype: np.dtype[Any], missing: npt.NDArray[np.bool_]) -> bool:
    """Whether an integer dtype holds all of these but for the missing ones."""
    known = floats[~missing]
    limits = np.iinfo(dtype)
    return bool((np.isfinite(known) & (known == np.floor(known)) & (known >= limits.min) & (known <= limits.max)).all())


def _pool_pandas(inputs: Any, background: Any) -> Any:
    """Put the background behind the rows, column by column in the dtype of the rows; numbers may differ in theirs."""
    if background is None:
        return inputs
    import pandas as pd

    if not isinstance(background, pd.DataFrame):
        raise other_form(inputs, background)
    if list(background.columns) != list(inputs.columns):
        raise other_columns(inputs.columns, background.columns)
    behind = {}
    for j, (name, have, given) in enumerate(zip(inputs.columns, inputs.dtypes, background.dtypes, strict=True)):
        column = background.iloc[:, j]
        if have != given:
            kinds = _pandas_kind(have, str(name)), _pandas_kind(given, str(name))
            if kinds[0] != kinds[1]:
                raise other_type(name, have, given, "background.astype(X.dtypes)")
            column = column if kinds[0] == "number" else _recoded(column, have, str(name))
        behind[j] = column.array
    below = pd.DataFrame(behind)
    below.columns = inputs.columns
    return pd.concat([inputs, below], ignore_index=True)


def _recoded(column: Any, dtype: Any, name: str) -> Any:
    """A column of the background in the dtype of the rows, if that has every value that occurs."""
    import pandas as pd

    if isinstance(dtype, pd.CategoricalDtype):
        unseen = [value for value in column.dropna().unique() if value not in dtype.categories]
        if unseen:
            raise BadValue(
                f"`background` holds {listed(unseen)} in the column {name!r}, which is no category of the audited rows.",
                f"They have: {listed(list(dtype.categories))}.",
                hint=f"background=background[background[{name!r}].isin(X[{name!r}].cat.categories)], or categories that hold both before the model is fitted",
                role="background",
                value=unseen[0],
            )
    return column.astype(dtype)
