"""Why: the explanation that stands under a view, as it was stored, in words and as a picture. Nothing is computed in it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from .._html import Cell, escape, table
from ..explanations import Explanation, GapTable
from ..texts import Texts, texts_of

if TYPE_CHECKING:
    from ..plots import Picture

Raw = Mapping[str, Any]
ENGLISH = texts_of()
Said = Mapping[str, str]


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


def options_of(stored: Sequence[Told], raw: Raw, method: str) -> str | None:
    """With which options a state was explained, as Python writes them; None where it was not."""
    return next((one.packed.get("options") for one in stored if one.packed["method"] == method and one.fits(raw)), None)


@dataclass(frozen=True, slots=True)
class Shown:
    """The explanation that stands under a view: of one group, at one stop; `fits` unless it explains another view."""

    told: Told
    fits: bool
    group: int
    stop: int

    def html(self, texts: Texts = ENGLISH) -> str:
        """Write the static part: the words, the numbers as a table, how they were found."""
        packed, said = self.told.packed, texts["why"]
        one = packed["groups"][self.group]
        about = "" if self.fits else f" {escape(said['stale'].replace('{about}', packed['about']))}"
        head = f'<p class="fl-about"><strong>{escape(said["title"])}.</strong>{about}</p>'
        body = (_gap_html if packed["method"] == "gap" else _means_html)(packed, one, self.stop, said)
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


def _gap_html(packed: Raw, group: Raw, stop: int, said: Said) -> str:
    step = group["steps"][stop]
    if step is None:
        return f"<p>{escape(said['no_stop'])}</p>"
    if not step["rows"]:
        return _english(said, step["said"])
    lines = [_line(said, row[0], row[3], row[5], row[4], row[2][0]) for row in step["rows"]]
    first, last = (_line(said, name, text, "", count, numbers[0]) for name, numbers, text, count in step["ends"])
    shown = table([said["input"], packed["head"], said["n"]], [first, *lines, last], 1, packed["about"])
    return _english(said, step["said"]) + shown + _small(said, [step["told"], packed["caution"]])


def _means_html(packed: Raw, group: Raw, stop: int, said: Said) -> str:
    other = f"<p>{escape(said['other_decisions'])}</p>" if stop == packed["other_decisions"] else ""
    note = f"<p>{escape(group['name'])}: {escape(group['note'])}</p>" if group["note"] else ""
    lines = [_line(said, row[0], row[2], row[4], row[3], row[1][0]) for row in group["rows"]]
    shown = table([f"{said['input']}, {group['name']}", packed["head"], said["n"]], lines, 1, packed["about"]) if lines else ""
    return other + _english(said, packed["said"]) + note + shown + _small(said, [*packed["notes"], packed["caution"]])


def _line(said: Said, name: str, text: str, kind: str, count: str, value: float | None) -> list[Cell]:
    told = said[kind] if kind else ""
    return [Cell(name), Cell(f"{text}, {told}" if told else text, value), Cell(count)]


def _english(said: Said, sentence: str) -> str:
    """The sentence that the method writes, which is English; a view in another language says so."""
    first = f'<p class="fl-note">{escape(said["foreign"])}</p>' if said["foreign"] else ""
    return f"{first}<p{_lang(said)}>{escape(sentence)}</p>"


def _small(said: Said, lines: Sequence[str]) -> str:
    return "".join(f"<p{_lang(said)}><small>{escape(line)}</small></p>" for line in lines if line)


def _lang(said: Said) -> str:
    return ' lang="en"' if said["foreign"] else ""
