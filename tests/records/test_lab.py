"""The whole path in a real JupyterLab: run, click, record, save, export, open without the network, click again."""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from lab import Lab, command, run_all
from pages import PanelPage, Watch, offline_page

NOTEBOOK = "01_mortgage_audit.ipynb"


@pytest.fixture(scope="module")
def lab(notebooks, tmp_path_factory, browser):
    pytest.importorskip("jupyterlab", reason="jupyterlab is not installed")
    root = tmp_path_factory.mktemp("lab")
    shutil.copy(notebooks / NOTEBOOK, root)
    with Lab(root) as server:
        yield server


@pytest.fixture(scope="module")
def session(lab, browser):
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
    lab.open(page, NOTEBOOK)
    run_all(page)
    yield page, foreign, watch
    context.close()


def shot(page, name):
    """Keep a screenshot where FAIRLENS_SHOTS names a folder."""
    if folder := os.environ.get("FAIRLENS_SHOTS"):
        page.screenshot(path=str(Path(folder) / f"{name}.png"))


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

    out = tmp_path / "saved.html"
    subprocess.run(
        [sys.executable, "-m", "nbconvert", "--to", "fairlens-record", "--output", str(out), str(saved)],
        check=True, capture_output=True, timeout=120,
    )  # fmt: skip
    with offline_page(browser, out) as (file, watch):
        host = file.locator("[data-fairlens=record]", has=file.locator(".fl-static .fl-sentence").filter(has_text=moved)).first
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
