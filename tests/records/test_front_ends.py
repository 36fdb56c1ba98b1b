"""Where the panel shows: Notebook 7, Voila, a JupyterLab without widget manager, and files that are only opened."""

import re
from types import SimpleNamespace

import nbformat
import nbformat.v4 as v4
import numpy as np
import pandas as pd
import pytest
from lab import Lab, Voila, run_all
from pages import PanelPage, offline_page
from server import loopback_page

import fairlens as fl
from fairlens.records import RecordExporter
from fairlens.texts import texts_of
from fairlens.widgets._shown import SLOTS, show_panel

NOTEBOOK = "panels.ipynb"
MANAGER = "@jupyter-widgets/jupyterlab-manager"
FONTS = re.compile(r"https://cdn\.jsdelivr\.net/npm/@fortawesome/")
"""Voila asks for icons that nothing of ours uses; they are refused here like everything outside."""
TEXTS = texts_of("en")["shown"]
SETUP = """import numpy as np, pandas as pd, fairlens as fl
rng = np.random.default_rng(0)
people = pd.DataFrame({"race": rng.choice(["a", "b"], 900), "dept": rng.choice(["x", "y"], 900)})
people["score"] = np.clip(rng.normal(0.5 + 0.15 * (people["race"] == "a"), 0.2), 0, 1)
audit = fl.audit(people, y_score="score", threshold=0.5, favorable=1, sensitive_features=["race", "dept"])
"""
CELLS = (SETUP, "fl.panel(audit)", "fl.panel(audit)", "fl.panel(audit, as_html=True)", "fl.panel(audit, as_html=True)")


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    root = tmp_path_factory.mktemp("front")
    kernel = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}
    nbformat.write(v4.new_notebook(cells=[v4.new_code_cell(source) for source in CELLS], metadata=kernel), root / NOTEBOOK)
    return root


@pytest.fixture
def context(browser):
    made = browser.new_context(viewport={"width": 1280, "height": 1000})
    yield made
    made.close()


@pytest.fixture(scope="module")
def audit():
    rng = np.random.default_rng(0)
    people = pd.DataFrame({"race": rng.choice(["a", "b"], 900), "dept": rng.choice(["x", "y"], 900)})
    people["score"] = np.clip(rng.normal(0.5 + 0.15 * (people["race"] == "a"), 0.2), 0, 1)
    return fl.audit(people, y_score="score", threshold=0.5, favorable=1, sensitive_features=["race", "dept"])


def cell_of(panel, as_html):
    """A cell with what showing a panel puts into it."""
    cell = v4.new_code_cell("panel")
    shown = SimpleNamespace(
        view=panel.view, texts=texts_of("en"), as_html=as_html, _live=panel._live, _text=panel._text, _repr_mimebundle_=panel._repr_mimebundle_
    )

    def display(data, *, metadata=None, raw, display_id=False):
        assert raw
        cell.outputs.append(v4.new_output("display_data", data=data, metadata=metadata or {}))

    assert len(show_panel(shown, display)) == (0 if as_html else SLOTS)
    return cell


def shown(panel):
    return {"sentence": panel.sentence, "rows": panel.rows()}


def move_by_key(page, panel):
    """Group by the other attribute with one key; give what is shown before and after."""
    before = shown(panel)
    select = panel.select("Group by")
    select.scroll_into_view_if_needed()
    select.focus()
    page.keyboard.press("ArrowDown")
    page.wait_for_function("([one, old]) => one.textContent !== old", arg=[panel.root.locator("[role=status]").element_handle(), before["sentence"]])
    after = shown(panel)
    assert [row["group"] for row in before["rows"]] == [["a"], ["b"]]
    assert [row["group"] for row in after["rows"]] == [["x"], ["y"]]
    return before, after


def each_moves_alone(page, panels):
    """Move one panel after the other by key: what all the others show stays."""
    now = [shown(panel) for panel in panels]
    for nth, panel in enumerate(panels):
        _, now[nth] = move_by_key(page, panel)
        assert [shown(panel) for panel in panels] == now
    slider = panels[-1].root.locator("input[type=range]")
    box = slider.bounding_box()
    slider.click(position={"x": 0.75 * box["width"], "y": box["height"] / 2})
    page.wait_for_function("([one, old]) => one.textContent !== old", arg=[panels[-1].root.locator("[role=status]").element_handle(), now[-1]["sentence"]])
    assert [shown(panel) for panel in panels[:-1]] == now[:-1]


@pytest.fixture(scope="module")
def lab(folder, browser):
    pytest.importorskip("jupyterlab", reason="jupyterlab is not installed")
    with Lab(folder) as server:
        yield server


def four_panels_work(page, watch):
    """Two widgets and two panels as HTML show, and none disturbs another."""
    page.locator(".fl-panel").nth(3).wait_for(timeout=60_000)
    panels = [PanelPage(page, nth) for nth in range(4)]
    each_moves_alone(page, panels)
    assert [panel.root.get_by_role("button", name="Record this view").count() for panel in panels] == [1, 1, 0, 0]
    assert [page.locator("[data-fairlens=offer]").nth(nth).is_visible() for nth in range(2)] == [False, False]
    assert page.get_by_text(TEXTS["apart"]).count() == 2
    assert page.locator(".fl-until-live").first.is_hidden()
    assert page.locator(".fl-error").all_text_contents() == [""] * 4
    assert watch.ours == []


def test_notebook_7(lab, context):
    pytest.importorskip("notebook", reason="notebook is not installed")
    page, foreign, watch = loopback_page(context)
    lab.open(page, NOTEBOOK, "notebooks")
    assert page.locator("body[data-notebook=notebooks]").count() == 1
    run_all(page)
    four_panels_work(page, watch)
    assert foreign == []


def test_voila(folder, context):
    pytest.importorskip("voila", reason="voila is not installed")
    page, foreign, watch = loopback_page(context)
    with Voila(folder) as server:
        server.open(page, NOTEBOOK)
        four_panels_work(page, watch)
    assert foreign
    assert [url for url in foreign if not FONTS.match(url)] == []


def test_without_a_widget_manager_the_line_is_shown_and_html_panels_live(lab, context):
    page, foreign, watch = loopback_page(context)
    with lab.without(MANAGER):
        lab.open(page, NOTEBOOK)
    run_all(page)
    page.locator(".fl-panel").nth(1).wait_for(timeout=60_000)
    assert page.locator(".fl-panel").count() == 2  # those of HTML; the widgets are missing
    lines = page.locator("[data-fairlens=offer]")
    assert [lines.nth(nth).is_visible() for nth in range(lines.count())] == [True, True]
    assert lines.first.locator("code").all_text_contents() == ["fl.panel(audit, as_html=True)", "fairlens doctor"]
    each_moves_alone(page, [PanelPage(page, nth) for nth in range(2)])
    assert watch.ours == []
    assert foreign == []


def test_errors_of_our_program_would_be_seen(context):
    page, _, watch = loopback_page(context)
    source = "const load = text => import(URL.createObjectURL(new Blob([text], {type: 'text/javascript'})));"
    page.evaluate(f"() => {{ {source} return load('console.error(1)').then(() => load('setTimeout(() => {{ throw new Error(\"two\") }})')); }}")
    page.evaluate("() => new Promise(done => setTimeout(done))")
    assert len(watch.ours) == 2


@pytest.mark.parametrize("exporter", ["html", "record"])
def test_a_file_that_is_only_opened(exporter, audit, browser, tmp_path):
    """Offline: in that of stock nbconvert the widget is missing and the line says what to do; in ours the widget is live too."""
    from nbconvert.exporters import HTMLExporter

    node = v4.new_notebook(cells=[cell_of(fl.panel(audit), as_html) for as_html in (True, True, False)])
    text, _ = (HTMLExporter if exporter == "html" else RecordExporter)().from_notebook_node(node)
    path = tmp_path / "opened.html"
    path.write_text(text, "utf-8")
    with offline_page(browser, path) as (page, watch):
        page.locator('[data-live="yes"]').nth(1).wait_for()
        each_moves_alone(page, [PanelPage(page, nth) for nth in range(2)])
        lines = page.locator("[data-fairlens=offer]")
        assert lines.count() == (1 if exporter == "html" else 0)
        assert all(lines.nth(nth).is_visible() for nth in range(lines.count()))
        if exporter == "record":
            assert watch.errors == []


def test_where_scripts_may_not_run_the_first_view_is_told(audit, browser, tmp_path):
    from nbconvert.exporters import HTMLExporter

    panel = fl.panel(audit)
    text, _ = HTMLExporter().from_notebook_node(v4.new_notebook(cells=[cell_of(panel, True)]))
    path = tmp_path / "still.html"
    path.write_text(text, "utf-8")
    with offline_page(browser, path, java_script_enabled=False) as (page, _):
        assert page.get_by_text(TEXTS["still"]).is_visible()
        assert page.locator(".fl-static .fl-sentence").text_content() == panel.view.sentence
        assert page.locator(".fl-static tbody tr").count() == len(panel.view.rows)
