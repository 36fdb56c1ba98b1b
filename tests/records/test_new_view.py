"""A view that is added touches no other: a kind in Python, a file in the browser."""

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from pages import mounted
from playwright.sync_api import expect

import fairlens as fl
from fairlens.widgets import _kinds
from fairlens.widgets._program import program

MARK = """
VIEWS.push({ name: "extra", uses: ["by"], make: ({ section }) => {
  const told = el("p", { class: "extra" }), fails = button("Fail", () => { throw new Error("no such <thing>"); });
  const later = button("Fail later", () => Promise.reject(new Error("came to nothing"))), root = el("div", {}, told, fails, later);
  return { root, show({ data, state }) { told.textContent = `${section.greeting} ${state.by.map((axis) => data.axes[axis].name)}`; } };
} });
"""


@pytest.fixture(scope="module")
def audit():
    rng = np.random.default_rng(1)
    n = 600
    frame = pd.DataFrame({"race": rng.choice(["a", "b"], n), "sex": rng.choice(["f", "m"], n), "y": rng.integers(0, 2, n), "s": rng.random(n)})
    return fl.audit(frame, y_true="y", y_score="s", threshold=0.5, favorable=1, sensitive_features=["race", "sex"])


@pytest.fixture
def extended(audit, monkeypatch):
    labels = {**fl.panel(audit).texts["panel"], "view_extra": "Extra"}
    kind = _kinds.Kind("extra", lambda choices: {"greeting": "by"}, lambda view: "<p>by</p>", lambda view: None)
    monkeypatch.setattr(_kinds, "KINDS", (*_kinds.KINDS, kind))
    monkeypatch.setattr("fairlens.widgets._choices.Choices.labels", property(lambda self: labels))
    panel = fl.panel(audit)
    live = SimpleNamespace(_esm=program().replace("const PANELS =", f"{MARK}const PANELS ="), _css=panel._live._css)
    for field in ("payload", "state", "explained", "frozen", "looked"):
        setattr(live, field, getattr(panel._live, field))
    return SimpleNamespace(_live=live)


def test_what_goes_wrong_in_a_button_of_a_view_is_said_and_logged(browser, extended):
    with mounted(browser, extended) as (page, watch):
        page.look("Extra")
        for name, words in (("Fail", "no such <thing>"), ("Fail later", "came to nothing")):
            page.root.get_by_role("button", name=name, exact=True).click()
            expect(page.root.locator(".fl-error")).to_contain_text(words)
            assert words in page.page.evaluate("() => window.model.get('error')")
        page.choose("Group by", "sex")  # the rest still works, and what was said goes
        assert page.root.locator(".extra").text_content() == "by sex"
        assert page.root.locator(".fl-error").text_content() == ""
        assert watch.errors == []


def test_a_new_view_changes_no_other(browser, extended):
    with mounted(browser, extended) as (page, watch):
        page.look("Extra")
        assert page.root.locator(".extra").text_content() == "by race"
        page.choose("Group by", "sex")
        assert page.root.locator(".extra").text_content() == "by sex"
        page.look("Disparities")
        assert page.select("Group by").evaluate("one => one.selectedOptions[0].text") == "sex"
        assert watch.errors == []
