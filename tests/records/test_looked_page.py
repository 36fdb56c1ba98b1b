"""What was looked at, in a bare page: a live panel tells each state that rests, an exported page nothing. The clock is the test's own."""

import json
from contextlib import contextmanager

import numpy as np
import pandas as pd
import pytest
from pages import PanelPage, Watch, export

import fairlens as fl
from fairlens.widgets._program import program, style

MOUNT = """async ({ text, css, values }) => {
    document.head.append(Object.assign(document.createElement("style"), { textContent: css }));
    const listeners = new Map(), heard = (name) => listeners.get(name) ?? [];
    window.sent = [];
    window.model = {
        get: (name) => values[name],
        set(name, value) { values[name] = value; for (const act of heard(`change:${name}`)) act(); },
        on: (name, act) => listeners.set(name, [...heard(name), act]),
        off: (name, act) => listeners.set(name, heard(name).filter((one) => one !== act)),
        send: (message) => window.sent.push(structuredClone(message)),
        save_changes() {},
    };
    const { default: widget } = await import(URL.createObjectURL(new Blob([text], { type: "text/javascript" })));
    window.leave = widget.render({ model: window.model, el: document.body });
}"""


@pytest.fixture(scope="module")
def audit():
    rng = np.random.default_rng(5)
    n = 900
    frame = pd.DataFrame({"sex": rng.choice(["f", "m"], n), "race": rng.choice(["a", "b", "c"], n), "y": rng.integers(0, 2, n)})
    frame["p"] = (rng.random(n) < 0.4 + 0.2 * (frame["race"] == "a")).astype(int)
    return fl.audit(frame, y_true="y", y_pred="p", favorable=1, sensitive_features=["sex", "race"])


@contextmanager
def still_page(browser, **options):
    """A page whose clock goes on only when the test says so, with the network off."""
    context = browser.new_context(offline=True, viewport={"width": 1200, "height": 900}, **options)
    page = context.new_page()
    page.clock.install(time=0)
    page.clock.pause_at(1000)
    watch = Watch(page)
    try:
        yield page, watch
    finally:
        context.close()


@contextmanager
def live(browser, panel, frozen=False, **options):
    """The program of a panel on a bare page, with a model that keeps what is sent."""
    values = {"payload": panel._text, "state": panel._live.state, "explained": "[]", "looked": panel._live.looked, "frozen": frozen}
    with still_page(browser, **options) as (page, watch):
        page.goto("about:blank")
        page.evaluate(MOUNT, {"text": program(), "css": style(), "values": values})
        yield page, watch


def sent(page):
    return page.evaluate("() => window.sent")


def answer(page, panel):
    """Do in Python what was asked for since, and tell the page."""
    for message in page.evaluate("() => window.sent.splice(0)"):
        panel._answer(panel._live, message, [])
    page.evaluate("text => window.model.set('looked', text)", panel._live.looked)


def test_a_live_panel_tells_each_state_that_rests_once(browser, audit):
    panel = fl.panel(audit)
    with live(browser, panel) as (page, watch):
        page.clock.run_for(999)
        assert sent(page) == []
        page.clock.run_for(1)
        assert [(one["kind"], one["state"]["metric"]) for one in sent(page)] == [("looked", 0)]
        hands = PanelPage(page)
        hands.choose("Metric", "Accuracy")
        page.clock.run_for(600)
        hands.choose("Metric", "Precision")
        page.clock.run_for(999)
        assert len(sent(page)) == 1
        page.clock.run_for(1)
        hands.choose("Compare by", "ratios")  # the same test
        page.clock.run_for(5000)
        assert len(sent(page)) == 2
        answer(page, panel)
        assert [entry.metric.name for entry in panel.looked_at.entries] == ["selection_rate", "precision"]
        page.evaluate("() => window.leave()")
        page.evaluate("() => window.model.set('state', { ...window.model.get('state'), metric: 1 })")
        page.clock.run_for(5000)
        assert sent(page) == []
        assert watch.errors == []


def test_the_line_says_what_the_kernel_says_and_opens_to_the_same_table(browser, audit):
    panel = fl.panel(audit, criteria=fl.Criterion("selection_rate", margin=0.05, by="race"))
    with live(browser, panel) as (page, watch):
        foot = page.locator(".fl-looked")
        assert foot.inner_text().strip() == "Nothing is counted yet. A view counts once it has stood for a second."
        page.clock.run_for(1000)
        answer(page, panel)
        summary = foot.locator("summary")
        assert summary.inner_text().strip() == panel.looked_at.sentence
        summary.focus()
        page.keyboard.press("Enter")
        assert foot.locator("table").is_visible()
        page.evaluate("by => window.model.set('state', { ...window.model.get('state'), by })", [1])
        page.clock.run_for(1000)
        answer(page, panel)
        assert foot.locator("table").first.is_visible()  # what is open stays open, and the focus stays
        assert page.evaluate("() => document.activeElement.tagName") == "SUMMARY"
        assert summary.inner_text().strip() == panel.looked_at.sentence
        assert panel.looked_at.sentence.startswith("2 views were looked at; one of them was planned.")
        packed = json.loads(panel.looked_at.packed)
        tables = foot.locator("table")
        assert tables.count() == len(packed["parts"]) == 2
        for nth, part in enumerate(packed["parts"]):
            assert tables.nth(nth).locator("caption").inner_text() == part["caption"]
            cells = tables.nth(nth).locator("tbody tr").evaluate_all(
                "rows => rows.map(row => [...row.cells].map(cell => 'value' in cell.dataset ? [cell.textContent, Number(cell.dataset.value)] : cell.textContent))"
            )
            assert cells == part["rows"]
        keys = foot.locator("summary, [tabindex]").evaluate_all("all => all.map(one => one.dataset.lmSuppressShortcuts)")
        assert keys == ["true"] * 3
        assert watch.errors == []


def test_a_frozen_panel_sends_nothing_and_says_so(browser, audit):
    panel = fl.panel(audit)
    panel._answer(panel._live, {"kind": "looked", "state": panel._live.state}, [])
    with live(browser, panel, frozen=True) as (page, watch):
        PanelPage(page).choose("Metric", "Accuracy")
        page.clock.run_for(10_000)
        assert sent(page) == []
        foot = page.locator(".fl-looked")
        assert foot.locator("p").first.inner_text() == "What is looked at here is not counted."
        assert foot.locator("summary").inner_text().strip() == f"Before this view was recorded: {panel.looked_at.sentence}"
        assert watch.errors == []


def test_an_exported_page_counts_nothing_and_holds_the_log_of_before(browser, audit, tmp_path):
    panel = fl.panel(audit)
    panel._answer(panel._live, {"kind": "looked", "state": panel._live.state}, [])
    panel._make_record()
    path = export(tmp_path / "r.html", panel)
    with still_page(browser) as (page, watch):
        page.goto(path.resolve().as_uri())
        page.locator("[data-live=yes]").wait_for()
        told = page.locator(".fl-static .fl-looked")
        before = told.inner_html()
        PanelPage(page).choose("Metric", "Accuracy")
        page.clock.run_for(10_000)
        assert page.locator(".fl-live .fl-looked").inner_text().strip() == "What is looked at here is not counted."
        assert told.inner_html() == before
        assert panel.looked_at.sentence in told.locator("summary").inner_text()
        assert watch.errors == []


@pytest.mark.parametrize(("width", "scheme"), [(1200, "light"), (480, "dark")])
def test_the_log_is_no_wider_than_its_panel(browser, audit, width, scheme):
    panel = fl.panel(audit, language="es")
    for metric in ("selection_rate", "accuracy"):
        panel.show(metric, by=["sex", "race"])
        panel._answer(panel._live, {"kind": "looked", "state": panel._live.state}, [])
    with live(browser, panel, color_scheme=scheme) as (page, watch):
        page.set_viewport_size({"width": width, "height": 900})
        page.locator(".fl-looked summary").click()
        assert page.evaluate("() => document.documentElement.scrollWidth") <= width
        assert "Se han mirado 2 vistas" in page.locator(".fl-looked summary").inner_text()
        assert watch.errors == []
