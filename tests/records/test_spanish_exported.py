"""A panel in Spanish: the exported page says and shows what Python does, and nothing of it is English without saying so."""

import random
import re
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from pages import PanelPage, export, mounted, offline_page

import fairlens as fl
from fairlens.texts import texts_of
from fairlens.widgets._code import code_of

STATES = 14
TEXTS = "table => [...table.rows].map(row => [...row.cells].map(cell => cell.textContent))"
SPOKEN = """root => {
    const found = [];
    const spanish = (node) => node.closest("[lang]")?.lang === "es" && !node.closest("pre, script, style");
    for (const node of [root, ...root.querySelectorAll("*")]) {
        if (!spanish(node)) continue;
        for (const name of ["aria-label", "aria-valuetext", "title", "placeholder", "alt"]) if (node.hasAttribute(name)) found.push(node.getAttribute(name));
        for (const one of node.childNodes) if (one.nodeType === 3 && one.textContent.trim()) found.push(one.textContent);
    }
    return found;
}"""
ENGLISH = re.compile(r"\b(the|of|with|and|this|is|are|not|people|view|other|rate|group|among|threshold|undefined|suppressed|small)\b", re.I)


def decide(rows):
    return np.clip(rows["renta"] / 70 - 0.02 * rows["deuda"] + 0.1, 0, 1)


@pytest.fixture(scope="module")
def audit():
    rng = np.random.default_rng(4)
    n = 3000
    race = rng.choice(["blanca", "negra", "asiática", "عربية"], n, p=[0.5, 0.3, 0.198, 0.002])
    groups = {"raza": race, "sexo": rng.choice(["mujer", "hombre"], n), "edad": rng.choice(["<25", "[25, 45)", ">=45"], n)}
    rows = pd.DataFrame({"renta": rng.normal(30, 10, n) + 5 * (race == "blanca"), "deuda": rng.normal(5, 2, n)})
    label = np.where(rng.random(n) < 0.02, np.nan, rows["renta"] + rng.normal(0, 10, n) > 32)
    return fl.audit(rows, y_true=label, model=decide, threshold=[0.5, 0.4375], favorable=1, sensitive_features=pd.DataFrame(groups))


@pytest.fixture(scope="module")
def panel(audit):
    rules = [
        fl.Criterion("selection_rate", margin=0.05, by="raza"),
        fl.Criterion("true_positive_rate", margin=0.8, comparison="ratio", direction="lower"),
    ]
    made = fl.panel(audit, criteria=rules, language="es", slices=fl.Slice("mujeres jóvenes", {"sexo": "mujer", "edad": "<25"}))
    return made.explain("gap", progress=False).explain("shap", progress=False).show(view="disparities")


@pytest.fixture(scope="module")
def recorded(panel):
    """Random states, and the views that Python makes of them."""
    rng, choices, found = random.Random(9), panel._choices, []
    for k in range(STATES):
        by = rng.sample(choices.axes, rng.choice([1, 2]))
        where = {axis: choices.levels(axis)[0] for axis in choices.axes if axis not in by and rng.random() < 0.4}
        free = [axis for axis in choices.axes if axis not in by and axis not in where]
        panel.show(
            rng.choice(choices.metrics), by, where, rng.choice(["largest", "rest", "overall"]), rng.choice([s for s in choices.stops if s is not None]),
            rng.choice(["difference", "ratio"]), rng.sample(free, min(len(free), 1)), rng.choice(["disparities", "why"]), False,
        )  # fmt: skip
        if k % 5 == 4:
            panel.show(slice=fl.Slice(texts_of("es")["panel"]["others"], {"sexo": "mujer"}) if k == 4 else "mujeres jóvenes")
        panel._make_record()
        found.append((panel.view, panel.recorded[-1]))
    panel.show("selection_rate", "raza", {}, "largest", 0.5, "difference", False, "why", False)
    panel._make_record()
    return [*found, (panel.view, panel.recorded[-1])]


@pytest.fixture(scope="module")
def page(browser, recorded, tmp_path_factory):
    path = export(tmp_path_factory.mktemp("es") / "record.html", *(SimpleNamespace(recorded=[one]) for _, one in recorded))
    with offline_page(browser, path) as (page, watch):
        page.locator("[data-live=yes]").nth(len(recorded) - 1).wait_for()
        yield page
        assert watch.errors == []


def english_fragments():
    """What stands in the English texts between places, where it is long enough to be told from a name."""
    every = [text for subject in texts_of("en").subjects.values() for text in subject.values()]
    every += [text for metric in texts_of("en").metrics.values() for text in metric.values()]
    return {part.strip() for text in every for part in re.split(r"\{\w+\}", text) if len(part.strip()) > 12}


def check_spanish(said):
    assert len(said) > 40
    whole = "\n".join(said)
    assert [text for text in said if ENGLISH.search(text)] == []
    assert [part for part in english_fragments() if part in whole] == []
    assert not re.search(r"\d\.\d", whole)


def test_the_page_says_what_python_says(page, recorded):
    expect, seen = pytest.importorskip("playwright.sync_api").expect, set()
    for nth, (view, _) in enumerate(recorded):
        live = PanelPage(page, nth)
        assert live.sentence == view.sentence
        live.root.locator(".fl-code summary").click()
        expect(live.root.locator(".fl-code textarea")).to_have_value(code_of(view.choices, view.state, view.why.told.packed["options"] if view.why and view.why.fits else None))
        static = page.locator(".fl-static").nth(nth)
        assert static.get_attribute("lang") == live.root.get_attribute("lang") == "es"
        assert static.locator(".fl-sentence").text_content() == view.sentence
        assert view.words in static.locator(".fl-state").text_content()
        live.look("Diferencias")
        assert live.root.locator(".fl-numbers table").evaluate(TEXTS) == static.locator("table").first.evaluate(TEXTS)
        seen |= {view.state.compare, view.state.view, view.state.slice is not None, bool(view.state.where), bool(view.state.adjust)}
    assert {"difference", "ratio", "why", "disparities", True, False} <= seen


def test_the_strip_of_criteria_is_that_of_python(page, recorded):
    cells = "rows => rows.map(row => [row.dataset.state, ...[...row.cells].map(cell => cell.textContent)])"
    at = next(nth for nth, (view, _) in enumerate(recorded) if view.state.view == "disparities")
    static, live = page.locator(".fl-static").nth(at), PanelPage(page, at)
    live.look("Diferencias")
    assert live.rulings() == static.locator(".fl-rulings tbody tr").evaluate_all(cells)
    assert live.verdict == " ".join(static.locator(".fl-verdict, .fl-judged").all_text_contents())
    states = dict(texts_of("es")["verdicts"])
    assert all(row[2].strip().startswith(states[row[0]]) for row in live.rulings())
    assert "comparaciones" in live.verdict


def test_the_explanation_is_that_of_python_and_says_which_lines_are_english(page, recorded):
    nth = len(recorded) - 1
    static, live = page.locator(".fl-static").nth(nth), PanelPage(page, nth)
    live.look("Por qué")
    live.choose("Explicar con", "SHAP")
    why = live.root.locator(".fl-why .fl-told")
    packed = recorded[nth][0].why.told.packed
    assert recorded[nth][0].why.fits
    assert packed["said"] in why.locator("[lang=en]").all_text_contents()
    assert why.locator(".fl-note").first.text_content() == texts_of("es")["why"]["foreign"]
    without_bar = [[cell for i, cell in enumerate(row) if i != 1] for row in why.locator("table").evaluate(TEXTS)]
    assert without_bar == static.locator(".fl-why table").evaluate(TEXTS)
    assert all("," in row[1] for row in without_bar[1:])


def test_nothing_of_the_page_is_english_that_does_not_say_so(page, recorded):
    for nth in range(len(recorded)):
        live = PanelPage(page, nth)
        for name in live.root.get_by_role("tab").all_text_contents():
            live.look(name)
            check_spanish([*live.root.evaluate(SPOKEN), *page.locator(".fl-static").nth(nth).evaluate(SPOKEN)])


def test_nothing_of_the_live_panel_is_english(browser, panel):
    panel.show("true_positive_rate", ["raza", "sexo"], {}, "rest", 0.5, "ratio", "edad", "disparities", False)
    with mounted(browser, panel) as (live, watch):
        live.root.locator("summary").first.click()
        live.choose("Solo edad", "varios…")
        check_spanish(live.root.evaluate(SPOKEN))
        live.look("Por qué")
        assert live.root.get_by_role("button", name="Explicar esta vista").count() == 1
        assert live.root.get_by_role("button", name="Registrar esta vista").count() == 1
        check_spanish(live.root.evaluate(SPOKEN))
        assert watch.errors == []


def test_an_error_says_in_spanish_that_the_message_is_english(browser, panel):
    panel.show("selection_rate", "raza", {}, "largest", 0.5, view="why")
    with mounted(browser, panel) as (live, _):
        live.page.evaluate("window.model.hear({ working: { error: 'no such table' } })")
        alert = live.root.locator(".fl-working [role=alert]")
        assert alert.locator("[lang=en]").text_content() == "no such table"
        assert alert.text_content() == texts_of("es")["why"]["failed"] + "no such table"


def test_the_still_picture_is_spanish(recorded):
    for view, record in recorded:
        assert record.alt.splitlines()[0].split(" (")[0] in view.sentence
        body = "\n".join(record.alt.splitlines()[1:])
        assert not ENGLISH.search(body), body
        assert not re.search(r"\d\.\d", body)


def test_names_of_levels_may_read_from_the_right(page):
    assert page.locator(".fl-panel tbody th:not([dir=auto])").count() == 0
    assert page.locator(".fl-panel option:not([dir=auto])").count() == 0
    assert page.locator(".fl-static tbody th:not([dir=auto])").count() == 0


def test_names_that_read_from_the_right_are_set_apart_in_sentences(page, recorded):
    nth = next(k for k, (view, _) in enumerate(recorded) if "عربية" in view.sentence)
    for sentence in (page.locator(".fl-static .fl-sentence").nth(nth), PanelPage(page, nth).root.locator("[role=status]")):
        assert sentence.locator("bdi").all_text_contents() == ["عربية"] * recorded[nth][0].sentence.count("عربية")


def test_an_internal_panel_says_so_in_spanish(audit):
    panel = fl.panel(audit, language="es", profile="internal")
    assert panel.view.words.startswith(texts_of("es")["remarks"]["internal"])


def test_notes_about_the_data_are_marked_as_english(browser):
    people = pd.DataFrame({"p": [1, 0] * 60})
    audit = fl.audit(people, y_pred="p", sensitive_features={"g": np.array(["a", "b", "b"] * 40)}, favorable=1)
    assert audit.notes
    panel = fl.panel(audit, language="es")
    panel._make_record()
    assert all(f'<p lang="en">{note}</p>' in panel.recorded[-1].html for note in audit.notes)
    with mounted(browser, panel) as (live, _):
        assert live.root.locator(".fl-remarks [lang=en]").all_text_contents() == list(audit.notes)
        assert texts_of("es")["panel"]["notes"] in live.root.locator(".fl-remarks").last.text_content()
