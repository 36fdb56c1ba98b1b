"""The exported file: what it runs, what it refuses, what it holds once, what it shows without its script."""

import base64
import json
import random
import re
from hashlib import sha256

import nbformat.v4 as v4
import numpy as np
import pandas as pd
import pytest
from bs4 import BeautifulSoup
from pages import PanelPage, export, offline_page

import fairlens as fl
from fairlens.records import RecordExporter
from fairlens.widgets._program import program

HOSTILE = ["10", "2", "__proto__", "<b>x</b>", "constructor", "{x}", "العربية", "漢字"]


@pytest.fixture(scope="module")
def frame():
    rng = np.random.default_rng(3)
    n = 1600
    return pd.DataFrame(
        {
            "toString": rng.choice(HOSTILE, n),
            "</script><i>": rng.choice(["a", "b"], n),
            "y": rng.integers(0, 2, n),
            "p": rng.integers(0, 2, n),
        }
    )


@pytest.fixture(scope="module")
def audit(frame):
    return fl.audit(frame, y_true="y", y_pred="p", favorable=1, sensitive_features=["toString", "</script><i>"])


def recorded(audit, **options):
    panel = fl.panel(audit, **options)
    panel._make_record()
    return panel


def test_random_metrics_and_hostile_names_come_out_right(browser, audit, frame, tmp_path):
    rng = random.Random(5)
    metrics = []
    for k in range(6):
        bottom = (*(rng.randrange(2) for _ in range(4)), 0, 0)
        top = tuple(weight * rng.randrange(2) for weight in bottom)
        metrics.append(fl.Metric(f"random_{k}", top, bottom, f"Random {k}"))
    panel = recorded(audit, metrics=metrics)
    with offline_page(browser, export(tmp_path / "r.html", panel)) as (page, watch):
        page.locator("[data-live=yes]").wait_for()
        live = PanelPage(page)
        for metric in metrics:
            live.choose("Metric", metric.label)
            for row in live.rows():
                mine = frame[frame["toString"] == row["group"][0]]
                cells = [2 * y + p for y, p in zip(mine["y"], mine["p"], strict=True)]
                bottom = sum(metric.denominator[cell] for cell in cells)
                assert int(row["cells"][1]["value"]) == bottom
                if bottom == 0:
                    assert row["cells"][0]["text"].startswith("undefined")
                else:
                    want = sum(metric.numerator[cell] for cell in cells) / bottom
                    assert float(row["cells"][0]["value"]) == pytest.approx(want, abs=1e-12)
        assert sorted(row["group"][0] for row in live.rows()) == sorted(HOSTILE)
        assert page.locator("td b, th b, td i, th i, option b").count() == 0
        assert watch.errors == []


def test_no_metric_or_column_name_stands_in_the_program(audit):
    words = {*fl.metrics.names(), *(fl.metrics.get(name).label for name in fl.metrics.names())}
    words |= {"race", "sex", "gender", "selection", "positive_rate", "precision", "approve"}
    assert [word for word in words if word.lower() in program().lower()] == []


def test_policy_names_the_hash_of_the_only_script(audit, tmp_path):
    text = export(tmp_path / "r.html", recorded(audit)).read_text("utf-8")
    page = BeautifulSoup(text, "html.parser")
    scripts = [script for script in page.find_all("script") if script.get("type") != "application/json"]
    assert len(scripts) == 1
    mark = base64.b64encode(sha256(scripts[0].string.encode()).digest()).decode()
    policy = page.find("meta", {"http-equiv": "Content-Security-Policy"})["content"]
    assert f"script-src 'sha256-{mark}'" in policy
    assert policy.startswith("default-src 'none'")
    assert "unsafe-eval" not in policy
    assert "blob:" not in policy
    assert re.search(r"https?://(?!www\.w3\.org/)", text) is None


def test_a_planted_script_is_refused(browser, audit, tmp_path):
    path = export(tmp_path / "r.html", recorded(audit))
    planted = "<script>document.title = 'planted'</script><img src='x' onerror=\"document.title = 'planted'\">"
    path.write_text(path.read_text("utf-8").replace("</main>", planted + "</main>"), "utf-8")
    with offline_page(browser, path) as (page, watch):
        page.locator("[data-live=yes]").wait_for()
        assert page.title() != "planted"
        assert any("Content Security Policy" in error for error in watch.errors)


def test_program_and_counts_stand_once_for_three_views(audit, tmp_path):
    panel = recorded(audit)
    cells = []
    for metric in ("selection_rate", "accuracy", "precision"):
        panel.show(metric)
        panel._make_record()
        cell = v4.new_code_cell("panel.record()")
        cell.outputs = [v4.new_output("display_data", data=data, metadata=meta) for data, meta in panel.recorded[-1].outputs]
        cells.append(cell)
    page, _ = RecordExporter().from_notebook_node(v4.new_notebook(cells=cells))
    found = [block["data-fairlens"] for block in BeautifulSoup(page, "html.parser").find_all("script", type="application/json")]
    assert sorted(found) == ["payload", "state", "state", "state"]
    assert page.count("export function wilson") == 1
    assert len(page.encode()) < 1_000_000


def test_two_audits_keep_their_own_counts(browser, audit, frame, tmp_path):
    other = fl.audit(frame.iloc[:800], y_true="y", y_pred="p", favorable=1, sensitive_features=["toString", "</script><i>"])
    path = export(tmp_path / "r.html", recorded(audit), recorded(other))
    with offline_page(browser, path) as (page, _):
        page.wait_for_function("() => document.querySelectorAll('[data-live=yes]').length === 2")
        totals = [sum(int(row["cells"][1]["value"]) for row in PanelPage(page, nth).rows()) for nth in (0, 1)]
        assert totals == [1600, 800]


def test_complete_without_script(browser, audit, tmp_path):
    panel = recorded(audit)
    with offline_page(browser, export(tmp_path / "r.html", panel), java_script_enabled=False) as (page, _):
        text = page.locator("body").inner_text()
        assert panel.view.sentence in text
        assert panel.view.words in text
        assert page.locator(".fl-static tbody tr:not(.fl-looked *)").count() == len(HOSTILE)
        assert page.locator("img").get_attribute("alt") == panel.recorded[-1].alt


def test_static_table_is_of_the_view_that_was_recorded(audit):
    panel = fl.panel(audit)
    tables = []
    for metric in ("selection_rate", "accuracy"):
        panel.show(metric)
        panel._make_record()
        tables.append(panel.recorded[-1].html.split('<div class="fl-live">')[0])
        first = panel.view.rows[0]
        assert f'data-value="{first.value!r}"' in tables[-1]
    assert tables[0] != tables[1]


def test_live_part_says_that_it_is_no_record_and_resets(browser, audit, tmp_path):
    with offline_page(browser, export(tmp_path / "r.html", recorded(audit))) as (page, _):
        page.locator("[data-live=yes]").wait_for()
        live = PanelPage(page)
        before, static = live.sentence, page.locator(".fl-static").inner_html()
        assert "not part of the record" in page.locator(".fl-explore").inner_text()
        live.choose("Metric", "Accuracy")
        assert live.sentence != before
        assert page.locator(".fl-static").inner_html() == static
        page.get_by_role("button", name="Reset").click()
        assert live.sentence == before


def test_two_live_parts_do_not_disturb_each_other(browser, audit, tmp_path):
    panel = recorded(audit)
    with offline_page(browser, export(tmp_path / "r.html", panel, panel)) as (page, _):
        page.wait_for_function("() => document.querySelectorAll('[data-live=yes]').length === 2")
        one, two = PanelPage(page, 0), PanelPage(page, 1)
        before = two.sentence
        one.choose("Metric", "Precision")
        assert two.sentence == before != one.sentence


def test_a_plain_notebook_page_upgrades_itself(browser, audit, tmp_path):
    path = tmp_path / "plain.html"
    path.write_text(f"<!doctype html><meta charset='utf-8'>{recorded(audit).recorded[-1].html}", "utf-8")
    with offline_page(browser, path) as (page, watch):
        page.locator("[data-live=yes]").wait_for()
        assert len(PanelPage(page).rows()) == len(HOSTILE)
        assert [url for url in watch.requests if not url.startswith(("file:", "blob:"))] == []


def test_the_state_of_an_executed_panel_is_live(browser, audit, tmp_path):
    panel = fl.panel(audit).show("accuracy")
    states = {
        widget.model_id: {"model_module": "x", "state": {key: value for key, value in widget.get_state().items()}}
        for widget in (panel, panel._live)
    }
    states[panel.model_id]["state"]["children"] = [f"IPY_MODEL_{panel._live.model_id}"]
    view = {"application/vnd.jupyter.widget-view+json": {"model_id": panel.model_id}, "text/plain": panel.view.sentence}
    cell = v4.new_code_cell("panel")
    cell.outputs = [v4.new_output("display_data", data=view), v4.new_output("display_data", data={"text/html": ""})]
    notebook = v4.new_notebook(cells=[cell])
    notebook.metadata["widgets"] = {"application/vnd.jupyter.widget-state+json": {"state": json.loads(json.dumps(states, default=str))}}
    page_text, _ = RecordExporter().from_notebook_node(notebook)
    assert "widgets" in notebook.metadata  # the notebook given is not changed
    path = tmp_path / "r.html"
    path.write_text(page_text, "utf-8")
    with offline_page(browser, path) as (page, watch):
        page.locator("[data-live=yes]").wait_for()
        assert PanelPage(page).sentence == panel.view.sentence
        assert watch.errors == []


def test_a_foreign_widget_is_named_not_lost():
    cell = v4.new_code_cell("slider")
    data = {"application/vnd.jupyter.widget-view+json": {"model_id": "none"}, "text/plain": "IntSlider(value=<3>)"}
    cell.outputs = [v4.new_output("display_data", data=data)]
    page, _ = RecordExporter().from_notebook_node(v4.new_notebook(cells=[cell]))
    assert "needs a running kernel" in page
    assert "IntSlider(value=&lt;3&gt;)" in page


def test_internal_profile_is_said_first(audit):
    panel = recorded(audit, profile="internal")
    assert json.loads(panel._text)["banner"].startswith("Internal: nothing is suppressed")
    assert "Internal: nothing is suppressed" in panel.recorded[-1].html


def test_every_control_keeps_its_keys_and_has_a_name(browser, audit, tmp_path):
    with offline_page(browser, export(tmp_path / "r.html", recorded(audit))) as (page, _):
        page.locator("[data-live=yes]").wait_for()
        controls = page.locator(".fl-panel select, .fl-panel input, .fl-panel button")
        assert controls.count() >= 5
        for control in controls.all():
            assert control.get_attribute("data-lm-suppress-shortcuts") == "true"
        for select in page.locator(".fl-panel select").all():
            assert select.evaluate("select => select.labels[0].textContent.trim().length") > 0
        assert page.locator(".fl-panel [role=status]").get_attribute("aria-live") == "polite"
        assert page.locator(".fl-panel svg").get_attribute("aria-label")
        assert page.locator(".fl-panel table th[scope=col]").count() == 4
