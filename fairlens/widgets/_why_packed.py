"""An explanation packed for the browser: every number and every text that is shown, so that the browser only places them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from .._html import fixed
from .._levels import name_of
from ..explanations import Explanation, GapDecomposition, GapTable
from ..explanations._explained_words import in_points, written
from ..explanations._explanation import Contribution
from ..explanations._parts import Part
from ..explanations._words import Unit, unit_of
from ..metrics import GroupRow, PairRow
from ..metrics._sentence import label_of
from ..texts import Texts
from ._choices import Choices
from ._filled import filled
from ._state import State
from ._view import among
from ._why import Raw


def _among(choices: Choices, state: State) -> str:
    return among(state, choices.texts) or choices.labels["everyone"]


def _codes(choices: Choices, state: State, attributes: Sequence[str], group: Sequence[Any]) -> tuple[list[int], list[Any]]:
    levels = dict(zip(attributes, group, strict=True))
    ordered = [levels[axis] for axis in state.by]
    return choices.codes(state.by, ordered), ordered


def _none(value: float) -> float | None:
    return None if math.isnan(value) else value


def pack_gap(choices: Choices, state: State, raw: Raw, answer: GapTable) -> dict[str, Any]:
    reference = choices.labels[state.reference] if isinstance(state.reference, str) else ", ".join(map(name_of, state.reference))
    unit, said, texts = unit_of(state.metric), choices.texts["why"], choices.texts
    groups = []
    for gap in answer.gaps:
        codes, levels = _codes(choices, state, gap.attributes, gap.pair.row.group)
        steps = {step.threshold: step for step in (gap.steps or (gap,))}
        packed = [_step(choices, steps[stop]) if stop in steps else None for stop in choices.stops]
        groups.append({"codes": codes, "levels": levels, "name": label_of(gap.pair.row.group), "steps": packed})
    of = {name: raw[name] for name in ("metric", "by", "at", "reference", "cuts")}
    about = filled(said["about_gap"], metric=choices.label(state.metric), by=choices.labels["joined"].join(state.by), among=_among(choices, state), reference=reference)
    head = filled(said["carries"], points=said["points"] if unit.word else "", share=texts.share(answer.gaps[0].confidence))
    return {"method": "gap", "of": of, "state": dict(raw), "about": about, "head": head, "groups": groups, "caution": answer.caution}


def _step(choices: Choices, gap: GapDecomposition) -> dict[str, Any]:
    """One gap at one threshold: the two rates, and the way from one to the other."""
    unit, at, texts = unit_of(gap.pair.row.metric), gap.pair.row.value, choices.texts
    rows: list[list[Any]] = []
    for part in gap.parts if gap.has_parts else ():
        end = at - part.contribution
        text = _interval(texts, unit, part.contribution, part.lower, part.upper)
        where = [at, end, at - part.upper, at - part.lower]
        rows.append([_input(texts, part), where, [part.contribution, part.lower, part.upper], text, texts.count(part.n), _kind(part, gap)])
        at = end
    ends = [_end(choices, label_of(gap.pair.row.group), gap.group_rate), _end(choices, _reference(texts, gap.pair), gap.reference_rate)] if rows else []
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


def _input(texts: Texts, part: Part) -> str:
    return part.feature if part.kind == "input" else texts["why"][part.kind]


def _interval(texts: Texts, unit: Unit, value: float, lower: float, upper: float) -> str:
    return texts.interval(*(texts.local(unit.signed(number)) for number in (value, lower, upper)))


def _reference(texts: Texts, pair: PairRow) -> str:
    return texts["sentence"][pair.reference] if isinstance(pair.reference, str) else label_of(pair.reference)


def _end(choices: Choices, name: str, row: GroupRow) -> list[Any]:
    texts, numbers = choices.texts, (row.value, row.lower, row.upper)
    return [f"{choices.label(row.metric)}, {name}", [_none(one) for one in numbers], texts.percent(*numbers), texts.count(row.n)]


def _range(places: Sequence[float]) -> tuple[float, float]:
    """An axis in steps of 5 points around everything that is drawn, 20 points wide at least: it seldom moves under the slider."""
    low, high = (math.floor(20 * max(min(places), 0.0)), math.ceil(20 * min(max(places), 1.0))) if places else (0, 20)
    while high - low < 4:
        low, high = max(low - 1, 0), min(high + 1, 20)
    return low / 20, high / 20


def pack_means(choices: Choices, state: State, raw: Raw, answer: Explanation) -> dict[str, Any]:
    said, texts = choices.texts["why"], choices.texts
    supported = {(row.group, row.feature) for row in answer.supported}
    groups, reach = [], 0.0
    for group, parts in answer.by_feature().items():
        codes, levels = _codes(choices, state, answer.attributes, group)
        able = [part for part in parts.values() if not math.isnan(part.mean)]
        rows = []
        for part in sorted(able, key=lambda one: -abs(one.mean)):
            ends = [part.mean, part.lower, part.upper]
            reach = max([reach, *(abs(end) for end in ends if not math.isnan(end))])
            text = _moved(texts, answer, *ends)
            kind = "clear" if (group, part.feature) in supported else "unused" if part.mean_abs == 0 else "unsure"
            rows.append([part.feature, [_none(end) for end in ends], text, texts.count(part.n), kind])
        weak = next((_weak(texts, part) for part in parts.values() if part.status != "ok"), "")
        size = abs(math.fsum(part.mean for part in able)) if able else None
        groups.append({"codes": codes, "levels": levels, "name": label_of(group), "rows": rows, "note": weak, "size": size})
    what = said[f"what_{answer.output}"]
    of, about = {name: raw[name] for name in ("by", "at")}, "about_means"
    if answer.output == "decision" and answer.threshold is not None:
        of, about = {**of, "stop": choices.stops.index(answer.threshold), "cuts": None}, "about_decisions"
        raw = {**raw, "stop": of["stop"], "cuts": None}
    other = choices.stops.index(None) if None in choices.stops and len(choices.stops) > 1 else -1
    return {
        "method": state.method, "of": of, "state": dict(raw), "other_decisions": other,
        "about": filled(said[about], by=choices.labels["joined"].join(state.by), among=_among(choices, state), threshold="" if answer.threshold is None else texts.number(answer.threshold)),
        "head": filled(said["moves"], what=what, unit=said[_unit(answer)], share=texts.share(answer.confidence)),
        "range": [-(reach or 1.0), reach or 1.0],
        "axis": [texts.local(written(end, answer.output, answer.spec, bare=True)) for end in (-(reach or 1.0), reach or 1.0)],
        "groups": groups, "said": answer.sentence, "notes": [*answer.notes, answer.told], "caution": answer.caution,
    }  # fmt: skip


def _weak(texts: Texts, part: Contribution) -> str:
    return f"{texts['sentence'][part.status]}: {texts.reason(part.reason)}"


def _unit(answer: Explanation) -> str:
    """The name among the texts of the unit of a contribution."""
    if answer.output == "log_odds":
        return "unit_log_odds"
    points = in_points(answer.output, answer.spec)
    return "unit_points" if points and answer.output == "decision" else "unit_score_points" if points else "unit_score"


def _moved(texts: Texts, answer: Explanation, value: float, lower: float, upper: float) -> str:
    def write(number: float) -> str:
        text = written(number, answer.output, answer.spec, bare=True)
        return texts.local(f"+{text}" if number > 0 and float(text) else text)

    return texts.interval(write(value), write(lower), write(upper))
