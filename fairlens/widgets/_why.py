"""Why: the explanation that stands under a view, as it was stored, in words and as a picture. Nothing is computed in it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from .._html import Cell, escape, table
from ..explanations import Explanation, GapTable
from ._texts import WHY

if TYPE_CHECKING:
    from ..plots import Picture

Raw = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Told:
    """One stored explanation: the answer as it may be shown, and the same packed for the browser."""

    answer: GapTable | Explanation = field(repr=False)
    packed: Raw = field(repr=False)

    def fits(self, raw: Raw) -> bool:
        """Whether it explains a state as the browser holds it."""
        return not raw.get("slice") and all(raw.get(name) == value for name, value in self.packed["of"].items())

    def replaces(self, other: Told) -> bool:
        """Whether it answers the same question as another one."""
        return all(self.packed[name] == other.packed[name] for name in ("method", "of"))


@dataclass(frozen=True, slots=True)
class Shown:
    """The explanation that stands under a view: of one group, at one stop; `fits` unless it explains another view."""

    told: Told
    fits: bool
    group: int
    stop: int

    def html(self) -> str:
        """Write the static part: the words, the numbers as a table, how they were found."""
        packed = self.told.packed
        one = packed["groups"][self.group]
        about = "" if self.fits else f" {escape(WHY['stale'].replace('{about}', packed['about']))}"
        head = f'<p class="fl-about"><strong>{escape(WHY["title"])}.</strong>{about}</p>'
        body = _gap_html(packed, one, self.stop) if packed["method"] == "gap" else _means_html(packed, one, self.stop)
        return f'<div class="fl-why">{head}<div class="fl-told{"" if self.fits else " fl-stale"}">{body}</div></div>'

    def picture(self) -> Picture | None:
        """The still picture; None where there is nothing to draw, or another view is explained."""
        answer = self.told.answer
        if not self.fits:
            return None
        if isinstance(answer, Explanation):
            return answer.plot()
        found = self.told.packed["groups"][self.group]["steps"][self.stop]
        if found is None or not found["rows"]:
            return None
        gap = answer.gaps[self.group]
        return next(step for step in (gap.steps or (gap,)) if step.threshold == found["threshold"]).plot()


def shown(told: Sequence[Told], raw: Raw) -> Shown | None:
    """Choose what stands under a state: what explains it, else what was stored last; None where nothing of this method was."""
    why = raw.get("why") or {"method": "gap", "group": None}
    same = [one for one in told if one.packed["method"] == why["method"]]
    if not same:
        return None
    fitting = [one for one in same if one.fits(raw)]
    one = (fitting or same)[-1]
    return Shown(one, bool(fitting), _group(one.packed, why["group"] if one.packed["of"]["by"] == raw["by"] else None, raw["stop"]), raw["stop"])


def _group(packed: Raw, codes: list[int] | None, stop: int) -> int:
    """The group that was chosen; else the one with the largest gap, or answers farthest from the background; the first of several."""
    groups = packed["groups"]
    for i, group in enumerate(groups):
        if group["codes"] == codes:
            return i
    sizes = [_size(group, stop) for group in groups]
    return sizes.index(max(sizes))


def _size(group: Raw, stop: int) -> float:
    found = group["steps"][stop] if "steps" in group else group
    return -1 if found is None or found["size"] is None else round(1e12 * found["size"])


def _gap_html(packed: Raw, group: Raw, stop: int) -> str:
    step = group["steps"][stop]
    if step is None:
        return f"<p>{escape(WHY['no_stop'])}</p>"
    if not step["rows"]:
        return f"<p>{escape(step['said'])}</p>"
    lines = [_line(row[0], row[3], row[5], row[4], row[2][0]) for row in step["rows"]]
    first, last = (_line(name, text, "", count, numbers[0]) for name, numbers, text, count in step["ends"])
    shown = table([WHY["input"], packed["head"], WHY["n"]], [first, *lines, last], 1, packed["about"])
    return f"<p>{escape(step['said'])}</p>{shown}" + _small([step["told"], packed["caution"]])


def _means_html(packed: Raw, group: Raw, stop: int) -> str:
    other = f"<p>{escape(WHY['other_decisions'])}</p>" if stop == packed["other_decisions"] else ""
    note = f"<p>{escape(group['name'])}: {escape(group['note'])}</p>" if group["note"] else ""
    lines = [_line(row[0], row[2], row[4], row[3], row[1][0]) for row in group["rows"]]
    shown = table([f"{WHY['input']}, {group['name']}", packed["head"], WHY["n"]], lines, 1, packed["about"]) if lines else ""
    return f"{other}<p>{escape(packed['said'])}</p>{note}{shown}" + _small([*packed["notes"], packed["caution"]])


def _line(name: str, text: str, kind: str, count: str, value: float | None) -> list[Cell]:
    said = WHY[kind] if kind else ""
    return [Cell(name), Cell(f"{text}, {said}" if said else text, value), Cell(count)]


def _small(lines: Sequence[str]) -> str:
    return "".join(f"<p><small>{escape(line)}</small></p>" for line in lines if line)


