"""tally_missing(): the model's inputs -> counts of people without a value, by group. The rows are read here and nowhere after."""

from __future__ import annotations

from typing import Any

import narwhals.stable.v2 as nw
import numpy as np
import numpy.typing as npt

from ._columns import group_key, read, shares_of
from ._cube import Cube
from ._levels import Level
from ._spec import Spec
from ._tally import _group, _read_levels

Lacks = npt.NDArray[np.bool_]
_PREFIX = "missing "


def sum_of(name: str) -> str:
    """Name the sum of a cube that counts the people without a value of an input."""
    return _PREFIX + name


def tally_missing(inputs: Any, columns: Any, spec: Spec) -> tuple[tuple[str, ...], Cube]:
    """Count by group the people who lack a value of each input of the model.

    Parameters
    ----------
    inputs
        What the model was given: a frame of any engine, or a two-dimensional array, whose columns are numbered from 0.
    columns
        The rows that were tallied, in the same order.
    spec
        The spec of the cube, with the bins filled in.

    Returns
    -------
    names
        The inputs that somebody lacks; those with the name of a group column are left out, since the cube counts these people itself.
    cube
        People ``n`` by group, and one sum per name, called ``sum_of(name)``. Rows, whatever their weights.

    Examples
    --------
    >>> import pandas as pd
    >>> from fairlens import Spec
    >>> rows = pd.DataFrame({"sex": ["f", "f", "m"], "hired": [1, 0, 1], "income": [1.0, None, None]})
    >>> names, cube = tally_missing(rows[["income"]], rows, Spec(("sex",), y_pred="hired"))
    >>> names, cube.sums["missing income"].tolist()
    (('income',), [1.0, 1.0])
    """
    lacking = {name: lacks for name, lacks in _lacking(inputs).items() if lacks.any() and name not in spec.groups}
    frame, fractional = read(columns), dict(spec.membership)
    keys = {name: group_key(frame, name, spec)[0] for name in spec.groups if name not in fractional}
    whole = {sum_of(name): lacks.astype(float) for name, lacks in lacking.items()}
    parts: list[tuple[dict[str, Any], dict[str, Level]]] = [(whole, {})]
    if fractional:
        axis, levels = spec.membership[0]
        shares = shares_of(frame, spec)
        parts = [
            ({"n": share, **{name: values * share for name, values in whole.items()}}, {axis: level})
            for level, share in zip(levels, shares.T, strict=True)
        ]
    axes: dict[str, list[Level]] = {axis: [] for axis in spec.groups}
    totals: dict[str, list[float]] = {name: [] for name in ("n", *whole)}
    for sums, fixed in parts:
        cells = _group(keys, sums) if keys else _together(sums, len(frame))
        kept = [i for i, n in enumerate(cells["n"]) if n > 0]
        for axis, found in axes.items():
            named = [fixed[axis]] * len(cells["n"]) if axis in fixed else _read_levels(axis, cells[axis], spec)
            found += [named[i] for i in kept]
        for name, values in totals.items():
            values += [cells[name][i] for i in kept]
    return tuple(lacking), Cube.from_columns(spec, axes, totals)


def _together(sums: dict[str, Any], size: int) -> dict[str, list[Any]]:
    """Everybody as one cell."""
    return {"n": [size], **{name: [float(values.sum())] for name, values in sums.items()}}


def _lacking(inputs: Any) -> dict[str, Lacks]:
    """For each input by name, who has no value of it."""
    if hasattr(inputs, "tocoo"):
        stored = inputs.tocoo()
        empty = np.isnan(stored.data) if stored.data.dtype.kind == "f" else np.zeros(len(stored.data), bool)
        found = {str(j): np.zeros(stored.shape[0], bool) for j in np.unique(stored.col[empty]).tolist()}
        for row, column in zip(stored.row[empty].tolist(), stored.col[empty].tolist(), strict=True):
            found[str(column)][row] = True
        return found
    if not (hasattr(inputs, "columns") or hasattr(inputs, "column_names")):
        table = np.asarray(inputs)
        table = table.reshape(len(table), -1)
        return {str(j): _no_values(column) for j, column in enumerate(table.T)}
    frame = read(inputs)
    return {str(name): _null(frame[name]) for name in frame.columns}


def _null(column: nw.Series[Any]) -> Lacks:
    lacks = np.asarray(column.is_null().to_numpy(), bool)
    if column.dtype.is_float():
        lacks = lacks | np.isnan(np.asarray(column.cast(nw.Float64).to_numpy(), float))
    return lacks


def _no_values(column: npt.NDArray[Any]) -> Lacks:
    if column.dtype.kind in "fcmM":
        return np.asarray(np.isnat(column) if column.dtype.kind in "mM" else np.isnan(column))
    if column.dtype.kind != "O":
        return np.zeros(len(column), bool)
    return np.array([value is None or type(value).__name__ in ("NAType", "NaTType") or value != value for value in column], bool)
