"""An explanation asked for in Python: of the people of a view, as far as the panel may show it."""

from __future__ import annotations

import inspect
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from .._thresholds import GroupThresholds
from ..exceptions import BadValue, LevelNotFound, TooManyPredictions, listed
from ..explanations import Explanation, decompose_gap, explain
from ..explanations._outcomes import DECISIONS
from ..metrics._disparity import Word
from ._choices import Choices
from ._filled import filled
from ._state import METHODS, State
from ._why import Raw, Told
from ._why_packed import pack_gap, pack_means

if TYPE_CHECKING:
    from .._audit import Audit
    from .._progress import Step

_SMALLER = (100, 60, 40, 30)
"""Rows per group and of the background that are tried, until they fit in the budget."""
_NOT_OF_IT = {"view", "slice", "slices", "costs"}
"""What a state says that is not about what is explained."""
_OF_THE_VIEW = {"audit", "group", "by", "reference", "metric", "thresholds", "method", "progress"}


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
    _check_options(state, given)
    _check_slice(state)
    of = audit._changed(selection=()).where(**state.levels).at(_own(audit))
    raw = {name: value for name, value in {**choices.encode(state), "why": None}.items() if name not in _NOT_OF_IT}
    if state.method == "gap":
        _check_gap(state)
        answer: Any = decompose_gap(
            of, None, reference=_reference(state), by=list(state.by), metric=state.metric, thresholds=_stops(audit, choices), progress=progress, **given
        )
    else:
        answer, given = _means(of, state, progress, given)
    answer = _internal(choices, state, answer) if choices.audit.banner else answer.published()
    packed = (pack_gap if state.method == "gap" else pack_means)(choices, state, raw, answer)
    return Told(answer, {**packed, "options": _written(state, given)})


def _written(state: State, given: Raw) -> str:
    """Options as Python writes them; what is no number or text by the name of the argument."""
    usual = inspect.signature(decompose_gap if state.method == "gap" else explain).parameters
    plain = {name: repr(value) if value is None or isinstance(value, int | float | str) else name for name, value in given.items()}
    return "".join(f", {name}={text}" for name, text in plain.items() if text != repr(usual[name].default))


def _means(of: Audit, state: State, progress: bool | Step, given: dict[str, Any]) -> tuple[Explanation, dict[str, Any]]:
    """Explain as many people as the budget allows, unless it is said how many; and tell with which options."""
    method: Any = state.method
    if "rows" in given or "background" in given:
        return explain(of, method, list(state.by), progress=progress, **given), given
    for size in _SMALLER:
        fitting: dict[str, Any] = {"rows": size, "background": max(size, of.spec.suppress_below)}
        try:
            return explain(of, method, list(state.by), progress=progress, **fitting, **given), {**fitting, **given}
        except TooManyPredictions as error:
            refused = error
    raise TooManyPredictions(
        refused.asked,
        refused.have,
        hint="fl.panel(audit, max_predictions=20_000_000), or a view of fewer groups",
        role=refused.role,
        value=refused.value,
    ) from refused


def _internal(choices: Choices, state: State, answer: Any) -> Any:
    """The raw answer as the one for readers, so that words, tables and pictures of an internal panel tell of one thing."""
    if isinstance(answer, Explanation):
        rates = choices.audit.where(**state.levels).by_group("selection_rate", list(state.by))
        return replace(answer, for_readers=None, rates=rates)
    gaps = tuple(replace(gap, for_readers=None, steps=tuple(replace(step, for_readers=None) for step in gap.steps)) for gap in answer.gaps)
    return replace(answer, gaps=gaps, for_readers=None)


def decomposable(choices: Choices) -> list[bool]:
    """Whether the gaps of each metric can be decomposed."""
    return [metric.name in DECISIONS for metric in choices.metrics]


def no_gap_text(choices: Choices) -> str:
    """Say of which metrics gaps can be decomposed."""
    named = (choices.label(outcome.metric).lower() for outcome in DECISIONS.values())
    return filled(choices.texts["why"]["no_gap"], metrics=", ".join(named))


def _check_options(state: State, given: Raw) -> None:
    known = set(inspect.signature(decompose_gap if state.method == "gap" else explain).parameters) - _OF_THE_VIEW
    known -= {"output"} if state.method == "gap" else set()
    for name in given:
        if name not in known:
            raise BadValue(
                f"`{name}` was given to panel.explain({state.method!r}).",
                f"What is explained is the view of the panel; there are: {listed(sorted(known))}.",
                hint=f"panel.show(metric=..., by=..., where=...).explain({state.method!r})",
                role=name,
                value=given[name],
            )


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


def _check_slice(state: State) -> None:
    if state.slice is not None:
        raise BadValue(
            f"The slice {state.slice.name!r} and everybody else were to be explained.",
            "Explanations are of the groups of attributes.",
            hint="panel.show(slice=False), and the levels of the slice as where=",
            role="slice",
            value=state.slice.name,
        )


def _own(audit: Audit) -> Any:
    """The threshold that the model decides by; decisions of a model that gives no scores are as they are."""
    split = isinstance(audit.threshold, GroupThresholds) or audit.threshold is None
    return audit.spec.threshold if split and audit.spec.y_score is not None else audit.threshold


def _stops(audit: Audit, choices: Choices) -> list[float] | None:
    known = [stop for stop in choices.stops if stop is not None]
    return known if audit.spec.y_score is not None and known else None


def _reference(state: State) -> Any:
    if isinstance(state.reference, str):
        return Word(state.reference)
    return state.reference[0] if len(state.by) == 1 else state.reference
