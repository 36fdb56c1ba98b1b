"""Exact Shapley values of a sum of trees, looked up in tables whose size does not depend on the background.

The value of a leaf is added when every input on its way agrees with the way. For each input of a leaf the
row agrees or does not, and so does each background row; with ``p`` and ``q`` for the two patterns, the
Shapley value of input j is

    v * E_q integral_0^1 (p_j - q_j) * product over i != j of (t p_i + (1 - t) q_i) dt

a polynomial in t of degree d - 1, so that Gauss and Legendre's rule with (d + 1) // 2 points gives it
exactly, for all patterns p at once. Where the expectation is over independent agreements with the shares
of the training rows (cover), it is the path-dependent value. Neighbouring leaves share one table, indexed
by the answers to the questions that they ask (`Plan`).

Sources: S. Lundberg et al., From local explanations to global understanding with explainable AI for trees,
Nature Machine Intelligence 2, 2020 (the two games); A. Nadel and R. Wettenstein, From decision trees to
Boolean logic: a fast and unified SHAP algorithm, AAAI 2026 (patterns of leaves); G. Owen, Multilinear
extensions of games, Management Science 18, 1972 (the integral).
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ..exceptions import BadValue
from ._compiled import compiled
from ._tree_groups import Plan, plan_of
from ._trees import Numbers, Places, Trees, Unread, read_trees

__all__ = ["MOST_NUMBERS", "LeafTables", "leaf_tables", "read_trees", "tree_shap"]

MOST_NUMBERS = 1 << 25
"""In all tables together: 256 MiB."""

_CHUNK = 1 << 20
"""Numbers in one intermediate array."""
_ROWS = 1 << 14
_OFTEN = 256
"""Groups of leaves from one report to the next."""
Report = Callable[[], None]


def _silent() -> None:
    """Report to nobody."""


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class LeafTables:
    """Tables that give the Shapley values of any row, of one set of trees against one background.

    Attributes
    ----------
    base : float
        Mean of the trees over the background, or over the training rows as the branches weigh them.
    """

    trees: Trees
    plan: Plan
    tables: Numbers
    base: float

    @property
    def nbytes(self) -> int:
        """Memory of the tables."""
        return int(self.tables.nbytes)

    def values(self, X: Numbers, report: Report = _silent) -> Numbers:
        """Look up the contributions (rows, inputs): with the base they add up to the trees' sum for each row."""
        codes = self.plan.codes(self.trees.rounded(np.asarray(X, float)))
        fast = compiled()
        if fast is not None:
            return np.asarray(fast.values(self.plan, self.tables, codes, self.trees.inputs, report), float)
        return _values(self.plan, self.tables, codes, self.trees.inputs, report)


def leaf_tables(trees: Trees, background: Numbers | None, most_numbers: int = MOST_NUMBERS, report: Report = _silent) -> LeafTables | Unread:
    """Work out the tables for a background; with None for the training rows, as the branches of the trees weigh them.

    `report` is called again and again, and may raise to stop it.

    Returns
    -------
    The tables, or the reason why there are none.
    """
    plan = plan_of(trees, most_numbers, report)
    if isinstance(plan, Unread):
        return plan
    if background is None:
        if not np.isfinite(plan.leaves.share).all():
            return Unread("the model does not say how many training rows went through each branch")
        shares = None
    else:
        codes = plan.codes(trees.rounded(np.asarray(background, float)))
        fast = compiled()
        counts = _counts(plan, codes, report) if fast is None else fast.counts(plan, codes, report)
        shares = np.asarray(counts, float) / len(background)
    tables = np.zeros(int(plan.table_at[-1]))
    base = plan.constant
    for batch in _batches(plan):
        report()
        base += _fill(plan, batch, shares, tables)
    return LeafTables(trees, plan, tables, base)


def tree_shap(trees: Trees, X: Numbers, background: Numbers | None = None, *, path_dependent: bool = False) -> tuple[Numbers, float]:
    """Give exact Shapley values (rows, inputs) of a sum of trees, and the base that they start from.

    Parameters
    ----------
    trees
        From `read_trees`.
    X
        The rows to explain, as numbers; NaN where missing.
    background
        The rows to compare with.
    path_dependent
        True to weigh the branches by the training rows instead.

    Raises
    ------
    BadValue
        If the tables would be too large, or there is nothing to compare with.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn.tree import DecisionTreeClassifier
    >>> rows = np.array([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]])
    >>> trees = read_trees(DecisionTreeClassifier().fit(rows, [0, 0, 0, 1]))
    >>> values, base = tree_shap(trees, rows[3:], rows)
    >>> values.tolist(), base
    ([[0.375, 0.375]], 0.25)
    """
    if not path_dependent and (background is None or not len(background)):
        raise BadValue(
            "`background` has no rows.",
            "Contributions say what makes a row differ from others.",
            hint="tree_shap(trees, X, background=X), or path_dependent=True",
            role="background",
        )
    made = leaf_tables(trees, None if path_dependent else background)
    if isinstance(made, Unread):
        raise BadValue(
            f"The exact values of {trees.origin} cannot be looked up: {made.reason}.",
            hint='fl.explain(audit, method="shap"), which takes any model',
            role="trees",
        )
    return made.values(X), made.base


@dataclass(frozen=True, slots=True)
class _Batch:
    """Leaves with the same number of inputs, in groups with the same number of bits."""

    leaves: Places
    inputs: int
    bits: int


def _batches(plan: Plan) -> Iterator[_Batch]:
    leaves = plan.leaves
    known, bits = np.diff(leaves.at), plan.bits[leaves.group]
    for inputs in np.unique(known).tolist():
        for several in np.unique(bits[known == inputs]).tolist():
            places = np.flatnonzero((known == inputs) & (bits == several))
            size = max(1, _CHUNK >> several)
            for start in range(0, len(places), size):
                yield _Batch(places[start : start + size], inputs, several)


def _fill(plan: Plan, batch: _Batch, shares: Numbers | None, tables: Numbers) -> float:
    """Add the contributions of a batch of leaves to the tables of their groups; give what they add to the base."""
    leaves, inputs, size = plan.leaves, batch.inputs, len(batch.leaves)
    needs = leaves.at[batch.leaves][:, None] + np.arange(inputs)
    group = leaves.group[batch.leaves]
    states = np.arange(1 << batch.bits)
    pattern = np.zeros((size, len(states)), np.int32)
    for j in range(inputs):
        need = needs[:, j, None]
        pattern |= ((states & leaves.mask[need]) == leaves.want[need]).astype(np.int32) << np.int32(j)
    cell = pattern * np.int32(size) + np.arange(size, dtype=np.int32)[:, None]
    if shares is None:
        weight = _independent(leaves.share[needs])
    else:
        given = shares[plan.state_at[group][:, None] + states]
        weight = np.asarray(np.bincount(cell.ravel(), given.ravel(), size << inputs), float).reshape(-1, size)
    weight = weight * leaves.value[batch.leaves]
    for j, table in enumerate(_by_pattern(weight, inputs)):
        line = plan.table_at[group] + (leaves.place[needs[:, j]] << batch.bits)
        np.add.at(tables, (line[:, None] + states).ravel(), table.ravel()[cell.ravel()])
    return float(weight[-1].sum())


def _independent(share: Numbers) -> Numbers:
    """Share of each pattern (patterns, leaves) where inputs agree independently of each other, each in its own share."""
    found = np.ones((1, len(share)))
    for agree in share.T:
        found = np.concatenate([found * (1 - agree), found * agree])
    return found


def _by_pattern(weight: Numbers, inputs: int) -> Iterator[Numbers]:
    """Shapley values of each input for all patterns of a row (patterns, leaves), from the weights of the background's patterns.

    At a point t of the integral, the sum over q of weight_q x product of (t p_i + (1 - t) q_i) is made by one step
    per input. The factor of input j is (1 - t) q_j where p_j = 0, so that -q_j comes from a division; where p_j = 1 it is
    t + (1 - t) q_j, from which the other sum takes away what is missing to t (1 - q_j).
    """
    points, weights = np.polynomial.legendre.leggauss((inputs + 1) // 2)
    found = np.zeros((inputs, *weight.shape))
    for t, share in zip((points + 1) / 2, weights / 2, strict=True):
        sums = weight
        for j in range(inputs):
            no, yes = _halves(sums, j)
            sums = np.empty_like(weight)
            less, more = _halves(sums, j)
            np.multiply(yes, 1 - t, out=less)
            more[:] = less + t * (no + yes)
        for j in range(inputs):
            no, yes = _halves(sums, j)
            less, more = _halves(found[j], j)
            lacking = no / (1 - t)
            less -= share * lacking
            more += share / t * (yes - lacking)
    return iter(found)


def _halves(values: Numbers, j: int) -> tuple[Numbers, Numbers]:
    """Views of the patterns without input j and with it."""
    parted = values.reshape(-1, 2, 1 << j, values.shape[1])
    return parted[:, 0], parted[:, 1]


def _states(plan: Plan, codes: npt.NDArray[np.int32], report: Report) -> Iterator[tuple[int, Places]]:
    """State of every row, group by group."""
    size = codes.shape[1]
    answer, bits = np.empty(size, bool), np.empty(size, np.int64)
    questions = list(zip(plan.bit.tolist(), plan.column.tolist(), plan.code.tolist(), plan.yes.tolist(), strict=True))
    at = plan.question_at.tolist()
    for group, (start, stop) in enumerate(itertools.pairwise(at)):
        if group % _OFTEN == 0:
            report()
        state = np.zeros(size, np.int64)
        for bit, column, code, yes in questions[start:stop]:
            (np.greater if yes else np.less_equal)(codes[column], code, out=answer)
            state |= np.multiply(answer, 1 << bit, out=bits)
        yield group, state


def _counts(plan: Plan, codes: npt.NDArray[np.int32], report: Report) -> Numbers:
    found = np.zeros(int(plan.state_at[-1]))
    for group, state in _states(plan, codes, report):
        found[plan.state_at[group] : plan.state_at[group + 1]] = np.bincount(state, minlength=1 << plan.bits[group])
    return found


def _values(plan: Plan, tables: Numbers, codes: npt.NDArray[np.int32], inputs: int, report: Report) -> Numbers:
    found = np.zeros((inputs, codes.shape[1]))
    for start in range(0, codes.shape[1], _ROWS):
        into = found[:, start : start + _ROWS]
        for group, state in _states(plan, codes[:, start : start + _ROWS], report):
            own = plan.inputs[plan.input_at[group] : plan.input_at[group + 1]].tolist()
            lines = tables[plan.table_at[group] : plan.table_at[group + 1]].reshape(len(own), -1)
            for place, line in zip(own, lines, strict=True):
                into[place] += line.take(state)
    return np.ascontiguousarray(found.T)
