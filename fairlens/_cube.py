"""Cube: additive sums, one row per observed cell. The only thing a metric ever sees."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from ._levels import MISSING, Level, check_spelling, is_one_of, sort_levels
from ._spec import Spec
from .exceptions import BadValue, CubesDiffer, LevelNotFound, WrongKind, listed

Y_TRUE, Y_PRED, Y_BASE, SCORE_BIN = "y_true", "y_pred", "y_base", "score_bin"
OUTCOMES = (Y_TRUE, SCORE_BIN, Y_PRED, Y_BASE)
_FORMAT = 1
_MOST_KEYS = 2**62
_MOST_SEEN = 1 << 17
Codes = npt.NDArray[np.int64]
Sums = npt.NDArray[Any]


@dataclass(frozen=True, eq=False)
class Cube:
    """Additive sums per observed cell of groups x outcome.

    Parameters
    ----------
    spec
        How the rows were read.
    axes
        Names of the axes; an outcome axis is spelled as in `OUTCOMES`, behind the group axes.
    levels
        For each axis the levels that occur, in order.
    codes
        Integers of shape (cells, axes) that index into `levels`; rows are sorted and distinct.
    sums
        By name, one number per cell: ``n`` people as int64 (float64 where groups are known as probabilities), and float64 sums:
        ``w`` and ``w2`` of weights and their squares (``w2_whole`` where people are not shared out), ``score`` and ``score2`` of scores, weighted where there are weights.

    Notes
    -----
    A cube is always in one normal form (levels sorted, only observed levels, cells sorted), so two cubes of the same rows
    are equal whatever the order in which rows, chunks or engines came.

    Examples
    --------
    >>> import pandas as pd
    >>> from fairlens import Spec, tally
    >>> cube = tally(pd.DataFrame({"sex": ["f", "m", "m"], "hired": [1, 0, 1]}), Spec(("sex",), y_pred="hired"))
    >>> cube.rollup(["sex"]).dense().tolist()
    [1, 2]
    """

    spec: Spec
    axes: tuple[str, ...]
    levels: tuple[tuple[Level, ...], ...]
    codes: Codes
    sums: Mapping[str, Sums]

    @classmethod
    def from_columns(
        cls, spec: Spec, columns: Mapping[str, Sequence[Level]], sums: Mapping[str, npt.ArrayLike]
    ) -> Cube:
        """Make a cube from one sequence of levels per axis and one sequence of numbers per sum."""
        axes = tuple(columns)
        levels = tuple(_ordered(spec, axis, values) for axis, values in columns.items())
        rows = len(next(iter(sums.values())))  # type: ignore[arg-type]
        codes = np.empty((rows, len(axes)), np.int64)
        for j, (names, values) in enumerate(zip(levels, columns.values(), strict=True)):
            at = {level: i for i, level in enumerate(names)}
            codes[:, j] = [at[value] for value in values]
        arrays: dict[str, Sums] = {name: np.asarray(values, _kind(name, spec)) for name, values in sums.items()}
        return _normal(spec, axes, levels, codes, arrays)

    @property
    def groups(self) -> tuple[str, ...]:
        """Names of the group axes."""
        return tuple(axis for axis in self.axes if axis not in OUTCOMES)

    @property
    def n(self) -> int:
        """Number of people."""
        return round(float(self.sums["n"].sum()))

    @property
    def cells(self) -> int:
        """Number of observed cells."""
        return len(self.codes)

    def levels_of(self, axis: str) -> tuple[Level, ...]:
        """Give the levels of an axis, in order."""
        return self.levels[self._axis(axis)]

    def __add__(self, other: Cube) -> Cube:
        """Merge two cubes of different people; exact for ``n``, to rounding for the other sums."""
        if not isinstance(other, Cube):
            return NotImplemented
        spec = _common_spec(self, other)
        columns = {
            axis: [*_column(self, axis), *_column(other, axis)] for axis in self.axes
        }
        sums = {name: np.concatenate([self.sums[name], other.sums[name]]) for name in self.sums}
        return Cube.from_columns(spec, columns, sums)

    def rollup(self, axes: Iterable[str]) -> Cube:
        """Keep only `axes`, in that order, and add up everything else."""
        kept = tuple(axes)
        at = [self._axis(axis) for axis in dict.fromkeys(kept)]
        kept = tuple(self.axes[i] for i in at)
        return _normal(self.spec, kept, tuple(self.levels[i] for i in at), self.codes[:, at], self.sums)

    def where(self, **levels: Level | Sequence[Level]) -> Cube:
        """Keep only the cells at the given level, or at one of the given levels, of each named axis."""
        keep = np.ones(self.cells, bool)
        for axis, wanted in levels.items():
            have = self.levels_of(axis)
            chosen = asked_levels(axis, wanted)
            for level in chosen:
                if not is_one_of(level, have):
                    raise LevelNotFound(
                        f"`where` asks for {axis}={level!r}, which does not occur.",
                        f"{axis} has: {listed(have)}.",
                        hint=f"where({axis}={have[0]!r})" if have else "ask for levels that occur",
                        role=axis,
                        value=level,
                    )
            keep &= np.isin(self.codes[:, self._axis(axis)], [have.index(level) for level in chosen])
        sums = {name: values[keep] for name, values in self.sums.items()}
        return _normal(self.spec, self.axes, self.levels, self.codes[keep], sums)

    def dense(self, name: str = "n") -> Sums:
        """Give one sum as a full array, one dimension per axis; cells that do not occur are 0."""
        if name not in self.sums:
            raise BadValue(
                f"`dense` asks for the sum {name!r}.",
                f"This cube holds: {listed(self.sums)}.",
                hint='cube.dense("n")',
                role="name",
                value=name,
            )
        out = np.zeros([len(levels) for levels in self.levels], self.sums[name].dtype)
        out[tuple(self.codes.T)] = self.sums[name] if self.axes else self.sums[name].sum()
        return out

    def to_dict(self) -> dict[str, Any]:
        """Give plain lists, numbers and texts; `from_dict` is the inverse."""
        return {
            "format": _FORMAT,
            "spec": self.spec.to_dict(),
            "axes": list(self.axes),
            "levels": [list(levels) for levels in self.levels],
            "codes": self.codes.tolist(),
            "sum_names": list(self.sums),
            "sums": [values.tolist() for values in self.sums.values()],
        }

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Cube:
        """Make a cube from what `to_dict` gave."""
        if data.get("format") != _FORMAT:
            raise BadValue(
                f"This is a cube of format {data.get('format')!r}.",
                f"This version of fairlens reads format {_FORMAT}.",
                hint="pip install --upgrade fairlens-audit",
                role="format",
                value=data.get("format"),
            )
        lacking = [name for name in ("spec", "axes", "levels", "codes", "sum_names", "sums") if name not in data]
        if lacking:
            raise BadValue(
                f"A cube is read from data without the field {lacking[0]!r}.",
                "A cube is what `Cube.to_dict` gave.",
                hint="Cube.from_dict(cube.to_dict())",
                role=lacking[0],
            )
        codes = np.asarray(data["codes"], np.int64).reshape(-1, len(data["axes"]))
        spec = Spec.from_dict(data["spec"])
        sums: dict[str, Sums] = {
            name: np.asarray(values, _kind(name, spec))
            for name, values in zip(data["sum_names"], data["sums"], strict=True)
        }
        levels = tuple(tuple(values) for values in data["levels"])
        return _normal(spec, tuple(data["axes"]), levels, codes, sums)

    def __eq__(self, other: object) -> bool:
        return (
            isinstance(other, Cube)
            and (self.axes, self.levels, tuple(self.sums)) == (other.axes, other.levels, tuple(other.sums))
            and np.array_equal(self.codes, other.codes)
            and all(np.array_equal(self.sums[name], other.sums[name]) for name in self.sums)
        )

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        shape = ", ".join(f"{axis} ({len(levels)})" for axis, levels in zip(self.axes, self.levels, strict=True))
        return f"Cube of {self.cells:,} cells: {shape}; sums {', '.join(self.sums)}"

    def _axis(self, name: str) -> int:
        if name not in self.axes:
            raise LevelNotFound(
                f"An axis {name!r} was asked for.",
                f"This cube has: {listed(self.axes)}.",
                hint=f"use one of {', '.join(self.axes)}",
                role="axis",
                value=name,
            )
        return self.axes.index(name)


def _kind(name: str, spec: Spec) -> Any:
    """People are whole numbers, but where each is shared out among groups."""
    return np.int64 if name == "n" and not spec.membership else float


def asked_levels(axis: str, wanted: Any) -> tuple[Level, ...]:
    """Read an argument of `where`: one level, or several."""
    given = wanted.tolist() if hasattr(wanted, "tolist") else wanted
    asked = (given,) if isinstance(given, str | int | float) else tuple(given) if isinstance(given, list | tuple) else ()
    if not asked:
        raise WrongKind(
            f"`where` asks for {axis}={wanted!r}.",
            "It must be a level, or a list of levels; people whose level is not known have '(missing)'.",
            hint=f"where({axis}=fl.MISSING), or leave {axis} out for everybody",
            role=axis,
            value=wanted,
        )
    return asked


def _ordered(spec: Spec, axis: str, values: Iterable[Level]) -> tuple[Level, ...]:
    names = spec.bin_names(axis)
    if names is None:
        return sort_levels(values)
    found = set(values)
    return tuple(level for level in (*names, MISSING) if level in found)


def _column(cube: Cube, axis: str) -> list[Level]:
    at = cube.axes.index(axis)
    names = cube.levels[at]
    return [names[code] for code in cube.codes[:, at]]


def _normal(
    spec: Spec,
    axes: tuple[str, ...],
    levels: tuple[tuple[Level, ...], ...],
    codes: Codes,
    sums: Mapping[str, Sums],
) -> Cube:
    """Merge equal cells, sort them, and drop levels that no longer occur."""
    for axis, names in zip(axes, levels, strict=True):
        if axis not in OUTCOMES:
            check_spelling(names, axis, spec.role_of(axis))
    if axes:
        cells, place = distinct(codes, tuple(len(names) for names in levels))
    else:
        cells, place = np.zeros((1, 0), np.int64), np.zeros(len(codes), np.int64)
    added = {}
    for name, values in sums.items():
        total = np.zeros(len(cells), values.dtype)
        np.add.at(total, place, values)
        total.setflags(write=False)
        added[name] = total
    kept, recoded = [], np.empty_like(cells)
    for j, names in enumerate(levels):
        seen = np.zeros(len(names), bool)
        seen[cells[:, j]] = True
        used, recoded[:, j] = np.flatnonzero(seen), (np.cumsum(seen) - 1)[cells[:, j]]
        kept.append(tuple(names[i] for i in used))
    recoded.setflags(write=False)
    return Cube(spec, axes, tuple(kept), recoded, added)


def distinct(codes: Codes, shape: tuple[int, ...]) -> tuple[Codes, Codes]:
    """Give the distinct rows in order, and the place of each row among them; by one number per row where that fits."""
    if math.prod(shape) > _MOST_KEYS:
        cells, place = np.unique(codes, axis=0, return_inverse=True)
        return cells, place.reshape(-1)
    flat = np.ravel_multi_index(tuple(codes.T), shape)
    possible = math.prod(shape)
    if possible <= _MOST_SEEN + len(flat):  # marking what occurs takes less time than sorting
        seen = np.zeros(possible, bool)
        seen[flat] = True
        keys, place = np.flatnonzero(seen), (np.cumsum(seen) - 1)[flat]
    else:
        keys, place = np.unique(flat, return_inverse=True)
    return np.stack(np.unravel_index(keys, shape), axis=1).astype(np.int64), place.reshape(-1)


def _common_spec(one: Cube, two: Cube) -> Spec:
    """Say under which spec two cubes add up, or why they do not."""
    differing = [
        name
        for name in (
            "pos_label", "pos_pred", "favorable", "threshold", "score_kind", "score_range", "bins",
            "suppress_below", "min_denominator", "membership", "cluster",
        )
        if getattr(one.spec, name) != getattr(two.spec, name)
    ]
    if tuple(one.sums) != tuple(two.sums):
        differing.insert(0, "sums")
    if one.axes != two.axes:
        differing.insert(0, "axes")
    if differing:
        raise CubesDiffer(
            f"These cubes cannot be added: they differ in {', '.join(differing)}.",
            f"One has {_said(one, differing[0])}, the other {_said(two, differing[0])}.",
            hint="make the second with the first one's spec: fl.tally(data, cube.spec)",
            role=differing[0],
        )
    if one.spec.edges != two.spec.edges:
        lacking = sorted(set(one.spec.declared) ^ set(two.spec.declared))
        raise CubesDiffer(
            f"These cubes cannot be added: the threshold {lacking[0]} is an edge of the score bins of one of them only.",
            f"One declares {listed(one.spec.declared)}, the other {listed(two.spec.declared)}.",
            hint="make the second with the first one's spec: fl.tally(data, cube.spec)",
            role="declared",
        )
    return one.spec.replace(declared=tuple(sorted({*one.spec.declared, *two.spec.declared})))


def _said(cube: Cube, name: str) -> object:
    return cube.axes if name == "axes" else tuple(cube.sums) if name == "sums" else getattr(cube.spec, name)

