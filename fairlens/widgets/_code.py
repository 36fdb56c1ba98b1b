"""From clicks to code: the calls that give the table and the picture of a view. The browser fills the same templates."""

from __future__ import annotations

import keyword
import unicodedata
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from .._levels import MISSING, Level
from .._slice import OTHERS, Slice, others_of
from .._thresholds import GroupThresholds
from ._data_view import is_compared
from ._filled import filled
from ._state import Levels, State

if TYPE_CHECKING:
    from ._choices import Choices

_BY_ITSELF = (OTHERS, others_of(Slice(OTHERS, {"any": "level"})))

TEMPLATES = {
    "where": ".where({levels})",
    "where_any": ".where(**{{levels}})",
    "level": "{axis}={levels}",
    "level_any": "{axis}: {levels}",
    "at": ".at({threshold})",
    "at_each": ".at({cuts}, by={axis})",
    "whole": "# {audit} is the audit of everybody, before .where(...)",
    "view": "view = {audit}{where}{at}",
    "rates": "rates = view.by_group({metric}, by={by}{confidence})",
    "difference": "gaps = view.difference({metric}, by={by}, reference={reference}{confidence})",
    "ratio": "gaps = view.ratio({metric}, by={by}, reference={reference}{confidence})",
    "adjust": "adjusted = fl.adjust(view, {metric}, by={by}, reference={reference}, control_features={adjust}{confidence})",
    "plot": "rates.plot()",
    "slice": "fl.Slice({name}, {{levels}}{others})",
    "panel": "panel = fl.panel({audit}{confidence}{profile}{language}).show({metric}, by={by}, where={{levels}}, reference={reference}, threshold={threshold}, compare={compare}, adjust={adjust}, view={view}{slice})",
    "others": ", others={others}",
    "slice_of": ", slice={slice}",
    "confidence": ", confidence={confidence}",
    "profile": ", profile={profile}",
    "language": ", language={language}",
    "unit": ", words={{mapping}}",
    "data": "people = fl.describe(view, by={by}{confidence}{population})",
    "data_plot": "people.plot()",
    "population": ", population=population",
    "thresholds": 'curve = view.curve("threshold", by={by}{confidence})',
    "thresholds_plot": "curve.plot()",
    "costs": "costs = fl.choose_thresholds(view, by={by}, false_positive={first}, false_negative={second}{unit}{confidence})",
    "costs_plot": "costs.plot()",
    "gap": "why = fl.decompose_gap(view, None, reference={reference}, by={by}, metric={metric})",
    "means": "why = fl.explain(view, {method}, {by})",
    "why_plot": "why.plot()",
}
"""Templates of calls: what stands in braces is filled in, and ``{{levels}}`` becomes a mapping."""


def pack_code(choices: Choices) -> dict[str, Any]:
    """What the browser needs to write the code of a view: templates, and how Python writes each name, level and number."""
    plain = all(_is_plain(axis) for axis in choices.axes)
    return {
        "templates": TEMPLATES,
        "audit": choices.name,
        "plain": plain,
        "names": list(choices.axes),
        "axes": [repr(axis) for axis in choices.axes],
        "levels": [[literal(level) for level in choices.levels(axis)] for axis in choices.axes],
        "metrics": [repr(metric.name) for metric in choices.metrics],
        "stops": [literal(stop) for stop in choices.stops],
        "confidence": "" if choices.confidence == 0.95 else fill("confidence", confidence=repr(choices.confidence)),
        "population": TEMPLATES["population"] if choices.population is not None else "",
        "decided": repr("decided"),
        "curves": choices.audit.tables.steps is not None,
        "costs": _costs(choices),
        "others": _others(choices.labels["others"]),
        "profile": fill("profile", profile=repr(choices.audit.profile)) if choices.banner else "",
        "language": "" if choices.texts.language == "en" else fill("language", language=repr(choices.texts.language)),
        "unit": _unit(choices),
        "selected": choices.selected,
        "moved": choices.moved,
        "not_others": _others(choices.labels["not_others"]),
    }


def _is_plain(axis: str) -> bool:
    """Whether a column can be an argument by its name, which Python normalises."""
    return axis.isidentifier() and not keyword.iskeyword(axis) and unicodedata.normalize("NFKC", axis) == axis and axis != "self"


def literal(level: Any) -> str:
    """Write a level as Python does."""
    return "fl.MISSING" if isinstance(level, str) and level == MISSING else repr(level)


def fill(template: str, **values: str) -> str:
    """Fill a template."""
    return filled(TEMPLATES[template], **values)


def code_of(choices: Choices, state: State) -> str:
    """Write the calls that give the table and the picture of a state, and the one that brings a panel to it."""
    pack = pack_code(choices)
    said = {
        "audit": choices.name,
        "metric": repr(state.metric.name),
        "by": _by(state),
        "reference": _reference(state),
        "confidence": pack["confidence"],
        "population": pack["population"] if is_compared(choices, state) else "",
        "adjust": repr(list(state.adjust)),
        "compare": repr(state.compare),
        "view": repr(state.view),
        "method": repr(state.method),
        **{name: pack[name] for name in ("profile", "language", "unit")},
    }
    whole = [fill("whole", audit=choices.name)] if choices.selected else []
    lines = [*whole, fill("view", audit=choices.name, where=_where(pack["plain"], state.where), at=_at(choices, state)), *_calls(choices, state, said)]
    mapped = ", ".join(fill("level_any", axis=repr(axis), levels=_listed(levels)) for axis, levels in state.where)
    slice_ = fill("slice_of", slice=_slice(state.slice)) if state.slice else ""
    panel = {**said, "by": _listed(state.by), "levels": mapped, "threshold": _threshold(state), "slice": slice_}
    return "\n".join([*lines, fill("panel", **panel)])


def _calls(choices: Choices, state: State, said: dict[str, str]) -> list[str]:
    if state.view == "thresholds":
        return _threshold_calls(choices, state, said)
    if state.view == "data":
        return [fill(state.view, **said), fill(f"{state.view}_plot")]
    if state.view == "why":
        return [fill("gap" if state.method == "gap" else "means", **said), fill("why_plot")]
    adjusted = [fill("adjust", **said)] if state.adjust and state.slice is None and state.reference not in ("rest", "overall") else []
    if not _compares(choices, state):
        return [fill("rates", **said), fill("plot")]
    return [fill("rates", **said), fill(state.compare, **said), *adjusted, fill("plot")]


def _compares(choices: Choices, state: State) -> bool:
    """Whether there is more than one group, so that there is something to compare."""
    kept = {axis: levels for axis, levels in state.where if axis in state.by}
    return state.slice is not None or len(choices.audit.tables.view(state.by, kept, choices.audit.own_threshold, clustered=False).groups) > 1


def _unit(choices: Choices) -> str:
    """What costs are counted in, where that was said."""
    return fill("unit", mapping=f"'cost': {choices.costs.unit!r}") if choices.costs is not None and choices.costs.unit else ""


def _threshold_calls(choices: Choices, state: State, said: dict[str, str]) -> list[str]:
    """The rates against the threshold, and what errors cost; a slice has no curve, and decisions without scores have none."""
    if state.slice is not None or choices.audit.tables.steps is None:
        return [fill("rates", **said), fill("plot")]
    costs = state.costs or _costs(choices)
    if costs is None:
        return [fill("thresholds", **said), fill("thresholds_plot")]
    first, second = map(_plain, costs)
    return [fill("thresholds", **said), fill("thresholds_plot"), fill("costs", **said, first=first, second=second), fill("costs_plot")]


def _costs(choices: Choices) -> tuple[float, float] | None:
    """What errors cost, where there are labels that they could be seen by."""
    if not choices.audit.tables.has_y_true:
        return None
    return (1.0, 1.0) if choices.costs is None else choices.costs.pair


def _plain(value: float) -> str:
    """Write a cost as the browser does."""
    return str(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(value)


def _by(state: State) -> str:
    return _listed(state.by) if state.slice is None else _slice(state.slice)


def _slice(slice_: Slice) -> str:
    levels = ", ".join(fill("level_any", axis=repr(axis), levels=_listed(kept)) for axis, kept in slice_.where)
    return fill("slice", name=repr(slice_.name), levels=levels, others=_others(slice_.others))


def _others(named: str) -> str:
    """What everybody else is called, where a slice does not call them so by itself."""
    return "" if named in _BY_ITSELF else fill("others", others=repr(named))


def _reference(state: State) -> str:
    if isinstance(state.reference, str):
        return repr(state.reference)
    if state.slice is not None:
        return repr(others_of(state.slice) if state.reference == (others_of(state.slice),) else state.slice.name)
    one = [literal(level) for level in state.reference]
    return one[0] if len(one) == 1 else f"({', '.join(one)})"


def _where(plain: bool, where: Levels) -> str:
    if not where:
        return ""
    kept = [(axis if plain else repr(axis), _listed(levels)) for axis, levels in where]
    text = ", ".join(fill("level" if plain else "level_any", axis=axis, levels=levels) for axis, levels in kept)
    return fill("where" if plain else "where_any", levels=text)


def _at(choices: Choices, state: State) -> str:
    if isinstance(state.threshold, GroupThresholds):
        return fill("at_each", cuts=_cuts(state.threshold), axis=repr(state.threshold.axis))
    own = state.threshold == choices.audit.own_threshold and not choices.moved
    return "" if own else fill("at", threshold=literal(state.threshold))


def _threshold(state: State) -> str:
    if isinstance(state.threshold, GroupThresholds):
        return _cuts(state.threshold)
    return repr("decided") if state.threshold is None else literal(state.threshold)


def _cuts(threshold: GroupThresholds) -> str:
    return "{" + ", ".join(f"{literal(level)}: {literal(cut)}" for level, cut in threshold.cuts) + "}"


def _listed(levels: Sequence[Level]) -> str:
    return f"[{', '.join(map(literal, levels))}]"
