"""What axe-core says of the panel: live with the colours of JupyterLab, and in an exported page, in light and dark."""

import nbformat
import nbformat.v4 as v4
import pytest
import scenes
from lab import Lab, run_all
from pages import PanelPage, export, mounted, offline_page
from server import loopback_page

sync_playwright = pytest.importorskip("axe_playwright_python.sync_playwright", reason="axe-playwright-python is not installed")
SCHEMES = ("light", "dark")


@pytest.fixture(scope="module")
def audit():
    return scenes.audit()


@pytest.fixture(scope="module")
def panel(audit):
    return scenes.panel(audit)


@pytest.fixture(scope="module")
def path(panel, tmp_path_factory):
    panel.show("selection_rate", "race", {}, view="disparities")
    panel._make_record()
    return export(tmp_path_factory.mktemp("axe") / "r.html", panel)


def violations(page, within=None):
    """Each violation, with the elements that it is about and why."""
    found = sync_playwright.Axe().run(page, context=within).response["violations"]
    return [(one["id"], [(node["html"][:200], node["failureSummary"]) for node in one["nodes"][:3]]) for one in found]


def put(page, hands, scene, situations):
    if scene in situations:
        situations[scene](hands)
    else:
        hands.look(scene)


@pytest.mark.parametrize("scheme", SCHEMES)
def test_a_live_panel_has_no_violation(browser, panel, scheme):
    panel.show("selection_rate", "race", {}, view="disparities", slice=False)
    situations = {**scenes.SCENES, **scenes.LIVE_SCENES}
    for scene in (*scenes.views(panel).values(), *situations):
        with mounted(browser, panel) as (hands, _):
            scenes.paint(hands.page, scheme == "dark")
            put(hands.page, hands, scene, situations)
            assert violations(hands.page, ".fl-panel") == [], scene
            if scene not in situations:
                scenes.unfold(hands)
                assert violations(hands.page, ".fl-panel") == [], f"{scene}, unfolded"


@pytest.mark.parametrize("scheme", SCHEMES)
def test_an_exported_page_has_no_violation(browser, panel, path, scheme):
    for scene in (*scenes.views(panel).values(), *scenes.SCENES):
        with offline_page(browser, path, color_scheme=scheme) as (page, watch):
            page.locator("[data-live=yes]").wait_for()
            put(page, PanelPage(page), scene, scenes.SCENES)
            assert violations(page) == [], scene
            assert watch.errors == []


@pytest.mark.parametrize("scheme", SCHEMES)
def test_recorded_views_of_every_kind_side_by_side_have_no_violation(browser, audit, tmp_path, scheme):
    import nbformat.v4 as v4

    from fairlens.records import RecordExporter

    panel = scenes.panel(audit)
    cells = [v4.new_markdown_cell("# An audit\n\n[A link](#there) and `code`.")]
    for name in (*scenes.views(panel), "why"):
        panel.show(view=name)
        panel._make_record()
        outputs = [v4.new_output("display_data", data=data, metadata=metadata) for data, metadata in panel.recorded[-1].outputs]
        source = "# what is seen\nfor name in panel.views:\n    print(f'{name}: {1 + 2.5}', None)  # and a string"
        cells.append(v4.new_code_cell(source, outputs=[v4.new_output("stream", name="stderr", text="A warning"), *outputs]))
    cells.append(v4.new_code_cell("audit", outputs=[v4.new_output("display_data", data={"text/html": audit.by_group("selection_rate")._repr_html_()})]))
    page_text, _ = RecordExporter().from_notebook_node(v4.new_notebook(cells=cells))
    path = tmp_path / "all.html"
    path.write_text(page_text, "utf-8")
    with offline_page(browser, path, color_scheme=scheme) as (page, watch):
        page.locator("[data-live=yes]").nth(len(cells) - 3).wait_for()
        scenes.unfold_in(page)
        assert violations(page) == []
        page.set_viewport_size({"width": 480, "height": 900})
        assert violations(page) == []
        assert watch.errors == []


def test_what_is_planted_is_found(browser, panel, path):
    plants = {
        "label": "<input type='text'>", "svg-img-alt": "<svg role='img'><rect/></svg>", "button-name": "<button></button>",
        "color-contrast": "<p style='color: #999; background: #fff'>pale</p>", "select-name": "<select><option>x</option></select>",
    }  # fmt: skip
    with mounted(browser, panel) as (hands, _):
        for name, html in plants.items():
            hands.root.evaluate("(root, html) => root.insertAdjacentHTML('afterbegin', html)", html)
            assert [one for one, _ in violations(hands.page, ".fl-panel")] == [name]
            hands.root.evaluate("root => root.firstElementChild.remove()")
    with offline_page(browser, path, color_scheme="dark") as (page, _):
        page.locator(".fl-static .fl-state").evaluate("one => { one.style.color = '#444'; }")
        assert [one for one, _ in violations(page)] == ["color-contrast"]


SOURCE = """import numpy as np, pandas as pd, fairlens as fl
rng = np.random.default_rng(0)
frame = pd.DataFrame({"race": rng.choice(["a", "b"], 900), "sex": rng.choice(["f", "m"], 900), "y": rng.integers(0, 2, 900), "s": rng.random(900)})
fl.panel(fl.audit(frame, y_true="y", y_score="s", threshold=0.5, favorable=1, sensitive_features=["race", "sex"]))"""


def test_a_panel_in_jupyterlab_has_no_violation_in_its_light_and_its_dark_theme(browser, tmp_path):
    pytest.importorskip("jupyterlab", reason="jupyterlab is not installed")
    kernel = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}
    nbformat.write(v4.new_notebook(cells=[v4.new_code_cell(SOURCE)], metadata=kernel), tmp_path / "axe.ipynb")
    context = browser.new_context(viewport={"width": 1280, "height": 1000})
    page, foreign, _ = loopback_page(context)
    with Lab(tmp_path) as lab:
        lab.open(page, "axe.ipynb")
        run_all(page)
        hands = PanelPage(page)
        hands.root.wait_for(timeout=60_000)
        for theme in ("JupyterLab Dark", "JupyterLab Light"):
            page.evaluate("theme => window.jupyterapp.commands.execute('apputils:change-theme', {theme}).then(() => true)", theme)
            page.locator(f'body[data-jp-theme-name="{theme}"]').wait_for(state="attached", timeout=30_000)
            for label in ("Data", "Disparities", "Thresholds", "Why"):
                hands.look(label)
                assert violations(page, ".fl-panel") == [], f"{theme}, {label}"
        scenes.unfold(hands)
        assert violations(page, ".fl-panel") == []
        assert foreign == []
    context.close()
