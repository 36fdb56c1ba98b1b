"""What the browser is sent: published counts, metric definitions, texts. No person, no formula, no name in the program."""

from __future__ import annotations

import json
from typing import Any

import numpy as np

from .._blanking import subsets
from .._html import number
from .._levels import name_of
from .._spec import Spec
from ..metrics import Metric
from ..metrics._disparity import REASONS
from ..metrics._sentence import MAX_NAMED, TEXTS, words_of
from ..stats import normal_quantile
from ._criteria import Strip
from ._state import METHODS, MOST_SLIDERS, Choices
from ._texts import LABELS, WHY
from ._why_asked import decomposable, no_gap_text

FORMAT = "fairlens-panel/2"


def payload(choices: Choices, confidence: float, title: str, strip: Strip | None = None, *, can_explain: bool = False) -> str:
    """Write everything the browser needs as one canonical JSON text: sorted keys, no white space, shortest numbers.

    The order of axes, levels, tables, metrics and stops stands in lists, since keys are sorted when a notebook is saved.
    """
    audit = choices.audit
    tables = audit.tables
    weighted = "w" in tables.cube.sums
    labels = [0, 1, 2] if tables.has_y_true else [2]
    shown = []
    for subset in subsets(tables.axes):
        table = tables.table(subset)
        sums = {"counts": "n", "weights": "w", "squares": "w2"} if weighted else {"counts": "n"}
        found = {name: tables.sums(subset, sum_name)[:, labels, :, : 2 if tables.decided else 1] for name, sum_name in sums.items()}
        cells = {
            name: [None if blank else cell.reshape(-1).tolist() for blank, cell in zip(table.blank, values, strict=True)]
            for name, values in found.items()
        }
        shown.append({"axes": [tables.axes.index(axis) for axis in subset], "codes": table.codes.tolist(), **cells})
    spec = audit.spec
    most = max((len(table["codes"]) for table in shown if len(table["axes"]) <= 2), default=1)
    content = {
        "format": FORMAT,
        "title": title,
        "axes": [{"name": axis, "levels": [name_of(level) for level in tables.levels(axis)]} for axis in tables.axes],
        "labels": labels,
        "weighted": weighted,
        "decided": tables.decided,
        "steps": list(tables.steps) if tables.steps is not None else None,
        "stops": list(choices.stops),
        "stop_names": [LABELS["decided"] if stop is None else number(stop) for stop in choices.stops],
        "cut_stop": choices.cut_stop,
        "sliders": MOST_SLIDERS,
        "own_stop": choices.stops.index(audit.own_threshold),
        "tables": shown,
        "metrics": [_metric(metric, spec) for metric in choices.metrics],
        "confidence": confidence,
        "z": [normal_quantile(confidence, k) for k in range(1, most + 1)],
        "least": spec.min_denominator,
        "reasons": {
            name: text.format(least=spec.min_denominator, floor=spec.suppress_below) for name, text in REASONS.items()
        },
        "texts": dict(TEXTS),
        "named": MAX_NAMED,
        "ui": dict(LABELS),
        "persons": spec.word("persons"),
        "favorable": spec.event_is_favorable,
        "banner": audit.banner,
        "remarks": list(audit.remarks),
        "criteria": strip and strip.pack(),
        "why": {"can": can_explain, "methods": list(METHODS), "gaps": decomposable(choices), "ui": {**WHY, "no_gap": no_gap_text()}},
    }
    return canonical(content)


def canonical(content: Any) -> str:
    """Write plain data as JSON in one form only."""
    return json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False, default=_number)


def _metric(metric: Metric, spec: Spec) -> dict[str, Any]:
    wanted = spec.event_is_favorable
    good = None if wanted is None or metric.favorable is None else wanted == (metric.favorable == "event")
    return {
        "name": metric.name,
        "label": metric.label,
        "numerator": list(metric.numerator),
        "denominator": list(metric.denominator),
        "good": good,
        **words_of(spec, metric),
    }


def _number(value: Any) -> Any:
    if isinstance(value, np.generic):
        return value.item()
    raise TypeError(f"{type(value).__name__} cannot be written as JSON")
