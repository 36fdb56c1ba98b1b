"""Classes: people of nearly the same probabilities of groups, counted together. Kept beside a private handle, never saved, never printed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np

from ._clusters import ClusterRows, Clusters, Floats
from ._levels import Level
from ._thresholds import GroupThresholds, Threshold
from .exceptions import BadValue, listed

Group = tuple[Level, ...]


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

    For each row and level: expected people, weights, and squares of weights, (rows, levels).
    """

    axis: str
    levels: tuple[Level, ...]
    rows: Clusters
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
        names, place = np.unique(self.rows.cluster[row], return_inverse=True)
        weights = np.zeros((len(names), 6))
        np.add.at(weights, (place, cell), rows.weight[inside])
        people, own, squares = (sums[row][:, wanted].sum(axis=1) for sums in (self.people, self.weights, self.squares))
        certain = np.delete(self.people[row], wanted, axis=1).sum(axis=1) == 0
        by_cell = (np.bincount(cell, sums, 6) for sums in (own, squares, np.where(certain, 0.0, people)))
        return Pool(weights, np.bincount(place, own, len(names)), *by_cell)
