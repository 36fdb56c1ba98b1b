"""Missing: how many people of each group lack a value of an input of the model, raw or for readers.

For readers a number is blank where the group is, and where it would say something of a group that is: that nobody in it lacks a value, or that
everybody does. The model's inputs that nobody lacks are not listed, which says so of everybody.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any
from weakref import WeakKeyDictionary

import numpy as np

from ._blanking import Blank, Key, missing_blanks, subsets
from ._cube import Cube
from ._levels import MISSING
from ._spec import Spec
from ._tables import Counts, Fixed, Groups, Tables
from ._tally_missing import sum_of, tally_missing


@dataclass(frozen=True, eq=False)
class MissingColumn:
    """One input: the people who lack a value of it, in tables by any subset of the group axes."""

    name: str
    tables: Tables

    def cells(self, subset: Key) -> tuple[Counts, Blank]:
        """Give the counts of one table in the order of its cells, and which of them must not be shown."""
        counts = self.tables.sums(subset, sum_of(self.name)).sum(axis=(1, 2, 3))
        return counts, self.tables.table(subset).blank

    def view(self, by: Key, groups: Groups, fixed: Fixed) -> tuple[Counts, Blank]:
        """Count for the groups of a view among the people at the levels `fixed`; suppressed ones are 0 and marked."""
        name = sum_of(self.name)
        found, suppressed = self.tables._placed(by, groups, fixed, (name,), None, fold_them=False)
        return found[name].sum(axis=(1, 2, 3)), suppressed


@dataclass(eq=False, repr=False)
class MissingInputs:
    """What the model's inputs lack, counted when it is first asked for. Kept beside a private handle, never saved."""

    inputs: Any
    columns: Any
    spec: Spec
    _made: WeakKeyDictionary[Tables, tuple[MissingColumn, ...]] = field(default_factory=WeakKeyDictionary)

    @cached_property
    def counted(self) -> tuple[tuple[str, ...], Cube]:
        """The inputs that somebody lacks, and the counts."""
        return tally_missing(self.inputs, self.columns, self.spec)

    def of(self, tables: Tables) -> tuple[MissingColumn, ...]:
        """Give the inputs that somebody of these tables lacks; blank where these tables and the lines of a blank ask for it."""
        if tables not in self._made:
            self._made[tables] = self._of(tables)
        return self._made[tables]

    def _of(self, tables: Tables) -> tuple[MissingColumn, ...]:
        names, cube = self.counted
        for axis, _ in getattr(tables, "left_out", ()):
            cube = cube.where(**{axis: [level for level in cube.levels_of(axis) if level != MISSING]})
        kept = [name for name in names if cube.sums[sum_of(name)].sum() > 0]
        if tables.blanks is None:
            return tuple(MissingColumn(name, Tables(cube)) for name in kept)
        return _published(cube, kept, tables)


def _published(cube: Cube, names: Sequence[str], tables: Tables) -> tuple[MissingColumn, ...]:
    assert tables.blanks is not None
    counted = Tables(cube)
    keys = subsets(counted.axes)
    hidden = np.concatenate([tables.blanks[key] for key in keys])
    sums = [np.concatenate([counted.sums(key, sum_of(name)).sum(axis=(1, 2, 3)) for key in keys]) for name in names]
    found = missing_blanks(counted, hidden, sums)
    ends = np.cumsum([len(counted.table(key).codes) for key in keys])[:-1]
    return tuple(
        MissingColumn(name, Tables(cube, dict(zip(keys, np.split(blank, ends), strict=True)))) for name, blank in zip(names, found, strict=True)
    )


def missing_columns(tables: Tables) -> tuple[MissingColumn, ...]:
    """The model's inputs that somebody of these tables lacks; none where the rows are not held."""
    held: MissingInputs | None = tables.missing
    return () if held is None else held.of(tables)
