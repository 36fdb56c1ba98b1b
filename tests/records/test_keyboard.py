"""The panel by keyboard on a bare page: each control is reached, keeps its keys, shows its focus, and keeps it when controls are made anew."""

import pytest
import scenes
from keys import Keys
from pages import mounted

_FOCUSABLE = "a[href], button, input, select, textarea, summary, [tabindex]"
_SAID = "one => `${one.tagName} ${one.type ?? ''} ${one.getAttribute('aria-label') ?? one.textContent.trim().slice(0, 30)}`"
_OUTLINE = "() => { const style = getComputedStyle(document.activeElement); return style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) >= 2; }"


@pytest.fixture(scope="module")
def panel():
    return scenes.panel(scenes.audit())


@pytest.fixture
def hands(browser, panel):
    panel.show("selection_rate", "race", {}, view="disparities", slice=False)
    with mounted(browser, panel) as (hands, watch):
        yield hands
        assert watch.errors == []


SITUATIONS = {**scenes.SCENES, **scenes.LIVE_SCENES}


@pytest.mark.parametrize("width", [1200, 480])
def test_each_focusable_element_keeps_its_keys(browser, panel, width):
    panel.show("selection_rate", "race", {}, view="disparities", slice=False)
    for scene in (*scenes.views(panel).values(), *SITUATIONS):
        with mounted(browser, panel) as (hands, _):
            hands.page.set_viewport_size({"width": width, "height": 900})
            SITUATIONS[scene](hands) if scene in SITUATIONS else hands.look(scene)
            scenes.unfold(hands)
            found = hands.root.locator(_FOCUSABLE).evaluate_all(f"all => all.filter(one => one.dataset.lmSuppressShortcuts !== 'true').map({_SAID})")
            assert found == [], scene
            assert hands.root.locator(_FOCUSABLE).count() > 10


def test_the_tab_key_goes_everywhere_in_the_order_of_the_page_and_shows_where(panel, hands):
    page, keys = hands.page, Keys(hands.page)
    for label in scenes.views(panel).values():
        hands.look(label)
        scenes.unfold(hands)
        reachable = f"""root => {{
            window.wanted = [...root.querySelectorAll("{_FOCUSABLE}")].filter(one => one.tabIndex >= 0 && one.checkVisibility());
            return window.wanted.length; }}"""
        count = hands.root.evaluate(reachable)
        page.evaluate("() => { document.activeElement.blur(); window.getSelection().removeAllRanges(); window.wanted[0].focus(); }")
        order = []
        for _ in range(count):
            keys.press("Shift+Tab" if not order else "Tab")  # so that the keyboard brings the focus to the first one too
            if not order:
                keys.press("Tab")
            order.append(page.evaluate("() => window.wanted.indexOf(document.activeElement)"))
            assert page.evaluate(_OUTLINE), keys.name
        assert order == list(range(count)), label


def test_arrows_move_among_tabs(panel, hands):
    keys, labels = Keys(hands.page), list(scenes.views(panel).values())
    hands.root.get_by_role("tab", selected=True).focus()
    keys.press("Home")
    for label in (*labels, labels[0]):
        assert keys.name == label
        assert hands.root.get_by_role("tab", selected=True).text_content() == label
        assert hands.root.get_by_role("tabpanel", name=label, exact=True).is_visible()
        keys.press("ArrowRight")
    keys.press("ArrowLeft", "ArrowLeft")
    assert keys.name == labels[-1]
    keys.press("End")
    assert keys.name == labels[-1]


def test_selects_keep_the_focus_whatever_they_change(panel, hands):
    for label in scenes.views(panel).values():
        hands.look(label)
        names = hands.root.locator("label.fl-control:visible:has(select) > span").all_text_contents()
        assert names
        for name in names:
            select = hands.select(name)
            if not select.count():
                continue
            select.focus()
            for key in ("ArrowDown", "ArrowDown", "ArrowUp", "End", "Home"):
                hands.page.keyboard.press(key)
                assert Keys(hands.page).name == name, (label, name, key)


def test_sliders_boxes_search_and_slices_keep_the_focus(hands):
    page, keys = hands.page, Keys(hands.page)
    slider = hands.root.locator("input[type=range]").first
    slider.focus()
    before = slider.input_value()
    keys.press("ArrowLeft")
    assert (keys.name, slider.input_value() == before) == ("Threshold", False)

    keys.choose("Only area", "several…", back=True)
    keys.reach("Find a level")
    page.keyboard.type("area 1")
    keys.reach("area 12")
    keys.press("Space")
    assert keys.name == "area 12"
    assert hands.root.get_by_label("Find a level").input_value() == "area 1"  # what was looked for stays
    keys.reach("area 13")
    keys.press("Space")
    assert keys.name == "area 13"
    assert "area = area 12 or area 13" in hands.sentence
    keys.reach("Clear")
    keys.press("Enter")
    assert keys.inside
    keys.reach("area 1", back=True)
    keys.press("Space", "Escape")
    assert keys.name == "Only area"
    assert hands.root.locator(".fl-several").count() == 0

    keys.reach("Slices")
    keys.press("Enter")
    keys.reach("Name of this slice")
    page.keyboard.type("one")
    keys.press("Enter")
    assert keys.inside
    keys.reach("Compare with everybody else")
    keys.press("Enter")
    assert keys.name == "Back to the groups"
    keys.press("Enter")
    assert keys.inside
    keys.choose("Slice", "one", back=True)
    keys.reach("Forget")
    keys.press("Enter")
    assert keys.name.startswith("Slices")  # the button is gone, so the focus is at what holds it
    keys.press("Escape")
    assert hands.root.locator(".fl-slices").get_attribute("open") is None
    assert keys.name.startswith("Slices")


@pytest.mark.parametrize("part", [".fl-code", ".fl-looked details", ".fl-slices"])
def test_escape_folds_what_is_open(hands, part):
    keys, box = Keys(hands.page), hands.root.locator(part)
    box.locator("summary").focus()
    keys.press("Enter")
    assert box.get_attribute("open") is not None
    keys.press("Tab", "Escape")
    assert box.get_attribute("open") is None
    assert box.locator("summary").evaluate("one => one === document.activeElement")


def test_tables_are_reached_while_they_scroll_and_only_then(hands):
    table = hands.root.locator(".fl-pane:visible .fl-numbers").first
    assert table.get_attribute("tabindex") is None
    for label, text in (("Compare by", "ratios"), ("and by", "sex"), ("and by, third", "area")):
        hands.choose(label, text)
    hands.page.set_viewport_size({"width": 320, "height": 900})
    hands.page.wait_for_function("one => one.tabIndex === 0", arg=table.element_handle())
    table.focus()
    hands.page.keyboard.press("ArrowRight")
    hands.page.wait_for_function("one => one.scrollLeft > 0", arg=table.element_handle())
    assert table.get_attribute("aria-label").startswith("race, sex, area, Selection rate")


def test_letters_that_are_typed_on_a_closed_choice_go_on_from_each_other(hands):
    """Each letter chooses what begins so, and the panel follows at once: the choice stays the same element meanwhile."""
    metric = hands.select("Metric")
    metric.focus()
    hands.page.keyboard.type("false n")
    assert metric.evaluate("one => one.selectedOptions[0].text") == "False negative rate"
