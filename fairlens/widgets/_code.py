"""From clicks to code: the calls that give the table and the picture of a view. The browser fills the same templates."""

from __future__ import annotations

import keyword
import math
import unicodedata
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from .._levels import MISSING, Level
from .._slice import OTHERS, Slice, others_of
from .._thresholds import GroupThresholds
from ..exceptions import MetricNotFound
from ..metrics import Metric, get
from ..metrics._metric import chosen
from ._data_view import is_compared
from ._filled import filled
from ._state import Levels, State
from ._swept import rates_of

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
    "renamed": "{audit} = {name}",
    "whole": "# {audit} is the audit of everybody, before .where(...)",
    "own": "# {variable} is the metric {name}, as it was given to fl.panel(...)",
    "given": "# population is what was given to fl.panel(...): who should be there",
    "asked": "# criteria is what was given to fl.panel(...)",
    "protect": ".protect({profile})",
    "view": "view = {audit}{protect}{where}{at}",
    "rates": "rates = view.by_group({metric}, by={by}{confidence})",
    "difference": "gaps = view.difference({metric}, by={by}, reference={reference}{confidence})",
    "ratio": "gaps = view.ratio({metric}, by={by}, reference={reference}{confidence})",
    "adjust": "adjusted = fl.adjust(view, {metric}, by={by}, reference={reference}, control_features={adjust}{confidence})",
    "plot": "rates.plot()",
    "slice": "fl.Slice({name}, {{levels}}{others})",
    "panel": "panel = fl.panel({audit}{metrics}{confidence}{profile}{language}{population}{costs}{opened}{slices}).show({metric}, by={by}, where={{levels}}, reference={reference}, threshold={threshold}, compare={compare}, adjust={adjust}, view={view}{slice})",
    "others": ", others={others}",
    "slice_of": ", slice={slice}",
    "metrics": ", metrics={metrics}",
    "option": ", {name}={value}",
    "slices": ", slices={slices}",
    "confidence": ", confidence={confidence}",
    "profile": ", profile={profile}",
    "language": ", language={language}",
    "unit": ", words={{mapping}}",
    "word": ", {name}={word}",
    "costs_of": ", costs=fl.Costs({first}, {second}{words})",
    "data": "people = fl.describe(view, by={by}{confidence}{compared})",
    "data_plot": "people.plot()",
    "population": ", population=population",
    "table": "rates = view.by_group({rates}, by={by}{confidence})",
    "thresholds": "sweep = fl.sweep_thresholds(view, {metric}, by={by}{confidence})",
    "thresholds_plot": "sweep.plot()",
    "costs": "costs = fl.choose_thresholds(view, by={by}, false_positive={first}, false_negative={second}{unit}{confidence})",
    "costs_plot": "costs.plot()",
    "priced": "costs = fl.price_errors(view, by={by}, false_positive={first}, false_negative={second}{unit}{confidence})",
    "gap": "why = fl.decompose_gap(view, None, reference={reference}, by={by}, metric={metric}{options}){published}",
    "means": "why = fl.explain(view, {method}, {by}{options}){published}",
    "usual": ", rows=100, background={background}",
    "published": ".published()",
    "why_plot": "why.plot()",
}
"""Templates of calls: what stands in braces is filled in, and ``{{levels}}`` becomes a mapping."""
_TAKEN = {"fl", "view", "rates", "gaps", "adjusted", "people", "sweep", "costs", "why", "panel", "population", "criteria"}
"""Names that the code gives itself."""
_WORDS = ("largest", "rest", "overall", "best")
"""References that are no level; a level of such a name is written as a group."""


def pack_code(choices: Choices) -> dict[str, Any]:
    """What the browser needs to write the code of a view: templates, and how Python writes each name, level and number."""
    plain = all(_is_plain(axis) for axis in choices.axes)
    return {
        "templates": TEMPLATES,
        "audit": _audit(choices),
        "before": _before(choices),
        "plain": plain,
        "names": list(choices.axes),
        "axes": [repr(axis) for axis in choices.axes],
        "levels": [[literal(level) for level in choices.levels(axis)] for axis in choices.axes],
        "metrics": _metrics(choices),
        "rates": [repr(metric.name) for metric in rates_of(choices)],
        "stops": [literal(stop) for stop in choices.stops],
        "confidence": "" if choices.confidence == 0.95 else fill("confidence", confidence=repr(choices.confidence)),
        "population": TEMPLATES["population"] if choices.population is not None else "",
        "decided": repr("decided"),
        "words": [repr(word) for word in _WORDS],
        "curves": choices.audit.tables.steps is not None,
        "costs": _costs(choices),
        "given_costs": choices.costs is not None,
        "cost_words": _cost_words(choices),
        "others": _others(choices.labels["others"]),
        "protect": _protect(choices),
        "published": "" if choices.banner else TEMPLATES["published"],
        "usual": fill("usual", background=str(max(100, choices.audit.spec.suppress_below))),
        "profile": fill("profile", profile=repr(choices.audit.profile)) if choices.banner else "",
        "language": "" if choices.texts.language == "en" else fill("language", language=repr(choices.texts.language)),
        "offered": _offered(choices),
        "unit": _unit(choices),
        "opened": "".join(fill("option", name=name, value=value) for name, value in choices.opened),
        "moved": choices.moved,
        "not_others": _others(choices.labels["not_others"]),
    }


def _audit(choices: Choices) -> str:
    return choices.name if choices.name not in _TAKEN else "the_audit"


def _before(choices: Choices) -> list[str]:
    """What has to be known before the calls: the names of what a user gave."""
    own = [(variable, metric.name) for variable, metric in zip(_metrics(choices), choices.metrics, strict=True) if not _is_public(metric)]
    renamed = [fill("renamed", audit=_audit(choices), name=choices.name)] if _audit(choices) != choices.name else []
    whole = [fill("whole", audit=choices.name)] if choices.selected else []
    given = [TEMPLATES["given"]] if choices.population is not None else []
    asked = [TEMPLATES["asked"]] if "criteria" in dict(choices.opened) else []
    return [*renamed, *whole, *(fill("own", variable=variable, name=repr(name)) for variable, name in own), *given, *asked]


def _metrics(choices: Choices) -> list[str]:
    """How each metric is called: by its id; one of the user's own, which has none, by a variable."""
    return [repr(metric.name) if _is_public(metric) else f"own_metric_{k}" for k, metric in enumerate(choices.metrics, 1)]


def _is_public(metric: Metric) -> bool:
    try:
        return get(metric.name) == metric
    except MetricNotFound:
        return False


def _offered(choices: Choices) -> str:
    """The metrics of the panel, where they are not those of every panel."""
    every = chosen(None, choices.audit.tables.has_y_true)
    return "" if choices.metrics == every else fill("metrics", metrics=f"[{', '.join(_metrics(choices))}]")


def _protect(choices: Choices) -> str:
    """Numbers are those for readers; an audit that is for readers already stays as it is."""
    if choices.published:
        return ""
    return fill("protect", profile=repr(choices.audit.profile) if choices.banner else "")


def _is_plain(axis: str) -> bool:
    """Whether a column can be an argument by its name, which Python normalises."""
    return axis.isidentifier() and not keyword.iskeyword(axis) and unicodedata.normalize("NFKC", axis) == axis and axis != "self"


def literal(level: Any) -> str:
    """Write a level as Python does."""
    if isinstance(level, float) and not math.isfinite(level):
        return f"float({str(level)!r})"
    return "fl.MISSING" if isinstance(level, str) and level == MISSING else repr(level)


def fill(template: str, **values: str) -> str:
    """Fill a template."""
    return filled(TEMPLATES[template], **values)


def code_of(choices: Choices, state: State, options: str | None = None) -> str:
    """Write the calls that give the table and the picture of a state, and the one that brings a panel to it.

    `options` are those that the explanation of the state was made with, as Python writes them; None where there is none yet.
    """
    pack = pack_code(choices)
    rates = pack["rates"]
    metric = pack["metrics"][[one.name for one in choices.metrics].index(state.metric.name)]
    said = {
        "metric": metric,
        "rates": f"[{', '.join(rates if metric in rates else [*rates, metric])}]",
        "by": _by(state),
        "reference": _reference(state),
        "compared": pack["population"] if is_compared(choices, state) else "",
        "adjust": repr(list(state.adjust)),
        "compare": repr(state.compare),
        "view": repr(state.view),
        "method": repr(state.method),
        "metrics": pack["offered"],
        "protect": "" if state.view == "why" else pack["protect"],
        "costs": _given_costs(choices, state),
        **{name: pack[name] for name in ("audit", "confidence", "population", "published", "profile", "language", "unit", "opened")},
        "options": options if options is not None else "" if state.method == "gap" else pack["usual"],
        "slices": fill("slices", slices=f"[{', '.join(map(_slice, state.slices))}]") if state.slices else "",
    }
    lines = [*pack["before"], fill("view", **said | {"where": _where(pack["plain"], state.where), "at": _at(choices, state)}), *_calls(choices, state, said)]
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


def _cost_words(choices: Choices) -> str:
    """What costs and errors are called, where that was said."""
    if choices.costs is None:
        return ""
    names = ("unit", "false_positive_words", "false_negative_words")
    return "".join(fill("word", name=name, word=repr(getattr(choices.costs, name))) for name in names if getattr(choices.costs, name))


def _given_costs(choices: Choices, state: State) -> str:
    """The costs of the view, where they are not one each."""
    costs = state.costs or (None if choices.costs is None else choices.costs.pair)
    if costs is None or max(costs) <= 0:
        return ""
    return fill("costs_of", first=_plain(costs[0]), second=_plain(costs[1]), words=_cost_words(choices))


def _threshold_calls(choices: Choices, state: State, said: dict[str, str]) -> list[str]:
    """The rates at the threshold and against it, and what errors cost; decisions without scores have no curve."""
    curves = choices.audit.tables.steps is not None
    made = [fill("table", **said), fill("thresholds", **said), fill("thresholds_plot")] if curves else [fill("rates", **said), fill("plot"), fill("table", **said)]
    costs = state.costs or _costs(choices)
    if costs is None or max(costs) <= 0 or not choices.audit.tables.has_y_true:
        return made
    first, second = map(_plain, costs)
    return [*made, fill("costs" if curves else "priced", **said | {"first": first, "second": second}), fill("costs_plot")]


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
        one = [repr(others_of(state.slice) if state.reference == (others_of(state.slice),) else state.slice.name)]
    else:
        one = [literal(level) for level in state.reference]
    if len(one) == 1:
        return f"({one[0]},)" if one[0] in map(repr, _WORDS) else one[0]
    return f"({', '.join(one)})"


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
