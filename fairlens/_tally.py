"""tally(): rows of any data frame -> Cube. The one place where rows become counts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import narwhals.stable.v2 as nw
import numpy as np
import numpy.typing as npt

from ._cube import SCORE_BIN, Y_PRED, Y_TRUE, Cube
from ._levels import MISSING, UNLABELLED, Level, normalise, sort_levels
from ._roles import OUTCOME_ROLES
from ._spec import Spec, is_number
from .exceptions import (
    BadValue,
    BinsNeeded,
    ColumnNotFound,
    EmptyData,
    MissingValues,
    NotTwoValues,
    OutOfRange,
    TooManyCells,
    WrongKind,
    listed,
)

MAX_CELLS = 1_000_000
_MAX_NUMERIC_LEVELS = 20
_EXACT = 2.0**53
"""The largest whole number up to which every one is a double of its own."""
Frame = nw.DataFrame[Any]
Series = nw.Series[Any]


def tally(data: Any, spec: Spec) -> Cube:
    """Count rows into a cube.

    Parameters
    ----------
    data
        A pandas, polars or pyarrow table, or any other frame that narwhals can read. It is not changed.
    spec
        Which column plays which part. Fields that the data decide (`score_kind`, quantile bins) are filled in the
        cube's own spec.

    Returns
    -------
    Cube
        One row per observed combination of groups and outcome; at most 1,000,000.

    Raises
    ------
    ColumnNotFound, WrongKind, EmptyData, MissingValues, NotTwoValues, OutOfRange, BinsNeeded, TooManyCells
        Each names the role and the value and ends in a hint.

    Examples
    --------
    >>> import pandas as pd
    >>> from fairlens import Spec, tally
    >>> frame = pd.DataFrame({"sex": ["f", "m", None], "hired": [1, 0, 1]})
    >>> tally(frame, Spec(("sex",), y_pred="hired")).levels_of("sex")
    ('f', 'm', '(missing)')
    """
    frame = _read(data)
    if not isinstance(spec, Spec) or not (spec.groups or any(getattr(spec, role) for role in OUTCOME_ROLES)):
        raise WrongKind(
            f"`spec` is {spec!r}.",
            "It must be a Spec that names a column.",
            hint='fl.tally(data, fl.Spec(("sex",), y_pred="hired"))',
            role="spec",
            value=spec,
        )
    _check_columns(frame, spec)
    if len(frame) == 0:
        raise EmptyData(
            "`data` has no rows.", "There is nothing to audit.", hint="check the filter that made data", role="data"
        )
    keys, sums = {}, {}
    for name in spec.groups:
        keys[name], spec = _group_key(frame, name, spec)
    if spec.y_true is not None:
        keys[Y_TRUE] = frame[spec.y_true]
    if spec.y_score is not None:
        score, spec = _score(frame, spec)
        keys[SCORE_BIN] = frame[str(spec.y_score)] if spec.edges is None else _codes(frame, _bin(score, spec.edges))
        sums = {"score": score, "score2": score**2}
    if spec.y_pred is not None:
        keys[Y_PRED] = _full(frame, "y_pred", spec.y_pred)
    return _count(keys, sums, spec)


def row_levels(data: Any, axis: str, spec: Spec) -> list[Level]:
    """Give each row its level on an axis of the cube: the same key, bins and normalisation that `tally` counts by.

    Parameters
    ----------
    data
        The rows that were tallied.
    axis
        A group column of the spec, "y_true" or "y_pred".
    spec
        The spec of the cube, with the bins filled in.
    """
    frame = _read(data)
    if axis in (Y_TRUE, Y_PRED):
        column = frame[str(spec.y_true if axis == Y_TRUE else spec.y_pred)]
    else:
        column, spec = _group_key(frame, axis, spec)
    values = column.to_list()
    first = {value: value for value in reversed(values)}  # equal values are one cell, named by the first of them
    levels = dict(zip(first, _read_levels(axis, list(first.values()), spec), strict=True))
    return [levels[value] for value in values]


def read_bins(data: Any, bins: Any, groups: Sequence[str]) -> tuple[tuple[str, tuple[float, ...]], ...]:
    """Turn ``{"age": [25, 45], "income": 4}`` into edges; a number of bins asks for that many quantiles of `data`."""
    if not isinstance(bins, Mapping):
        raise WrongKind(
            f"`bins` is a {type(bins).__name__}.",
            "It must say for each column its edges, or a number of bins.",
            hint=f"bins={{{groups[0]!r}: [25, 45]}}",
            role="bins",
            value=bins,
        )
    frame, read = _read(data), []
    for name, wanted in bins.items():
        if name not in groups:
            raise ColumnNotFound(
                f"`bins` names the column {name!r}, which is not one of the group columns.",
                f"The group columns are: {listed(groups)}.",
                hint=f"bins={{{groups[0]!r}: ...}}",
                role="bins",
                value=name,
            )
        read.append((name, _edges(_numbers(frame[name], "bins", name), name, wanted)))
    return tuple(read)


def _edges(values: npt.NDArray[np.float64], name: str, wanted: Any) -> tuple[float, ...]:
    given = wanted.tolist() if hasattr(wanted, "tolist") else wanted
    if isinstance(given, int) and not isinstance(given, bool) and given > 0:
        finite = values[np.isfinite(values)]
        shares = np.arange(1, given) / given
        return tuple(np.unique(np.quantile(finite, shares)).tolist()) if given > 1 and len(finite) else ()
    if not isinstance(given, list | tuple) or not all(map(is_number, given)):
        raise WrongKind(
            f"`bins` asks for {wanted!r} of the column {name!r}.",
            "It must be a list of finite edges, or a number of bins.",
            hint=f"bins={{{name!r}: [25, 45]}}, or bins={{{name!r}: 4}} for quartiles",
            role="bins",
            value=wanted,
        )
    return tuple(sorted({float(edge) for edge in given}))


def read_scores(data: Any, spec: Spec) -> npt.NDArray[np.float64]:
    """Give the scores of every row, checked as `tally` checks them."""
    return _score(_read(data), spec)[0]


def _read(data: Any) -> Frame:
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


def _check_columns(frame: Frame, spec: Spec) -> None:
    for role in ("sensitive_features", "control_features", "slice_features", "y_true", "y_pred", "y_score"):
        names = getattr(spec, role) or ()
        for name in (names,) if isinstance(names, str) else names:
            if name not in frame.columns:
                raise ColumnNotFound(
                    f"`{role}` names the column {name!r}, which is not in the data.",
                    f"The data have: {listed(frame.columns, 30)}.",
                    hint=f"{role}={frame.columns[0]!r}" if frame.columns else "pass a frame with columns",
                    role=role,
                    value=name,
                )


def _group_key(frame: Frame, name: str, spec: Spec) -> tuple[Series, Spec]:
    column = frame[name]
    edges = dict(spec.bins).get(name)
    if edges is not None:
        values = _numbers(column, "bins", name)
        return _codes(frame, np.where(np.isnan(values), -1, _bin(values, (-np.inf, *edges)))), spec
    if column.dtype.is_numeric() and column.n_unique() > _MAX_NUMERIC_LEVELS:
        values = _numbers(column, "sensitive_features", name)
        cuts = [float(f"{value:.3g}") for value in np.nanquantile(values, [1 / 3, 2 / 3])]
        raise BinsNeeded(
            f"The group column {name!r} is numeric and has {column.n_unique():,} different values.",
            f"Groups of a numeric column need at most {_MAX_NUMERIC_LEVELS} values, or bins.",
            hint=f"bins={{{name!r}: {cuts}}}, or bins={{{name!r}: 4}} for quartiles",
            role="bins",
            value=name,
        )
    return column, spec


def _numbers(column: Series, role: str, name: str) -> npt.NDArray[np.float64]:
    if not column.dtype.is_numeric():
        raise WrongKind(
            f"`{role}` names the column {name!r}, which holds {column.dtype}.",
            "It must hold numbers.",
            hint=f"data[{name!r}] = data[{name!r}].astype(float)",
            role=role,
            value=name,
        )
    return np.asarray(column.cast(nw.Float64).to_numpy(), float)


def _full(frame: Frame, role: str, name: str) -> Series:
    column = frame[name]
    empty = int(column.is_null().sum())
    if column.dtype.is_float():
        empty = int(np.isnan(_numbers(column, role, name)).sum())
    if empty:
        raise MissingValues(
            f"`{role}` names the column {name!r}, which is missing for {empty:,} of {len(column):,} people.",
            "A person without a decision cannot be counted on either side.",
            hint=f"data = data.dropna(subset=[{name!r}]), and say in the record who was left out",
            role=role,
            value=name,
        )
    return column


def _score(frame: Frame, spec: Spec) -> tuple[npt.NDArray[np.float64], Spec]:
    name = str(spec.y_score)
    column = _full(frame, "y_score", name)
    values = _numbers(column, "y_score", name)
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


def _bin(values: npt.NDArray[np.float64], edges: Sequence[float]) -> npt.NDArray[np.int64]:
    """Give the bin of each value: the last one whose lower edge is not above it."""
    return np.searchsorted(np.asarray(edges), values, side="right") - 1


def _codes(frame: Frame, codes: npt.NDArray[np.int64]) -> Series:
    return nw.new_series("code", codes.astype(np.int64), nw.Int64, backend=frame.implementation)


def _count(keys: dict[str, Series], sums: dict[str, npt.NDArray[np.float64]], spec: Spec) -> Cube:
    """One group-by on renamed columns, then everything else on the small table."""
    some = next(iter(keys.values()))
    columns = [series.alias(f"k{i}") for i, series in enumerate(keys.values())]
    columns += [
        nw.new_series(f"s{i}", values, nw.Float64, backend=some.implementation)
        for i, values in enumerate(sums.values())
    ]
    table = nw.concat([column.to_frame() for column in columns], how="horizontal")
    added = [nw.col(f"s{i}").sum() for i in range(len(sums))]
    names = [f"k{i}" for i in range(len(keys))]
    try:
        cells = table.group_by(names).agg(nw.len().alias("n"), *added)
    except (TypeError, NotImplementedError, OverflowError) as error:
        for axis, series in keys.items():  # `normalise` says which value has no name
            for value in series.to_list():
                normalise(value, axis if axis in OUTCOME_ROLES else "sensitive_features")
        raise WrongKind(
            "`data` has a group column with values that cannot be grouped.",
            f"{type(error).__name__}: {error}",
            hint="data[column] = data[column].astype(str)",
            role="data",
        ) from error
    if len(cells) > MAX_CELLS:
        widest = max(zip(keys, names, strict=True), key=lambda pair: cells[pair[1]].n_unique())[0]
        raise TooManyCells(
            f"The groups and outcomes make {len(cells):,} cells; the budget is {MAX_CELLS:,}.",
            f"The widest axis is {widest!r}.",
            hint=f"leave out {widest!r}, or give it fewer levels with bins={{{widest!r}: 4}}",
            role=widest,
            value=len(cells),
        )
    found = {axis: cells[name].to_list() for axis, name in zip(keys, names, strict=True)}
    levels = {axis: _read_levels(axis, values, spec) for axis, values in found.items()}
    _check_favorable(found.get(Y_PRED, found.get(Y_TRUE, [])), spec)
    totals: dict[str, npt.ArrayLike] = {"n": cells["n"].to_list()}
    totals |= {name: cells[f"s{i}"].to_list() for i, name in enumerate(sums)}
    _check_outcomes(levels, totals, spec)
    return Cube.from_columns(spec, levels, totals)


def _check_favorable(decisions: list[Any], spec: Spec) -> None:
    """`favorable` must be one of the predicted values, as far as they are known."""
    if spec.favorable is None:
        return
    event = spec.event_prediction
    known = {event, *(level for value in decisions if (level := normalise(value)) != MISSING)}
    known |= {0, 1} if event in (0, 1) else set()
    alike = isinstance(spec.favorable, str) == isinstance(event, str)
    if spec.favorable not in known and (len(known) > 1 or not alike):
        raise OutOfRange(
            f"`favorable` is {spec.favorable!r}.",
            f"It must be the predicted value that a person wants: {listed(sort_levels(known))}.",
            hint=f"favorable={event!r} if people want the predicted event, or the other value if they do not",
            role="favorable",
            value=spec.favorable,
        )


def _read_levels(axis: str, values: list[Any], spec: Spec) -> list[Level]:
    if axis == SCORE_BIN:
        return [int(value) for value in values] if spec.edges is None else [spec.edges[code] for code in values]
    if axis == Y_TRUE:
        return _events(values, "y_true", str(spec.y_true), spec.pos_label)
    if axis == Y_PRED:
        return _events(values, "y_pred", str(spec.y_pred), spec.event_prediction)
    names = spec.bin_names(axis)
    if names is not None:
        return [MISSING if code < 0 else names[code] for code in values]
    return [normalise(value, spec.role_of(axis)) for value in values]


def _events(values: list[Any], role: str, name: str, event: Level) -> list[Level]:
    """1 for the event, 0 for its opposite, `UNLABELLED` for none; two values at most."""
    levels = [normalise(value, role) for value in values]
    found = sorted({level for level in levels if level != MISSING}, key=str)
    kinds = {isinstance(level, str) for level in (*found, event)}
    if len(found) > 2 or len(kinds) > 1 or (len(found) == 2 and event not in found):
        option = "pos_label" if role == "y_true" else "pos_pred"
        many = len(found) > 2
        raise NotTwoValues(
            f"`{role}` names the column {name!r}, whose event `{option}` is {event!r}.",
            f"The column has {len(found):,} values: {listed(found)}.",
            hint=f"y_score={name!r} for scores; a decision or label has two values"
            if many
            else f"{option}={found[-1]!r}",
            role=role,
            value=name,
        )
    return [UNLABELLED if level == MISSING else int(level == event) for level in levels]


def _check_outcomes(levels: dict[str, list[Level]], totals: dict[str, npt.ArrayLike], spec: Spec) -> None:
    if Y_TRUE in levels and set(levels[Y_TRUE]) == {UNLABELLED}:
        raise EmptyData(
            f"`y_true` names the column {spec.y_true!r}, which is missing for all {sum(totals['n']):,} people.",  # type: ignore[arg-type]
            "Without labels there are selection rates, and no error rates.",
            hint="leave y_true out: fl.audit(data, y_pred=..., sensitive_features=...)",
            role="y_true",
            value=spec.y_true,
        )
