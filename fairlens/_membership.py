"""Membership: groups that are known only as probabilities, such as those from a model of names and places."""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from ._levels import MISSING, Level, check_spelling, name_of, normalise
from .exceptions import (
    BadValue,
    EmptyData,
    MissingValues,
    OutOfRange,
    RoleNeeded,
    ShapesDiffer,
    WrongKind,
    listed,
)

Probabilities = npt.NDArray[np.float64]
_TOLERANCE = 1e-6
_SCALED = "fl.membership(frame.div(frame.sum(axis=1), axis=0))"


class ThresholdedMembership(UserWarning):
    """Groups were assigned by a threshold on their probabilities, which biases the differences between groups."""


@dataclass(frozen=True, eq=False, repr=False)
class Membership:
    """The probability of each person to be of each group. Made by `membership`.

    Attributes
    ----------
    levels : tuple
        The groups.
    probabilities : numpy.ndarray
        Shape (people, groups), float64, read-only; each row adds up to 1.
    name : str
        What the group column is called.
    index : pandas.Index or None
        Labels of the people, where they came with some.
    """

    levels: tuple[Level, ...]
    probabilities: Probabilities
    name: str = "group"
    index: Any = field(default=None)

    def __len__(self) -> int:
        return len(self.probabilities)

    def __repr__(self) -> str:
        return f"Membership({self.name}: {', '.join(map(name_of, self.levels))}; {len(self):,} people)"

    def classes(self, decimals: int = 2) -> tuple[Probabilities, npt.NDArray[np.int64]]:
        """Bring people of nearly the same probabilities together, as bounds need them.

        Parameters
        ----------
        decimals
            Probabilities that agree when rounded to so many decimals are of one class, unless one is 0 and the other is not.

        Returns
        -------
        probabilities
            Shape (classes, groups): the mean of each class, so that the expected number of people of each group stays what it was.
        place
            For each person, the class.

        Examples
        --------
        >>> import fairlens as fl
        >>> who = fl.membership({"a": [0.9, 0.2, 0.9], "b": [0.1, 0.8, 0.1]})
        >>> probabilities, place = who.classes()
        >>> probabilities.tolist(), place.tolist()
        ([[0.2, 0.8], [0.9, 0.1]], [1, 0, 1])
        """
        return classes_of(self.probabilities, decimals)

    def thresholded(self, cutoff: float = 0.5) -> Any:
        """Assign everybody to their most probable group. It warns: differences between such groups are biased.

        Parameters
        ----------
        cutoff
            Who has no group of at least this probability, or two of the same, is `MISSING`.

        Returns
        -------
        list or pandas.Series
            One level per person; a series with the index that the probabilities came with.

        Warns
        -----
        ThresholdedMembership
            Always.

        Notes
        -----
        J. Chen, N. Kallus, X. Mao, G. Svacha and M. Udell, Fairness under unawareness: assessing disparity when protected class is
        unobserved, FAccT 2019, 339-348: people who are assigned are not like those who are not, so the difference between the assigned
        groups can be far too large or of the wrong sign.

        Examples
        --------
        >>> import warnings, fairlens as fl
        >>> who = fl.membership({"a": [0.9, 0.2, 0.5], "b": [0.1, 0.8, 0.5]})
        >>> with warnings.catch_warnings():
        ...     warnings.simplefilter("ignore")
        ...     who.thresholded()
        ['a', 'b', '(missing)']
        """
        if not isinstance(cutoff, int | float) or isinstance(cutoff, bool) or not 0 < cutoff <= 1:
            raise OutOfRange(
                f"`cutoff` is {cutoff!r}.", "It must be above 0, and 1 at most.", hint="who.thresholded(0.8)", role="cutoff", value=cutoff
            )  # fmt: skip
        warnings.warn(
            "Groups assigned by a threshold on their probabilities bias the differences between them (Chen, Kallus, Mao, Svacha and"
            " Udell, FAccT 2019). Hint: fl.audit(..., sensitive_features=membership) counts everybody in fractions, and bounds what"
            " the groups' rates can be.",
            ThresholdedMembership,
            stacklevel=2,
        )
        ordered = np.sort(self.probabilities, axis=1)
        clear = (ordered[:, -1] >= cutoff) & (ordered[:, -1] > ordered[:, -2])
        found = [self.levels[k] if sure else MISSING for k, sure in zip(self.probabilities.argmax(axis=1), clear, strict=True)]
        if self.index is None:
            return found
        import pandas as pd

        return pd.Series(found, index=self.index, name=self.name, dtype=object)


def classes_of(probabilities: Probabilities, decimals: int = 2) -> tuple[Probabilities, npt.NDArray[np.int64]]:
    """Give the mean probabilities of each class, and the class of each person. What is certain stays apart from what is nearly so."""
    steps = np.rint(probabilities * 10**decimals).astype(np.int64) * 2 + (probabilities > 0)
    place = np.zeros(len(probabilities), np.int64)
    for column in steps.T:
        place = np.unique(place * (int(steps.max()) + 1) + column, return_inverse=True)[1].reshape(-1)
    size = np.bincount(place)
    means = [np.bincount(place, column) / size for column in probabilities.T]
    return np.stack(means, axis=1), place


def membership(frame: Any, *, levels: Sequence[Level] | None = None, name: str = "group") -> Membership:
    """Say how probable each group is for each person, where no group is known for certain.

    Parameters
    ----------
    frame
        One column per group and one row per person: a pandas, polars or pyarrow table, a mapping of columns, or a two-dimensional
        array with `levels`. Rows are numbers from 0 to 1 that add up to 1.
    levels
        The groups, where `frame` is an array.
    name
        What the group column is called.

    Returns
    -------
    Membership
        To be given to `audit` as `sensitive_features`.

    Raises
    ------
    OutOfRange
        If a number is not from 0 to 1, or a row does not add up to 1.
    MissingValues
        If a probability is missing.
    BadValue, WrongKind, ShapesDiffer, EmptyData
        If there are fewer than two groups, two of one name, or no table of numbers.

    Examples
    --------
    >>> import fairlens as fl
    >>> fl.membership({"Black": [0.7, 0.1], "white": [0.3, 0.9]}, name="race")
    Membership(race: Black, white; 2 people)
    """
    found, values, index = _read(frame, levels)
    named = tuple(normalise(level) for level in found)
    _check_levels(named)
    if len(values) == 0:
        raise EmptyData("`frame` has no rows.", "There is nobody to tell the group of.", hint="check the filter that made frame", role="frame")
    _check_values(values, named)
    shares = np.clip(values, 0, 1)
    shares /= shares.sum(axis=1, keepdims=True)
    shares.setflags(write=False)
    return Membership(named, shares, str(name), index)


def _read(frame: Any, levels: Sequence[Level] | None) -> tuple[list[Any], Probabilities, Any]:
    """The groups, their probabilities, and the index of pandas if there is one."""
    if isinstance(frame, Membership):
        return list(frame.levels), frame.probabilities, frame.index
    if isinstance(frame, Mapping):
        names = list(frame)
        return names, _side_by_side([_column(frame[level], level) for level in names], names), None
    if hasattr(frame, "ndim") and not hasattr(frame, "columns"):
        return _array(frame, levels)
    import narwhals.stable.v2 as nw

    try:
        read = nw.from_native(frame)
    except (TypeError, nw.exceptions.DuplicateError) as error:
        raise WrongKind(
            f"`frame` is a {type(frame).__name__} that cannot be read as a table.",
            f"{type(error).__name__}: {' '.join(str(error).split())}",
            hint='fl.membership({"Black": [0.7, 0.1], "white": [0.3, 0.9]}), one column per group',
            role="frame",
        ) from error
    eager = read.collect() if isinstance(read, nw.LazyFrame) else read
    for level in eager.columns:
        if not eager[level].dtype.is_numeric():
            raise _no_numbers(level, str(eager[level].dtype))
    columns = [np.asarray(eager[level].cast(nw.Float64).to_numpy(), float) for level in eager.columns]
    index = getattr(frame, "index", None)
    return list(eager.columns), _side_by_side(columns, eager.columns), index if hasattr(index, "equals") else None


def _array(values: Any, levels: Sequence[Level] | None) -> tuple[list[Any], Probabilities, Any]:
    if levels is None:
        raise RoleNeeded(
            "`frame` is an array, and `levels` was not given.",
            "An array does not say which column is which group.",
            hint='fl.membership(array, levels=["Black", "white"])',
            role="levels",
        )
    if getattr(values, "ndim", 0) != 2 or values.shape[1] != len(levels) or np.asarray(values).dtype.kind not in "fiu":
        raise ShapesDiffer(
            f"`frame` is an array of {np.asarray(values).dtype} of shape {tuple(values.shape)}, and `levels` are {len(levels)}.",
            "It must have one row per person, one column of numbers per level.",
            hint=f"fl.membership(array[:, :{len(levels)}], levels={list(levels)!r})",
            role="frame",
        )
    return list(levels), np.asarray(values, float), None


def _column(values: Any, level: Any) -> Probabilities:
    found = np.asarray([np.nan if value is None or type(value).__name__ == "NAType" else value for value in values])
    if found.ndim != 1 or (found.dtype.kind not in "fiu" and found.size):
        raise _no_numbers(level, str(found.dtype))
    return found.astype(float)


def _no_numbers(level: Any, kind: str) -> WrongKind:
    return WrongKind(
        f"`frame` has a column {level!r} that holds {kind}.",
        "Each column holds the probabilities of one group.",
        hint=f'frame = frame.drop(columns=[{level!r}]), or frame.astype("float64")',
        role="frame",
        value=level,
    )


def _side_by_side(columns: Sequence[Probabilities], names: Sequence[Any]) -> Probabilities:
    sizes = {len(column) for column in columns}
    if len(sizes) > 1:
        raise ShapesDiffer(
            f"`frame` has columns of {', '.join(map(str, sorted(sizes)))} values.",
            f"There is one value per person for each of {listed(names)}.",
            hint="give every column one number per person, in one order",
            role="frame",
        )
    return np.stack(columns, axis=1) if columns else np.zeros((0, 0))


def _check_levels(levels: tuple[Level, ...]) -> None:
    twice = sorted({str(level) for level in levels if levels.count(level) > 1})
    if len(levels) < 2 or twice:
        raise BadValue(
            f"`frame` has the groups {listed(levels)}{f': {twice[0]!r} twice' if twice else ''}.",
            "There must be two or more, each of its own name.",
            hint='frame["other"] = 1 - frame["Black"], so that each row adds up to 1' if not twice else "frame = frame.T.groupby(level=0).sum().T",
            role="frame",
            value=levels,
        )
    check_spelling(levels, "group", "frame")


def _check_values(values: Probabilities, levels: tuple[Level, ...]) -> None:
    size = len(values)
    missing = int(np.isnan(values).any(axis=1).sum())
    if missing:
        raise MissingValues(
            f"`frame` has missing probabilities for {missing:,} of {size:,} people.",
            "Somebody of whom nothing is known has the shares of everybody else, and that is for you to say.",
            hint="frame = frame.fillna(frame.mean())",
            role="frame",
            value=missing,
        )
    outside = (values < -_TOLERANCE) | (values > 1 + _TOLERANCE)
    if outside.any():
        level = levels[int(outside.any(axis=0).argmax())]
        raise OutOfRange(
            f"`frame` has numbers outside 0 to 1 for {int(outside.any(axis=1).sum()):,} of {size:,} people, the first in {level!r}.",
            f"The numbers go from {values.min():g} to {values.max():g}.",
            hint=f"{_SCALED} for counts or per cent",
            role="frame",
            value=level,
        )
    sums = values.sum(axis=1)
    wrong = np.abs(sums - 1) > _TOLERANCE
    if wrong.any():
        raise OutOfRange(
            f"`frame` has rows that do not add up to 1: {int(wrong.sum()):,} of {size:,}.",
            f"The sums go from {sums.min():g} to {sums.max():g}.",
            hint=_SCALED,
            role="frame",
            value=int(wrong.sum()),
        )
