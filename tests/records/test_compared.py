"""Ratios, thresholds per group, adjustment and criteria on an exported page: seen and used as a person does."""

import json
import re

import numpy as np
import pandas as pd
import pytest
from pages import PanelPage, export, offline_page

import fairlens as fl
from fairlens.records import RecordExporter
from fairlens.widgets._inline import data_block, inline
from fairlens.widgets._payload import canonical
from fairlens.widgets._program import digest, program

_NAMED = "one => (one.labels?.[0]?.textContent || one.ariaLabel || one.textContent).trim().length > 0"
RACES = ["African-American", "Caucasian", "Hispanic, other", "<b>العربية</b>"]


@pytest.fixture(scope="module")
def audit():
    rng = np.random.default_rng(3)
    n = 2500
    race = rng.choice(RACES, n, p=[0.45, 0.35, 0.15, 0.05])
    score = np.clip(rng.normal(0.5 + 0.1 * (race == RACES[1]), 0.2, n), 0, 1)
    frame = pd.DataFrame({"race": race, "sex": rng.choice(["f", "m"], n), "age": rng.choice(["<25", "25+"], n), "s": score})
    frame["y"] = (rng.random(n) < score).astype(int)
    roles = {"y_true": "y", "y_score": "s", "threshold": 0.5, "favorable": 1}
    return fl.audit(frame, **roles, sensitive_features=["race", "sex"], slice_features=["age"])


@pytest.fixture(scope="module")
def panel(audit):
    rules = [
        fl.Criterion("selection_rate", margin=0.05, by="race", reference=RACES[1]),
        fl.Criterion("true_positive_rate", margin=0.8, comparison="ratio", direction="lower", name="Four fifths"),
    ]
    panel = fl.panel(audit, criteria=rules).show(by="race", threshold=0.5)
    panel._make_record()
    return panel


@pytest.fixture(scope="module")
def path(panel, tmp_path_factory):
    return export(tmp_path_factory.mktemp("compared") / "r.html", panel)


@pytest.fixture
def live(browser, path):
    with offline_page(browser, path) as (page, watch):
        page.locator("[data-live=yes]").wait_for()
        yield PanelPage(page)
        assert watch.errors == []


def test_the_strip_follows_the_slider_and_says_what_python_says(live, panel):
    seen = set()
    for stop, threshold in ((4, 0.2), (10, 0.5), (13, 0.65), (18, 0.9)):
        live.threshold(stop)
        static = live.page.evaluate(
            """html => { const page = new DOMParser().parseFromString(html, "text/html").querySelector(".fl-criteria");
                return { said: [...page.querySelectorAll("p")].map(p => p.textContent).join(" "),
                         rows: [...page.querySelectorAll("tbody tr")].map(row => [row.dataset.state, ...[...row.cells].map(c => c.textContent)]),
                         captions: [...page.querySelectorAll("caption")].map(c => c.textContent) }; }""",
            panel.show(threshold=threshold).view.html(),
        )
        assert live.rulings() == static["rows"]
        assert live.verdict == static["said"]
        assert live.root.locator(".fl-rulings caption").all_text_contents() == static["captions"]
        seen |= {row[0] for row in static["rows"]}
    assert {"exceeds", "within", "inconclusive"} <= seen
    panel.show(threshold=0.5)


def test_each_state_has_a_shape_of_its_own(live):
    shapes = live.root.locator(".fl-rulings tbody tr").evaluate_all(
        "rows => rows.map(row => [row.dataset.state, row.querySelector('svg.fl-mark path').getAttribute('d'), row.cells[1].textContent])"
    )
    assert len({state for state, _, _ in shapes}) == len({shape for _, shape, _ in shapes}) >= 2
    assert all(text.strip().startswith(state) for state, _, text in shapes)


def test_a_filter_and_thresholds_per_group_leave_the_verdict_as_it_is(live):
    before = live.rulings()
    live.choose("Only sex", "f")
    assert "Judged for everybody, at one threshold of 0.5, leaving aside the filter of this view." in live.verdict
    live.threshold_choice(split=True)
    live.thresholds([4, 8, 12, 16])
    assert "leaving aside the filter and the thresholds per group of this view" in live.verdict
    assert live.rulings() == before


def test_every_slider_keeps_the_others_and_shows_its_threshold_beside_it(live):
    live.threshold_choice(split=True)
    live.thresholds([4, 8, 12, 16])
    assert live.root.locator(".fl-slider output").all_text_contents() == ["0.2", "0.4", "0.6", "0.8"]
    names = live.root.locator("input[type=range]").evaluate_all("all => all.map(one => one.labels[0].querySelector('span').textContent)")
    assert sorted(names) == sorted(f"Threshold: {race}" for race in RACES)
    levels = [name.removeprefix("Threshold: ") for name in names]
    assert live.sentence.startswith(
        "Deciding at a score of " + ", ".join(f"{cut} or more for {level}" for cut, level in zip(("0.2", "0.4", "0.6", "0.8"), levels, strict=True))
    )
    live.threshold_choice(split=False)
    assert live.root.locator("input[type=range]").count() == 1
    assert "for everybody" not in live.sentence


def test_reset_takes_everything_back(live):
    before = live.read(), live.rulings()
    live.choose_all([("Compare by", "ratios"), ("Adjust for", "age"), ("Group by", "sex")])
    live.threshold_choice(split=True)
    live.thresholds([3, 9])
    assert live.read() != before[0]
    live.root.get_by_role("button", name="Reset").click()
    assert (live.read(), live.rulings()) == before
    assert live.select("Compare by").input_value() == "difference"


def test_keys_change_a_comparison_and_a_threshold(live):
    live.select("Compare by").focus()
    live.page.keyboard.press("ArrowDown")
    assert "Ratio of the opposite rate (95 % interval)" in live.read()["table"][0]
    assert live.select("Compare by").evaluate("one => one === document.activeElement")
    live.threshold_choice(split=True)
    second = live.root.locator("input[type=range]").nth(1)
    second.focus()
    live.page.keyboard.press("ArrowRight")
    assert live.root.locator(".fl-slider output").all_text_contents() == ["0.5", "0.55", "0.5", "0.5"]
    assert second.evaluate("one => one === document.activeElement")
    assert second.get_attribute("aria-valuetext") == "0.55"


def test_every_control_has_a_name_and_keeps_its_keys(live):
    live.choose_all([("Compare by", "ratios"), ("Adjust for", "age")])
    live.threshold_choice(split=True)
    live.root.locator("summary").evaluate_all("all => all.forEach(one => one.click())")
    live.choose("Only race", "several…")
    found = live.root.locator(":is(select, input, button, summary, textarea):not(.fl-pane[hidden] *)")
    assert found.count() > 20
    for control in found.all():
        assert control.get_attribute("data-lm-suppress-shortcuts") == "true"
        assert control.evaluate(_NAMED), control.evaluate("one => one.outerHTML")
    spoken = live.root.locator("[aria-live=polite]:not(.fl-spoken)")
    assert spoken.filter(visible=True).count() == 2  # the sentence and what the criteria say
    assert live.root.locator(".fl-rulings th[scope=col]").count() == 8
    assert live.page.locator(".fl-panel td b, .fl-panel th b, .fl-panel option b, .fl-panel label b").count() == 0


@pytest.mark.parametrize("width", [1100, 480])
def test_nothing_is_cut_off(live, width):
    live.page.set_viewport_size({"width": width, "height": 900})
    live.choose_all([("Compare by", "ratios"), ("Adjust for", "age")])
    live.threshold_choice(split=True)
    parts = ".fl-panel, .fl-numbers:not([tabindex='0']), .fl-criteria, .fl-controls, .fl-static"  # a table may scroll where the keyboard reaches it
    wide = live.page.locator(parts).evaluate_all("all => all.filter(one => one.scrollWidth > one.clientWidth + 1).map(one => one.className)")
    assert wide == []
    assert live.page.evaluate("document.documentElement.scrollWidth") <= width
    boxes = [box for control in live.root.locator(".fl-control").all() if (box := control.bounding_box())]  # those in a closed box have none
    assert len(boxes) > 6
    overlaps = [
        (i, j) for i, a in enumerate(boxes) for j, b in enumerate(boxes)
        if i < j and a["x"] < b["x"] + b["width"] and b["x"] < a["x"] + a["width"] and a["y"] < b["y"] + b["height"] and b["y"] < a["y"] + a["height"]
    ]  # fmt: skip
    assert overlaps == []


def test_five_hundred_groups_get_one_slider(browser, tmp_path):
    rng = np.random.default_rng(6)
    towns = pd.DataFrame({"town": rng.choice([f"t{k}" for k in range(500)], 20_000), "s": rng.random(20_000)})
    panel = fl.panel(fl.audit(towns, y_score="s", threshold=0.5, favorable=1, sensitive_features="town"))
    with offline_page(browser, exported_page(tmp_path, [html_of(panel)])) as (page, watch):
        page.locator("[data-live=yes]").wait_for()
        live = PanelPage(page)
        assert live.select("Thresholds").count() == 0
        assert live.root.locator("input[type=range]").count() == 1
        assert len(live.rows()) == len(live.dots()) == 40
        assert "40 of 500 groups are shown." in live.root.text_content()
        live.root.get_by_role("button", name="Show all").click()
        assert len(live.rows()) == 500
        assert live.root.get_by_role("button", name="Show fewer").evaluate("one => one === document.activeElement")
        assert watch.errors == []


# Views of several versions on one page.

OLD_BOOT = """(async () => {
  const holder = document.querySelector('script[data-fairlens="program"]');
  const url = URL.createObjectURL(new Blob([JSON.parse(holder.textContent)], { type: "text/javascript" }));
  (await import(url)).mountAll();
})();"""
OLD_PROGRAM = """export function mountAll() {
  for (const host of document.querySelectorAll('[data-fairlens="record"]')) {
    if (host.dataset.live) continue;
    host.dataset.live = "yes";
    host.querySelector(".fl-live").textContent = "drawn by the program of its time";
  }
}"""


def html_of(panel, text=None):
    """A view as HTML, without drawing its picture."""
    return inline(panel.view.html(), panel._text if text is None else text, panel._live.state)


def old_view(panel):
    """A view as they were before ratios: another mark, no words and no place in the state for what did not exist."""
    data = json.loads(panel._text)
    data["format"] = "fairlens-panel/1"
    for name in ("criteria", "sliders", "cut_stop", "weighted"):
        del data[name]
    for name in ("compare", "differences", "ratios", "adjust", "nothing", "thresholds", "one_threshold", "own_thresholds", "ratio", "opposite", "adjusted"):
        del data["ui"][name]
    state = {name: value for name, value in panel._live.state.items() if name not in ("compare", "adjust", "cuts")}
    text = canonical(data)
    return (
        f'<div class="fl-record" data-fairlens="record" data-payload="{digest(text)}"><div class="fl-static"><table></table></div>'
        f'<div class="fl-live"></div>{data_block("state", canonical(state))}{data_block("payload", text)}'
        f'{data_block("program", json.dumps(OLD_PROGRAM))}<script data-fairlens="boot">{OLD_BOOT}</script></div>'
    )


def exported_page(folder, views):
    """A notebook with these views, as one file."""
    import nbformat.v4 as v4

    cells = []
    for view in views:
        cell = v4.new_code_cell("panel.record()")
        cell.outputs = [v4.new_output("display_data", data={"text/html": view})]
        cells.append(cell)
    page, _ = RecordExporter().from_notebook_node(v4.new_notebook(cells=cells))
    path = folder / "exported.html"
    path.write_text(page, "utf-8")
    return path


@pytest.mark.parametrize("order", ["old first", "new first"])
def test_in_a_notebook_each_view_is_run_by_the_program_it_was_recorded_with(browser, panel, tmp_path, order):
    new = html_of(panel)
    changed = f"{program()}\nexport const later = 1;".replace('class: "fl-panel"', 'class: "fl-panel fl-later"')
    later = re.sub(r'<script type="application/json" data-fairlens="module".*?</script>', lambda _: data_block("module", json.dumps(changed)), new, flags=re.S)
    views = [old_view(panel), new, later]
    path = tmp_path / "notebook.html"
    path.write_text("<!doctype html><meta charset='utf-8'>" + "".join(views if order == "old first" else views[::-1]), "utf-8")
    with offline_page(browser, path) as (page, watch):
        page.wait_for_function("() => document.querySelectorAll('[data-live=yes]').length === 3")
        texts = page.locator(".fl-live").all_text_contents()
        at = {name: i if order == "old first" else 2 - i for i, name in enumerate(("old", "new", "later"))}
        assert texts[at["old"]] == "drawn by the program of its time"
        assert panel.view.sentence in texts[at["new"]]
        assert page.locator(".fl-panel").count() == 2
        assert page.locator(".fl-later").count() == 1
        assert page.locator(".fl-live").nth(at["later"]).locator(".fl-later").count() == 1
        assert watch.errors == []


def test_an_exported_file_draws_views_of_before_as_they_were(browser, panel, tmp_path):
    with offline_page(browser, exported_page(tmp_path, [old_view(panel), html_of(panel)])) as (page, watch):
        page.wait_for_function("() => document.querySelectorAll('[data-live=yes]').length === 2")
        old, new = PanelPage(page, 0), PanelPage(page, 1)
        assert (old.select("Compare by").count(), new.select("Compare by").count()) == (0, 1)
        assert old.read()["rows"] == new.read()["rows"]
        assert old.sentence == new.sentence
        old.choose("Only sex", "f")
        old.threshold(6)
        assert old.sentence != new.sentence
        assert "undefined" not in old.root.inner_text()
        assert watch.errors == []


def test_a_view_of_a_later_form_says_that_it_is_one(browser, panel, tmp_path):
    later = html_of(panel, panel._text.replace("fairlens-panel/3", "fairlens-panel/9"))
    with offline_page(browser, exported_page(tmp_path, [later, html_of(panel)])) as (page, _):
        page.locator("[data-live=yes]").wait_for()
        assert "fairlens-panel/9" in page.locator("[data-live=no] .fl-live").text_content()
        assert page.locator(".fl-panel").count() == 1
