"""describe: who is in the data. Counts, base rates, missing labels and values, and representation against a population."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from .._levels import MISSING
from .._measure import By, Measured
from .._missing import MissingColumn, missing_columns
from .._result import Query
from .._slice import Slice, slice_view
from .._tables import Fixed, View
from ..exceptions import BadValue, OutOfRange
from ..metrics import GroupRow, Metric
from ..metrics._group_rows import _left, _people, rates
from ..metrics._rates import _ALL, _LABELLED, RATES
from ..metrics._results import Group
from ..metrics._sentence import within_of
from ..stats import normal_quantile, wilson
from ..stats._auc import kish
from ._described import Description, DescriptionRow, Lacking, Represented, Whole
from ._population import Population, Shares, check_levels, population_of, read_population

SHARE = Metric("share", _ALL, _ALL, "Share of all", "", "are in this group", of_all=True)
LABELLED = Metric("labelled_share", _LABELLED, _ALL, "Share with a label", "", "have a label")
_UNLABELLED = np.array([0, 0, 0, 0, 1, 1])


def describe(audit: Measured, by: By = None, population: Population | None = None, confidence: float = 0.95) -> Description:
    """Say who is in the data: how many of each group, with which base rate, who has no label or no value, and who is missing altogether.

    Parameters
    ----------
    audit
        An audit, or its protected form. Its threshold does not matter here, its selection does.
    by
        A group column, a list of columns to cross, a `Slice` beside everybody else, or None for each sensitive feature by itself.
    population
        What is known of the population that these people should be like: by attribute, for each level its share (adding up to 1) or its number
        of people, ``{"race": {"Black": 0.13, "white": 0.87}}``; for a crossing by tuples, ``{("race", "sex"): {("Black", "f"): 0.07, ...}}``.
    confidence
        Between 0 and 1.

    Returns
    -------
    Description
        One row per group: people and their share of everybody with Wilson's interval; where there are labels the base rate among the labelled
        with its interval, and how many are labelled; for every column that somebody has no value of, how many of the group have none. These are
        the other group columns and, where the audit holds them, the model's inputs. Weights enter shares and rates, with Kish's number of
        people for their intervals; people, missing values and missing labels are counted as rows, and where one person has several rows
        the intervals of what is missing are those of as many independent people as there are persons.
        With `population`: the share there, and the representation, which is the share here divided by it, limits too; here it is the share among
        those whose group is known. A level of the population that nobody here has is a row with ``n`` 0.

    Raises
    ------
    LevelNotFound
        If `population` lacks a level that is here, or names a column that is not audited.
    BadValue, OutOfRange, WrongKind
        If its shares do not add up to 1, if it does not speak of the columns of `by`, or if people were selected by these.
    RowsNotHeld
        If one person may have several rows, and which rows belong together is not held.

    Notes
    -----
    For readers a group's missing values are blank where the group is, and on every line of a table where the hidden groups together have nobody
    or everybody without a value, with enough others that nothing about hidden people can be worked out.

    Examples
    --------
    >>> import fairlens as fl
    >>> audit = fl.audit(y_pred=[1, 0, 1, 1] * 100, sensitive_features={"sex": ["f", "m", "m", "m"] * 100}, words={"person": "applicant"})
    >>> fl.describe(audit, population={"sex": {"f": 0.5, "m": 0.5}}).sentence
    'Of 100 applicants 25 are f; of 100 in the population 50: 0.50 times as many (0.42 to 0.59, n=400).'
    """
    if isinstance(confidence, bool) or not isinstance(confidence, int | float) or not 0 < confidence < 1:
        raise OutOfRange(f"`confidence` is {confidence!r}.", "It must be between 0 and 1.", hint="confidence=0.95", role="confidence", value=confidence)
    attributes = audit._attributes(by)
    known = read_population(population, audit.groups)
    slice_ = by if isinstance(by, Slice) else None
    chosen = [(name,) for name in attributes] if by is None else [attributes]
    spoken = [population_of(known, columns) for columns in chosen]
    if known and not any(spoken):
        raise BadValue(
            f"`population` speaks of {', '.join(repr(names[0] if len(names) == 1 else names) for names in known)}.",
            f"The groups are by {' and '.join(map(repr, chosen[0]))}.",
            hint=f"by={list(next(iter(known)))!r}",
            role="population",
            value=population,
        )
    rows: list[DescriptionRow] = []
    wholes = []
    for columns, shares in zip(chosen, spoken, strict=True):
        described = _Described(audit, columns, shares, confidence, slice_)
        rows += [replace(row, group=audit._widen(row.group, columns, by)) for row in described.rows()]
        wholes.append(described.whole)
    lacking = tuple(dict.fromkeys(name for row in rows for name in row.lacking))
    query = Query(audit, describe, {"by": by, "population": population, "confidence": confidence})
    setting = ", ".join(filter(None, ("internal, nothing suppressed" if getattr(audit, "banner", "") else "", audit._among if audit.selection else "")))
    return Description(
        attributes, tuple(rows), lacking, tuple(wholes), audit.spec, confidence, audit.tables.has_y_true, any(shares is not None for shares in spoken),
        setting, within_of([audit._among] if audit.selection else []), None if audit.is_published else query,
    )  # fmt: skip


class _Described:
    """The groups of one attribute or crossing."""

    def __init__(
        self, audit: Measured, by: tuple[str, ...], population: Shares | None, confidence: float, slice_: Slice | None = None
    ) -> None:
        self.audit, self.by, self.population, self.confidence, self.slice = audit, by, population, confidence, slice_
        self.fixed = dict(audit.selection)
        view = self._view_of(self.fixed) if slice_ else audit.tables.view(by, self.fixed, audit.own_threshold)
        self.counted = view.groups
        if population is not None:
            self._check_selection()
            check_levels(population, view.groups, by)
            view = _with_absent(view, [group for group in population if group not in view.groups])
        self.view = view

    def _view_of(self, fixed: Fixed) -> View:
        """The slice and everybody else."""
        assert self.slice is not None
        return slice_view(self.audit.tables, self.slice, fixed, self.audit.own_threshold)

    def _check_selection(self) -> None:
        selected = [axis for axis in self.by if axis in self.fixed]
        if selected:
            raise BadValue(
                f"`population` is about all levels of {selected[0]!r}, and the audit is kept to some of them.",
                "Shares of a part are no shares of the population.",
                hint=f"fl.describe(audit, by={list(self.by)!r}, population=...) of the audit before .where({selected[0]}=...)",
                role="population",
                value=selected[0],
            )

    @property
    def whole(self) -> Whole:
        """Everybody."""
        total = self.view.total
        if total is None:
            return Whole(self.by, None, None)
        return Whole(self.by, int(_people(total.sum())), int(_people(total @ _UNLABELLED)) if self.audit.tables.has_y_true else None)

    def rows(self) -> list[DescriptionRow]:
        """One row per group, those that nobody here is of at the end."""
        shares = self._rates(self.view, SHARE)
        labels = self.audit.tables.has_y_true
        bases: Sequence[GroupRow | None] = self._rates(self.view, RATES["prevalence"]) if labels else [None] * len(shares)
        labelled: Sequence[GroupRow | None] = self._rates(self.view, LABELLED) if labels else [None] * len(shares)
        lacking, represented = self._lacking(), self._represented()
        unlabelled = self._parts(self.view.counts @ _UNLABELLED, self.view.suppressed) if labels else [Lacking()] * len(shares)
        return [
            DescriptionRow(
                row.group, None if hidden else int(_people(people)), row, base, with_label, {name: found[i] for name, found in lacking.items()},
                represented.get(row.group), without,
            )
            for i, (row, base, with_label, without, people, hidden) in enumerate(
                zip(shares, bases, labelled, unlabelled, self.view.people, self.view.suppressed, strict=True)
            )
        ]  # fmt: skip

    def _rates(self, view: View, metric: Metric) -> list[GroupRow]:
        spec = self.audit.spec
        return rates(view, metric, self.confidence, spec.min_denominator, spec.suppress_below)

    def _lacking(self) -> dict[str, list[Lacking]]:
        """For each column that somebody has no value of, each group's number of such people."""
        tables = self.audit.tables
        used = {*self.by, *self.fixed, *(self.slice.levels if self.slice else ())}
        found = {}
        for axis in tables.axes:
            if axis not in used and MISSING in tables.levels(axis):
                found[axis] = self._parts(*self._without(axis))
        for column in missing_columns(tables):
            found[column.name] = self._parts(*(self._sliced(column) if self.slice else column.view(self.by, self.counted, self.fixed)))
        return found

    def _without(self, axis: str) -> tuple[list[Any], list[bool]]:
        """The people of each group at the level of a group column that says that it is not known."""
        unknown = {**self.fixed, axis: (MISSING,)}
        if self.slice:
            seen = self._view_of(unknown)
            return list(seen.people), list(seen.suppressed)
        split = self.audit.tables.view(self.by, unknown, self.audit.own_threshold, clustered=False)
        at: dict[Group, tuple[Any, bool]] = {group: (n, hidden) for group, n, hidden in zip(split.groups, split.people, split.suppressed, strict=True)}
        some = [at[group] for group in self.counted]
        return [n for n, _ in some], [hidden for _, hidden in some]

    def _sliced(self, column: MissingColumn) -> tuple[list[Any], list[bool]]:
        """What the people of the slice, and everybody else, lack of an input."""
        assert self.slice is not None
        levels, tables = self.slice.levels, self.audit.tables
        columns = tuple(axis for axis in tables.axes if axis in levels)
        groups = tables.view(columns, self.fixed, self.audit.own_threshold, clustered=False).groups
        inside = np.array([all(level in levels[axis] for axis, level in zip(columns, group, strict=True)) for group in groups], bool)
        counts, hidden = column.view(columns, groups, self.fixed)
        return [counts[part].sum() for part in (inside, ~inside)], [bool(hidden[part].any()) for part in (inside, ~inside)]

    def _parts(self, counts: Any, suppressed: Any) -> list[Lacking]:
        """Numbers of people, one per group that is counted, and their shares of the group with intervals."""
        absent, z = len(self.view.groups) - len(counts), normal_quantile(self.confidence)
        cells = zip(self.view.people, [*counts, *[0] * absent], [*suppressed, *[False] * absent], self.view.suppressed, self._informed(), strict=True)
        return [Lacking() if hidden or unseen else _lacking(n, people, effective, z) for people, n, unseen, hidden, effective in cells]

    def _informed(self) -> list[float]:
        """How many independent people each group is worth: Kish's number where people count by shares, persons where they have several rows."""
        view = self.view
        if view.clusters is not None:
            found = view.clusters
            return [float(len(np.unique(found.cluster[found.group == i]))) for i in range(len(view.groups))]
        if not self.audit.spec.membership:
            return [float(n) for n in view.people]
        return [float(n) for n in kish(view.weights, view.squares)]

    def _represented(self) -> dict[Group, Represented]:
        if self.population is None:
            return {}
        return {row.group: Represented(row, self.population[row.group]) for row in self._rates(_of_known(self.view), SHARE)}


def _lacking(n: float, people: float, effective: float, z: float) -> Lacking:
    if people <= 0:
        return Lacking(int(_people(n)))
    share = min(float(n / people), 1.0)
    lower, upper = wilson(share * effective, effective, z)
    return Lacking(int(_people(n)), share, float(lower), float(upper))


def _with_absent(view: View, groups: Sequence[Group]) -> View:
    """The same view with groups that nobody is of."""
    more = np.zeros((len(groups), 6), view.counts.dtype)
    counts = np.concatenate([view.counts, more])
    weights, squares = (np.concatenate([sums, more]) for sums in (view.weights, view.squares)) if view.is_weighted else (counts, counts)
    hidden = np.concatenate([view.suppressed, np.zeros(len(groups), bool)])
    return replace(view, groups=(*view.groups, *groups), counts=counts, weights=weights, squares=squares, suppressed=hidden)


def _of_known(view: View) -> View:
    """The view of the people whose group is known; without a total where a group that is not known is suppressed."""
    unknown = np.array([MISSING in group for group in view.groups], bool)
    if not unknown.any():
        return view
    kept = np.flatnonzero(~unknown)
    seen = view.total is not None and not view.suppressed[unknown].any()
    n, w, w2 = (
        _left(total, sums[unknown].sum(axis=0)) if seen else None
        for total, sums in ((view.total, view.counts), (view.total_weights, view.weights), (view.total_squares, view.squares))
    )
    clusters = view.clusters
    if clusters is not None:
        inside = ~np.isin(clusters.group, np.flatnonzero(unknown))
        place = np.cumsum(~unknown) - 1
        clusters = type(clusters)(*(getattr(clusters, name)[inside] for name in ("cluster", "group", "cell", "weight", "square")))
        clusters = replace(clusters, group=np.where(clusters.group >= 0, place[clusters.group], -1))
    counts = view.counts[kept]
    weights, squares = (view.weights[kept], view.squares[kept]) if view.is_weighted else (counts, counts)
    groups = tuple(view.groups[i] for i in kept)
    return View(view.by, groups, counts, weights, squares, view.suppressed[kept], n, w, w2, clusters)
