"""The explanation on an exported page: it follows the slider, is greyed where it explains another view, and says what Python says."""

import json

import numpy as np
import pandas as pd
import pytest
from bs4 import BeautifulSoup
from pages import PanelPage, export, offline_page

import fairlens as fl
from fairlens.records import RecordExporter

_LINES = """root => [...root.querySelectorAll(".fl-why table tr")].map(row => [...row.cells]
    .filter(cell => !cell.classList.contains("fl-bar")).map(cell => ({text: cell.textContent, value: cell.dataset.value ?? null})))"""
_BARS = """root => [...root.querySelectorAll(".fl-why tbody tr")].map(row => {
    const bar = row.querySelector("rect"), line = row.querySelector(".fl-whisker, .fl-interval"), at = (one, name) => Number(one.getAttribute(name));
    return [bar ? [at(bar, "x"), at(bar, "x") + at(bar, "width")] : null, line ? [at(line, "x1"), at(line, "x2")] : null]; })"""


@pytest.fixture(scope="module")
def audit():
    rng = np.random.default_rng(4)
    n = 900
    race = rng.choice(["<b>a</b>", "b", "c"], n, p=[0.5, 0.3, 0.2])
    X = pd.DataFrame({"income": rng.normal(50, 10, n) - 7 * (race == "b"), "<i>zip</i>": rng.choice(["n", "s"], n), "spare": rng.random(n)})

    def model(rows):
        return 1 / (1 + np.exp(-(rows["income"].to_numpy() - 50) / 8 - (rows["<i>zip</i>"] == "n").to_numpy()))

    y = (rng.random(n) < model(X)).astype(int)
    groups = pd.DataFrame({"race": race, "sex": rng.choice(["f", "m"], n)})
    return fl.audit(X, y_true=y, model=model, threshold=0.5, favorable=1, sensitive_features=groups)


@pytest.fixture(scope="module")
def panel(audit):
    panel = fl.panel(audit).explain("shap", rows=30).explain("lime", rows=30).explain("gap", "b")
    panel._make_record()
    return panel


@pytest.fixture(scope="module")
def path(panel, tmp_path_factory):
    return export(tmp_path_factory.mktemp("why") / "r.html", panel)


@pytest.fixture
def live(browser, path):
    with offline_page(browser, path) as (page, watch):
        page.locator("[data-live=yes]").wait_for()
        yield PanelPage(page)
        assert watch.errors == []
        assert watch.requests == [path.resolve().as_uri()]


def told(panel):
    """What Python writes under the view: the lines of the table, and the paragraphs."""
    static = BeautifulSoup(panel.view.why.html(), "html.parser")
    lines = [[{"text": cell.text, "value": cell.get("data-value")} for cell in row.find_all(["th", "td"])] for row in static.find_all("tr")]
    return lines, [one.text for one in static.find_all("p")][1:]


def same(live, panel):
    lines, texts = told(panel)
    found = live.root.evaluate(_LINES)
    assert [[cell["text"] for cell in row] for row in found] == [[cell["text"] for cell in row] for row in lines]
    for row, wanted in zip(found, lines, strict=True):
        for cell, want in zip(row, wanted, strict=True):
            assert (cell["value"] is None) == (want["value"] is None)
            assert want["value"] is None or float(cell["value"]) == pytest.approx(float(want["value"]), abs=1e-12)
    assert live.root.locator(".fl-told p").all_text_contents() == texts


def at(panel, codes, stop, method="gap"):
    """Bring Python to the state that the page was brought to."""
    panel._live.state = {**panel._live.state, "stop": stop, "why": {"method": method, "group": codes}}
    return panel


@pytest.mark.parametrize(("name", "codes"), [("b", [1]), ("c", [2])])
def test_the_bridge_follows_the_slider(live, panel, name, codes):
    seen = set()
    live.choose("Explain group", name)
    for stop in (6, 9, 10, 13, 20):
        live.threshold(stop)
        same(live, at(panel, codes, stop))
        seen.add(live.root.locator(".fl-told").text_content())
        step = next(one for one in panel._told[-1].packed["groups"] if one["codes"] == codes)["steps"][stop]
        low, high = step["range"]
        for (bar, whisker), row in zip(live.root.evaluate(_BARS)[1:-1], step["rows"], strict=True):
            ends = sorted(1000 * (place - low) / (high - low) for place in row[1][:2])
            assert bar[0] == pytest.approx(ends[0], abs=1e-6)
            assert bar[1] == pytest.approx(max(ends[1], ends[0] + 1), abs=1e-6)
            limits = [1000 * (min(max(place, low), high) - low) / (high - low) for place in row[1][2:]]
            assert whisker == pytest.approx(limits, abs=1e-6)
    assert len(seen) == 5


def test_names_with_tags_are_text(live):
    assert live.root.locator(".fl-why b, .fl-why i").count() == 0
    assert "<i>zip</i>" in live.root.locator(".fl-parts").text_content()


@pytest.mark.parametrize(("method", "label"), [("shap", "SHAP"), ("lime", "LIME")])
def test_means_by_group_are_those_of_python(live, panel, method, label):
    live.choose("Explain by", label)
    for name, codes in (("b", [1]), ("<b>a</b>", [0])):
        live.choose("Explain group", name)
        same(live, at(panel, codes, 10, method))
        assert live.root.locator(".fl-parts thead th").first.text_content() == f"Input, {name}"


def test_another_view_greys_it_and_names_what_it_explains(live):
    grey = live.root.locator(".fl-told.fl-stale")
    assert grey.count() == 0
    said = "This explains Selection rate by race, among all, compared with the largest group, not the view above."
    for control, text in (("Group by", "sex"), ("Only sex", "f"), ("Metric", "Accuracy"), ("Compare with", "everybody else"), ("Thresholds", "one per group")):
        live.choose(control, text)
        assert grey.count() == 1, control
        assert said in live.root.locator(".fl-about").text_content()
        assert live.root.locator(".fl-told table").count() == 1
        live.page.get_by_role("button", name="Show the view that it explains").click()
        assert grey.count() == 0, control
        assert live.root.locator(".fl-about").text_content() == ""
    assert live.select("Group by").evaluate("one => one.selectedOptions[0].text") == "race"


def test_greyed_text_is_dark_enough_to_be_read(live):
    live.choose("Group by", "sex")
    shade = live.root.locator(".fl-stale").evaluate(
        """one => { const page = 255, ink = Number(getComputedStyle(one).color.match(/\\d+/)[0]), part = Number(getComputedStyle(one).opacity);
        return part * ink + (1 - part) * page; }"""
    )
    luminance = ((shade / 255 + 0.055) / 1.055) ** 2.4
    assert 1.05 / (luminance + 0.05) >= 4.5  # the contrast that WCAG 2.2 asks of text


def test_an_exported_page_asks_for_no_new_explanation(live):
    assert live.root.get_by_role("button", name="Explain this view").count() == 0
    assert live.select("Explain by").locator("option").all_text_contents() == ["parts of the gap", "SHAP", "LIME"]


def test_the_recorded_view_has_both_pictures_and_the_static_table(panel, path):
    made = panel.recorded[-1]
    assert [sorted(data) for data, _ in made.outputs] == [["image/png", "text/plain"]] * 2 + [["text/html", "text/plain"]]
    assert "What closes the gap from b to <b>a</b>" in made.why.alt
    static = BeautifulSoup(path.read_text("utf-8"), "html.parser").select_one(".fl-static .fl-why")
    assert static.select_one("tbody tr").th.text == "Selection rate, b"


def test_views_of_one_panel_hold_their_explanations_once(audit, browser, tmp_path):
    panel = fl.panel(audit).explain("gap")
    panel._make_record()
    once = export(tmp_path / "once.html", panel).read_text("utf-8")
    path = export(tmp_path / "twice.html", panel, panel)
    text = path.read_text("utf-8")
    assert once.count('data-fairlens="explained"') == text.count('data-fairlens="explained"') == 1
    with offline_page(browser, path) as (page, watch):
        page.locator("[data-live=yes]").nth(1).wait_for()
        first, second = (PanelPage(page, nth) for nth in range(2))
        second.threshold(14)
        assert first.root.locator(".fl-told").text_content() != second.root.locator(".fl-told").text_content()
        assert watch.errors == []


def test_a_saved_panel_keeps_its_explanation(audit, browser, tmp_path):
    import nbformat.v4 as v4

    panel = fl.panel(audit).explain("gap")
    states = {widget.model_id: {"model_module": "x", "state": dict(widget.get_state())} for widget in (panel, panel._live)}
    states[panel.model_id]["state"]["children"] = [f"IPY_MODEL_{panel._live.model_id}"]
    view = {"application/vnd.jupyter.widget-view+json": {"model_id": panel.model_id}, "text/plain": panel.view.sentence}
    notebook = v4.new_notebook(cells=[v4.new_code_cell("panel", outputs=[v4.new_output("display_data", data=view)])])
    notebook.metadata["widgets"] = {"application/vnd.jupyter.widget-state+json": {"state": json.loads(json.dumps(states, default=str))}}
    path = tmp_path / "r.html"
    path.write_text(RecordExporter().from_notebook_node(notebook)[0], "utf-8")
    with offline_page(browser, path) as (page, watch):
        page.locator("[data-live=yes]").wait_for()
        live = PanelPage(page)
        same(live, panel)
        assert live.root.get_by_role("button", name="Explain this view").count() == 0
        assert watch.errors == []
