"""From a record back to a state: recorded views are read by the names of their columns and levels, not by positions."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from html.parser import HTMLParser
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .._levels import name_of
from .._slice import Slice, others_of
from ..exceptions import BadValue, FairlensError, LevelNotFound, listed
from ._differences import differences
from ._filled import filled
from ._inline import RecordedView
from ._moved import read_slice, read_view
from ._state import METHODS, State, read_slice_reference

if TYPE_CHECKING:
    from ._choices import Choices


class _Found(HTMLParser):
    """The states on a page, each with the digest of what it was sent with; and what was sent, by digest."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.states: list[tuple[str, str]] = []
        self.payloads: dict[str, str] = {}
        self._host = ""
        self._block: tuple[str, str] | None = None
        self._text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        of = {name: value or "" for name, value in attrs}
        kind = of.get("data-fairlens", "")
        if tag == "div" and kind == "view":
            self._host = of.get("data-payload", "")
        if tag == "script" and kind in ("state", "payload"):
            self._block, self._text = (kind, of.get("data-digest", "")), ""

    def handle_data(self, data: str) -> None:
        if self._block is not None:
            self._text += data

    def handle_endtag(self, tag: str) -> None:
        if tag != "script" or self._block is None:
            return
        kind, digest = self._block
        if kind == "payload":
            self.payloads[digest] = self._text
        else:
            self.states.append((self._text, self._host))
        self._block = None


def restored(choices: Choices, source: RecordedView | str | PathLike[str], number: int, payload: str) -> tuple[State, list[str]]:
    """Read a recorded view as a state of this panel; and say what the record says otherwise than this panel, whose payload is given.

    Raises
    ------
    BadValue
        If `source` holds no such view.
    LevelNotFound, MetricNotFound, ThresholdNotHeld
        If this panel lacks something of the view.
    """
    views = _read(source)
    try:
        raw, data = views[number]
    except (IndexError, TypeError) as error:
        raise BadValue(
            f"`number` is {number!r}.",
            f"There are {len(views)} recorded views in {_named(source)}.",
            hint="panel.restore(path, 0)" if views else "panel.record() in a cell, then save the notebook",
            role="number",
            value=number,
        ) from error
    try:
        slices, left = _kept_slices(choices, raw, data)
        state = _state(choices, {**raw, "slices": slices}, data)
        return state, [*differences(data, json.loads(payload), choices.texts), *left]
    except FairlensError:
        raise
    except (LookupError, TypeError, ValueError, AttributeError) as error:
        raise _broken(source) from error


def _read(source: Any) -> list[tuple[Mapping[str, Any], Mapping[str, Any]]]:
    try:
        return _views(source)
    except FairlensError:
        raise
    except (LookupError, TypeError, ValueError, AttributeError) as error:
        raise _broken(source) from error


def _broken(source: Any) -> BadValue:
    return BadValue(
        f"A view was to be restored from {_named(source)}.",
        "What is recorded there is broken, or was changed by hand.",
        hint='panel.restore("audit.html") of a file as it was exported',
        role="source",
        value=_named(source),
    )


def _named(source: Any) -> str:
    return "it" if isinstance(source, RecordedView) else str(source)


def _views(source: Any) -> list[tuple[Mapping[str, Any], Mapping[str, Any]]]:
    """The states of all recorded views, each with what it was sent with."""
    if isinstance(source, RecordedView):
        texts = [source.html]
    elif isinstance(source, str | PathLike):
        texts = _texts(Path(source))
    else:
        raise BadValue(
            f"`source` is a {type(source).__name__}.",
            "A view is restored from a recorded view, a notebook or an exported record.",
            hint='panel.restore("audit.html")',
            role="source",
        )
    found = _Found()
    for text in texts:
        found.feed(text)
    return [(json.loads(state), json.loads(found.payloads[digest])) for state, digest in found.states if digest in found.payloads]


def _texts(path: Path) -> list[str]:
    if not path.is_file():
        raise BadValue(f"`source` is {str(path)!r}.", "There is no such file.", hint='panel.restore("audit.html")', role="source", value=str(path))
    text = path.read_text("utf-8")
    if path.suffix != ".ipynb":
        return [text]
    try:
        cells = json.loads(text)["cells"]
    except (ValueError, KeyError, TypeError) as error:
        raise BadValue(
            f"`source` is {str(path)!r}.", "It is no notebook.", hint="save the notebook in which views were recorded", role="source", value=str(path)
        ) from error
    outputs = [output.get("data", {}).get("text/html", "") for cell in cells for output in cell.get("outputs", [])]
    return [one if isinstance(one, str) else "".join(one) for one in outputs]


def _kept_slices(choices: Choices, raw: Mapping[str, Any], data: Mapping[str, Any]) -> tuple[list[Any], list[str]]:
    """The saved slices of which this panel has all levels; and what is said of those that are left out."""
    kept, left = [], []
    for one in raw.get("slices") or []:
        try:
            for axis, codes in zip(data["axes"], one["at"], strict=True):
                for code in codes:
                    _level(choices, axis["name"], axis["levels"][code])
        except LevelNotFound as error:
            told = choices.texts["restored"]["slice_left"]
            left.append(filled(told, slice=one["name"], axis=str(error.role), level=str(error.value)))
        else:
            kept.append(one)
    return kept, left


def _state(choices: Choices, raw: Mapping[str, Any], data: Mapping[str, Any]) -> State:
    """The same view in this panel, whose columns, levels and stops may stand in another order."""
    names = [axis["name"] for axis in data["axes"]]
    by = [names[i] for i in raw["by"]]

    def level(axis: str, code: int) -> Any:
        said = data["axes"][names.index(axis)]["levels"][code]
        return _level(choices, axis, said)

    def kept(at: Any) -> dict[str, list[Any]]:
        codes = [[one] if isinstance(one, int) and one >= 0 else [] if isinstance(one, int) else one for one in at]
        return {axis: [level(axis, code) for code in some] for axis, some in zip(names, codes, strict=True) if some}

    kind, *group = raw["reference"]
    slice_ = raw.get("slice")
    reference = kind if kind != "group" or slice_ else tuple(level(axis, code) for axis, code in zip(by, group, strict=True))
    adjust = raw.get("adjust") or []
    found = choices.state(
        data["metrics"][raw["metric"]]["name"],
        by,
        kept(raw["at"]),
        "largest" if slice_ else reference,
        _threshold(raw, data, level),
        raw.get("compare", "difference"),
        [names[i] for i in ([adjust] if isinstance(adjust, int) else adjust) if i >= 0],
    )
    return _named_slices(choices, found, raw, kept)


def _named_slices(choices: Choices, found: State, raw: Mapping[str, Any], kept: Any) -> State:
    others = choices.labels["others"]
    slices = tuple(Slice(one["name"], kept(one["at"]), others) for one in raw.get("slices") or [])
    chosen = raw.get("slice") and Slice(raw["slice"]["name"], kept(raw["slice"]["at"]), others)
    method = (raw.get("why") or {}).get("method", "gap")
    costs = raw.get("costs")
    found = replace(
        found, slices=slices, slice=read_slice(choices, found, chosen or None), method=method if method in METHODS else "gap", view=read_view(choices, found, raw.get("view")),
        costs=costs and (float(costs[0]), float(costs[1])),
    )  # fmt: skip
    if chosen:
        kind, *codes = raw["reference"]
        wanted = kind if kind != "group" else (chosen.name, others_of(chosen))[codes[0]]
        found = replace(found, reference=read_slice_reference(chosen, wanted))
    return found


def _threshold(raw: Mapping[str, Any], data: Mapping[str, Any], level: Any) -> Any:
    stops, cuts = data["stops"], raw.get("cuts")
    if cuts is None:
        stop = stops[raw["stop"]]
        return "decided" if stop is None else stop
    axis = data["axes"][cuts["axis"]]
    return {level(axis["name"], code): stops[stop] for code, stop in enumerate(cuts["stops"])}


def _level(choices: Choices, axis: str, said: str) -> Any:
    have = choices.levels(axis) if axis in choices.axes else ()
    for one in have:
        if name_of(one) == said:
            return one
    raise LevelNotFound(
        f"The recorded view names {axis} = {said}.",
        f"{axis} has here: {listed(have)}." if have else f"This panel has the columns {listed(choices.axes)}.",
        hint="fl.panel(audit) of an audit with the same columns and levels",
        role=axis,
        value=said,
    )
