"""480 pixels: nothing is cut off, the page does not scroll sideways, text can be read, targets can be hit. And each picture has its words and numbers."""

import pytest
import scenes
from pages import PanelPage, export, mounted, offline_page

WIDTH, LEAST_TEXT, LEAST_TARGET = 480, 11, 24
_FAULTS = """([root, width, text, target]) => {
    const found = [], seen = one => one.checkVisibility({ visibilityProperty: true }) && !one.closest(".fl-spoken");
    const said = one => `${one.tagName} ${one.getAttribute("class") ?? ""} ${(one.textContent || one.getAttribute("aria-label") || "").trim().slice(0, 40)}`;
    const scroller = one => one.closest(".fl-numbers, .fl-scroll, .fl-criteria, .fl-told, .output_area, pre");
    if (document.documentElement.scrollWidth > width) found.push(`the page is ${document.documentElement.scrollWidth} wide`);
    for (const one of root.querySelectorAll("*")) {
        if (!seen(one) || ["STYLE", "SCRIPT", "OPTION"].includes(one.tagName)) continue;
        const box = one.getBoundingClientRect(), inSvg = one.ownerSVGElement;
        const scrolls = scroller(one), outside = box.width && (box.right > width + 1 || box.left < -1);
        if (outside && !(scrolls && scrolls.scrollWidth > scrolls.clientWidth && scrolls.tabIndex === 0)) found.push(`cut off: ${said(one)} ${box.left} ${box.right}`);
        if (one.tagName === "text") {
            const edge = one.ownerSVGElement.getBoundingClientRect();
            if (box.left < edge.left - 1 || box.right > edge.right + 1 || box.bottom > edge.bottom + 1 || box.top < edge.top - 1) found.push(`out of the picture: ${said(one)}`);
        }
        const own = [...one.childNodes].some(node => node.nodeType === 3 && node.textContent.trim());
        const scale = inSvg ? one.getScreenCTM().a : 1, size = parseFloat(getComputedStyle(one).fontSize) * scale;
        if (own && one.tagName !== "title" && size < text - 0.01) found.push(`${size.toFixed(1)} px: ${said(one)}`);
        if (one.matches("button, select, input, summary, textarea, [role=tab]")) {
            const hit = one.matches("[type=checkbox], [type=radio]") ? one.closest("label").getBoundingClientRect() : box;
            if (hit.height < target || hit.width < target) found.push(`${hit.width.toFixed(0)} x ${hit.height.toFixed(0)}: ${said(one)}`);
        }
        if (one.clientWidth && one.scrollWidth > one.clientWidth + 1 && getComputedStyle(one).overflowX === "hidden") found.push(`hidden: ${said(one)}`);
    }
    const words = [...root.querySelectorAll("svg.fl-picture")].filter(seen).map(svg => [...svg.querySelectorAll("text")].map(one => [one, one.getBoundingClientRect()]));
    for (const texts of words) texts.forEach(([one, a], i) => texts.slice(i + 1).forEach(([other, b]) => {
        const [x, y] = [Math.min(a.right, b.right) - Math.max(a.left, b.left), Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top)];
        if (x > 1 && y > 0.45 * Math.min(a.height, b.height)) found.push(`on each other: ${said(one)} / ${said(other)}`);
    }));
    return found;
}"""
_PICTURES = """root => [...root.querySelectorAll("svg, img, canvas")].filter(one => one.checkVisibility()).map(one => ({
    named: one.getAttribute("role") === "img" && (one.getAttribute("aria-label") ?? "").length > 20 || one.tagName === "IMG" && one.alt.length > 20,
    hidden: one.getAttribute("aria-hidden") === "true" && (one.closest("tr")?.querySelectorAll("[data-value]").length > 0 || (one.closest("td")?.textContent.trim().length ?? 0) > 0
        || one.closest("thead") !== null),
    markup: one.outerHTML.slice(0, 120),
}))"""


@pytest.fixture(scope="module")
def panel():
    return scenes.panel(scenes.audit())


def faults(page, within, width=WIDTH):
    return page.evaluate(_FAULTS, [page.locator(within).first.element_handle(), width, LEAST_TEXT, LEAST_TARGET])


def test_a_live_panel_fits_in_480_pixels(browser, panel):
    panel.show("selection_rate", "race", {}, view="disparities", slice=False)
    situations = {**scenes.SCENES, **scenes.LIVE_SCENES}
    for scene in (*scenes.views(panel).values(), *situations):
        with mounted(browser, panel) as (hands, _):
            scenes.paint(hands.page, dark=False)
            hands.page.set_viewport_size({"width": WIDTH, "height": 900})
            situations[scene](hands) if scene in situations else hands.look(scene)
            scenes.unfold(hands)
            assert faults(hands.page, ".fl-panel") == [], scene


def test_an_exported_page_fits_in_480_pixels(browser, panel, tmp_path):
    for name in scenes.views(panel):
        panel.show("selection_rate", "race", {}, view=name, slice=False)
        panel._make_record()
        with offline_page(browser, export(tmp_path / f"{name}.html", panel)) as (page, watch):
            page.locator("[data-live=yes]").wait_for()
            page.set_viewport_size({"width": WIDTH, "height": 900})
            scenes.unfold_in(page)
            assert faults(page, "body") == [], name
            assert watch.errors == []


@pytest.mark.parametrize("width", [560, 700, 960])
def test_other_widths_fit_too(browser, panel, width):
    panel.show("selection_rate", "race", {}, view="disparities", slice=False)
    with mounted(browser, panel) as (hands, _):
        scenes.paint(hands.page, dark=True)
        hands.page.set_viewport_size({"width": width, "height": 900})
        for label in scenes.views(panel).values():
            hands.look(label)
            assert faults(hands.page, ".fl-panel", width) == [], label


def test_each_picture_has_words_and_numbers(browser, panel, tmp_path):
    for name, label in scenes.views(panel).items():
        panel.show("selection_rate", "race", {}, view=name, slice=False)
        panel._make_record()
        with offline_page(browser, export(tmp_path / f"{name}.html", panel)) as (page, _):
            page.locator("[data-live=yes]").wait_for()
            hands = PanelPage(page)
            scenes.unfold(hands)
            pictures = page.evaluate(_PICTURES.replace("root =>", "() => (root =>") + ")(document.body)")
            assert len(pictures) >= 2, name
            assert [one["markup"] for one in pictures if not one["named"] and not one["hidden"]] == [], label
            assert hands.sentence
            assert hands.root.locator(".fl-pane:visible table").count() >= 1
            assert page.locator(".fl-static table").count() >= 1
            assert len(page.locator(".fl-static p").first.text_content()) > 40


def test_what_does_not_fit_is_found(browser, panel):
    plants = {
        "cut off": "<p style='width: 600px'>wide</p>", "10.0 px": "<p style='font-size: 10px'>small</p>", "x 20": "<button style='height: 20px; min-height: 0'>low</button>",
        "on each other": "<svg class='fl-picture' role='img'><text x='20' y='40'>one word</text><text x='30' y='41'>another</text></svg>",
    }  # fmt: skip
    with mounted(browser, panel) as (hands, _):
        hands.page.set_viewport_size({"width": WIDTH, "height": 900})
        for said, html in plants.items():
            hands.root.evaluate("(root, html) => root.insertAdjacentHTML('afterbegin', html)", html)
            assert any(said in one for one in faults(hands.page, ".fl-panel")), said
            hands.root.evaluate("root => root.firstElementChild.remove()")
