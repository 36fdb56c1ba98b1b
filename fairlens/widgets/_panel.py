"""Panel: the live view of an audit. Traits and callbacks; every number on it is computed in the browser."""

from __future__ import annotations

import logging
import os
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from os import PathLike
from typing import Any, Literal

import ipywidgets

from .._html import escape
from .._levels import Level
from .._slice import Slice
from ..disparities import Criterion
from ..exceptions import FairlensError, RowsNotHeld
from ..metrics import Metric
from ..texts import Texts
from ._choices import Choices
from ._code import code_of
from ._criteria import judge_all
from ._disparities_view import picture as draw_rates
from ._explaining import Explaining
from ._inline import RecordedView, Still, inline
from ._kinds import kind_of
from ._live import LivePanel
from ._looked_at import LookedAt, looked_html
from ._looking import Looking
from ._moved import Asked, moved
from ._payload import canonical, payload
from ._restored import restored
from ._shown import show_panel, wants_html
from ._state import Method, State
from ._static import static_html
from ._view import View
from ._why import Told, options_of, shown
from ._why_asked import check_group, check_method, explain_view

_log = logging.getLogger("fairlens")
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
        choices: Choices,
        first: State,
        title: str,
        criteria: Sequence[Criterion] = (),
        max_predictions: int = 5_000_000,
        as_html: bool | None = None,
    ) -> None:
        self._choices = choices
        self._max_predictions = max_predictions
        self.as_html = wants_html(os.environ) if as_html is None else as_html
        self._told: list[Told] = []
        self._recorded: list[RecordedView] = []
        self._differences: tuple[str, ...] = ()
        self._slots: list[tuple[Any, ...]] = []
        self._strip = judge_all(choices, criteria)
        self._text = payload(choices, title, self._strip)
        self._live = LivePanel(payload=self._text, state=choices.encode(first))
        self._looking = Looking(choices, criteria, self._show_looked)
        self._show_looked()
        self._explaining = Explaining(self._tell, choices.texts.language)
        self._live.on_msg(self._answer)
        self._note = ipywidgets.HTML()
        super().__init__([self._live, self._note])

    @property
    def recorded(self) -> tuple[RecordedView, ...]:
        """The views recorded so far."""
        return tuple(self._recorded)

    @property
    def differences(self) -> tuple[str, ...]:
        """What the record that was restored last says otherwise than this panel; empty where that is nothing."""
        return self._differences

    @property
    def texts(self) -> Texts:
        """The words of the panel."""
        return self._choices.texts

    @property
    def slices(self) -> tuple[Slice, ...]:
        """The slices that were saved under a name."""
        return self._choices.decode(self._live.state).slices

    @property
    def view(self) -> View:
        """The view that the panel is at, measured in Python."""
        raw = self._live.state
        return View(self._choices, self._choices.decode(raw), self._strip, shown(self._told, raw))

    @property
    def looked_at(self) -> LookedAt:
        """The views that were looked at in this kernel until now, and what stands out after allowing for all that was explored."""
        return LookedAt.of(self._looking, self.texts)

    @property
    def code(self) -> str:
        """The calls that give the table and the picture of the view that the panel is at."""
        state = self._choices.decode(self._live.state)
        return code_of(self._choices, state, options_of(self._told, self._live.state, state.method))

    def show(
        self,
        metric: str | Metric | None = None,
        by: str | Sequence[str] | None = None,
        where: Mapping[str, Level | Sequence[Level]] | None = None,
        reference: Level | Sequence[Level] | None = None,
        threshold: float | Mapping[Level, float] | Literal["decided"] | None = None,
        compare: Literal["difference", "ratio"] | None = None,
        adjust: str | Sequence[str] | Literal[False] | None = None,
        view: str | None = None,
        slice: str | Slice | Literal[False] | None = None,
    ) -> Panel:
        """Bring the panel to a view; what is not given stays as it is.

        Parameters
        ----------
        metric
            One of the metrics that the panel offers.
        by
            One to four group columns.
        where
            The levels to keep of some group columns, one or several of each; ``{}`` for everybody.
        reference
            "largest", "rest", "overall", a level, or a tuple of levels where `by` has several columns.
        threshold
            One of the stops of the slider; "decided" for the decision as it was taken; or one stop per level of the column that is
            grouped by, ``{"Black": 0.4}``, the others keeping the audit's own.
        compare
            "difference" or "ratio".
        adjust
            Group columns to hold equal, in one more column of the table; False for none.
        view
            Which view to look at: "data", "disparities", "thresholds", "why".
        slice
            A saved slice or its name, to compare with everybody else in place of the groups of `by`; False for the groups.

        Returns
        -------
        Panel
            Itself.

        Raises
        ------
        LevelNotFound, MetricNotFound, ThresholdNotHeld, BadValue
            If the panel has no such view; it then stays where it is.
        """
        now = self._choices.decode(self._live.state)
        wanted = moved(self._choices, now, Asked(metric, by, where, reference, threshold, compare, adjust, view, slice))
        self._live.state = self._choices.encode(wanted)
        return self

    def restore(self, source: RecordedView | str | PathLike[str], number: int = -1) -> Panel:
        """Bring the panel to a view that was recorded.

        Where the record was made otherwise (another confidence, profile, favorable outcome, other levels or other counts), the panel says so,
        and so does `differences`. Saved slices of levels that are not here are left out.

        Parameters
        ----------
        source
            A recorded view; or the path of a notebook (.ipynb) or an exported record (.html) that holds some.
        number
            Which of them, as a list counts: 0 is the first, -1 the last.

        Returns
        -------
        Panel
            Itself.

        Raises
        ------
        BadValue
            If there is no such view in it.
        LevelNotFound, MetricNotFound, ThresholdNotHeld
            If this panel lacks a column, a level, a metric or a threshold of the view; the panel then stays where it is.
        """
        state, told = restored(self._choices, source, number, self._text)
        self._live.state = self._choices.encode(state)
        self._differences = tuple(told)
        lines = "".join(f"<li>{escape(line)}</li>" for line in told)
        heading = self.texts["restored"]["differs"]
        self._note.value = f'<div role="status" lang="{self.texts.language}"><p>{escape(heading)}</p><ul>{lines}</ul></div>' if told else ""
        for line in told:
            _log.warning(line)
        return self

    def explain(self, method: Method = "gap", group: Any = None, *, progress: bool | Any = True, **options: Any) -> Panel:
        """Explain the view that the panel is at, look at that, and keep it with what is recorded.

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
        state = replace(self._choices.decode(self._live.state), method=method, explained=None, view="why")
        told = self._explain(state, progress, options)
        self._keep(told)
        state = replace(state, explained=check_group(told, self._choices, state, group))
        self._live.state = self._choices.encode(state)
        return self

    def record(self) -> None:
        """Record the view that the panel is at: ordinary outputs of this cell, saved with the notebook."""
        made = self._make_record()
        from IPython.core.getipython import get_ipython
        from IPython.display import display

        if get_ipython() is None:
            _log.warning(self._choices.labels["outside"])
            return
        for data, metadata in made.outputs:
            display(data, metadata=metadata, raw=True)

    def _look(self, state: Mapping[str, Any]) -> None:
        self._looking.add(state, datetime.now(UTC))

    def _show_looked(self) -> None:
        if self._live.comm is not None:  # closed panels stay as they are
            self._live.looked = self.looked_at.packed

    def _make_record(self) -> RecordedView:
        now = self.view
        state = dict(self._live.state)
        self._look(state)  # what is recorded was looked at, however short
        picture = kind_of(now.state.view).picture(now) or draw_rates(now)
        why = now.why.picture() if now.why and now.state.view in ("disparities", "why") else None
        text = canonical([one.packed for one in self._told]) if self._told else ""
        made = RecordedView(inline(static_html(now, looked_html(self.looked_at)), self._text, state, text), Still.of(picture), state, Still.of(why) if why else None)
        self._recorded.append(made)
        return made

    def _answer(self, _live: LivePanel, content: Any, _buffers: Any) -> None:
        """Do what a button asks for; the view that it is about comes with the request."""
        kind = content.get("kind") if isinstance(content, dict) else None
        if kind == "cancel":
            self._explaining.cancel()
        elif kind == "looked":
            self._look(content["state"])
        elif kind in ("record", "explain"):
            self._live.state = content["state"]
            if kind == "record":
                self._record_and_say(content.get("ask"))
            else:
                state = self._choices.decode(content["state"])
                self._explaining.start(lambda step: self._explain(state, step, {}), self._keep)

    def _explain(self, state: State, progress: Any, options: Mapping[str, Any]) -> Told:
        if self._choices.raw is None:
            raise RowsNotHeld(
                "This panel was asked to explain a view.",
                "It was made of an audit for readers, or of one that holds no rows and no model.",
                hint="fl.panel(fl.audit(X, model=model, ...))",
                role="model",
            )
        return explain_view(self._choices.raw, self._choices, state, progress=progress, options={"max_predictions": self._max_predictions, **options})

    def _keep(self, told: Told) -> None:
        """Store an explanation; one that explains the same view in the same way is replaced."""
        others = [one for one in self._told if not one.replaces(told)]
        self._told = [*others[1 - _MOST_TOLD :], told]
        self._live.explained = canonical([one.packed for one in self._told])

    def _tell(self, how_far: Mapping[str, Any]) -> None:
        self._live.working = dict(how_far)
        self._live.send({"working": dict(how_far)})

    def _record_and_say(self, ask: Any) -> None:
        """Record, and answer the request, so that the front end knows that there is a kernel, and what went wrong in it."""
        try:
            self._record_in_slot()
        except Exception as error:  # told in the panel, in the log, and to whoever runs this callback
            _log.exception("The panel could not record this view")
            self._live.send({"recorded": ask, "error": self._choices.labels["error"].replace("{message}", str(error))})
            raise FairlensError("The panel could not record this view.", f"{type(error).__name__}: {error}", hint="panel.record()") from error
        self._live.send({"recorded": ask})

    def _record_in_slot(self) -> None:
        """A callback has no cell to write to, so it fills an empty output that was placed when the panel was shown."""
        if not self._slots:
            self._note.value = self._choices.labels["no_slot"].format(k=len(self._recorded))
            return
        made = self._make_record()
        outputs = made.outputs  # the picture of the explanation, in between, is not always there
        slots = self._slots.pop(0)
        for slot, (data, metadata) in zip((*slots[: len(outputs) - 1], slots[-1]), outputs, strict=True):
            slot.update(data, metadata=metadata, raw=True)
        self._note.value = self._choices.labels["recorded_note"].format(k=len(self._recorded))

    def _ipython_display_(self) -> None:
        from IPython.display import display

        self._slots = show_panel(self, display)

    def __repr__(self) -> str:
        return f"Panel at: {self.view.words}"
