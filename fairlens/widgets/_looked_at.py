"""LookedAt: what was looked at in a live panel, with p-values that allow for all of it."""

from __future__ import annotations

import math
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

from .._html import Cell, escape, number, table
from .._levels import name_of
from .._result import Query, Result
from .._thresholds import Threshold, told
from ..metrics._results import _frame
from ..metrics._sentence import label_of
from ..stats._many import holm
from ..texts import Texts, texts_of
from ._comparisons import Compared, distinct
from ._filled import filled
from ._looking import Entry, Looking
from ._payload import canonical

if TYPE_CHECKING:
    from ..plots import Picture

_MOST_SHOWN, _MOST_DRAWN = 100, 30
_LEAST_P = 0.001
Shown = str | Cell


@dataclass(frozen=True, repr=False)
class LookedAt(Result):
    """The views that the live panels of a kernel have rested at, each with its comparisons. Made by `Panel.looked_at`.

    Attributes
    ----------
    entries : tuple of Entry
        One per view, in the order in which they were first looked at.
    plan : tuple of Compared
        Every comparison that criteria asked for before anybody looked, looked at or not.
    confidence : float
        Of the intervals; a comparison stands out where its adjusted p-value is at most one less it.
    full : bool
        Whether the kernel has stopped counting, at 10,000 views or 50,000 comparisons.
    late : bool
        Whether criteria were given after looking had begun; they plan nothing.
    other_views, other_comparisons : int
        How many views panels of other data (or of another profile, confidence or language) have looked at in this kernel, and how many
        comparisons they explored beside those here. They are allowed for and not listed, since another profile may show what this one hides.

    Notes
    -----
    p-values are those of `Audit.difference`: of the score test that two rates are equal (Miettinen and Nurminen's statistic). They are
    adjusted by Holm's method over all exploratory comparisons of the kernel together, each counted once however many views show it, and a
    rate and its complement once. Those of other panels count as if their p-values were larger than any here, which is never less strict.
    Planned views are adjusted by themselves, over everything that the criteria ask for; a view of thresholds, which compares at each, is
    never planned. Suppressed and undefined comparisons, and those of few people, have no
    p-value and are in no family. Adjusted differences and explanations that stood in a view are not counted.
    """

    entries: tuple[Entry, ...]
    plan: tuple[Compared, ...]
    confidence: float
    texts: Texts = field(default_factory=texts_of, compare=False)
    full: bool = False
    late: bool = False
    other_views: int = 0
    other_comparisons: int = 0
    query: Query | None = field(default=None, compare=False)

    @classmethod
    def of(cls, looking: Looking, texts: Texts | None = None) -> LookedAt:
        """Sum up what a kernel has kept until now, for one of its panels."""
        log, scope = looking.log, looking.scope
        with log.lock:
            about = (looking.entries, looking.plan.compared, looking.confidence, texts or texts_of())
            return cls(*about, log.full, log.is_late(scope), *log.elsewhere(scope))

    @cached_property
    def explored(self) -> tuple[Compared, ...]:
        """The comparisons of all views that were not planned, each once; also those without a p-value."""
        return distinct(one for entry in self.entries if not entry.planned for one in entry.compared)

    @cached_property
    def family(self) -> tuple[Compared, ...]:
        """The comparisons that exploration tested here."""
        return tuple(one for one in self.explored if one.has_p)

    @property
    def allowed_for(self) -> int:
        """How many exploratory comparisons an adjusted p-value allows for: those here and those of other panels."""
        return len(self.family) + self.other_comparisons

    @cached_property
    def _explored_p(self) -> Mapping[Hashable, float]:
        return _adjusted(self.family, self.other_comparisons)

    @cached_property
    def _planned_p(self) -> Mapping[Hashable, float]:
        return _adjusted([one for one in self.plan if one.has_p])

    def p_adjusted(self, entry: Entry, one: Compared) -> float:
        """The p-value of a comparison that allows for all of the plan, or for everything explored; NaN where there is none."""
        family = self._planned_p if entry.planned else self._explored_p
        return family[one.key] if one.has_p else math.nan  # hidden here, it stays hidden though another view may show it

    @cached_property
    def alpha(self) -> float:
        """The adjusted p-value up to which a comparison stands out."""
        return round(1 - self.confidence, 12)

    @cached_property
    def standing_out(self) -> tuple[Compared, ...]:
        """The exploratory comparisons that stand out after allowing for all of them, strongest first."""
        found = [one for one in self.family if self._explored_p[one.key] <= self.alpha]
        return tuple(sorted(found, key=lambda one: one.p_value))

    def largest(self, entry: Entry) -> Compared | None:
        """The largest difference of a view that stands out, if there is one."""
        found = [one for one in entry.compared if self.p_adjusted(entry, one) <= self.alpha]
        return max(found, key=lambda one: abs(one.difference)) if found else None

    def smallest(self, entry: Entry) -> tuple[float, float]:
        """The smallest p-value of a view, by itself and adjusted; NaN where it has none."""
        known = [(one.p_value, self.p_adjusted(entry, one)) for one in entry.compared if one.has_p]
        return min(known, default=(math.nan, math.nan))

    @property
    def sentence(self) -> str:
        """How much was looked at, how much of it was planned, and how many comparisons stand out after allowing for all."""
        ui = self.texts["looked"]
        begun = [self._views(), *self._outcome()] if self.entries else [ui["none"]]
        late, full = [ui["late"]] if self.late else [], [ui["full"]] if self.full else []
        return " ".join([*begun, *self._elsewhere(), *late, *full])

    def _elsewhere(self) -> list[str]:
        ui, count, k = self.texts["looked"], self.texts.count, self.other_views
        return [filled(ui["one_elsewhere" if k == 1 else "elsewhere"], k=count(k), n=count(self.other_comparisons))] if k else []

    def _views(self) -> str:
        ui, n, k = self.texts["looked"], len(self.entries), sum(entry.planned for entry in self.entries)
        if n == 1:
            return filled(ui["one_view"], planned=ui["one_planned" if k else "one_free"])
        name = "none_planned" if k == 0 else "all_planned" if k == n else "single_planned" if k == 1 else "some_planned"
        return filled(ui["views"], n=self.texts.count(n), planned=filled(ui[name], k=self.texts.count(k)))

    def _outcome(self) -> list[str]:
        ui, count = self.texts["looked"], self.texts.count
        if all(entry.planned for entry in self.entries):
            return [ui["within_plan"]]
        n, k, every = len(self.family), len(self.standing_out), self.allowed_for
        if n == 0:
            name = "untested"
        elif n == 1:
            name = ("one_stands" if k else "one_silent") + ("_of_all" if every > 1 else "")
        else:
            name = "none_stands" if k == 0 else "single_stands" if k == 1 else "some_stand"
        said = [filled(ui[name], n=count(n), k=count(k), all=count(every), level=self._share(self.alpha))]
        without = len(self.explored) - n
        if without:
            parts = {kind: sum(one.status == kind for one in self.explored) for kind in ("suppressed", "undefined", "small")}
            listed = ", ".join(filled(ui[kind], k=count(some)) for kind, some in parts.items() if some)
            said.append(filled(ui["one_without" if without == 1 else "without"], n=count(without), parts=listed))
        return said

    def _share(self, value: float) -> str:
        return self.texts.fixed(100 * value, 1).removesuffix(f"{self.texts.marks['decimal']}0")

    def to_frame(self) -> Any:
        """Give one row per view: what it is, when it was first looked at (UTC), its largest difference that stands out, its smallest p."""
        rows = [self._row(entry) for entry in self.entries]
        return _frame({name: [row[name] for row in rows] for name in _COLUMNS})

    def _row(self, entry: Entry) -> dict[str, Any]:
        top, (p, adjusted) = self.largest(entry), self.smallest(entry)
        return {
            "view": entry.words,
            "first_looked_at": entry.at.isoformat(),
            "planned": entry.planned,
            "metric": entry.metric.name,
            "by": " and ".join(entry.by) if entry.slice is None else None,
            "slice": None if entry.slice is None else entry.slice.name,
            "where": " and ".join(f"{axis} = {' or '.join(map(name_of, levels))}" for axis, levels in entry.where),
            "threshold": _threshold(entry.threshold),
            "reference": entry.reference if isinstance(entry.reference, str) else label_of(entry.reference),
            "compare": entry.compare,
            "looks": entry.looks,
            "comparisons": entry.tested,
            "without_p": entry.untested,
            "group": None if top is None else label_of(top.group),
            "against": None if top is None else label_of(top.reference),
            "difference": math.nan if top is None else top.difference,
            "lower": math.nan if top is None else top.lower,
            "upper": math.nan if top is None else top.upper,
            "n": None if top is None else top.n,
            "n_reference": None if top is None else top.n_reference,
            "p_value": p,
            "p_adjusted": adjusted,
        }

    @property
    def heads(self) -> tuple[str, ...]:
        """The headings of the table."""
        ui, share = self.texts["looked"], self._share(self.confidence)
        names = ("view", "first", "comparisons", "largest", "n", "p", "p_adjusted")
        return tuple(filled(ui[name], share=share) for name in names)

    @property
    def parts(self) -> tuple[tuple[str, tuple[tuple[Shown, ...], ...]], ...]:
        """The planned views and the others, each as a caption and rows of cells, the latest first; of many views the latest."""
        ui, kept = self.texts["looked"], self.entries[-_MOST_SHOWN:]
        found = []
        for name, planned in (("planned", True), ("explored", False)):
            rows = tuple(self._cells(entry) for entry in reversed(kept) if entry.planned == planned)
            if rows:
                n = sum(entry.planned == planned for entry in self.entries)
                found.append((filled(ui[name], n=self.texts.count(n)), rows))
        return tuple(found)

    def _cells(self, entry: Entry) -> tuple[Shown, ...]:
        ui, count = self.texts["looked"], self.texts.count
        top, (p, adjusted) = self.largest(entry), self.smallest(entry)
        tested, left = entry.tested, entry.untested
        sizes = filled(ui["and_without"], k=count(tested), n=count(left)) if left else count(tested)
        if top is None:
            largest, people = Cell(ui["nothing" if tested else "no_test"]), "–"
        else:
            said = filled(ui["change"], group=label_of(top.group), reference=self._reference(top), change=self._change(top))
            largest = Cell(said if entry.looks == 1 else filled(ui["change_at"], said=said, at=self._heading(top)), top.difference)
            people = filled(ui["against"], n=count(top.n), m=count(top.n_reference))
        words = entry.words if entry.looks == 1 else filled(ui["each_threshold"], view=entry.words, k=count(entry.looks))
        return words, f"{entry.at:%Y-%m-%d %H:%M:%S}", sizes, largest, people, self._p(p), self._p(adjusted)

    def _reference(self, one: Compared) -> str:
        return self.texts["looked"][one.reference] if isinstance(one.reference, str) else label_of(one.reference)

    def _change(self, one: Compared) -> str:
        write = self.texts.points
        return self.texts.interval(write(one.difference), write(one.lower), write(one.upper))

    def _p(self, p: float) -> Cell:
        if math.isnan(p):
            return Cell("–")
        tiny = filled(self.texts["looked"]["tiny"], least=self.texts.fixed(_LEAST_P, 3))
        return Cell(tiny if p < _LEAST_P else self.texts.fixed(p, 3) if p < 1 else "1", p)

    @property
    def notes(self) -> tuple[str, ...]:
        """What a reader of the table has to know."""
        ui, count = self.texts["looked"], self.texts.count
        more, planned = len(self.entries) - _MOST_SHOWN, any(entry.planned for entry in self.entries)
        return (
            *([filled(ui["more"], k=count(more))] if more > 0 else []),
            ui["once"],
            *([filled(ui["allowed"], n=count(len(self._planned_p)))] if planned else []),
            ui["single"],
        )

    def html(self) -> str:
        """Give planned views and exploration as HTML tables, with what a reader has to know."""
        tables = "".join(table(self.heads, rows, 1, caption) for caption, rows in self.parts)
        return tables + "".join(f"<p><small>{escape(note)}</small></p>" for note in self.notes if self.entries)

    @property
    def packed(self) -> str:
        """The sentence and the table as JSON text, as the front end shows them; a number is its text and its full value."""
        if not self.entries and not self.other_views and not self.late:
            return ""
        parts = [{"caption": caption, "rows": [[_pack(cell) for cell in row] for row in rows]} for caption, rows in self.parts]
        return canonical({"said": self.sentence, "heads": list(self.heads), "parts": parts, "notes": list(self.notes) if self.entries else []})

    def plot(self, ax: Any = None) -> Picture:
        """Draw the exploratory comparisons with their intervals, metric by metric and threshold by threshold, the strongest first.

        Parameters
        ----------
        ax
            Matplotlib axes to draw into; a figure of its own when None.

        Returns
        -------
        Picture
        """
        from ..plots._rows import Block, Chart, Row, Scale, draw_chart, points_tick, rest_row

        ui, count = self.texts["looked"], self.texts.count
        ranked = sorted(self.family, key=lambda one: (one.p_value, -abs(one.difference)))
        blocks: dict[str, list[Row]] = {}
        for one in ranked[:_MOST_DRAWN]:
            adjusted = self._explored_p[one.key]
            name = filled(ui["row"], group=label_of(one.group), reference=self._reference(one))
            people = f"n={filled(ui['against'], n=count(one.n), m=count(one.n_reference))}"
            beside = filled(ui["beside"], p=self._p(one.p_value).text, adjusted=self._p(adjusted).text)
            state: Any = "ok" if adjusted <= self.alpha else "unsure"
            row = Row(name, people, one.difference, one.lower, one.upper, self._change(one), state, beside)
            blocks.setdefault(self._heading(one), []).append(row)
        if len(ranked) > _MOST_DRAWN:
            left = filled(ui["left"], k=count(len(ranked) - _MOST_DRAWN))
            blocks[""] = [rest_row(left, ui["in_table"])]
        axis = filled(ui["axis"], share=self._share(self.confidence), n=count(self.allowed_for), level=self._share(self.alpha))
        drawn = tuple(Block(heading, tuple(rows)) for heading, rows in blocks.items())
        return draw_chart(Chart(self.sentence, axis, drawn or (Block("", ()),), Scale(points_tick, neutral=0.0), True), ax)

    def _heading(self, one: Compared) -> str:
        return f"{self.texts.metric(one.metric.name, 'label', one.metric.label)}, {one.setting}"


_COLUMNS = (
    "view", "first_looked_at", "planned", "metric", "by", "slice", "where", "threshold", "reference", "compare", "looks", "comparisons", "without_p",
    "group", "against", "difference", "lower", "upper", "n", "n_reference", "p_value", "p_adjusted",
)  # fmt: skip


def looked_html(looked: LookedAt) -> str:
    """Write what was looked at before a view was recorded, folded; nothing where nothing was."""
    if not looked.entries and not looked.other_views and not looked.late:
        return ""
    said = filled(looked.texts["looked"]["before"], said=looked.sentence)
    return f'<details class="fl-looked"><summary>{escape(said)}</summary>{looked.html()}</details>'


def _adjusted(family: Sequence[Compared], others: int = 0) -> dict[Hashable, float]:
    found = holm([*(one.p_value for one in family), *([1.0] * others)]).tolist()[: len(family)]
    return dict(zip((one.key for one in family), found, strict=True))


def _threshold(threshold: Threshold) -> str:
    return "decided" if threshold is None else number(threshold) if isinstance(threshold, int | float) else told(threshold)


def _pack(cell: Shown) -> Any:
    if isinstance(cell, str):
        return cell
    return cell.text if cell.value is None else [cell.text, cell.value]
