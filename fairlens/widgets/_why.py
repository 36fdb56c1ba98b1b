"""Why: the explanation of a view, asked for in Python and packed as numbers and texts. The browser places them and computes nothing."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from .._html import Cell, escape, fixed, percent, table
from .._levels import name_of
from .._thresholds import GroupThresholds
from ..exceptions import BadValue, LevelNotFound, listed
from ..explanations import Explanation, GapDecomposition, GapTable, decompose_gap, explain
from ..explanations._explained_words import written
from ..explanations._parts import Part
from ..explanations._words import reference_of, unit_of
from ..metrics import GroupRow
from ..metrics._disparity import Word
from ..metrics._sentence import label_of
from ._state import METHODS, Choices, State
from ._texts import LABELS, WHY

if TYPE_CHECKING:
    from .._audit import Audit
    from .._progress import Step
    from ..plots import Picture

Raw = Mapping[str, Any]
_UNSAID = {"why": None}


@dataclass(frozen=True, slots=True)
class Told:
    """One stored explanation: the answer as it may be shown, and the same packed for the browser."""

    answer: GapTable | Explanation = field(repr=False)
    packed: Raw = field(repr=False)

    def fits(self, raw: Raw) -> bool:
        """Whether it explains a state as the browser holds it."""
        return all(raw.get(name) == value for name, value in self.packed["of"].items())

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
        body = _gap_html(packed, one, self.stop) if packed["method"] == "gap" else _means_html(packed, one)
        return f'<div class="fl-why{"" if self.fits else " fl-stale"}">{head}{body}</div>'

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


def explain_view(
    audit: Audit, choices: Choices, state: State, *, progress: bool | Step = True, options: Raw | None = None
) -> Told:
    """Explain the people of a view: the gap of every group, or what moves the model's answers in each, as may be shown in this panel.

    Raises
    ------
    BadValue
        Where the view has no gap that can be decomposed: each group has a threshold of its own, or groups are compared with everybody.
    FairlensError
        As `decompose_gap` and `explain` do.
    """
    given = dict(options or {})
    of = audit._changed(selection=()).where(**dict(state.where)).at(_own(audit))
    raw = {**choices.encode(state), **_UNSAID}
    if state.method == "gap":
        _check_gap(state)
        answer: Any = decompose_gap(
            of, None, reference=_reference(state), by=list(state.by), metric=state.metric, thresholds=_stops(audit, choices), progress=progress, **given
        )
    else:
        answer = explain(of, state.method, list(state.by), progress=progress, **given)
    answer = answer if choices.audit.banner else answer.published()
    return Told(answer, (_pack_gap if state.method == "gap" else _pack_means)(choices, state, raw, answer))


def check_method(method: Any) -> None:
    """Check the name of a way to explain."""
    if method not in METHODS:
        raise BadValue(
            f"`method` is {method!r}.", f"There are: {listed(METHODS)}.", hint='panel.explain("gap")', role="method", value=method
        )  # fmt: skip


def check_group(told: Told, choices: Choices, state: State, group: Any) -> tuple[Any, ...] | None:
    """Read the group that is to be shown; None for the one with the largest gap."""
    if group is None:
        return None
    wanted = tuple(group) if isinstance(group, list | tuple) else (group,)
    known = [tuple(one["levels"]) for one in told.packed["groups"]]
    if wanted not in known:
        raise LevelNotFound(
            f"`group` is {group!r}.",
            f"There are: {listed(one[0] if len(one) == 1 else one for one in known)}.",
            hint=f"panel.explain({state.method!r}, group={known[0][0] if len(known[0]) == 1 else known[0]!r})",
            role="group",
            value=group,
        )
    return wanted


def _check_gap(state: State) -> None:
    wrong = {
        "threshold": (isinstance(state.threshold, GroupThresholds), "each group has a threshold of its own", "one threshold for everybody"),
        "reference": (state.reference == "overall", "groups are compared with everybody, of whom they are part", "compare with everybody else"),
    }  # fmt: skip
    for role, (given, why, hint) in wrong.items():
        if given:
            raise BadValue(
                f"The gaps of a view were to be explained in which {why}.",
                "A gap is decomposed between two groups that have nobody in common, decided about at one threshold.",
                hint=f"{hint}: panel.show(reference='rest')" if role == "reference" else f"{hint}: panel.show(threshold=0.5)",
                role=role,
                value=getattr(state, role),
            )


def _own(audit: Audit) -> Any:
    """The threshold that the model decides by; decisions of a model that gives no scores are as they are."""
    return audit.spec.threshold if audit.threshold is None and audit.spec.y_score is not None else audit.threshold


def _stops(audit: Audit, choices: Choices) -> list[float] | None:
    known = [stop for stop in choices.stops if stop is not None]
    return known if audit.spec.y_score is not None and known else None


def _reference(state: State) -> Any:
    if isinstance(state.reference, str):
        return Word(state.reference)
    return state.reference[0] if len(state.by) == 1 else state.reference


def _among(state: State) -> str:
    return " and ".join(f"{axis} = {name_of(level)}" for axis, level in state.where) or LABELS["everyone"]


def _filled(text: str, **values: str) -> str:
    for name, value in values.items():
        text = text.replace(f"{{{name}}}", value)
    return text


def _share(confidence: float) -> str:
    return fixed(100 * confidence, 1).removesuffix(".0")


def _codes(choices: Choices, state: State, attributes: Sequence[str], group: Sequence[Any]) -> tuple[list[int], list[Any]]:
    levels = dict(zip(attributes, group, strict=True))
    ordered = [levels[axis] for axis in state.by]
    return choices.codes(state.by, ordered), ordered


def _none(value: float) -> float | None:
    return None if math.isnan(value) else value


def _pack_gap(choices: Choices, state: State, raw: Raw, answer: GapTable) -> dict[str, Any]:
    reference = LABELS[state.reference] if isinstance(state.reference, str) else ", ".join(map(name_of, state.reference))
    unit = unit_of(state.metric)
    groups = []
    for gap in answer.gaps:
        codes, levels = _codes(choices, state, gap.attributes, gap.pair.row.group)
        steps = {step.threshold: step for step in (gap.steps or (gap,))}
        packed = [_step(steps[stop]) if stop in steps else None for stop in choices.stops]
        groups.append({"codes": codes, "levels": levels, "name": label_of(gap.pair.row.group), "steps": packed})
    of = {name: raw[name] for name in ("metric", "by", "at", "reference", "cuts")}
    about = _filled(WHY["about_gap"], metric=state.metric.label, by=" and ".join(state.by), among=_among(state), reference=reference)
    head = _filled(WHY["carries"], points=f", in {unit.word}" if unit.word else "", share=_share(answer.gaps[0].confidence))
    return {"method": "gap", "of": of, "state": dict(raw), "about": about, "head": head, "groups": groups, "caution": answer.caution}


def _step(gap: GapDecomposition) -> dict[str, Any]:
    """One gap at one threshold: the two rates, and the way from one to the other."""
    unit, at = unit_of(gap.pair.row.metric), gap.pair.row.value
    rows: list[list[Any]] = []
    for part in gap.parts if gap.has_parts else ():
        end = at - part.contribution
        text = unit.interval(part.contribution, part.lower, part.upper)
        where = [at, end, at - part.upper, at - part.lower]
        rows.append([part.feature, where, [part.contribution, part.lower, part.upper], text, _count(part.n), _kind(part, gap)])
        at = end
    ends = [_end(label_of(gap.pair.row.group), gap.group_rate), _end(reference_of(gap.pair), gap.reference_rate)] if rows else []
    drawn = [*(row[1] for row in rows), *(end[1] for end in ends)]
    low, high = _range([place for places in drawn for place in places if place is not None])
    return {
        "threshold": gap.threshold, "said": gap.sentence, "size": abs(gap.gap) if rows else None, "ends": ends, "rows": rows, "told": gap.method,
        "range": [low, high], "axis": [f"{fixed(100 * low, 0)} %", f"{fixed(100 * high, 0)} %"],
    }  # fmt: skip


def _kind(part: Part, gap: GapDecomposition) -> str:
    """What an input does to the gap; only to the number of the group where it is not known which way the gap goes."""
    if part.kind != "input":
        return "labels" if part.kind == "label_mix" else "left"
    if part.contribution == part.lower == part.upper == 0:
        return "unused"
    if not part.is_clear or gap.status != "ok":
        return "unsure"
    if gap.gap_lower <= 0 <= gap.gap_upper:
        return "raises" if part.contribution > 0 else "lowers"
    return "widens" if part.contribution * gap.gap > 0 else "narrows"


def _end(name: str, row: GroupRow) -> list[Any]:
    return [f"{row.metric.label}, {name}", [_none(row.value), _none(row.lower), _none(row.upper)], percent(row.value, row.lower, row.upper), _count(row.n)]


def _count(n: int | None) -> str:
    return "–" if n is None else f"{n:,}"


def _range(places: Sequence[float]) -> tuple[float, float]:
    """An axis in steps of 5 points around everything that is drawn, 20 points wide at least: it seldom moves under the slider."""
    low, high = (math.floor(20 * max(min(places), 0.0)), math.ceil(20 * min(max(places), 1.0))) if places else (0, 20)
    while high - low < 4:
        low, high = max(low - 1, 0), min(high + 1, 20)
    return low / 20, high / 20


def _pack_means(choices: Choices, state: State, raw: Raw, answer: Explanation) -> dict[str, Any]:
    supported = {(row.group, row.feature) for row in answer.supported}
    groups, reach = [], 0.0
    for group, parts in answer.by_feature().items():
        codes, levels = _codes(choices, state, answer.attributes, group)
        able = [part for part in parts.values() if not math.isnan(part.mean)]
        rows = []
        for part in sorted(able, key=lambda one: -abs(one.mean)):
            ends = [part.mean, part.lower, part.upper]
            reach = max([reach, *(abs(end) for end in ends if not math.isnan(end))])
            text = _moved(answer, *ends)
            kind = "clear" if (group, part.feature) in supported else "unused" if part.mean_abs == 0 else "unsure"
            rows.append([part.feature, [_none(end) for end in ends], text, _count(part.n), kind])
        weak = next((f"{part.status}: {part.reason}" for part in parts.values() if part.status != "ok"), "")
        size = abs(math.fsum(part.mean for part in able)) if able else None
        groups.append({"codes": codes, "levels": levels, "name": label_of(group), "rows": rows, "note": weak, "size": size})
    what = {"score": "the score", "decision": "the decision", "log_odds": "the log-odds"}[answer.output]
    return {
        "method": state.method, "of": {name: raw[name] for name in ("by", "at")}, "state": dict(raw),
        "about": _filled(WHY["about_means"], by=" and ".join(state.by), among=_among(state)),
        "head": _filled(WHY["moves"], what=what, unit=answer.unit, share=_share(answer.confidence)),
        "range": [-(reach or 1.0), reach or 1.0],
        "axis": [written(end, answer.output, answer.spec, bare=True) for end in (-(reach or 1.0), reach or 1.0)],
        "groups": groups, "said": answer.sentence, "notes": [*answer.notes, answer.told], "caution": answer.caution,
    }  # fmt: skip


def _moved(answer: Explanation, value: float, lower: float, upper: float) -> str:
    def write(number: float) -> str:
        text = written(number, answer.output, answer.spec, bare=True)
        return f"+{text}" if number > 0 and float(text) else text

    return f"{write(value)} ({write(lower)} to {write(upper)})"


def _gap_html(packed: Raw, group: Raw, stop: int) -> str:
    step = group["steps"][stop]
    if step is None:
        return f"<p>{escape(WHY['no_stop'])}</p>"
    if not step["rows"]:
        return f"<p>{escape(step['said'])}</p>"
    lines = [_line(row[0], row[3], row[5], row[4], row[2][0]) for row in step["rows"]]
    first, last = (_line(name, text, "", count, numbers[0]) for name, numbers, text, count in step["ends"])
    shown = table([WHY["input"], packed["head"], WHY["n"]], [first, *lines, last], 1)
    return f"<p>{escape(step['said'])}</p>{shown}" + _small([step["told"], packed["caution"]])


def _means_html(packed: Raw, group: Raw) -> str:
    note = f"<p>{escape(group['name'])}: {escape(group['note'])}</p>" if group["note"] else ""
    lines = [_line(row[0], row[2], row[4], row[3], row[1][0]) for row in group["rows"]]
    shown = table([f"{WHY['input']}, {group['name']}", packed["head"], WHY["n"]], lines, 1) if lines else ""
    return f"<p>{escape(packed['said'])}</p>{note}{shown}" + _small([*packed["notes"], packed["caution"]])


def _line(name: str, text: str, kind: str, count: str, value: float | None) -> list[Cell]:
    said = WHY[kind] if kind else ""
    return [Cell(name), Cell(f"{text}, {said}" if said else text, value), Cell(count)]


def _small(lines: Sequence[str]) -> str:
    return "".join(f"<p><small>{escape(line)}</small></p>" for line in lines if line)


