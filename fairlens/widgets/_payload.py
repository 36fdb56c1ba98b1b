"""What the browser is sent: published counts, metric definitions, texts. No person, no formula, no name in the program."""

from __future__ import annotations

import json
from math import prod
from typing import Any

import numpy as np

from .._blanking import subsets
from .._levels import name_of
from ..metrics import Metric
from ..metrics._sentence import MAX_NAMED, words_of
from ..stats import normal_quantile
from ._choices import Choices
from ._code import pack_code
from ._criteria import Strip
from ._cuts import MOST_SLIDERS
from ._kinds import packed_views
from ._looked_texts import looked_ui
from ._state import MOST_ATTRIBUTES

FORMAT = "fairlens-panel/3"


def payload(choices: Choices, title: str, strip: Strip | None = None) -> str:
    """Write everything the browser needs as one canonical JSON text: sorted keys, no white space, shortest numbers.

    The order of axes, levels, tables, metrics, stops and views stands in lists, since keys are sorted when a notebook is saved.
    """
    audit, tables, texts = choices.audit, choices.audit.tables, choices.texts
    spec = audit.spec
    shown = _tables(choices)
    most = max((len(table["codes"]) for table in shown if len(table["axes"]) <= MOST_ATTRIBUTES), default=1)
    limits = {"least": spec.min_denominator, "floor": spec.suppress_below}
    content = {
        "format": FORMAT,
        "title": title,
        "language": texts.language,
        "numbers": dict(texts.marks),
        "axes": [{"name": axis, "levels": [name_of(level) for level in tables.levels(axis)]} for axis in tables.axes],
        "labels": _labels(choices),
        "weighted": "w" in tables.cube.sums,
        "decided": tables.decided,
        "steps": list(tables.steps) if tables.steps is not None else None,
        "stops": list(choices.stops),
        "stop_names": list(choices.stop_names),
        "cut_stop": choices.cut_stop,
        "sliders": MOST_SLIDERS,
        "most_by": MOST_ATTRIBUTES,
        "sliceable": not spec.membership,
        "own_stop": choices.stops.index(audit.own_threshold),
        "tables": shown,
        "metrics": [_metric(choices, metric) for metric in choices.metrics],
        "confidence": choices.confidence,
        "z": [normal_quantile(choices.confidence, k) for k in range(1, most + 1)],
        "least": spec.min_denominator,
        "reasons": {name: text.format(**limits) for name, text in texts["reasons"].items()},
        "texts": dict(texts["sentence"]),
        "named": MAX_NAMED,
        "ui": dict(texts["panel"]),
        "favorable": spec.event_is_favorable,
        "banner": choices.banner,
        "remarks": list(choices.remarks),
        "notes": list(choices.notes),
        "criteria": strip and strip.pack(),
        "views": packed_views(choices),
        "code": pack_code(choices),
        "looked": {"ui": looked_ui(texts)},
    }
    return canonical(content)


def _labels(choices: Choices) -> list[int]:
    return [0, 1, 2] if choices.audit.tables.has_y_true else [2]


def _tables(choices: Choices) -> list[dict[str, Any]]:
    """The published table of every subset of the group columns; a blank cell has no counts."""
    tables, shown = choices.audit.tables, []
    sums = {"counts": "n", "weights": "w", "squares": "w2"} if "w" in tables.cube.sums else {"counts": "n"}
    for subset in subsets(tables.axes):
        table = tables.table(subset)
        found = {name: tables.sums(subset, sum_name)[:, _labels(choices), :, : 2 if tables.decided else 1] for name, sum_name in sums.items()}
        cells = {
            name: [None if blank else cell for blank, cell in zip(table.blank, values.reshape(len(values), prod(values.shape[1:])).tolist(), strict=True)]
            for name, values in found.items()
        }
        shown.append({"axes": [tables.axes.index(axis) for axis in subset], "codes": table.codes.tolist(), **cells})
    return shown


def canonical(content: Any) -> str:
    """Write plain data as JSON in one form only."""
    return json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False, default=_number)


def _metric(choices: Choices, metric: Metric) -> dict[str, Any]:
    wanted = choices.audit.spec.event_is_favorable
    good = None if wanted is None or metric.favorable is None else wanted == (metric.favorable == "event")
    return {
        "name": metric.name,
        "label": choices.label(metric),
        "numerator": list(metric.numerator),
        "denominator": list(metric.denominator),
        "good": good,
        **words_of(choices.audit.spec, metric, choices.texts),
    }


def _number(value: Any) -> Any:
    if isinstance(value, np.generic):
        return value.item()
    raise TypeError(f"{type(value).__name__} cannot be written as JSON")
