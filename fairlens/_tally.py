"""tally(): rows of any data frame -> Cube. The one place where rows become counts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import narwhals.stable.v2 as nw
import numpy as np
import numpy.typing as npt

from ._clusters import Clusters
from ._columns import (
    Frame,
    Series,
    bin_of,
    check_columns,
    code_series,
    full,
    group_key,
    numbers,
    read,
    score_of,
    shares_of,
    weights_of,
)
from ._cube import SCORE_BIN, Y_BASE, Y_PRED, Y_TRUE, Cube
from ._levels import MISSING, UNLABELLED, Level, normalise, sort_levels
from ._roles import OUTCOME_ROLES
from ._spec import Spec, is_number
from .exceptions import (
    ColumnNotFound,
    EmptyData,
    NotTwoValues,
    OutOfRange,
    TooManyCells,
    WrongKind,
    listed,
)

MAX_CELLS = 1_000_000
_LABELS = (0, 1, UNLABELLED)
_SHARES = "shares"


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
    frame = read(data)
    if not isinstance(spec, Spec) or not (spec.groups or any(getattr(spec, role) for role in OUTCOME_ROLES)):
        raise WrongKind(
            f"`spec` is {spec!r}.",
            "It must be a Spec that names a column.",
            hint='fl.tally(data, fl.Spec(("sex",), y_pred="hired"))',
            role="spec",
            value=spec,
        )
    check_columns(frame, spec)
    if len(frame) == 0:
        raise EmptyData(
            "`data` has no rows.", "There is nothing to audit.", hint="check the filter that made data", role="data"
        )
    keys, sums, spec = _keys_and_sums(frame, spec)
    if not spec.membership:
        return _as_cube(spec, [(_count(keys, sums, spec), {})])
    shares = sums.pop(_SHARES)
    name, levels = spec.membership[0]
    parts = [(_count(keys, _shared_out(sums, share), spec), {name: level}) for level, share in zip(levels, shares.T, strict=True)]
    return _as_cube(spec, parts)


def tally_clusters(data: Any, spec: Spec) -> Clusters:
    """Count rows by cluster too: what the cluster bootstrap draws from. Its answer is never saved or printed.

    Parameters
    ----------
    data
        The rows that were tallied.
    spec
        The spec of the cube, with `cluster` naming a column.

    Returns
    -------
    Clusters
        Distinct rows of each cluster.

    Raises
    ------
    MissingValues
        If it is not known whose row it is.

    Examples
    --------
    >>> import pandas as pd
    >>> from fairlens import Spec
    >>> rows = pd.DataFrame({"who": [1, 1, 2], "sex": ["f", "f", "m"], "hired": [1, 0, 1]})
    >>> tally_clusters(rows, Spec(("sex",), y_pred="hired", cluster="who")).size
    2
    """
    frame = read(data)
    keys, sums, spec = _keys_and_sums(frame, spec)
    keys["cluster"] = full(frame, "cluster", str(spec.cluster))
    return clusters_of(_group(keys, sums), spec)


def clusters_of(cells: Mapping[str, list[Any]], spec: Spec) -> Clusters:
    """Read the levels of the counted cells, each of one cluster."""
    size = len(cells["n"])
    axes = tuple(axis for axis in spec.groups if axis in cells)  # groups that are known as probabilities are in no cell
    found = {axis: _codes_of(cells[axis], axis, spec) for axis in (*axes, Y_TRUE, SCORE_BIN, Y_PRED) if axis in cells}
    codes = np.stack([found[axis][1] for axis in axes], axis=1) if axes else np.zeros((size, 0), np.int64)
    names = {value: i for i, value in enumerate(dict.fromkeys(cells["cluster"]))}
    outcomes = {axis: np.array(levels, float)[code] for axis, (levels, code) in found.items() if axis in (SCORE_BIN, Y_PRED)}
    labels, label = found.get(Y_TRUE, ((UNLABELLED,), np.zeros(size, np.int64)))
    return Clusters(
        np.array([names[value] for value in cells["cluster"]], np.int64),
        axes,
        tuple(found[axis][0] for axis in axes),
        codes,
        np.array([_LABELS.index(level) for level in labels], np.int64)[label],
        outcomes.get(SCORE_BIN, np.zeros(size)),
        outcomes.get(Y_PRED, np.zeros(size)).astype(np.int64),
        np.array(cells["w" if "w" in cells else "n"], float),
        np.array(cells["w2" if "w2" in cells else "n"], float),
    )


def _codes_of(values: list[Any], axis: str, spec: Spec) -> tuple[tuple[Level, ...], npt.NDArray[np.int64]]:
    """Give the levels of many values, and each value's place among them; every different value is read once."""
    different = list(dict.fromkeys(values))
    read_once = _read_levels(axis, different, spec)
    levels = sort_levels(read_once)
    at = {level: i for i, level in enumerate(levels)}
    place = {value: at[level] for value, level in zip(different, read_once, strict=True)}
    return levels, np.array([place[value] for value in values], np.int64)


def _keys_and_sums(frame: Frame, spec: Spec) -> tuple[dict[str, Series], dict[str, Any], Spec]:
    """The columns to count by and those to add up, and the spec with what the data decide."""
    keys: dict[str, Series] = {}
    sums: dict[str, Any] = {}
    fractional = dict(spec.membership)
    for name in spec.groups:
        if name not in fractional:
            keys[name], spec = group_key(frame, name, spec)
    if spec.y_true is not None:
        keys[Y_TRUE] = frame[spec.y_true]
    if spec.sample_weight is not None:
        weight = weights_of(frame, spec.sample_weight)
        sums = {"w": weight, "w2": weight**2}
    if spec.y_score is not None:
        score, spec = score_of(frame, spec)
        keys[SCORE_BIN] = frame[str(spec.y_score)] if spec.edges is None else code_series(frame, bin_of(score, spec.edges))
        sums |= {"score": score * sums.get("w", 1.0), "score2": score**2 * sums.get("w", 1.0)}
    if spec.y_pred is not None:
        keys[Y_PRED] = full(frame, "y_pred", spec.y_pred)
    if spec.y_base is not None:
        keys[Y_BASE] = full(frame, "y_pred", spec.y_base)
    if fractional:
        sums[_SHARES] = shares_of(frame, spec)
    return keys, sums, spec


def _shared_out(sums: dict[str, Any], share: npt.NDArray[np.float64]) -> dict[str, Any]:
    """What one level gets of every sum, and of every person."""
    weight = sums.get("w", 1.0)
    scores: dict[str, Any] = {name: sums[name] * share for name in ("score", "score2") if name in sums}
    return {"n": share, "w": share * weight, "w2": (share * weight) ** 2, "w2_whole": share * weight**2, **scores}


def _as_cube(spec: Spec, parts: list[tuple[dict[str, list[Any]], dict[str, Level]]]) -> Cube:
    """Read the levels of the counted cells, each part with the level that it was counted for."""
    axes = [axis for axis in (*spec.groups, Y_TRUE, SCORE_BIN, Y_PRED, Y_BASE) if axis in parts[0][0] or axis in parts[0][1]]
    columns: dict[str, list[Level]] = {axis: [] for axis in axes}
    totals: dict[str, list[float]] = {name: [] for name in parts[0][0] if name not in columns}
    for cells, fixed in parts:
        kept = [i for i, n in enumerate(cells["n"]) if n > 0]
        for axis in axes:
            read_all = [fixed[axis]] * len(cells["n"]) if axis in fixed else _read_levels(axis, cells[axis], spec)
            columns[axis] += [read_all[i] for i in kept]
        for name in totals:
            totals[name] += [cells[name][i] for i in kept]
    first = parts[0][0]
    _check_favorable(first.get(Y_PRED, first.get(Y_TRUE, [])), spec)
    _check_outcomes(columns, totals, spec)
    if len(next(iter(totals.values()))) > MAX_CELLS:
        raise _too_many(columns, len(totals["n"]))
    return Cube.from_columns(spec, columns, totals)


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
    frame = read(data)
    if axis in (Y_TRUE, Y_PRED):
        column = frame[str(spec.y_true if axis == Y_TRUE else spec.y_pred)]
    else:
        column, spec = group_key(frame, axis, spec)
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
    frame, found = read(data), []
    for name, wanted in bins.items():
        if name not in groups:
            raise ColumnNotFound(
                f"`bins` names the column {name!r}, which is not one of the group columns.",
                f"The group columns are: {listed(groups)}.",
                hint=f"bins={{{groups[0]!r}: ...}}",
                role="bins",
                value=name,
            )
        found.append((name, _edges(numbers(frame[name], "bins", name), name, wanted)))
    return tuple(found)


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
    return score_of(read(data), spec)[0]


def _count(keys: dict[str, Series], sums: dict[str, Any], spec: Spec) -> dict[str, list[Any]]:
    """Count the cells and add up what there is in each, within the budget."""
    cells = _group(keys, sums)
    if len(cells["n"]) > MAX_CELLS:
        raise _too_many({axis: cells[axis] for axis in keys}, len(cells["n"]))
    return cells


def _too_many(columns: Mapping[str, Sequence[Any]], cells: int) -> TooManyCells:
    widest = max(columns, key=lambda axis: len(set(columns[axis])))
    return TooManyCells(
        f"The groups and outcomes make {cells:,} cells; the budget is {MAX_CELLS:,}.",
        f"The widest axis is {widest!r}.",
        hint=f"leave out {widest!r}, or give it fewer levels with bins={{{widest!r}: 4}}",
        role=widest,
        value=cells,
    )


def _group(keys: dict[str, Series], sums: dict[str, Any]) -> dict[str, list[Any]]:
    """One group-by on renamed columns: the keys of each cell, its number of rows ``n`` unless that is a sum, and its sums."""
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
    found = {axis: cells[name].to_list() for axis, name in zip(keys, names, strict=True)}
    counted = {} if "n" in sums else {"n": cells["n"].to_list()}
    return {**found, **counted, **{name: cells[f"s{i}"].to_list() for i, name in enumerate(sums)}}


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
    if axis in (Y_PRED, Y_BASE):
        name = spec.y_pred if axis == Y_PRED else spec.y_base
        return _events(values, "y_pred", str(name), spec.event_prediction)
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
        many, asked = len(found) > 2, event if event in found else found[-1]
        other = f"not {event}" if isinstance(event, str) else int(not event)
        scores = f"y_score={name!r} for scores; a decision or label has two values"
        raise NotTwoValues(
            f"`{role}` names the column {name!r}, whose event `{option}` is {event!r}.",
            f"The column has {len(found):,} values: {listed(found)}.",
            hint=f"{option}={found[-1]!r}"
            if not many
            else f"y_true=np.where(np.asarray(y_true) == {asked!r}, {event!r}, {other!r}), where y_true holds the labels of {name!r}"
            if role == "y_true"
            else scores,
            role=role,
            value=name,
        )
    return [UNLABELLED if level == MISSING else int(level == event) for level in levels]


def _check_outcomes(levels: Mapping[str, list[Level]], totals: Mapping[str, list[float]], spec: Spec) -> None:
    if Y_TRUE in levels and set(levels[Y_TRUE]) == {UNLABELLED}:
        raise EmptyData(
            f"`y_true` names the column {spec.y_true!r}, which is missing for all {round(sum(totals['n'])):,} people.",
            "Without labels there are selection rates, and no error rates.",
            hint="leave y_true out: fl.audit(data, y_pred=..., sensitive_features=...)",
            role="y_true",
            value=spec.y_true,
        )
