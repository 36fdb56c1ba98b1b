"""Classes: people of nearly the same probabilities of groups, counted together. Kept beside a private handle, never saved, never printed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np

from ._clusters import ClusterRows, Clusters, Floats, Ints
from ._levels import Level
from ._thresholds import GroupThresholds, Threshold
from .exceptions import BadValue, listed

Group = tuple[Level, ...]
LEAST_IN_CLASS = 30
"""Classes of fewer people are brought together: what few people got says little of what others like them get, and bounds that take it
for exact are too narrow. One person alone would leave nothing open."""


class Pool(NamedTuple):
    """The people who may be of one group: by class and outcome cell, and what the probabilities give to the group.

    `weights` are sums of weights of everybody, (classes, 6), and `mass` the group's expected share of each class, (classes,). By
    outcome cell, (6,), for the group: expected weights, their expected squares, and the expected people whose membership is not certain.
    """

    weights: Floats
    mass: Floats
    expected: Floats
    squares: Floats
    uncertain: Floats


@dataclass(frozen=True, eq=False, repr=False)
class Classes:
    """Distinct rows of people whose group `axis` is known as probabilities; the `cluster` of a row is its class.

    `probabilities` are the means of each class, (classes, levels). For each row and level: expected people, weights, and squares of
    weights, (rows, levels).
    """

    axis: str
    levels: tuple[Level, ...]
    rows: Clusters
    probabilities: Floats
    people: Floats
    weights: Floats
    squares: Floats

    def pools(
        self, by: tuple[str, ...], groups: tuple[Group, ...], fixed: Mapping[str, tuple[Level, ...]], threshold: Threshold
    ) -> list[Pool]:
        """Give for each group of a view the people who may be of it.

        They are those at the group's levels of all other columns. Where `by` does not have the column of probabilities, the group is
        of the levels of it that `fixed` has.

        Raises
        ------
        BadValue
            If several levels are taken together and each has a threshold of its own.
        """
        others = tuple(axis for axis in by if axis != self.axis)
        cells = [tuple(level for axis, level in zip(by, group, strict=True) if axis != self.axis) for group in groups]
        distinct = tuple(dict.fromkeys(cells))
        kept = {axis: levels for axis, levels in fixed.items() if axis != self.axis}
        numbered = replace(self.rows, cluster=np.arange(len(self.people)))
        placed: dict[Threshold, ClusterRows] = {}
        found = []
        for group, cell in zip(groups, cells, strict=True):
            wanted = (group[by.index(self.axis)],) if self.axis in by else fixed[self.axis]
            cut = self._cut(threshold, wanted)
            if cut not in placed:
                placed[cut] = numbered.rows(others, distinct, kept, cut)
            found.append(self._pool(placed[cut], distinct.index(cell), [self.levels.index(level) for level in wanted]))
        return found

    def _cut(self, threshold: Threshold, wanted: tuple[Level, ...]) -> Threshold:
        """The threshold of people who are taken to be of these levels."""
        if not isinstance(threshold, GroupThresholds) or threshold.axis != self.axis:
            return threshold
        cuts = {threshold.of(level) for level in wanted}
        if len(cuts) > 1:
            raise BadValue(
                f"Bounds were asked for of people of {listed(wanted)} together, each with a threshold of their own.",
                f"Which of them a person is, and so which threshold holds, is known as probabilities only ({self.axis!r}).",
                hint=f'fl.bound(audit, metric, by={self.axis!r}), or where({self.axis}={wanted[0]!r})',
                role="threshold",
                value=threshold,
            )
        return cuts.pop()

    def _pool(self, rows: ClusterRows, at: int, wanted: list[int]) -> Pool:
        inside = rows.group == at
        row, cell = rows.cluster[inside], rows.cell[inside]
        place = self._gathered(row, wanted)
        weights = np.zeros((place.max(initial=-1) + 1, 6))
        np.add.at(weights, (place, cell), rows.weight[inside])
        people, own, squares = (sums[row][:, wanted].sum(axis=1) for sums in (self.people, self.weights, self.squares))
        certain = np.delete(self.people[row], wanted, axis=1).sum(axis=1) == 0
        mass = np.zeros(len(weights))
        np.add.at(mass, place, own)
        by_cell = np.zeros((3, 6))
        np.add.at(by_cell.T, cell, np.stack([own, squares, np.where(certain, 0.0, people)], axis=1))
        return Pool(weights, mass, *by_cell)

    def _gathered(self, row: Ints, wanted: list[int]) -> Ints:
        """Number the classes of some rows, small ones brought together: those of the same tenths, then of the same tenth of the group.

        Nobody comes to others by their outcome, so that bounds stay valid. Classes that are certain not or certainly of the group are
        exact, however small.
        """
        names, place = np.unique(self.rows.cluster[row], return_inverse=True)
        shares = self.probabilities[names]
        own, others = shares[:, wanted].sum(axis=1), np.delete(shares, wanted, axis=1).sum(axis=1)
        size = np.rint(np.bincount(place, self.people[row].sum(axis=1), len(names)))
        code = np.arange(len(names))
        few = (np.minimum(own, others) > 0) & (size < LEAST_IN_CLASS)
        for key in (np.rint(10 * shares), np.rint(10 * own)[:, None], np.zeros((len(names), 1))):
            code[few] = code.max(initial=0) + 1 + np.unique(key[few], axis=0, return_inverse=True)[1].reshape(-1)
            few &= np.bincount(code, size)[code] < LEAST_IN_CLASS
        return np.asarray(np.unique(code[place], return_inverse=True)[1])
