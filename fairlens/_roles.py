"""Roles: from what the user passes (column names, arrays, frames) to one frame and the names of its columns."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ._columns import share_name
from ._levels import Level
from ._membership import Membership
from .exceptions import BadValue, ColumnNotFound, RoleNeeded, ShapesDiffer, WrongKind, listed

OUTCOME_ROLES = ("y_true", "y_pred", "y_score", "y_base")
_NO_COLUMN = (set, frozenset, Mapping, str, bytes)


@dataclass(frozen=True, slots=True)
class Columns:
    """One frame with all columns, their names by role, and whether anything was matched by position alone."""

    frame: Any
    outcomes: Mapping[str, str | None]
    groups: Mapping[str, tuple[str, ...]]
    positional: bool
    membership: tuple[tuple[str, tuple[Level, ...]], ...] = ()


@dataclass(slots=True)
class _Gatherer:
    data: Any
    columns: dict[str, Any] = field(default_factory=dict)
    owners: list[tuple[str, Any]] = field(default_factory=list)
    taken: set[str] = field(default_factory=set)
    membership: dict[str, tuple[Level, ...]] = field(default_factory=dict)

    def outcome(self, role: str, value: Any) -> str | None:
        if value is None:
            return None
        if isinstance(value, str):
            self._take(role, value)
            return value
        self._keep(role, role, value)
        return role

    def groups(self, role: str, value: Any) -> tuple[str, ...]:
        if value is None:
            return ()
        if isinstance(value, str):
            self._take(role, value)
            return (value,)
        if isinstance(value, Membership):
            return (self._share(role, value.name, value),)
        if isinstance(value, Mapping):
            return tuple(
                self._share(role, str(name), values) if isinstance(values, Membership) else self._keep(role, str(name), values)
                for name, values in value.items()
            )
        if self._names_columns(value):
            for name in value:
                self._take(role, name)
            return tuple(value)
        if _is_frame(value):
            return self._frame(role, value)
        if getattr(value, "ndim", 1) == 2:
            return tuple(self._keep(role, f"{role[:-1]}_{j}", value[:, j]) for j in range(value.shape[1]))
        name = getattr(value, "name", None)
        return (self._keep(role, f"{role[:-1]}_0" if name is None else str(name), value),)

    def _names_columns(self, value: Any) -> bool:
        """A list of texts names columns, unless it is as long as the data and none of it is a column."""
        if not isinstance(value, list | tuple) or not all(isinstance(name, str) for name in value):
            return False
        have = column_names(self.data)
        return bool(have) and (any(name in have for name in value) or len(value) != size_of(self.data))

    def _frame(self, role: str, value: Any) -> tuple[str, ...]:
        names = column_names(value)
        self.owners.append((role, value))
        for name in names:
            self._put(role, str(name), value[name])
        return tuple(str(name) for name in names)

    def _put(self, role: str, name: str, values: Any) -> None:
        if name in self.columns or _is_frame(values):
            raise BadValue(
                f"`{role}` brings a column {name!r}, and there is another of that name.",
                "Each column of an audit has a name of its own.",
                hint=f"{role}={{'{name}_2': values}}",
                role=role,
                value=name,
            )
        self.columns[name] = values

    def _take(self, role: str, name: str) -> None:
        have = column_names(self.data)
        if self.data is not None and not _is_frame(self.data):
            raise WrongKind(
                f"`{role}` names the column {name!r}, and `data` is a {type(self.data).__name__}, which has no columns.",
                hint="data = pandas.DataFrame(data)",
                role="data",
            )
        if self.data is None:
            raise RoleNeeded(
                f"`{role}` names the column {name!r}, and no data were given.",
                "A name needs a data frame to look in; without one, pass the values.",
                hint=f"fl.audit(data, {role}={name!r}, ...)",
                role=role,
                value=name,
            )
        if name not in have:
            raise ColumnNotFound(
                f"`{role}` names the column {name!r}, which is not in the data.",
                f"The data have: {listed(have, 30)}.",
                hint=_rename(role, have),
                role=role,
                value=name,
            )
        if name not in self.taken:
            self._put(role, name, self.data[name])
            self.taken.add(name)

    def _share(self, role: str, name: str, shares: Membership) -> str:
        """Keep one column of probabilities per level."""
        import pandas as pd

        if self.membership:
            raise BadValue(
                f"`{role}` has two group columns that are known as probabilities: {next(iter(self.membership))!r} and {name!r}.",
                "How often two uncertain groups go together is not known from each by itself.",
                hint="audit one of them at a time",
                role=role,
                value=name,
            )
        self.membership[name] = shares.levels
        for level, values in zip(shares.levels, shares.probabilities.T, strict=True):
            column = pd.Series(values, index=shares.index)
            self.owners.append((role, values if shares.index is None else column))
            self._put(role, share_name(name, level), column)
        return name

    def _keep(self, role: str, name: str, values: Any) -> str:
        if _is_frame(values) and len(column_names(values)) == 1:
            values = values[column_names(values)[0]]
        if not _is_column(values):
            shape = getattr(values, "shape", ())
            raise WrongKind(
                f"`{role}` is a {type(values).__name__}{f' of shape {shape}' if shape else ''}.",
                "It must be the name of a column, or one value per person in their order.",
                hint=f"{role}=list(values)",
                role=role,
                value=values,
            )
        self.owners.append((role, values))
        self._put(role, name, values)
        return name


def gather(data: Any, outcomes: Mapping[str, Any], groups: Mapping[str, Any]) -> Columns:
    """Bring every role to a column of one frame.

    Raises
    ------
    ShapesDiffer
        If lengths differ, or pandas inputs have different indexes or the same index in another order.
    ColumnNotFound, RoleNeeded, WrongKind
        If a role names no column, needs data, or is of a kind that cannot be a column.
    """
    if data is not None and not _is_frame(data) and not hasattr(data, "__len__"):
        raise WrongKind(
            f"`data` is a {type(data).__name__}.",
            "It must be a data frame: pandas, polars, pyarrow or another that narwhals reads.",
            hint="data = pandas.DataFrame(data)",
            role="data",
        )
    work = _Gatherer(data)
    outcome_names = {role: work.outcome(role, value) for role, value in outcomes.items()}
    group_names = {role: work.groups(role, value) for role, value in groups.items()}
    if not group_names["sensitive_features"]:
        raise RoleNeeded(
            "`sensitive_features` was not given.",
            f"The data have: {listed(column_names(data), 30)}." if data is not None else "An audit compares groups of people.",
            hint='sensitive_features=["race", "sex"]',
            role="sensitive_features",
        )
    if not work.owners:
        return Columns(data, outcome_names, group_names, False, ())
    _check_lengths(data, work.owners)
    _check_indexes(data, work.owners)
    positional = any(_index(value) is None for _, value in work.owners) or (data is not None and _index(data) is None)
    return Columns(_assemble(work.columns), outcome_names, group_names, positional, tuple(work.membership.items()))


def _rename(role: str, have: Sequence[object]) -> str:
    if have and not isinstance(have[0], str):
        return "data.columns = [str(name) for name in data.columns]"
    return f"{role}={have[0]!r}" if have else "pass a frame with columns"


def _assemble(columns: Mapping[str, Any]) -> Any:
    import pandas as pd

    made = {}
    for name, values in columns.items():
        series = values if isinstance(values, pd.Series) else pd.Series(_to_list(values))
        made[name] = series.reset_index(drop=True)
    return pd.DataFrame(made)


def _to_list(values: Any) -> Any:
    if hasattr(values, "to_pandas"):
        return values.to_pandas()
    if hasattr(values, "ndim") and values.ndim > 1:
        return values.reshape(len(values))
    return values if hasattr(values, "dtype") else list(values)


def column_names(data: Any) -> list[str]:
    """Names of the columns of any frame; none where there is no frame."""
    if data is None:
        return []
    found = getattr(data, "column_names", None)  # pyarrow; its `columns` are arrays
    return list(found if found is not None else getattr(data, "columns", []))


def size_of(data: Any) -> int:
    """Number of rows of a frame, an array or a list."""
    shape = getattr(data, "shape", None)
    return int(shape[0]) if shape else len(data)


def _is_frame(value: Any) -> bool:
    return hasattr(value, "columns") or hasattr(value, "column_names")


def _is_column(value: Any) -> bool:
    """Whether a value holds one entry per person, in an order."""
    if not hasattr(value, "__len__") or isinstance(value, _NO_COLUMN) or _is_frame(value):
        return False
    flat = not hasattr(value, "shape") or (len(value.shape) > 0 and value.shape[1:] in ((), (1,)))
    return flat and getattr(getattr(value, "dtype", None), "names", None) is None


def _index(value: Any) -> Any:
    """The pandas index of a frame or series, else None."""
    index = getattr(value, "index", None)
    return index if hasattr(index, "equals") else None


def _check_lengths(data: Any, owners: Sequence[tuple[str, Any]]) -> None:
    every = [("data", data), *owners] if data is not None else list(owners)
    first, size = every[0][0], size_of(every[0][1])
    for role, value in every[1:]:
        if size_of(value) != size:
            raise ShapesDiffer(
                f"`{role}` has {size_of(value):,} values.",
                f"`{first}` has {size:,} rows.",
                hint=f"pass the {role} of the same people: {role}={role}[:{size}] if they are in the same order",
                role=role,
                value=size_of(value),
            )


def _check_indexes(data: Any, owners: Sequence[tuple[str, Any]]) -> None:
    every = [(role, _index(value)) for role, value in (("data", data), *owners)]
    indexed = [(role, index) for role, index in every if index is not None]
    for role, index in indexed[1:]:
        first, base = indexed[0]
        if index.equals(base):
            continue
        both = list(zip(base.tolist(), index.tolist(), strict=True))
        at = [i for i, (one, two) in enumerate(both) if one != two][:3]
        shown = "; ".join(f"row {i}: {both[i][0]!r} and {both[i][1]!r}" for i in at)
        order = "the same labels in another order" if set(base) == set(index) else "other labels"
        raise ShapesDiffer(
            f"The index of `{role}` is not that of `{first}`: {order}.",
            f"They differ first at {shown}.",
            hint=f"{role}={role}.loc[{first if first != 'data' else 'X_test'}.index], so that each row is one person",
            role=role,
        )
