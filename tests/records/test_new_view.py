"""A view that is added touches no other: a kind in Python, a file in the browser."""

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from pages import mounted

import fairlens as fl
from fairlens.widgets import _kinds
from fairlens.widgets._program import program

MARK = """
VIEWS.push({ name: "extra", uses: ["by"], make: ({ section }) => {
  const root = el("p", { class: "extra" });
  return { root, show({ data, state }) { root.textContent = `${section.greeting} ${state.by.map((axis) => data.axes[axis].name)}`; } };
} });
"""


@pytest.fixture(scope="module")
def audit():
    rng = np.random.default_rng(1)
    n = 600
    frame = pd.DataFrame({"race": rng.choice(["a", "b"], n), "sex": rng.choice(["f", "m"], n), "y": rng.integers(0, 2, n), "s": rng.random(n)})
    return fl.audit(frame, y_true="y", y_score="s", threshold=0.5, favorable=1, sensitive_features=["race", "sex"])


def test_a_new_view_changes_no_other(audit, browser, monkeypatch):
    labels = {**fl.panel(audit).texts["panel"], "view_extra": "Extra"}
    kind = _kinds.Kind("extra", lambda choices: {"greeting": "by"}, lambda view: "<p>by</p>", lambda view: None)
    monkeypatch.setattr(_kinds, "KINDS", (*_kinds.KINDS, kind))
    monkeypatch.setattr("fairlens.widgets._choices.Choices.labels", property(lambda self: labels))
    panel = fl.panel(audit)
    live = SimpleNamespace(_esm=program().replace("const PANELS =", f"{MARK}const PANELS ="), _css=panel._live._css)
    for field in ("payload", "state", "explained", "frozen", "looked"):
        setattr(live, field, getattr(panel._live, field))
    with mounted(browser, SimpleNamespace(_live=live)) as (page, watch):
        page.look("Extra")
        assert page.root.locator(".extra").text_content() == "by race"
        page.choose("Group by", "sex")
        assert page.root.locator(".extra").text_content() == "by sex"
        page.look("Disparities")
        assert page.select("Group by").evaluate("one => one.selectedOptions[0].text") == "sex"
        assert watch.errors == []
