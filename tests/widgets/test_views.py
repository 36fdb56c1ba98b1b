"""The views of a panel: what each needs, that every one can be recorded."""

import re

import numpy as np
import pandas as pd
import pytest

import fairlens as fl
from fairlens.widgets import _kinds
from fairlens.widgets._program import program


@pytest.fixture(scope="module")
def audit():
    rng = np.random.default_rng(1)
    n = 600
    frame = pd.DataFrame({"race": rng.choice(["a", "b"], n), "sex": rng.choice(["f", "m"], n), "y": rng.integers(0, 2, n), "s": rng.random(n)})
    return fl.audit(frame, y_true="y", y_score="s", threshold=0.5, favorable=1, sensitive_features=["race", "sex"])


def test_python_and_the_browser_know_the_same_views(audit):
    drawn = re.findall(r'VIEWS\.push\(\{ name: "(\w+)"', program())
    assert sorted(drawn) == sorted(kind.name for kind in _kinds.KINDS)
    assert len(set(drawn)) == len(drawn) >= 4


@pytest.mark.parametrize("name", [kind.name for kind in _kinds.KINDS])
def test_every_view_is_recorded_with_a_sentence_a_table_and_a_picture(audit, name):
    panel = fl.panel(audit).show(view=name, by=["sex", "race"], where={})
    made = panel._make_record()
    assert made.png.startswith(b"\x89PNG")
    assert made.alt
    assert '<p class="fl-sentence"' in made.html
    assert "<table" in made.html
    assert made.state["view"] == name


def test_a_view_that_is_not_there_is_an_error(audit):
    with pytest.raises(fl.exceptions.BadValue, match="view"):
        fl.panel(audit).show(view="nowhere")
