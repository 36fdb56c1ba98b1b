"""A bare browser for exported pages: no server, no kernel, no network."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-dev-shm-usage",
    "--disable-sync",
    "--no-first-run",
    "--font-render-hinting=none",
    "--force-color-profile=srgb",
]


def chromium_path() -> str | None:
    """Where Chromium is, or None."""
    named = os.environ.get("CHROMIUM")
    return named or shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")


class Watch:
    """Requests and errors of a page, so that a test can say there were none."""

    def __init__(self, page: Any) -> None:
        self.requests: list[str] = []
        self.errors: list[str] = []
        page.on("request", lambda request: self.requests.append(request.url))
        page.on("pageerror", lambda error: self.errors.append(str(error)))
        page.on("console", lambda line: self.errors.append(line.text) if line.type in ("error", "warning") else None)


@contextmanager
def offline_page(browser: Any, path: Path, **options: Any) -> Iterator[tuple[Any, Watch]]:
    """Open a file with the network off."""
    context = browser.new_context(offline=True, viewport={"width": 1200, "height": 900}, **options)
    page = context.new_page()
    watch = Watch(page)
    page.goto(path.resolve().as_uri())
    try:
        yield page, watch
    finally:
        context.close()


def export(path: Path, *panels: Any) -> Path:
    """Write the file of a notebook in which each panel recorded the view that it is at."""
    import nbformat.v4 as v4

    from fairlens.records import RecordExporter

    cells = [v4.new_markdown_cell("# A record")]
    for panel in panels:
        cell = v4.new_code_cell("panel.record()")
        for data, metadata in panel.recorded[-1].outputs:
            cell.outputs.append(v4.new_output("display_data", data=data, metadata=metadata))
        cells.append(cell)
    page, _ = RecordExporter().from_notebook_node(v4.new_notebook(cells=cells))
    path.write_text(page, "utf-8")
    return path


_CHOOSE_ALL = """(root, steps) => {
    for (const [label, text] of steps) {
        const control = [...root.querySelectorAll("label.fl-control")].find(one => one.querySelector("span").textContent === label);
        if (!control) throw new Error(`no control is called ${label}`);
        const select = control.querySelector("select");
        const option = [...select.options].find(one => one.text === text);
        if (!option) throw new Error(`${label} does not offer ${text}`);
        select.value = option.value;
        select.dispatchEvent(new Event("change", { bubbles: true }));
    }
}"""


class PanelPage:
    """One live part of an exported page, used by its labels as a person does."""

    def __init__(self, page: Any, nth: int = 0) -> None:
        self.page = page
        self.root = page.locator(".fl-panel").nth(nth)

    def look(self, name: str) -> None:
        """Look at a view by the name of its tab."""
        self.root.get_by_role("tab", name=name, exact=True).click()

    def select(self, label: str) -> Any:
        """The select with a label."""
        return self.root.locator("label.fl-control", has=self.page.get_by_text(label, exact=True)).locator("select").first

    def choose(self, label: str, text: str) -> None:
        """Choose an option by the text that is shown."""
        self.select(label).select_option(label=text)

    def choose_all(self, steps: Sequence[tuple[str, str]]) -> None:
        """Choose several options one after the other, each as a person does: by the text of its control and its own."""
        self.root.evaluate(_CHOOSE_ALL, [list(step) for step in steps])

    def threshold_choice(self, *, split: bool) -> None:
        """Give each group a threshold of its own, or everybody the same; nothing where the panel has no such choice."""
        if self.select("Thresholds").count():
            self.choose("Thresholds", "one per group" if split else "one for everybody")

    def threshold(self, stop: int) -> None:
        """Move the one slider to a stop."""
        self.thresholds([stop])

    def thresholds(self, stops: Sequence[int]) -> None:
        """Move the sliders to their stops, in the order in which they stand."""
        sliders = self.root.locator("input[type=range]")
        assert sliders.count() == len(stops)
        for nth, stop in enumerate(stops):
            sliders.nth(nth).fill(str(stop))

    def read(self) -> dict[str, Any]:
        """Everything that is shown: sentence, texts of the table, rows with their full values, and where dots are."""
        texts = "table => [...table.rows].map(row => [...row.cells].map(cell => cell.textContent))"
        table = self.root.locator(".fl-pane:not([hidden]) .fl-numbers table").evaluate(texts)
        return {"sentence": self.sentence, "table": table, "rows": self.rows(), "dots": self.dots()}

    def rulings(self) -> list[list[str]]:
        """The texts of the rows of the strip of criteria: state, group, then the other cells."""
        return list(
            self.root.locator(".fl-rulings tbody tr").evaluate_all(
                "rows => rows.map(row => [row.dataset.state, ...[...row.cells].map(cell => cell.textContent)])"
            )
        )

    @property
    def verdict(self) -> str:
        """Which groups are in which state, and who is judged."""
        return " ".join(self.root.locator(".fl-verdict, .fl-judged").all_text_contents())

    @property
    def sentence(self) -> str:
        """The sentence."""
        return str(self.root.locator("[role=status]").text_content())

    def rows(self) -> list[dict[str, Any]]:
        """The rows of the table: names of the group, and text and full values of each cell."""
        return list(
            self.root.locator(".fl-pane:not([hidden]) .fl-numbers tbody tr").evaluate_all(
                """rows => rows.map(row => ({
                    group: [...row.querySelectorAll("th")].map(cell => cell.textContent),
                    cells: [...row.querySelectorAll("td")].map(cell => ({text: cell.textContent, ...cell.dataset})),
                }))"""
            )
        )

    def dots(self) -> list[float]:
        """The values at which dots are drawn, read back from where they are."""
        return list(
            self.root.locator("svg.fl-picture").evaluate(
                """svg => { const lines = [...svg.querySelectorAll(".fl-grid")].map(line => Number(line.getAttribute("x1")));
                    return [...svg.querySelectorAll("circle")].map(dot => (Number(dot.getAttribute("cx")) - lines[0]) / (lines.at(-1) - lines[0])); }"""
            )
        )


_MODEL = """async ({program, values}) => {
    const listeners = {}, url = URL.createObjectURL(new Blob([program], {type: "text/javascript"}));
    window.sent = [];
    window.model = {
        get: name => values[name],
        set(name, value) { values[name] = value; (listeners[`change:${name}`] ?? []).forEach(one => one()); },
        on(name, act) { (listeners[name] ??= []).push(act); },
        off(name, act) { listeners[name] = (listeners[name] ?? []).filter(one => one !== act); },
        send: message => window.sent.push(message),
        save_changes() {},
        hear: message => (listeners["msg:custom"] ?? []).forEach(one => one(message)),
    };
    const model = window.model;
    window.close_panel = (await import(url)).default.render({model, el: document.body.appendChild(document.createElement("div"))});
    (window.panels ??= []).push({model, close: window.close_panel});
}"""


@contextmanager
def mounted(browser: Any, panel: Any, *, clock: bool = False, **options: Any) -> Iterator[tuple[PanelPage, Watch]]:
    """Mount the front end of a live panel in a bare page, with a model that a test can set and hear: ``window.model``, ``window.sent``.

    With ``clock`` time stands still until the test lets it pass.
    """
    context = browser.new_context(offline=True, viewport={"width": 1200, "height": 900}, **options)
    page = context.new_page()
    watch = Watch(page)
    page.set_content("<!doctype html><title>Panel</title><main></main>")
    if clock:
        page.clock.install()
    page.add_style_tag(content=panel._live._css)
    remount(page, panel)
    try:
        yield PanelPage(page), watch
    finally:
        context.close()


def remount(page: Any, panel: Any) -> None:
    """Mount one more live panel on the page, with a model and a program of its own; ``window.panels`` has all of them."""
    live = panel._live
    values = {name: getattr(live, name) for name in ("payload", "state", "explained", "looked", "frozen")}
    page.evaluate(_MODEL, {"program": live._esm, "values": values})
