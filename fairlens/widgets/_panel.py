"""Panel: the live view of an audit. Traits and callbacks; every number on it is computed in the browser."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Literal

import ipywidgets

from .._audit import Audit
from .._levels import Level
from .._protected import ProtectedAudit
from .._thresholds import GroupThresholds
from ..disparities import Criterion
from ..exceptions import BadValue, RowsNotHeld, WrongKind
from ..metrics import Metric
from ..metrics._disparity import need_favorable
from ..metrics._metric import chosen
from ._criteria import judge_all
from ._explaining import Explaining
from ._inline import RecordedView, Still, inline
from ._live import LivePanel
from ._payload import canonical, payload
from ._state import Choices, Method, State
from ._texts import LABELS
from ._view import View, view
from ._why import Told, shown
from ._why_asked import check_group, check_method, explain_view

_log = logging.getLogger("fairlens")
_SLOTS, _OUTPUTS = 3, 3
_MOST_TOLD = 20


class Panel(ipywidgets.VBox):
    """A live panel. Its first child is the front end; made by `panel`.

    Attributes
    ----------
    recorded : tuple of RecordedView
        The views recorded so far.
    """

    def __init__(
        self,
        audit: ProtectedAudit,
        metrics: tuple[Metric, ...],
        confidence: float,
        title: str,
        criteria: Sequence[Criterion] = (),
        explains: Audit | None = None,
        max_predictions: int = 5_000_000,
    ) -> None:
        self._choices = Choices(replace(audit, selection=()), metrics)
        self._confidence = confidence
        self._explains = explains
        self._max_predictions = max_predictions
        self._told: list[Told] = []
        self._recorded: list[RecordedView] = []
        self._slots: list[tuple[Any, ...]] = []
        self._strip = judge_all(self._choices, criteria)
        self._text = payload(self._choices, confidence, title, self._strip, can_explain=explains is not None)
        where = {axis: levels[0] for axis, levels in audit.selection}
        free = [axis for axis in (*audit.spec.sensitive_features, *audit.groups) if axis not in where]
        if isinstance(audit.threshold, GroupThresholds):
            free = [audit.threshold.axis]
        first = self._choices.state(metrics[0], free[0], where, "largest", audit.threshold)
        self._live = LivePanel(payload=self._text, state=self._choices.encode(first))
        self._explaining = Explaining(self._tell)
        self._live.on_msg(self._answer)
        self._note = ipywidgets.HTML()
        super().__init__([self._live, self._note])

    @property
    def recorded(self) -> tuple[RecordedView, ...]:
        """The views recorded so far."""
        return tuple(self._recorded)

    @property
    def view(self) -> View:
        """The view that the panel is at, measured in Python."""
        raw = self._live.state
        return view(self._choices, self._choices.decode(raw), self._confidence, self._strip, shown(self._told, raw))

    def show(
        self,
        metric: str | Metric | None = None,
        by: str | Sequence[str] | None = None,
        where: Mapping[str, Level] | None = None,
        reference: Level | Sequence[Level] | None = None,
        threshold: float | Mapping[Level, float] | Literal["decided"] | None = None,
        compare: Literal["difference", "ratio"] | None = None,
        adjust: str | Literal[False] | None = None,
    ) -> Panel:
        """Bring the panel to a view; what is not given stays as it is.

        Parameters
        ----------
        metric
            One of the metrics that the panel offers.
        by
            One or two group columns.
        where
            One level of some of the other group columns; ``{}`` for everybody.
        reference
            "largest", "rest", "overall", a level, or a tuple of levels where `by` has two columns.
        threshold
            One of the stops of the slider; "decided" for the decision as it was taken; or one stop per level of the column that is
            grouped by, ``{"Black": 0.4}``, the others keeping the audit's own.
        compare
            "difference" or "ratio".
        adjust
            A group column to hold equal, in one more column of the table; False for none.

        Returns
        -------
        Panel
            Itself.

        Raises
        ------
        LevelNotFound, MetricNotFound, ThresholdNotHeld
            If the panel has no such view; it then stays where it is.
        """
        now = self._choices.decode(self._live.state)
        names = now.by if by is None else by
        asked = self._choices.columns(names)
        kept = {axis: level for axis, level in now.where if axis not in asked}
        same_groups = asked == now.by
        if reference is None:
            reference = now.reference if same_groups or isinstance(now.reference, str) else "largest"
        wanted = self._choices.state(
            now.metric if metric is None else metric,
            names,
            kept if where is None else where,
            reference,
            self._kept_threshold(now, asked) if threshold is None else threshold,
            now.compare if compare is None else compare,
            self._kept_adjust(now, asked, where) if adjust is None else None if adjust is False else adjust,
        )
        wanted = replace(wanted, method=now.method, explained=now.explained if same_groups else None)
        self._live.state = self._choices.encode(wanted)
        return self

    def explain(self, method: Method = "gap", group: Any = None, *, progress: bool | Any = True, **options: Any) -> Panel:
        """Explain the view that the panel is at, show it under the view and keep it with what is recorded.

        Parameters
        ----------
        method
            "gap": what each input carries of the gap between the groups, at every stop of the slider (`decompose_gap`). "shap" or
            "lime": what each input moves in the model's answers, in each group (`explain`).
        group
            The group that is shown first; the one with the largest gap when None.
        progress
            As in `decompose_gap`.
        **options
            For `decompose_gap` or `explain`: ``max_predictions``, ``random_state``, ``background``, ``rows``, ...

        Returns
        -------
        Panel
            Itself.

        Raises
        ------
        RowsNotHeld
            If the audit holds no rows and no model.
        LevelNotFound
            If the explanation has no such group; what was found is kept.
        BadValue
            For a view whose gaps cannot be decomposed. The panel then stays as it is.

        Examples
        --------
        >>> import pandas as pd, fairlens as fl
        >>> X = pd.DataFrame({"income": [20, 30, 40, 50] * 30, "zip": ["n", "s"] * 60})
        >>> audit = fl.audit(X, model=lambda rows: rows["income"] / 100, threshold=0.35, favorable=1, sensitive_features={"sex": ["f", "f", "m"] * 40})
        >>> fl.panel(audit).explain("gap").view.why.fits
        True
        """
        check_method(method)
        state = replace(self._choices.decode(self._live.state), method=method, explained=None)
        told = self._explain(state, progress, options)
        self._keep(told)
        state = replace(state, explained=check_group(told, self._choices, state, group))
        self._live.state = self._choices.encode(state)
        return self

    @staticmethod
    def _kept_adjust(now: State, by: tuple[str, ...], where: Any) -> str | None:
        """An attribute that is now grouped or filtered by is not held equal any more."""
        taken = {*by, *(where if isinstance(where, Mapping) else ())}
        return None if now.adjust in taken else now.adjust

    def _kept_threshold(self, now: State, by: tuple[str, ...]) -> Any:
        """Thresholds by group go with the column they are for."""
        split = isinstance(now.threshold, GroupThresholds) and by != now.by
        kept = self._choices.audit.own_threshold if split else now.threshold
        return "decided" if kept is None else kept

    def record(self) -> None:
        """Record the view that the panel is at: ordinary outputs of this cell, saved with the notebook."""
        made = self._make_record()
        from IPython.core.getipython import get_ipython
        from IPython.display import display

        if get_ipython() is None:
            _log.warning(LABELS["outside"])
            return
        for data, metadata in made.outputs:
            display(data, metadata=metadata, raw=True)

    def _make_record(self) -> RecordedView:
        now = self.view
        state = dict(self._live.state)
        picture = _picture(now)
        why = now.why and now.why.picture()
        text = canonical([one.packed for one in self._told]) if self._told else ""
        made = RecordedView(inline(now.html(), self._text, state, text), Still.of(picture), state, Still.of(why) if why else None)
        self._recorded.append(made)
        return made

    def _answer(self, _live: LivePanel, content: Any, _buffers: Any) -> None:
        """Do what a button asks for; the view that it is about comes with the request."""
        kind = content.get("kind") if isinstance(content, dict) else None
        if kind == "cancel":
            self._explaining.cancel()
        elif kind in ("record", "explain"):
            self._live.state = content["state"]
            if kind == "record":
                self._record_in_slot()
            else:
                state = self._choices.decode(content["state"])
                self._explaining.start(lambda step: self._explain(state, step, {}), self._keep)

    def _explain(self, state: State, progress: Any, options: Mapping[str, Any]) -> Told:
        if self._explains is None:
            raise RowsNotHeld(
                "This panel was asked to explain a view.",
                "It was made of an audit for readers, or of one that holds no rows and no model.",
                hint="fl.panel(fl.audit(X, model=model, ...))",
                role="model",
            )
        return explain_view(self._explains, self._choices, state, progress=progress, options={"max_predictions": self._max_predictions, **options})

    def _keep(self, told: Told) -> None:
        """Store an explanation; one that explains the same view in the same way is replaced."""
        others = [one for one in self._told if not one.replaces(told)]
        self._told = [*others[1 - _MOST_TOLD :], told]
        self._live.explained = canonical([one.packed for one in self._told])

    def _tell(self, how_far: Mapping[str, Any]) -> None:
        self._live.working = dict(how_far)
        self._live.send({"working": dict(how_far)})

    def _record_in_slot(self) -> None:
        """A callback has no cell to write to, so it fills an empty output that was placed when the panel was shown."""
        if not self._slots:
            self._note.value = LABELS["no_slot"].format(k=len(self._recorded))
            return
        made = self._make_record()
        outputs = made.outputs  # the picture of the explanation, in between, is not always there
        slots = self._slots.pop(0)
        for slot, (data, metadata) in zip((*slots[: len(outputs) - 1], slots[-1]), outputs, strict=True):
            slot.update(data, metadata=metadata, raw=True)
        self._note.value = LABELS["recorded_note"].format(k=len(self._recorded))

    def _ipython_display_(self) -> None:
        from IPython.display import display

        bundle = self._repr_mimebundle_()
        data, metadata = bundle if isinstance(bundle, tuple) else (bundle, {})
        data = {**data, "text/plain": self.view.sentence}
        display(data, metadata=metadata, raw=True)
        empty = {"text/html": ""}
        self._slots = [tuple(display(empty, raw=True, display_id=True) for _ in range(_OUTPUTS)) for _ in range(_SLOTS)]

    def __repr__(self) -> str:
        return f"Panel at: {self.view.words}"


def _check_selection(audit: Audit | ProtectedAudit) -> None:
    """A panel filters by one level of an attribute, and groups by another one."""
    several = [axis for axis, levels in audit.selection if len(levels) != 1]
    split = isinstance(audit.threshold, GroupThresholds) and audit.threshold.axis in dict(audit.selection)
    if not several and not split and len(audit.selection) < len(audit.groups):
        return
    chosen_levels = ", ".join(f"{axis}={list(levels)!r}" for axis, levels in audit.selection)
    raise BadValue(
        f"A panel was asked for of an audit that is selected by {chosen_levels}.",
        "A panel starts at one level of some attributes and groups by another one, which thresholds by group are for.",
        hint="fl.panel(audit) of the whole audit, and pick the levels in it",
        role="audit",
        value=dict(audit.selection),
    )


def _picture(now: View) -> Any:
    """The still picture of a view, from the same published rows."""
    from ..plots import draw_groups

    state: State = now.state
    audit = now.choices.audit.where(**dict(state.where)).at(state.threshold)
    rates = audit.by_group(state.metric, list(state.by), now.confidence)
    return draw_groups(rates, title=now.sentence)


def panel(
    audit: Audit,
    *,
    metrics: Sequence[str | Metric] | None = None,
    confidence: float = 0.95,
    title: str = "Disparities between groups",
    profile: Any = "restricted",
    criteria: Criterion | Sequence[Criterion] = (),
    max_predictions: int = 5_000_000,
) -> Panel:
    """Open a live panel on an audit.

    Pick attributes, filter, choose metric, reference and threshold: every rate, interval, difference and sentence is computed in
    the browser, from the tables that may be published, with no round trip to the kernel.

    Parameters
    ----------
    audit
        An audit; it must know which decision a person wants (`favorable`).
    metrics
        Which rates to offer; all that the audit's roles allow when None.
    confidence
        Of every interval, between 0 and 1.
    title
        The name of the panel for those who cannot see it.
    profile
        As in `Audit.protect`.
    criteria
        One `Criterion`, or a list of them. The panel shows what `check` says of the published audit, at every stop of the threshold
        slider; always about everybody and at one threshold, whatever filter or thresholds by group are chosen.
    max_predictions
        The budget of one explanation that is asked for in the panel; it offers them where the audit holds rows and model.

    Returns
    -------
    Panel
        Show it as the last line of a cell.

    Raises
    ------
    RoleNeeded
        If `favorable` was not given, or a role that a criterion needs.
    BadValue
        If rows belong to persons, the audit is selected by more than a panel can show, a metric is no proportion of people, or criteria
        ask for more than 4,000 rulings.

    Examples
    --------
    >>> import fairlens as fl
    >>> hired, sex = [1, 1, 1, 0] * 25, ["m", "m", "f", "f"] * 25
    >>> audit = fl.audit(y_pred=hired, sensitive_features={"sex": sex}, favorable=1)
    >>> fl.panel(audit).show(reference="rest").view.rows[0].n
    50
    """
    if not isinstance(audit, Audit | ProtectedAudit):
        raise WrongKind(
            f"`audit` is a {type(audit).__name__}.",
            "A panel shows an audit.",
            hint="fl.panel(fl.audit(...))",
            role="audit",
        )
    if audit.spec.event_is_favorable is None:
        raise need_favorable("A panel")
    _check_selection(audit)
    if audit.spec.cluster is not None:
        raise BadValue(
            f"A panel was asked for of an audit whose rows belong to persons ({audit.spec.cluster!r}).",
            "Its intervals need to know which rows belong together, and that never leaves the kernel.",
            hint="audit.by_group(...).plot(), or fl.panel(fl.audit(data, ...)) of one row per person",
            role="cluster",
            value=audit.spec.cluster,
        )
    protected = audit.protect(profile)
    wanted = protected._metrics(metrics, confidence) if metrics is not None else chosen(None, protected.tables.has_y_true)
    protected._metrics(None, confidence)
    offered: list[Metric] = []
    for metric in wanted:
        if not isinstance(metric, Metric) or metric.of_all:
            raise BadValue(
                f"`metrics` has {metric.name!r}.",
                "A panel offers proportions of people: the browser computes nothing else.",
                hint=f"audit.by_group({metric.name!r}), and fl.panel(audit, metrics=['selection_rate'])",
                role="metrics",
                value=metric.name,
            )
        offered.append(metric)
    asked = (criteria,) if isinstance(criteria, Criterion) else criteria
    explains = audit if isinstance(audit, Audit) and audit.holds_rows else None
    return Panel(protected, tuple(offered), confidence, title, asked, explains, max_predictions)
