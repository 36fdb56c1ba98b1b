"""How long the panel takes from a key or a click to the painted frame, for a cube of about 100,000 cells.

``python benchmarks/panel_speed.py [times] [exported|live ...]``. An audit of four attributes, labels and 21 steps of the score. Chromium is
driven with real keys and clicks: a slider (arrow key, and mouse), a filter (arrow key on its select), a tab (mouse), in each view that has
them, on the exported file without network and in a live JupyterLab.

What is measured, in the page: from the time stamp of the input event (key down, pointer down, click) to the second
``requestAnimationFrame`` after it. The first of the two frames is the one that shows the change, the second begins when that one has been
handed over; so one frame of waiting is in every number. A page with one slider and nothing to draw is measured in the same way, and its
median stands beside: that is what the machine and the browser take alone. "script" is the part until the panel's program has ended.
"""

from __future__ import annotations

import inspect
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

import fairlens as fl

sys.path.insert(0, str(Path(__file__).parents[1] / "tests" / "support"))

TIMES = 40
SETTLED = 3000
"""Milliseconds until JupyterLab has put everything in its place."""
TARGET = 50
"""Milliseconds, of the median."""
TRIVIAL = "<!doctype html><title>Trivial</title><label>Slider <input type=range min=0 max=1000 value=500></label><output></output>"
WATCH = """() => {
    let start = 0;
    window.taken = [];
    for (const name of ["keydown", "pointerdown"]) window.addEventListener(name, event => { start = event.timeStamp; }, true);
    const end = event => {
        if (event.type === "click") start = event.timeStamp;
        const from = start;
        requestAnimationFrame(() => requestAnimationFrame(() => window.taken.push([performance.now() - from, window.script])));
    };
    for (const name of ["input", "change", "click"]) window.addEventListener(name, () => { window.script = performance.now() - start; });
    window.addEventListener("input", event => { if (event.target.type === "range") end(event); }, true);
    window.addEventListener("change", event => { if (event.target.tagName === "SELECT") end(event); }, true);
    window.addEventListener("click", event => { if (event.target.closest("[role=tab]")) end(event); }, true);
}"""

SETTLE = "() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(() => { window.taken = []; done(); })))"


def world(people: int = 240_000) -> pd.DataFrame:
    """People in 2,430 groups of four attributes, with a label and a score."""
    rng = np.random.default_rng(0)
    sizes = {"race": 6, "age": 5, "region": 9, "branch": 9}
    frame = pd.DataFrame({name: rng.choice([f"{name} {k}" for k in range(size)], people) for name, size in sizes.items()})
    frame["score"] = np.clip(rng.normal(0.5 + 0.05 * (frame["race"] == "race 0"), 0.35, people), 0, 1)
    frame["label"] = (rng.random(people) < frame["score"]).astype(int)
    return frame


def open_panel(frame: pd.DataFrame) -> Any:
    """Its panel."""
    columns = ["race", "age", "region", "branch"]
    audit = fl.audit(frame, y_true="label", y_score="score", threshold=0.5, favorable=1, sensitive_features=columns)
    return fl.panel(audit)


def repeat(page: Any, times: int, act: Callable[[int], None]) -> list[list[float]]:
    """Act so many times, each when the frame of the one before is there; milliseconds to the frame, and of the program."""
    page.evaluate(SETTLE)
    for k in range(times):
        act(k)
        page.wait_for_function("k => window.taken.length >= k", arg=k + 1, timeout=20_000)
    taken: list[list[float]] = page.evaluate("() => window.taken")
    assert len(taken) == times, (len(taken), times)
    return taken


def there_and_back(page: Any, forth: str, back: str, turn: int = 5) -> Callable[[int], None]:
    """Press a key some times, then the other as often."""
    return lambda k: page.keyboard.press(forth if k // turn % 2 == 0 else back)


def slider_by_mouse(page: Any, slider: Any) -> Callable[[int], None]:
    """Click on one place of a slider, then on another."""
    box = slider.bounding_box()

    def act(k: int) -> None:
        page.mouse.click(box["x"] + box["width"] * (0.3 + 0.4 * (k % 2)), box["y"] + box["height"] / 2)

    return act


def views(page: Any, root: Any, times: int) -> Iterator[tuple[str, str, list[list[float]]]]:
    """Every measurement of one panel: view, control, milliseconds."""
    root.scroll_into_view_if_needed()
    tabs = root.get_by_role("tab")
    names = tabs.all_text_contents()
    for name in names:
        tab = root.get_by_role("tab", name=name, exact=True)
        tab.click()
        depths = (1, 3, 4) if root.locator("select[data-key='by-0']").count() else (1,)
        for depth in depths:
            cross(root, depth)
            label, only, slider = f"{name}, by {depth}", root.locator("select[data-key='only-3']"), root.locator("input[type=range]")
            if only.count() and depth < 4:
                only.focus()
                yield label, "filter, key", repeat(page, times, there_and_back(page, "ArrowDown", "ArrowUp", 4))
                only.select_option(index=1)  # the slider then reads the table of all four attributes
            if slider.count() == 1:
                slider.focus()
                yield label, "slider, key", repeat(page, times, there_and_back(page, "ArrowRight", "ArrowLeft"))
                yield label, "slider, mouse", repeat(page, times, slider_by_mouse(page, slider))
            if only.count():
                only.select_option(index=0)
        if depths != (1,):
            cross(root, 1)
    if len(names) > 1:
        pair = [root.get_by_role("tab", name=name, exact=True) for name in names[:2]]
        pair[0].click()
        yield f"{names[0]} / {names[1]}", "tab, mouse", repeat(page, times, lambda k: pair[1 - k % 2].click())


def cross(root: Any, depth: int) -> None:
    """Group by so many attributes: 6, 270 or 2,430 groups."""
    for k in range(1, depth):
        root.locator(f"select[data-key='by-{k}']").select_option(value=str(k))
    rest = root.locator(f"select[data-key='by-{depth}']")
    if rest.count():
        rest.select_option(value="")


@contextmanager
def exported(browser: Any, folder: Path) -> Iterator[tuple[Any, Any]]:
    """The panel on an exported file, without network."""
    from pages import export, offline_page

    panel = open_panel(world())
    panel._make_record()
    path = export(folder / "speed.html", panel)
    cells = len(panel._choices.audit.tables.cube.codes)
    print(f"{cells:,} cells in the cube, {len(panel._text) / 1e6:.1f} MB sent, {path.stat().st_size / 1e6:.1f} MB in the file")
    with offline_page(browser, path) as (page, _):
        page.locator("[data-live=yes]").wait_for()
        page.evaluate(WATCH)
        yield page, page.locator(".fl-panel")


@contextmanager
def live(browser: Any, folder: Path) -> Iterator[tuple[Any, Any]]:
    """The panel in a JupyterLab with its kernel."""
    import nbformat
    import nbformat.v4 as v4
    from lab import Lab, run_all

    head = "import numpy as np, pandas as pd, fairlens as fl\nfrom typing import Any\n"
    source = head + inspect.getsource(world) + "\n\n" + inspect.getsource(open_panel)
    cells = [v4.new_code_cell(source), v4.new_code_cell("open_panel(world())")]
    kernel = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}
    nbformat.write(v4.new_notebook(cells=cells, metadata=kernel), folder / "speed.ipynb")
    with Lab(folder) as server:
        page = browser.new_page(viewport={"width": 1280, "height": 1000})
        server.open(page, "speed.ipynb")
        run_all(page)
        page.locator(".fl-panel [role=tab]").first.wait_for(timeout=60_000)
        page.wait_for_timeout(SETTLED)
        page.bring_to_front()
        page.evaluate(WATCH)
        yield page, page.locator(".fl-panel")
        page.close()


def trivial(browser: Any, times: int) -> float:
    """Median of a page that has nothing to draw."""
    page = browser.new_page()
    page.set_content(TRIVIAL)
    page.evaluate("() => document.querySelector('input').addEventListener('input', event => document.querySelector('output').textContent = event.target.value)")
    page.evaluate(WATCH)
    page.locator("input").focus()
    taken = repeat(page, times, there_and_back(page, "ArrowRight", "ArrowLeft"))
    page.close()
    return float(np.median(np.asarray(taken)[:, 0]))


def main(times: int = TIMES, *ways: str) -> None:
    """Print a table, and the worst median of sliders and filters."""
    from pages import FLAGS, chromium_path
    from playwright.sync_api import sync_playwright

    worst = 0.0
    with sync_playwright() as driver, tempfile.TemporaryDirectory() as folder:
        browser = driver.chromium.launch(executable_path=chromium_path(), args=FLAGS)
        for name, way in (("exported", exported), ("live", live)):
            if ways and name not in ways:
                continue
            alone = trivial(browser, times)
            print(f"{name}: a trivial page takes {alone:.0f} ms; n = {times} each")
            print(f"{'view, grouped by':38}{'control':16}{'median':>8}{'90 %':>8}{'script':>8}{'ratio':>8}")
            with way(browser, Path(folder)) as (page, root):
                for view, control, taken in views(page, root, times):
                    all_, script = np.asarray(taken).T
                    middle = float(np.median(all_))
                    worst = max(worst, middle if "tab" not in control else 0)
                    print(f"{view:38}{control:16}{middle:8.1f}{np.quantile(all_, 0.9):8.1f}{np.median(script):8.1f}{middle / alone:8.2f}", flush=True)
        browser.close()
    if not worst:
        raise SystemExit("Nothing was measured.")
    print(f"worst median of sliders and filters: {worst:.0f} ms; the target is {TARGET} ms")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else TIMES, *sys.argv[2:])
