"""Which cells have to be blank, so that no small group can be read or worked out from all tables together."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import combinations
from typing import Any

import numpy as np
import numpy.typing as npt

from ._tables import Counts, Tables
from ._whole_numbers import whole_number_fixed

_MAX_UNKNOWNS = 1500
_MOST_TRIALS = 3
_ROUNDING = 1e-9
Blank = npt.NDArray[np.bool_]
Key = tuple[str, ...]


def subsets(axes: Key) -> list[Key]:
    """List every subset of the axes, the empty one first."""
    return [subset for size in range(len(axes) + 1) for subset in combinations(axes, size)]


def _lines(tables: Tables, start: Mapping[Key, int]) -> list[tuple[int, Counts]]:
    """Each line: the cell of the smaller table, and the cells of the larger one that add up to it."""
    lines = []
    for subset in subsets(tables.axes)[1:]:
        codes = tables.table(subset).codes
        for j in range(len(subset)):
            rest = subset[:j] + subset[j + 1 :]
            at = {tuple(code): i for i, code in enumerate(tables.table(rest).codes.tolist())}
            owner = np.array([at[tuple(code)] for code in np.delete(codes, j, axis=1).tolist()]) if rest else np.zeros(len(codes), int)
            for margin in np.unique(owner):
                lines.append((start[rest] + int(margin), start[subset] + np.flatnonzero(owner == margin)))
    return lines


class _Blanker:
    """The search for partners. Cells of all tables are numbered through; equations are lists of those numbers."""

    def __init__(self, tables: Tables, floor: int) -> None:
        self.floor = floor
        self.start: dict[Key, int] = {}
        people, decided = [], []
        size = 0
        for subset in subsets(tables.axes):
            table = tables.table(subset)
            self.start[subset] = size
            size += len(table.counts)
            people.append(table.people)
            decided.append(_decisions(tables, table.counts))
        self.people: Counts = np.concatenate(people)
        self.decided: Counts = np.concatenate(decided)
        self.blank = (self.people > 0) & (self.people < floor)
        self.lines = _lines(tables, self.start)
        self.open = np.zeros((2, size), bool)

    def run(self) -> Blank:
        while self._mend_lines() or self._mend_system():
            pass
        return self.blank

    def _mend_lines(self) -> bool:
        changed = False
        for margin, cells in self.lines:
            while (partner := self._partner(margin, cells)) is not None:
                self.blank[partner] = True
                changed = True
        return changed

    def _partner(self, margin: int, cells: Counts) -> int | None:
        """The cell to blank next on a line that gives something away, or None."""
        hidden = cells[self.blank[cells]]
        shown = cells[~self.blank[cells]]
        if self.blank[margin]:
            return self._smallest(shown) if len(hidden) == 0 else None
        if len(hidden) == 0:
            return None
        residual = self.people[hidden].sum()
        if len(hidden) == 1 or residual < self.floor:
            partner = self._smallest(shown)
            return margin if partner is None else partner
        for decision in (0, 1):  # a residual that was all refused, or all accepted, tells what each of them got
            if self.decided[hidden, decision].sum() == 0:
                mixed = shown[self.decided[shown, decision] > 0]
                if len(mixed):
                    return self._smallest(mixed)
        return None

    def _smallest(self, cells: Counts) -> int | None:
        return int(cells[np.argmin(self.people[cells])]) if len(cells) else None

    def _mend_system(self) -> bool:
        """Blank partners of the unknowns that all equations together give away."""
        unknown = np.flatnonzero(self.blank)
        if len(unknown) == 0:
            return False
        if len(unknown) > _MAX_UNKNOWNS:
            return self._blank_all_but_margins()
        people, decided = self._given_away(unknown)
        before = self.blank.copy()
        for cell in unknown[people]:
            self._free(cell, before)
        if not people.any():
            for cell in unknown[decided & (self.people[unknown] < self.floor)]:
                self._free_decisions(cell, before)
        return bool((self.blank & ~before).any())

    def _given_away(self, unknown: Counts) -> tuple[Blank, Blank]:
        people, decided = self.people[unknown], self.decided[unknown, 1]
        asked = ~self.open[:, unknown] & [people > 0, people < self.floor]
        given = given_away(self._equations(unknown), people, decided, asked)
        self.open[:, unknown] |= asked & ~np.stack(given)  # and stays so, whatever is blanked besides
        return given

    def _equations(self, unknown: Counts) -> Counts:
        """One row per line with a blank: 1 for its blank cells, -1 for a blank sum."""
        place = np.full(len(self.people), -1)
        place[unknown] = np.arange(len(unknown))
        rows = []
        for margin, cells in self.lines:
            hidden = cells[self.blank[cells]]
            if len(hidden) == 0 and not self.blank[margin]:
                continue
            row = np.zeros(len(unknown))
            row[place[hidden]] = 1
            if self.blank[margin]:
                row[place[margin]] = -1
            rows.append(row)
        return np.array(rows)

    def _free(self, cell: int, before: Blank) -> None:
        """Blank the smallest cell on the lines of `cell`, or else on lines that blanks join to them; the whole last."""
        seen = np.zeros(len(self.people), bool)
        seen[cell] = True
        while True:
            near = self._near(seen)
            if (near & self.blank & ~before).any():
                return  # a partner of another unknown is near enough to try with
            shown = np.flatnonzero(near & ~self.blank & (self.people > 0))
            joined = near & self.blank
            if len(shown[shown > 0]) or (len(shown) and not (joined & ~seen).any()):
                self.blank[self._smallest(shown[shown > 0] if shown[-1] > 0 else shown)] = True
                return
            if not (joined & ~seen).any():
                return
            seen |= joined

    def _free_decisions(self, cell: int, before: Blank) -> None:
        """Blank the smallest cell on the lines of `cell` that brings the decision which nobody in `cell` got."""
        own = np.zeros(len(self.people), bool)
        own[cell] = True
        able = self._near(own) & (self.decided[:, self.decided[cell] == 0] > 0).all(axis=1) & (self.people > 0)
        able[0] = False
        shown = np.flatnonzero(able & ~self.blank)
        if len(shown) and not (able & self.blank & ~before).any():
            self.blank[self._smallest(shown)] = True

    def _near(self, seen: Blank) -> Blank:
        """All cells on a line with one of the seen ones."""
        near = seen.copy()
        for margin, cells in self.lines:
            if seen[margin] or seen[cells].any():
                near[cells] = near[margin] = True
        return near

    def _blank_all_but_margins(self) -> bool:
        """Too many unknowns to solve for: keep the whole and the tables of one attribute, hide every finer one."""
        depth = [len(subset) for subset in self.start for _ in range(self._length(subset))]
        finer = (np.array(depth) > 1) & (self.people > 0)
        changed = bool((finer & ~self.blank).any())
        self.blank |= finer
        return changed

    def _length(self, subset: Key) -> int:
        starts = [*self.start.values(), len(self.people)]
        at = list(self.start).index(subset)
        return starts[at + 1] - starts[at]


def given_away(equations: Counts, people: Counts, decided: Counts, asked: Blank) -> tuple[Blank, Blank]:
    """Say which unknowns have one solution only: numbers of people, and numbers of decisions.

    A reader knows the equations, that a blank group has somebody in it, that nobody got a decision twice, and that people are whole
    numbers, which matters only to the unknowns that are `asked`, (2, unknowns): some have another solution already. One linear
    programme tells which of these inequalities hold with equality in every solution (R. M. Freund, R. Roundy and M. J. Todd,
    Sloan working paper 1674, 1985); then an unknown is given away if no direction that keeps all equalities moves it.
    """
    from scipy import sparse  # type: ignore[import-untyped]

    size = len(people)
    truth = np.concatenate([people, decided]).astype(float)
    block = sparse.csr_array(equations)
    known = sparse.block_diag([block, block], format="csr")
    one = sparse.eye_array(size, format="csr")
    none = sparse.csr_array((size, size))
    slack = sparse.vstack([sparse.hstack([one, none]), sparse.hstack([none, one]), sparse.hstack([one, -one])], format="csr")
    fixed = _given(known, truth, slack, np.repeat([1.0, 0.0, 0.0], size), asked.ravel())
    return fixed[:size], fixed[size:]


def _given(known: Any, truth: Counts, slack: Any, least: Counts, wanted: Blank) -> Blank:
    """Say which unknowns have one value only among all numbers; of the wanted ones, also which among whole numbers."""
    fixed = _fixed(known, truth, slack, least)
    return fixed | whole_number_fixed(known, truth, slack, least, wanted & ~fixed)


def _fixed(known: Any, truth: Counts, slack: Any, least: Counts) -> Blank:
    """Say which unknowns have one value only among all that are 0 or more, with ``known @ unknowns`` as in truth and ``slack @ unknowns >= least``."""
    from scipy import sparse
    from scipy.optimize import linprog  # type: ignore[import-untyped]

    width, size = slack.shape
    # unknowns: the solution times a scale, one 0 to 1 per inequality, and the scale
    equal = sparse.hstack([known, sparse.csr_array((known.shape[0], width)), sparse.csr_array(-(known @ truth)[:, None])], format="csr")
    upper = sparse.hstack([-slack, sparse.eye_array(width), sparse.csr_array(least[:, None])], format="csr")
    found = linprog(
        np.concatenate([np.zeros(size), -np.ones(width), [0.0]]),
        A_ub=upper, b_ub=np.zeros(width), A_eq=equal, b_eq=np.zeros(equal.shape[0]),
        bounds=[(0, None)] * size + [(0, 1)] * width + [(1, None)],
    )  # fmt: skip
    tight = found.x[size : size + width] < 0.5
    return ~_moved(sparse.vstack([known, slack[tight]], format="csr"))


def _moved(equations: Any) -> Blank:
    """Say which unknowns some direction of the null space moves: what is left there of an arbitrary direction."""
    from scipy.sparse.linalg import lsqr  # type: ignore[import-untyped]

    start = np.random.default_rng(0).uniform(1, 2, equations.shape[1])
    rows = lsqr(equations.T, start, atol=1e-14, btol=1e-14, iter_lim=20 * sum(equations.shape))[0]
    moved: Blank = np.abs(start - equations.T @ rows) > 1e-7
    return moved


def _decisions(tables: Tables, counts: Counts) -> Counts:
    """(cells, 2) people without and with the predicted event, at the decision of the audit."""
    threshold = None if tables.decided else tables.cube.spec.threshold
    six = tables.decide(counts, threshold)
    return np.stack([six[:, 0::2].sum(axis=1), six[:, 1::2].sum(axis=1)], axis=1)


def blanks(tables: Tables, floor: int) -> dict[Key, Blank]:
    """Say for every subset of the group axes which cells must not be shown."""
    search = _Blanker(tables, floor)
    blank = search.run()
    ends = [*list(search.start.values())[1:], len(blank)]
    return {subset: blank[start:end] for (subset, start), end in zip(search.start.items(), ends, strict=True)}


class _MissingBlanker:
    """The search for partners of one count in every cell, such as people without a value of an input, whose people are blank already or shown."""

    def __init__(self, people: Counts, counts: Counts, hidden: Blank, lines: list[tuple[int, Counts]], floor: int, coarse: int) -> None:
        self.people, self.counts, self.hidden, self.lines, self.floor, self.coarse = people, counts, hidden, lines, floor, coarse
        self.blank = hidden.copy()
        self.trials = 0

    def run(self) -> Blank:
        if not self.hidden.any() or self.counts[0] >= self.people[0] - _ROUNDING:
            return self.blank  # everybody: what the whole says of each group, no blank could take back
        if min(self.counts[0], self.people[0] - self.counts[0]) < self.floor:
            self.blank[1:] = True  # so few could be told from each other by almost any table
        while self._mend_lines() or self._mend_system():
            pass
        return self.blank

    def _mend_lines(self) -> bool:
        changed = False
        for margin, cells in self.lines:
            while (partner := self._partner(margin, cells)) is not None:
                self.blank[partner] = changed = True
        return changed

    def _partner(self, margin: int, cells: Counts) -> int | None:
        """The cell to blank next on a line that says of its hidden groups that nobody, or everybody, is counted; or None."""
        hidden, shown = cells[self.blank[cells]], cells[~self.blank[cells]]
        if self.blank[margin]:
            return self._smallest(shown) if len(hidden) == 0 else None
        if len(hidden) == 0:
            return None
        counted, people = self.counts[hidden].sum(), self.people[hidden].sum()
        able = shown
        if counted <= _ROUNDING:
            able = shown[self.counts[shown] > _ROUNDING]
        elif counted >= people - _ROUNDING:
            able = shown[self.counts[shown] < self.people[shown] - _ROUNDING]
        elif len(hidden) > 1:
            return None
        found = self._smallest(able)
        return found if found is not None else margin if margin else None

    def _smallest(self, cells: Counts) -> int | None:
        return int(cells[np.argmin(self.people[cells])]) if len(cells) else None

    def _mend_system(self) -> bool:
        """Blank a partner on each line of the groups that all equations together give away; in the end everything but the whole."""
        if self.blank[1:].all():
            return False  # a number of everybody that is neither nobody nor all leaves every group open
        self.trials += 1
        if self.trials == _MOST_TRIALS:
            self.blank[self.coarse :] = True
        if self.trials > _MOST_TRIALS or self.blank.sum() + self.hidden.sum() > _MAX_UNKNOWNS:
            self.blank[1:] = True
            return True
        given = self._given_away()
        before = self.blank.copy()
        for margin, cells in self.lines:
            partner = self._smallest(cells[~self.blank[cells]])
            if (given[margin] or given[cells].any()) and (partner or margin):
                self.blank[margin if partner is None else partner] = True
        if given.any() and not (self.blank & ~before).any():
            self.blank[1:] = True
        return bool(given.any())

    def _given_away(self) -> Blank:
        """The hidden cells of which the number of people, or the count, has one solution only."""
        from scipy import sparse

        people, counted = np.flatnonzero(self.hidden), np.flatnonzero(self.blank)
        first, second = self._equations(people, self.hidden), self._equations(counted, self.blank)
        known = sparse.block_diag([first, second], format="csr")
        truth = np.concatenate([self.people[people], self.counts[counted]]).astype(float)
        some = sparse.eye_array(len(people), format="csr")
        nobody = sparse.eye_array(len(counted), format="csr")
        own = np.searchsorted(people, counted).clip(max=len(people) - 1)  # the unknown number of people of a counted cell, if it is unknown
        unknown = self.hidden[counted]
        most = sparse.csr_array((unknown.astype(float), (np.arange(len(counted)), own)), shape=(len(counted), len(people)))
        empty = sparse.csr_array((len(people), len(counted)))
        slack = sparse.vstack([sparse.hstack([some, empty]), sparse.hstack([0 * most, nobody]), sparse.hstack([most, -nobody])], format="csr")
        least = np.concatenate([np.minimum(self.people[people], 1.0), np.zeros(len(counted)), np.where(unknown, 0.0, -self.people[counted])])
        fixed = _given(known, truth, slack, least, np.concatenate([people >= 0, unknown]))
        found = np.zeros(len(self.people), bool)
        found[people[fixed[: len(people)]]] = True
        found[counted[fixed[len(people) :]]] = True
        return found & self.hidden

    def _equations(self, unknown: Counts, blank: Blank) -> Counts:
        place = np.full(len(self.people), -1)
        place[unknown] = np.arange(len(unknown))
        rows = [np.zeros(len(unknown))]
        for margin, cells in self.lines:
            inside = cells[blank[cells]]
            if len(inside) or blank[margin]:
                row = np.zeros(len(unknown))
                row[place[inside]] = 1
                if blank[margin]:
                    row[place[margin]] = -1
                rows.append(row)
        return np.array(rows)


def missing_blanks(tables: Tables, hidden: Blank, counts: Sequence[Counts]) -> list[Blank]:
    """Say for each of several counts in the cells of all tables, numbered through, which of them must not be shown.

    Parameters
    ----------
    tables
        Tables of the people.
    hidden
        The cells whose people must not be shown.
    counts
        For each column, how many people of each cell are counted.

    Returns
    -------
    list of arrays
        What is blank, so that neither the people of a hidden cell nor its count have one solution only; but for a count that is everybody.
    """
    start, people, size = {}, [], 0
    for subset in subsets(tables.axes):
        start[subset] = size
        people.append(tables.table(subset).people)
        size += len(people[-1])
    coarse = sum(len(some) for some, subset in zip(people, start, strict=True) if len(subset) < 2)
    lines = _lines(tables, start)
    return [_MissingBlanker(np.concatenate(people), one, hidden, lines, tables.cube.spec.suppress_below, coarse).run() for one in counts]
