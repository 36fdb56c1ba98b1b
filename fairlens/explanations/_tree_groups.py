"""Plan: the questions that each group of neighbouring leaves asks, and which leaf follows from which answers."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from ._trees import Numbers, Places, Trees, Unread

MOST_INPUTS = 16
"""Distinct inputs on the way to one leaf, and answers of one group: a table has 2 to that power rows."""
_MERGE = 1.5
"""Leaves share a table where it has at most so many times the numbers of their own tables."""


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Plan:
    """Groups of leaves. Group g has the questions ``question_at[g]:question_at[g + 1]`` and so many `bits`.

    A question is answered no by a row whose code in `column` is above `code` where `yes` is true, and by one whose
    code is not above it where `yes` is false; a no sets its `bit`. The state of a row is the number that its bits
    make, from 0 to ``2 ** bits``. The group's table starts at `table_at` and has a line of all states for each of the
    `inputs` ``input_at[g]:input_at[g + 1]``. `state_at` numbers the states of all groups on.
    """

    bits: Places
    question_at: Places
    bit: Places
    column: Places
    code: npt.NDArray[np.int32]
    yes: npt.NDArray[np.bool_]
    input_at: Places
    inputs: Places
    state_at: Places
    table_at: Places
    leaves: Leaves
    columns: tuple[tuple[int, bool], ...]
    edges: tuple[Numbers, ...]
    constant: float

    def codes(self, values: Numbers) -> npt.NDArray[np.int32]:
        """Give ranks of values among the thresholds of their input; a missing value is below or above all of them."""
        found = np.empty((len(self.columns), len(values)), np.int32)
        for k, (column, missing_left) in enumerate(self.columns):
            if k and self.columns[k - 1][0] == column:
                found[k] = found[k - 1]
            else:
                found[k] = np.searchsorted(self.edges[column], values[:, column], side="left")
            found[k][np.isnan(values[:, column])] = -1 if missing_left else len(self.edges[column])
        return found


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Leaves:
    """Leaves with at least one input. Leaf l has the inputs ``at[l]:at[l + 1]``, each with what it needs of the group's state.

    The row agrees with the way in an input where ``state & mask == want``; `share` of the training rows do.
    """

    group: Places
    value: Numbers
    at: Places
    place: Places
    mask: Places
    want: Places
    share: Numbers


@dataclass(slots=True)
class _Way:
    """The way to a node: of each input on it the node's questions, and the share of the training rows that agree."""

    steps: tuple[tuple[int, bool], ...] = ()
    shares: dict[int, float] = field(default_factory=dict)


def plan_of(trees: Trees, most_numbers: int, report: Callable[[], None] = lambda: None) -> Plan | Unread:
    """Group the leaves, and say what each needs; refuse tables that would be too large, before they are made."""
    making = _Making(trees)
    for root in trees.roots.tolist():
        report()
        refused = making.add_tree(root)
        if refused is not None:
            return refused
        if making.numbers > most_numbers:
            return Unread(
                f"the tables of its leaves would have more than {most_numbers:,} numbers: its trees are deep, and ask about many inputs on one way"
            )
    return making.plan()


class _Making:
    """Lists that grow tree by tree."""

    def __init__(self, trees: Trees) -> None:
        self.feature, self.left, self.right = trees.feature.tolist(), trees.left.tolist(), trees.right.tolist()
        self.cover, self.value = trees.cover.tolist(), trees.value.tolist()
        self.trees = trees
        self.edges, self.columns, self.node_code, self.node_column = _coded(trees)
        self.constant = trees.base
        self.numbers = 0
        self.bits: list[int] = []
        self.questions: list[tuple[int, int, int, bool]] = []
        self.question_at, self.input_at, self.table_at = [0], [0], [0]
        self.inputs: list[int] = []
        self.leaf: list[tuple[int, float]] = []
        self.leaf_at = [0]
        self.needs: list[tuple[int, int, int, float]] = []

    def add_tree(self, root: int) -> Unread | None:
        """Group the leaves of a tree from below: two sides share a table while that costs little."""
        order = self._ways(root)
        costs: dict[int, float] = {}
        asked: dict[int, int] = {}
        inputs: dict[int, frozenset[int]] = {}
        for node, way in reversed(order):
            known = len(way.shares)
            if self.feature[node] < 0:
                if known > MOST_INPUTS:
                    return Unread(f"the way to a leaf asks about {known} inputs, more than {MOST_INPUTS}")
                costs[node], asked[node], inputs[node] = known << known, 0, frozenset(way.shares)
                continue
            one, two = self.left[node], self.right[node]
            apart = costs[one] + costs[two]
            costs[node] = apart
            if one in asked and two in asked:
                below, several = asked[one] + asked[two] + 1, inputs[one] | inputs[two]
                together = len(several) << (known + below)
                if known + below <= MOST_INPUTS and together <= _MERGE * apart:
                    costs[node], asked[node], inputs[node] = together, below, several
        ways, waiting = dict(order), [root]
        while waiting:
            node = waiting.pop()
            if node in asked:
                self._add_group(node, ways, sorted(inputs[node]))
            else:
                waiting += [self.right[node], self.left[node]]
        return None

    def _ways(self, root: int) -> list[tuple[int, _Way]]:
        found, waiting = [], [(root, _Way())]
        while waiting:
            node, way = waiting.pop()
            found.append((node, way))
            feature = self.feature[node]
            if feature < 0:
                continue
            for side, child in ((False, self.right[node]), (True, self.left[node])):
                share = self.cover[child] / self.cover[node] if self.cover[node] > 0 else np.nan
                shares = {**way.shares, feature: way.shares.get(feature, 1.0) * share}
                waiting.append((child, _Way((*way.steps, (node, side)), shares)))
        return found

    def _add_group(self, top: int, ways: dict[int, _Way], inputs: list[int]) -> None:
        if not inputs:  # a tree of one leaf
            self.constant += self.value[top]
            return
        way = ways[top]
        bit_of = {feature: bit for bit, feature in enumerate(way.shares)}
        for node, side in way.steps:
            self.questions.append((bit_of[self.feature[node]], self.node_column[node], self.node_code[node], side))
        place = {feature: k for k, feature in enumerate(inputs)}
        bits, group = len(bit_of), len(self.bits)
        waiting = [(top, {feature: (1 << bit, 0) for feature, bit in bit_of.items()})]
        while waiting:
            node, needs = waiting.pop()
            feature = self.feature[node]
            if feature < 0:
                self._add_leaf(group, node, needs, ways[node], place)
                continue
            self.questions.append((bits, self.node_column[node], self.node_code[node], True))
            mask, want = needs.get(feature, (0, 0))
            bit = 1 << bits
            bits += 1
            waiting += [
                (self.right[node], {**needs, feature: (mask | bit, want | bit)}),
                (self.left[node], {**needs, feature: (mask | bit, want)}),
            ]
        self.bits.append(bits)
        self.question_at.append(len(self.questions))
        self.inputs += inputs
        self.input_at.append(len(self.inputs))
        self.numbers += len(inputs) << bits
        self.table_at.append(self.numbers)

    def _add_leaf(self, group: int, node: int, needs: dict[int, tuple[int, int]], way: _Way, place: dict[int, int]) -> None:
        self.leaf.append((group, self.value[node]))
        self.needs += [(place[feature], *needs[feature], share) for feature, share in way.shares.items()]
        self.leaf_at.append(len(self.needs))

    def plan(self) -> Plan:
        """Turn the lists into arrays."""
        bit, column, code, yes = _columns(self.questions, 4)
        group, value = _columns(self.leaf, 2)
        place, mask, want, share = _columns(self.needs, 4)
        return Plan(
            _whole(self.bits),
            _whole(self.question_at),
            _whole(bit),
            _whole(column),
            code.astype(np.int32),
            yes.astype(bool),
            _whole(self.input_at),
            _whole(self.inputs),
            np.concatenate([[0], np.cumsum(1 << _whole(self.bits))]),
            _whole(self.table_at),
            Leaves(_whole(group), value, _whole(self.leaf_at), _whole(place), _whole(mask), _whole(want), share),
            self.columns,
            self.edges,
            float(self.constant),
        )


def _whole(values: object) -> Places:
    return np.asarray(values).astype(np.int64)


def _columns(rows: Sequence[tuple[float, ...]], width: int) -> Iterator[Numbers]:
    return iter(np.array(rows, float).reshape(-1, width).T)


def _coded(trees: Trees) -> tuple[tuple[Numbers, ...], tuple[tuple[int, bool], ...], list[int], list[int]]:
    """Rank the thresholds of each input; nodes of one input that send missing values to different sides read different columns."""
    code, column = np.zeros(len(trees.feature), np.int64), np.zeros(len(trees.feature), np.int64)
    edges: list[Numbers] = []
    columns: list[tuple[int, bool]] = []
    for feature in range(trees.inputs):
        nodes = np.flatnonzero(trees.feature == feature)
        edges.append(np.unique(trees.threshold[nodes]))
        code[nodes] = np.searchsorted(edges[feature], trees.threshold[nodes])
        for missing_left in (False, True):
            these = nodes[trees.missing_left[nodes] == missing_left]
            if len(these):
                column[these] = len(columns)
                columns.append((feature, missing_left))
    return tuple(edges), tuple(columns), code.tolist(), column.tolist()
