"""What tests of pictures share: small audits with known rates, and readers of what was drawn."""

from __future__ import annotations

import itertools

import numpy as np
import pandas as pd
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.text import Annotation, Text

import fairlens as fl
from fairlens.plots._theme import quiet

WORDS = {"decision": "approved", "person": "applicant"}


@pytest.fixture
def audit_of():
    """Make an audit from ``{level: (people, selected)}`` of one attribute."""

    def make(groups, attribute="race", **options):
        level = [name for name, (people, _) in groups.items() for _ in range(people)]
        decision = [int(i < selected) for people, selected in groups.values() for i in range(people)]
        return fl.audit(
            y_pred=decision, sensitive_features={attribute: level}, favorable=1, words=WORDS, **options
        )

    return make


@pytest.fixture
def gap_of():
    """Make a decomposed gap between f and m of a model of `inputs` columns, of which the first two differ by group."""

    def make(inputs=3, *, permuted=False, tilt=1.0, names=None, levels=("f", "m"), group=None, **options):
        rng = np.random.default_rng(7)
        people = 240
        first = rng.random(people) < 0.4
        X = pd.DataFrame({f"input {j}": rng.normal(size=people) for j in range(inputs)})
        X["input 0"] += tilt * ~first
        X["input 1"] += 0.6 * tilt * ~first
        X.columns = names or X.columns
        weights = 1 / np.arange(1, inputs + 1)
        sex = np.where(first, *levels)
        if permuted:
            sex = rng.permutation(sex)
        audit = fl.audit(
            X,
            model=lambda rows: (rows.to_numpy(float) @ weights > 0.5).astype(int),
            sensitive_features={"sex": sex},
            favorable=1,
            words=WORDS,
        )
        return fl.decompose_gap(
            audit, group or levels[0], n_rounds=2, progress=False, random_state=0, **options
        )

    return make


@pytest.fixture
def found():
    """Read artists back by their gid."""

    def find(ax, gid):
        return [child for child in ax.get_children() if str(child.get_gid() or "").startswith(gid)]

    return find


@pytest.fixture
def overlaps():
    """List pairs of texts of a figure that cover each other, and texts that leave the page."""

    def check(figure):
        FigureCanvasAgg(figure)
        with quiet():
            figure.canvas.draw()
            renderer = figure.canvas.get_renderer()
            boxes = [(text.get_text(), _box(text, renderer)) for text in _texts(figure)]
        page = figure.bbox
        wrong = [
            (text, "leaves the page")
            for text, box in boxes
            if box.x0 < page.x0 - 1 or box.x1 > page.x1 + 1 or box.y0 < page.y0 - 1 or box.y1 > page.y1 + 1
        ]
        for (one, box), (other, its) in itertools.combinations(boxes, 2):
            if (
                min(box.x1, its.x1) - max(box.x0, its.x0) > 1
                and min(box.y1, its.y1) - max(box.y0, its.y0) > 1
            ):
                wrong.append((one, other))
        return wrong

    return check


def _texts(figure):
    return [
        text
        for text in figure.findobj(Text)
        if text.get_visible() and text.get_text().strip() and _drawn(text)
    ]


def _drawn(text):
    """Ticks outside of the limits are kept by matplotlib, and not drawn."""
    axes = text.axes
    if axes is None or isinstance(text, Annotation):
        return True
    ticks = [*axes.xaxis.get_major_ticks(), *axes.yaxis.get_major_ticks()]
    for tick in ticks:
        if text in (tick.label1, tick.label2):
            low, high = sorted(
                tick.axes.get_xlim() if tick in axes.xaxis.get_major_ticks() else axes.get_ylim()
            )
            return low <= tick.get_loc() <= high
    return True


def _box(text, renderer):
    if isinstance(text, Annotation):
        return Text.get_window_extent(text, renderer)
    return text.get_window_extent(renderer)
