"""The whole path in a real JupyterLab: run, click, record, save, export, open without the network, click again."""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import nbformat
import nbformat.v4 as v4
import pytest
from lab import Lab, command, run_all
from pages import PanelPage, Watch, offline_page

NOTEBOOK = "01_mortgage_audit.ipynb"
COMPARED = "compared.ipynb"
CELLS = (
    """import numpy as np, pandas as pd, fairlens as fl
rng = np.random.default_rng(0)
people = pd.DataFrame({"race": rng.choice(["a", "b"], 900), "dept": rng.choice(["x", "y"], 900)})
people["score"] = np.clip(rng.normal(0.5 + 0.15 * (people["race"] == "a"), 0.2), 0, 1)
roles = {"sensitive_features": "race", "slice_features": "dept"}
audit = fl.audit(people, y_score="score", threshold=0.5, favorable=1, **roles)""",
    """panel = fl.panel(audit, criteria=fl.Criterion("selection_rate", margin=0.05))
panel""",
)

EXPLAINED = "explained.ipynb"
MODEL = (
    """import numpy as np, pandas as pd, fairlens as fl
rng = np.random.default_rng(0)
race = rng.choice(["a", "b"], 1200, p=[0.6, 0.4])
X = pd.DataFrame({"income": rng.normal(50, 10, 1200) - 8 * (race == "b"), "debt": rng.normal(20, 5, 1200)})
work = {"size": 0}
def model(rows):
    if work["size"]:
        np.linalg.svd(rng.random((work["size"], work["size"])))  # as slow as models can be
    return 1 / (1 + np.exp(-(rows["income"].to_numpy() - rows["debt"].to_numpy() - 30) / 8))
audit = fl.audit(X, model=model, threshold=0.5, favorable=1, sensitive_features={"race": race})
work["size"] = 700""",
    """panel = fl.panel(audit)
panel""",
    """work["size"] = 0""",
)


@pytest.fixture(scope="module")
def lab(notebooks, tmp_path_factory, browser):
    pytest.importorskip("jupyterlab", reason="jupyterlab is not installed")
    root = tmp_path_factory.mktemp("lab")
    shutil.copy(notebooks / NOTEBOOK, root)
    kernel = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}
    for name, sources in ((COMPARED, CELLS), (EXPLAINED, MODEL)):
        nbformat.write(v4.new_notebook(cells=[v4.new_code_cell(source) for source in sources], metadata=kernel), root / name)
    with Lab(root) as server:
        yield server


@pytest.fixture
def session(request, lab, browser):
    """A notebook in JupyterLab, run from its first cell to its last; with what it asked for outside."""
    context = browser.new_context(viewport={"width": 1280, "height": 1000})
    page = context.new_page()
    foreign = []

    def loopback_only(route):
        if re.match(r"(https?|wss?)://127\.0\.0\.1[:/]|data:|blob:", route.request.url):
            route.continue_()
        else:
            foreign.append(route.request.url)
            route.abort()

    context.route("**/*", loopback_only)
    watch = Watch(page)
    lab.open(page, request.param)
    if request.param != EXPLAINED:
        run_all(page)
    yield page, foreign, watch
    context.close()


def shot(page, name):
    """Keep a screenshot where FAIRLENS_SHOTS names a folder."""
    if folder := os.environ.get("FAIRLENS_SHOTS"):
        page.screenshot(path=str(Path(folder) / f"{name}.png"))


def exported(saved, out):
    """Save the notebook of JupyterLab as one file."""
    subprocess.run(
        [sys.executable, "-m", "nbconvert", "--to", "fairlens-record", "--output", str(out), str(saved)],
        check=True, capture_output=True, timeout=120,
    )  # fmt: skip
    return out


@pytest.mark.parametrize("session", [COMPARED], indirect=True)
def test_ratios_thresholds_and_adjustment_by_keyboard_with_a_verdict(session, lab, browser, tmp_path):
    page, foreign, _ = session
    panel = PanelPage(page)
    panel.root.scroll_into_view_if_needed()
    cells = page.locator(".jp-Cell").count()
    assert "one threshold of 0.5" in panel.verdict
    before = panel.rulings()
    assert [row[0] for row in before] == ["exceeds"]
    for control in ("Compare by", "Adjust for", "Thresholds"):
        panel.select(control).focus()
        page.keyboard.press("ArrowDown")  # ratios; the other column; one per group
        assert panel.select(control).evaluate("one => one === document.activeElement && one.selectedIndex === 1")
    second = panel.root.locator("input[type=range]").nth(1)
    second.focus()
    for stop in ("0.55", "0.6"):
        page.keyboard.press("ArrowRight")
        panel.root.locator("output").filter(has_text=stop).wait_for()
    assert panel.root.locator(".fl-slider output").all_text_contents() == ["0.5", "0.6"]
    assert page.locator(".jp-Cell").count() == cells
    assert panel.sentence.startswith("Deciding at a score of 0.5 or more for a, 0.6 or more for b: ")
    assert "leaving aside the thresholds per group" in panel.verdict
    assert panel.rulings() == before
    shown = panel.read()
    assert [head.split(" (")[0] for head in shown["table"][0]][3:] == ["Ratio", "Ratio of the opposite rate", "Adjusted difference in points"]
    shot(page, "compared")

    page.get_by_role("button", name="Record this view").click()
    static = page.locator(".fl-static", has=page.locator(".fl-sentence").filter(has_text=panel.sentence)).first
    static.wait_for(timeout=20_000)
    texts = "table => [...table.rows].map(row => [...row.cells].map(cell => cell.textContent))"
    assert static.locator("table").first.evaluate(texts) == shown["table"]
    command(page, "docmanager:save")
    with offline_page(browser, exported(lab.root / COMPARED, tmp_path / "compared.html")) as (file, watch):
        host = file.locator("[data-fairlens=view]", has=file.locator(".fl-static .fl-sentence").filter(has_text=shown["sentence"])).first
        again = PanelPage(host)
        again.page = file
        assert host.get_attribute("data-live") == "yes"
        assert again.read() == shown
        assert (again.rulings(), again.verdict) == (before, panel.verdict)
        again.threshold_choice(split=False)
        again.threshold(16)
        assert again.rulings() != before
        assert host.locator(".fl-static .fl-sentence").text_content() == shown["sentence"]
        shot(file, "compared-exported")
        assert watch.errors == []
    assert foreign == []


@pytest.mark.parametrize("session", [NOTEBOOK], indirect=True)
def test_keyboard_slider_record_save_export_reopen(session, lab, browser, tmp_path):
    page, foreign, _ = session
    panel = PanelPage(page)
    panel.root.scroll_into_view_if_needed()
    cells = page.locator(".jp-Cell").count()
    before = panel.sentence
    group_by = panel.select("Group by")
    group_by.focus()
    page.keyboard.press("ArrowDown")  # a native select: the next attribute, at once
    page.wait_for_function("([el, old]) => el.textContent !== old", arg=[panel.root.locator("[role=status]").element_handle(), before])
    page.keyboard.press("b")  # in command mode this would insert a cell
    assert page.locator(".jp-Cell").count() == cells
    assert group_by.evaluate("select => select === document.activeElement")
    by_sex = panel.sentence

    slider = panel.root.locator("input[type=range]")
    box = slider.bounding_box()
    page.mouse.click(box["x"] + 0.55 * box["width"], box["y"] + box["height"] / 2)
    page.wait_for_function("([el, old]) => el.textContent !== old", arg=[panel.root.locator("[role=status]").element_handle(), by_sex])
    stop = panel.root.locator("output").text_content()
    moved, rows = panel.sentence, panel.rows()
    shot(page, "panel")

    page.get_by_role("button", name="Record this view").click()
    recorded = page.locator(".fl-static .fl-sentence").filter(has_text=moved).first
    recorded.wait_for(timeout=20_000)
    shot(page, "recorded")
    command(page, "docmanager:save")
    saved = lab.root / NOTEBOOK
    texts = json.dumps(json.loads(saved.read_text("utf-8")))
    assert f"{stop} or more" in texts

    out = exported(saved, tmp_path / "saved.html")
    with offline_page(browser, out) as (file, watch):
        host = file.locator("[data-fairlens=view]", has=file.locator(".fl-static .fl-sentence").filter(has_text=moved)).first
        host.scroll_into_view_if_needed()
        assert host.get_attribute("data-live") == "yes"
        again = PanelPage(host)
        again.page = file
        assert again.rows() == rows
        host.locator("select").nth(1).select_option(index=0)
        assert again.sentence != moved
        assert host.locator(".fl-static .fl-sentence").text_content() == moved
        host.get_by_role("button", name="Reset").click()
        assert again.sentence == moved
        shot(file, "exported")
        assert watch.requests == [out.resolve().as_uri()]
        assert watch.errors == []
    assert foreign == []


@pytest.mark.parametrize("session", [EXPLAINED], indirect=True)
def test_a_view_is_explained_with_progress_and_cancel_and_follows_the_slider(session, lab, browser, tmp_path):
    page, foreign, watch = session
    for _ in range(2):
        command(page, "notebook:run-cell-and-select-next")
    panel = PanelPage(page)
    panel.root.wait_for()
    panel.look("Why")
    panel.root.scroll_into_view_if_needed()
    explain = panel.root.get_by_role("button", name="Explain this view")
    working = panel.root.locator(".fl-working")
    explain.click()
    page.wait_for_function("one => /[1-9][0-9,]* of [1-9]/.test(one.textContent)", arg=working.element_handle(), timeout=60_000)
    assert float(working.locator("progress").get_attribute("value")) > 0
    shot(page, "explaining")
    explain.evaluate("one => one.click()")  # once more: what runs goes on, and can still be cancelled
    cancel = panel.root.get_by_role("button", name="Cancel")
    cancel.focus()
    page.keyboard.press("Enter")
    working.get_by_text("Cancelled. Nothing was stored.").wait_for(timeout=60_000)
    assert panel.root.locator(".fl-parts").count() == 0
    assert explain.evaluate("one => one === document.activeElement")
    panel.choose("Compare with", "everybody else")
    assert working.text_content() == ""  # it was said of another view
    panel.choose("Compare with", "the largest group")

    command(page, "notebook:move-cursor-down")
    command(page, "notebook:run-cell")  # from here the model is quick
    cells = page.locator(".jp-Cell").count()
    explain.focus()
    page.keyboard.press("Enter")
    panel.root.locator(".fl-parts").wait_for(timeout=60_000)
    assert working.text_content() == ""
    assert panel.root.locator(".fl-parts tbody th").first.text_content() == "Selection rate, b"
    assert explain.evaluate("one => one === document.activeElement")
    panel.select("Explain by").focus()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("b")  # in command mode this would insert a cell
    assert page.locator(".jp-Cell").count() == cells
    assert panel.root.locator(".fl-parts").count() == 0
    explain.click()
    panel.root.locator(".fl-parts").wait_for(timeout=120_000)
    assert "Shapley values" in panel.root.locator(".fl-why .fl-told").text_content()
    panel.choose("Explain by", "parts of the gap")
    before = panel.root.locator(".fl-why .fl-told").text_content()
    panel.threshold(13)
    after = panel.root.locator(".fl-why .fl-told").text_content()
    assert after != before
    shot(page, "explained")

    page.get_by_role("button", name="Record this view").click()
    page.locator(".fl-static .fl-why").wait_for(timeout=30_000)
    command(page, "docmanager:save")
    with offline_page(browser, exported(lab.root / EXPLAINED, tmp_path / "explained.html")) as (file, seen):
        host = file.locator("[data-fairlens=view]", has=file.locator(".fl-static .fl-why"))
        assert host.locator(".fl-panel .fl-why .fl-told").text_content() == after
        again = PanelPage(host)
        again.page = file
        again.threshold(10)
        assert host.locator(".fl-panel .fl-why .fl-told").text_content() == before
        assert file.locator("img[alt*='What closes the gap']").count() == 1
        assert seen.errors == []
    assert watch.errors == []
    assert foreign == []
