"""Bad input in a panel: many levels, hostile and foreign names, nobody, everything suppressed. Each has a stated behaviour, in every view."""

import json
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from pages import PanelPage, export, mounted, offline_page

import fairlens as fl
from fairlens._levels import name_of
from fairlens.exceptions import BadValue
from fairlens.texts import texts_of

UI = texts_of("en")["panel"]
NAMES = ["<script>alert(1)</script>", "</script>", "__proto__", "", "x" * 300, "🙂👩‍👩‍👧", "العربية 2", "עברית", "中文", "constructor", "a'b\"c"]
MANY = 500


def frame_of(n=600, seed=0, **columns):
    rng = np.random.default_rng(seed)
    frame = pd.DataFrame({name: rng.choice(np.array(levels, object), n) for name, levels in columns.items()})
    return frame.assign(y=rng.integers(0, 2, n), s=np.round(rng.random(n), 2), p=rng.integers(0, 2, n), w=1.0)


def audit_of(frame, by, **given):
    given = given or {"y_true": "y", "y_score": "s", "threshold": 0.5}
    return fl.audit(frame, favorable=1, sensitive_features=by, **given)


def unlike(name):
    """The audits that a panel may be given, each by what is wrong with it."""
    plain = frame_of(race=["a", "b"], sex=["f", "m"])
    if name == "seven people":
        return audit_of(plain.head(7), ["race", "sex"])
    if name == "groups under the floor":
        return audit_of(plain.head(72).assign(race=[f"r{k // 6}" for k in range(72)]), ["race"])
    if name == "one group":
        return audit_of(plain.assign(race="a"), ["race"])
    if name == "no labels":
        return audit_of(plain, ["race", "sex"], y_score="s", threshold=0.5)
    if name == "decisions only":
        return audit_of(plain, ["race", "sex"], y_pred="p")
    if name == "one step":
        return audit_of(plain.assign(s=0.5), ["race", "sex"], y_score="s", threshold=0.5)
    if name == "no weight in a group":
        plain["w"] = np.where(plain["race"] == "a", 0.0, 1.5)
        return audit_of(plain, ["race", "sex"], y_true="y", y_score="s", threshold=0.5, sample_weight="w")
    if name == "odd columns":
        return audit_of(plain.rename(columns={"race": 'it\'s "race"', "sex": "sex\nof person"}), ['it\'s "race"', "sex\nof person"])
    if name == "names":
        return audit_of(frame_of(1600, group=NAMES, sex=["f", "m"]), ["group", "sex"])
    if name == "many levels":
        return audit_of(frame_of(20_000, place=[f"place {k}" for k in range(MANY)], sex=["f", "m"]), ["place", "sex"])
    raise ValueError(name)


SAYS = {
    "seven people": "suppressed",
    "groups under the floor": "suppressed",
    "one group": UI["one_group"],
    "no labels": "Cannot tell",
    "decisions only": "Cannot tell",
    "one step": "Cannot tell",
    "no weight in a group": "undefined",
    "odd columns": "Cannot tell",
    "names": "Cannot tell",
    "many levels": "Cannot tell",
}


def nothing_wrong(live, watch):
    """No message in the console; the alert region is empty; no number in a cell that says it has none."""
    assert watch.errors == []
    assert live.root.locator("[role=alert].fl-error").all_text_contents() == [""]
    cells = live.root.locator("td").evaluate_all("cells => cells.map(cell => [cell.textContent, cell.dataset.value ?? null])")
    for text, value in cells:
        assert "NaN" not in text
        assert "undefined" not in text or text.startswith("undefined: ")
        if text in (UI["suppressed"], "–", UI["undefined"], UI["weightless"]):
            assert value is None, text


def each_view(live, watch):
    """Look at every view, and again at both ends of the slider."""
    for name in live.root.get_by_role("tab").all_text_contents():
        live.look(name)
        nothing_wrong(live, watch)
        slider = live.root.locator("input[type=range]")
        if slider.count() == 1:
            for end in ("End", "Home"):
                slider.focus()
                live.page.keyboard.press(end)
                nothing_wrong(live, watch)


@pytest.mark.parametrize("name", SAYS)
def test_every_view_says_the_truth_and_nothing_breaks(browser, name):
    panel = fl.panel(unlike(name))
    with mounted(browser, panel) as (live, watch):
        live.look("Disparities")
        sentence = live.sentence
        assert sentence == panel.show(view="disparities").view.sentence
        assert SAYS[name] in sentence + " ".join(live.root.locator("td").all_text_contents()), sentence
        each_view(live, watch)


@pytest.mark.parametrize("name", SAYS)
def test_every_view_is_recorded_and_replayed(browser, name, tmp_path):
    panel = fl.panel(unlike(name))
    views = [section["name"] for section in json.loads(panel._text)["views"]]
    recorded = [panel.show(view=view)._make_record() for view in views]
    for one in recorded:
        assert one.still.png.startswith(b"\x89PNG")
        assert one.still.alt
    with offline_page(browser, export(tmp_path / "views.html", *(SimpleNamespace(recorded=[one]) for one in recorded))) as (page, watch):
        page.locator("[data-live=yes]").nth(len(views) - 1).wait_for()
        for nth in range(len(views)):
            nothing_wrong(PanelPage(page, nth), watch)


def test_nobody_and_everybody(browser):
    """Filters that keep nobody, in every view; a slice of nobody; one of everybody is refused in words."""
    frame = frame_of(900, race=["a", "b", "c"], sex=["f", "m"], dept=["x", "y"])
    frame = frame[~((frame["race"] == "c") & (frame["sex"] == "m"))]
    panel = fl.panel(audit_of(frame, ["race", "sex", "dept"]))
    for change in (
        {"by": "dept", "where": {"race": "c", "sex": "m"}, "slice": False},
        {"slice": fl.Slice("nobody", {"race": ["c"], "sex": ["m"]}), "where": {}},
        {"slice": fl.Slice("nearly everybody", {"race": ["a", "b"]}), "where": {}},
    ):
        panel.show(view="disparities", **change)
        with mounted(browser, panel) as (live, watch):
            live.look("Disparities")
            assert live.sentence == panel.show(view="disparities").view.sentence
            assert all(int(row["cells"][1]["value"]) > 0 for row in live.rows() if "value" in row["cells"][0])
            each_view(live, watch)
        for view in ("data", "disparities", "thresholds"):
            panel.show(view=view)
            assert panel._make_record().html
    with pytest.raises(BadValue, match="nobody else is there to compare with"):
        panel.show(slice=fl.Slice("everybody", {"sex": ["f", "m"]}))


def test_many_levels_are_found_filtered_and_compared(browser):
    panel = fl.panel(unlike("many levels")).show(view="disparities")
    with mounted(browser, panel) as (live, watch):
        assert len(live.rows()) == 40
        live.choose("Group by", "sex")
        live.choose("Only place", UI["several"])
        find = live.root.get_by_role("searchbox", name=UI["find"])
        find.fill("place 49")
        boxes = live.root.locator(".fl-boxes label")
        assert boxes.all_text_contents() == [f"place {k}" for k in (49, *range(490, 500))]
        live.root.get_by_role("checkbox", name="place 499", exact=True).click()
        box = live.root.get_by_role("checkbox", name="place 499", exact=True)
        assert box.is_checked()
        assert box.evaluate("one => one === document.activeElement")
        assert find.input_value() == "place 49"
        assert live.sentence.startswith("Among place = place 499: ")
        assert live.sentence == panel.show(by="sex", where={"place": "place 499"}).view.sentence
        live.choose("Only place", UI["everyone"])
        live.choose("Group by", "place")
        live.choose("Compare with", "place 123")
        assert live.sentence == panel.show(by="place", where={}, reference="place 123").view.sentence
        live.root.get_by_role("button", name="Show all").click()
        assert len(live.rows()) == MANY
        nothing_wrong(live, watch)


def test_names_are_text_wherever_they_stand(browser):
    panel = fl.panel(unlike("names")).show(view="disparities")
    with mounted(browser, panel) as (live, watch):
        assert sorted(row["group"][0] for row in live.rows()) == sorted(map(name_of, NAMES))
        for name in NAMES:
            live.choose_all([("Compare with", name_of(name))])
            assert live.sentence == panel.show(reference=name).view.sentence
        assert live.root.locator("script").count() == 0
        assert live.root.locator("bdi", has_text="العربية").count() + live.root.locator("[dir=auto]", has_text="العربية").count() > 0
        assert live.root.evaluate("one => one.scrollWidth <= one.clientWidth + 1")
        nothing_wrong(live, watch)
