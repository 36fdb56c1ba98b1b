"""An audit by keyboard alone in a real JupyterLab: looked at, sliced, explained, recorded, saved; exported, and replayed without a network."""

import re
import subprocess
import sys

import nbformat
import nbformat.v4 as v4
import pytest
from keys import Keys
from lab import Lab
from pages import Watch, offline_page
from server import LOOPBACK

NOTEBOOK = "audit.ipynb"
CELLS = (
    """import numpy as np, pandas as pd, fairlens as fl
rng = np.random.default_rng(0)
n = 2400
race, sex, region = rng.choice(["a", "b", "c"], n, p=[0.5, 0.3, 0.2]), rng.choice(["f", "m"], n), rng.choice(["east", "north", "south", "west"], n)
X = pd.DataFrame({"income": rng.normal(50, 10, n) - 8 * (race == "b"), "debt": rng.normal(20, 5, n)})
def model(rows):
    return 1 / (1 + np.exp(-(rows["income"].to_numpy() - rows["debt"].to_numpy() - 30) / 8))
y = (rng.random(n) < model(X)).astype(int)
groups = {"race": race, "sex": sex, "region": region}
audit = fl.audit(X, y_true=y, model=model, threshold=0.5, favorable=1, sensitive_features=groups)""",
    """panel = fl.panel(audit)
panel""",
)
LOG = re.compile(r"views? (was|were) looked at;")
_TABLES = """root => [...root.querySelectorAll("table")].filter(table => table.checkVisibility() && !table.closest(".fl-looked, details")).map(table =>
    [...table.rows].map(row => [...row.cells].filter(cell => !cell.classList.contains("fl-bar")).map(cell => cell.textContent.trim())))"""


@pytest.fixture(scope="module")
def lab(tmp_path_factory, browser):
    pytest.importorskip("jupyterlab", reason="jupyterlab is not installed")
    root = tmp_path_factory.mktemp("keyboard")
    kernel = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}
    nbformat.write(v4.new_notebook(cells=[v4.new_code_cell(source) for source in CELLS], metadata=kernel), root / NOTEBOOK)
    with Lab(root) as server:
        yield server


@pytest.fixture
def page(lab, browser):
    context = browser.new_context(viewport={"width": 1280, "height": 1000})
    page = context.new_page()
    page.foreign = []
    context.route("**/*", lambda route: route.continue_() if LOOPBACK.match(route.request.url) else (page.foreign.append(route.request.url), route.abort()))
    page.watch = Watch(page)
    lab.open(page, NOTEBOOK)
    yield page
    context.close()


class Looked:
    """The live panel of the notebook, as it is read."""

    def __init__(self, page, root):
        self.page, self.root, self.foot = page, root, root.locator(".fl-looked")

    def read(self):
        """The sentence and the tables that are seen."""
        return {"sentence": self.root.locator("[role=status]").text_content(), "tables": self.root.evaluate(_TABLES)}

    def held(self, *words):
        """Wait until the log holds a view with all these words."""
        test = "([foot, words]) => [...foot.querySelectorAll('tbody th')].some(cell => words.every(word => cell.textContent.includes(word)))"
        self.page.wait_for_function(test, arg=[self.foot.element_handle(), list(words)], timeout=30_000)

    @property
    def counted(self):
        """How many views the log says were looked at."""
        return int(re.match(r"(\d+) views were looked at", self.foot.locator("summary").text_content())[1])


def record(keys, page, panel, recorded):
    """Record the view by its button, and wait until it stands under the panel."""
    shown, before = panel.read(), page.locator(".fl-static .fl-state").count()
    keys.reach("Record this view")
    keys.press("Enter")
    page.wait_for_function("before => document.querySelectorAll('.fl-static .fl-state').length > before", arg=before, timeout=30_000)
    recorded.append(shown)


def record_in_a_cell(keys, page, panel):
    """Record the view in a new cell under the panel."""
    shown, before = panel.read(), page.locator(".fl-static .fl-state").count()
    keys.press("Escape", "b", "Enter")  # to the cell of the panel; a new one under it
    page.keyboard.type("panel.record()")
    keys.press("Shift+Enter")
    page.wait_for_function("before => document.querySelectorAll('.fl-static .fl-state').length > before", arg=before, timeout=30_000)
    return shown


def test_an_audit_by_keyboard_recorded_exported_and_replayed(page, lab, browser, tmp_path):
    keys, recorded = Keys(page), []
    keys.press("Shift+Enter", "Shift+Enter")
    root = page.locator(".fl-panel").first
    root.wait_for(timeout=90_000)
    panel = Looked(page, root)
    keys.press("Escape", "ArrowUp")  # from the cell that was made, to the one of the panel
    cells = page.locator(".jp-Cell").count()
    keys.reach("Disparities")  # the Tab key goes into the panel

    keys.choose("Metric", "True positive rate")
    keys.choose("Group by", "race")
    keys.choose("and by", "sex")
    keys.choose("Only region", "several…")
    for level in ("north", "west"):
        keys.reach(level)
        keys.press("Space")
    panel.foot.locator("summary").wait_for(timeout=30_000)
    keys.reach(LOG)
    keys.press("Enter")
    panel.held("True positive rate", "race and sex", "north", "west")
    keys.press("Escape")
    assert panel.foot.locator("details").get_attribute("open") is None
    record(keys, page, panel, recorded)
    assert len(recorded[-1]["tables"][0]) == 1 + 6

    keys.reach("Slices", back=True)
    keys.press("Enter")
    keys.reach("Name of this slice")
    page.keyboard.type("two regions")
    keys.press("Enter")
    keys.reach("Compare with everybody else")
    keys.press("Enter")
    panel.held("slice", "two regions")
    assert [row[0] for row in panel.read()["tables"][0]] == ["slice", "two regions", "others"]
    record(keys, page, panel, recorded)
    keys.reach("Back to the groups", back=True)
    keys.press("Enter")
    assert keys.inside

    keys.look("Thresholds")
    keys.choose("Group by", "race")
    keys.reach("Threshold")
    keys.press("ArrowRight", "ArrowRight")
    stop = page.evaluate("() => document.activeElement.getAttribute('aria-valuetext')")
    assert stop == "0.6"
    panel.held("by race", "0.6")
    record(keys, page, panel, recorded)
    keys.look("Data")
    who, counted = record_in_a_cell(keys, page, panel), panel.counted
    assert counted >= 3
    keys.press("ArrowUp", "ArrowUp")  # over the new cell, to the one of the panel
    assert not keys.inside

    keys.look("Why")
    keys.reach("Explain this view")
    keys.press("Enter")
    root.locator(".fl-parts").wait_for(timeout=120_000)
    assert keys.name == "Explain this view"
    recorded += [record_in_a_cell(keys, page, panel), who]  # the later cell stands above
    assert page.locator(".fl-static .fl-why").count() == 1
    assert page.locator(".jp-Cell").count() == cells + 2
    assert panel.counted == counted + 1

    keys.press("Escape", "Control+s")
    page.wait_for_function("() => !window.jupyterapp.shell.currentWidget.context.model.dirty")
    assert (page.watch.errors, page.foreign) == ([], [])
    replay(browser, lab.root / NOTEBOOK, tmp_path / "audit.html", recorded, counted)


def replay(browser, saved, out, recorded, counted):
    """Open the exported page without a network: each view is there, says the same, and is live by keyboard."""
    command = [sys.executable, "-m", "nbconvert", "--to", "fairlens-record", "--output", str(out), str(saved)]
    subprocess.run(command, check=True, capture_output=True, timeout=120)
    with offline_page(browser, out) as (file, watch):
        file.locator("[data-live=yes]").nth(len(recorded) - 1).wait_for()
        hosts = file.locator("[data-fairlens=view]", has=file.locator(".fl-static .fl-state"))
        assert hosts.count() == len(recorded)
        for nth, shown in enumerate(recorded):
            host = hosts.nth(nth)
            again = Looked(file, host.locator(".fl-panel"))
            assert again.read() == shown
            still = host.locator(".fl-static").evaluate(_TABLES)
            assert [table for table in shown["tables"] if table not in still] == []
            assert shown["sentence"] in host.locator(".fl-static").text_content()
        assert f"{counted} views were looked at" in hosts.last.locator(".fl-static .fl-looked").text_content()
        live = Looked(file, hosts.first.locator(".fl-panel"))
        keys, before = Keys(file), live.read()
        keys.reach("Metric")
        keys.press("ArrowDown")
        assert live.read() != before
        keys.reach("Reset to the recorded view", back=True)
        keys.press("Enter")
        assert live.read() == before
        assert watch.errors == []
        assert watch.requests == [out.resolve().as_uri()]
