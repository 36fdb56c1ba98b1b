"""Columns: one part of a frame, checked and read as numbers. What `tally` counts by is made here."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import narwhals.stable.v2 as nw
import numpy as np
import numpy.typing as npt

from ._levels import Level, name_of
from ._spec import Spec
from .exceptions import (
    BadValue,
    BinsNeeded,
    ColumnNotFound,
    MissingValues,
    OutOfRange,
    WrongKind,
    listed,
)

_MAX_NUMERIC_LEVELS = 20
_LEAST_WEIGHT = 1e-100
_EXACT = 2.0**53
"""The largest whole number up to which every one is a double of its own."""
_UNKNOWN = {
    "sample_weight": "A row without a weight stands for nobody knows how many people.",
    "cluster": "A row that nobody knows whose it is cannot be counted with the others of that person.",
}
Frame = nw.DataFrame[Any]
Series = nw.Series[Any]


def read(data: Any) -> Frame:
    """Read any frame, in memory and without an index."""
    try:
        frame = nw.from_native(data)
    except nw.exceptions.DuplicateError as error:
        raise BadValue(
            "`data` has two columns of the same name.",
            str(error).replace("\n", " "),
            hint="data = data.loc[:, ~data.columns.duplicated()]",
            role="data",
        ) from error
    except TypeError as error:
        raise WrongKind(
            f"`data` is a {type(data).__name__}.",
            "It must be a data frame: pandas, polars, pyarrow or another that narwhals reads.",
            hint="data = pandas.DataFrame(data)",
            role="data",
        ) from error
    # rows are counted by position: an index of pandas would align new columns by its labels
    return nw.maybe_reset_index(frame.collect() if isinstance(frame, nw.LazyFrame) else frame)


def check_columns(frame: Frame, spec: Spec) -> None:
    """Raise where a role names a column that is not there."""
    fractional = dict(spec.membership)
    for role in ("sensitive_features", "control_features", "slice_features", "y_true", "y_pred", "y_base", "y_score", "sample_weight", "cluster"):
        names = getattr(spec, role) or ()
        wanted = (names,) if isinstance(names, str) else names
        columns = [share_name(name, level) for name in wanted for level in fractional.get(name, ())]
        for name in (*columns, *(name for name in wanted if name not in fractional)):
            if name not in frame.columns:
                raise ColumnNotFound(
                    f"`{role}` names the column {name!r}, which is not in the data.",
                    f"The data have: {listed(frame.columns, 30)}.",
                    hint=f"{role}={frame.columns[0]!r}" if frame.columns else "pass a frame with columns",
                    role=role,
                    value=name,
                )


def group_key(frame: Frame, name: str, spec: Spec) -> tuple[Series, Spec]:
    """Give the column to group by, binned where the spec says so."""
    column = frame[name]
    edges = dict(spec.bins).get(name)
    if edges is not None:
        values = numbers(column, "bins", name)
        return code_series(frame, np.where(np.isnan(values), -1, bin_of(values, (-np.inf, *edges)))), spec
    if column.dtype.is_numeric() and column.n_unique() > _MAX_NUMERIC_LEVELS:
        values = numbers(column, "sensitive_features", name)
        cuts = [float(f"{value:.3g}") for value in np.nanquantile(values, [1 / 3, 2 / 3])]
        raise BinsNeeded(
            f"The group column {name!r} is numeric and has {column.n_unique():,} different values.",
            f"Groups of a numeric column need at most {_MAX_NUMERIC_LEVELS} values, or bins.",
            hint=f"bins={{{name!r}: {cuts}}}, or bins={{{name!r}: 4}} for quartiles",
            role="bins",
            value=name,
        )
    return column, spec


def numbers(column: Series, role: str, name: str) -> npt.NDArray[np.float64]:
    """Give a numeric column as doubles."""
    if not column.dtype.is_numeric():
        raise WrongKind(
            f"`{role}` names the column {name!r}, which holds {column.dtype}.",
            "It must hold numbers.",
            hint=f"data[{name!r}] = data[{name!r}].astype(float)",
            role=role,
            value=name,
        )
    return np.asarray(column.cast(nw.Float64).to_numpy(), float)


def full(frame: Frame, role: str, name: str) -> Series:
    """Give a column that no person lacks."""
    column = frame[name]
    empty = int(column.is_null().sum())
    if column.dtype.is_float():
        empty = int(np.isnan(numbers(column, role, name)).sum())
    if empty:
        raise MissingValues(
            f"`{role}` names the column {name!r}, which is missing for {empty:,} of {len(column):,} people.",
            _UNKNOWN.get(role, "A person without a decision cannot be counted on either side."),
            hint=f"data = data.dropna(subset=[{name!r}]), and say in the record who was left out",
            role=role,
            value=name,
        )
    return column


def score_of(frame: Frame, spec: Spec) -> tuple[npt.NDArray[np.float64], Spec]:
    """Give the scores, checked, and the spec that says how they are binned."""
    name = str(spec.y_score)
    column = full(frame, "y_score", name)
    values = numbers(column, "y_score", name)
    if spec.score_kind is None:
        spec = spec.replace(score_kind="integer" if column.dtype.is_integer() else "grid")
    low, high = spec.score_range if spec.score_kind == "grid" else (-_EXACT, _EXACT)
    outside = ~((values >= low) & (values <= high))
    if outside.any():
        raise OutOfRange(
            f"`y_score` names the column {name!r}; {int(outside.sum()):,} of {len(values):,} scores are outside"
            f" `score_range` {(low, high)}.",
            f"The scores go from {values.min():g} to {values.max():g}.",
            hint=_wider(values, low, high),
            role="y_score",
            value=name,
        )
    beyond = [threshold for threshold in spec.declared if spec.score_kind == "grid" and not spec.holds(threshold)]
    if beyond:
        raise OutOfRange(
            f"`threshold` is {beyond[0]!r}, outside `score_range` {spec.score_range}.",
            f"The scores go from {values.min():g} to {values.max():g}.",
            hint=f"threshold={(low + high) / 2:g}",
            role="threshold",
            value=beyond[0],
        )
    return values, spec


def _wider(values: npt.NDArray[np.float64], low: float, high: float) -> str:
    if not np.isfinite(values).all() or np.abs(values).max() > _EXACT:
        return "data = data[data.score.abs() < 1e15], and say in the record who was left out"
    return f"score_range=({min(low, float(values.min()))!r}, {max(high, float(values.max()))!r})"


def bin_of(values: npt.NDArray[np.float64], edges: Sequence[float]) -> npt.NDArray[np.int64]:
    """Give the bin of each value: the last one whose lower edge is not above it."""
    return np.searchsorted(np.asarray(edges), values, side="right") - 1


def code_series(frame: Frame, codes: npt.NDArray[np.int64]) -> Series:
    """Make a column of codes for the engine of a frame."""
    return nw.new_series("code", codes.astype(np.int64), nw.Int64, backend=frame.implementation)


def share_name(name: str, level: Level) -> str:
    """Name the column of the probabilities of one level."""
    return f"{name}: {name_of(level)}"


def shares_of(frame: Frame, spec: Spec) -> npt.NDArray[np.float64]:
    """Give the probabilities of the levels of the group column that is known by them only, (rows, levels)."""
    name, levels = spec.membership[0]
    shares = np.stack([numbers(frame[share_name(name, level)], "sensitive_features", name) for level in levels], axis=1)
    wrong = ~(np.isfinite(shares).all(axis=1) & (shares >= 0).all(axis=1) & (np.abs(shares.sum(axis=1) - 1) < 1e-6))
    if wrong.any():
        raise OutOfRange(
            f"`sensitive_features` names {name!r}, whose probabilities are not shares of 1 for {int(wrong.sum()):,} of {len(shares):,} people.",
            "Each person's probabilities are 0 or more and add up to 1.",
            hint="fl.membership(frame.div(frame.sum(axis=1), axis=0))",
            role="sensitive_features",
            value=name,
        )
    return shares


def weights_of(frame: Frame, name: str) -> npt.NDArray[np.float64]:
    """Give the weights of the rows, checked."""
    values = numbers(full(frame, "sample_weight", name), "sample_weight", name)
    bad = ~((values == 0) | ((values >= _LEAST_WEIGHT) & (values <= 1 / _LEAST_WEIGHT)))
    if bad.any() or not (values > 0).any():
        what = "negative, infinite, or beyond what squares of numbers can hold" if bad.any() else "zero"
        raise OutOfRange(
            f"`sample_weight` names the column {name!r}; {int(bad.sum()) or len(values):,} of {len(values):,} weights are {what}.",
            "A weight says how many people a row stands for: 0 or more, and not 0 for everybody.",
            hint=f"data = data[data[{name!r}] > 0], and say in the record who was left out",
            role="sample_weight",
            value=name,
        )
    return values
