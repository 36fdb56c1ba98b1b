"""The view of the data on the exported file: every number of the browser is Python's, in random states; and what it does with many groups."""

import random
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from pages import PanelPage, export, offline_page

import fairlens as fl
from fairlens.stats import normal_quantile
from fairlens.widgets._data_view import described

STATES = 14
KINDS = ("people", "weighted", "probable")
RACE = ["zeta", "10", "2", "__proto__", "<b>x</b>"]
POPULATION = {
    "race": {"zeta": 0.45, "10": 0.3, "2": 0.1, "__proto__": 0.1, "<b>x</b>": 0.04, "nobody {x}": 0.01},
    "region": {"North": 500, "South": 480},
    ("sex", "region"): {("f", "North"): 0.3, ("m", "North"): 0.2, ("f", "South"): 0.25, ("m", "South"): 0.2, ("f", "sea"): 0.05},
}


def people():
    rng = np.random.default_rng(5)
    n = 2000
    region = rng.choice(["North", "South"], n, p=[0.6, 0.4])
    return pd.DataFrame(
        {
            "race": rng.choice(RACE, n, p=[0.5, 0.25, 0.15, 0.096, 0.004]),
            "sex": rng.choice(np.array(["f", "m", None], object), n, p=[0.45, 0.5, 0.05]),
            "region": region,
            "y": rng.choice([0.0, 1.0, np.nan], n, p=[0.5, 0.42, 0.08]),
            "in come": np.where(rng.random(n) < 0.2, np.nan, 1.0),
            "<i>": np.where((region == "North") & (rng.random(n) < 0.1), np.nan, 1.0),
            "w": rng.choice([0.1, 0.7, 1.3, 2.9], n),
        }
    )


def audit_of(kind, rows):
    groups = rows[["race", "sex"]]
    if kind == "probable":
        shares = np.full((len(rows), 3), 0.1) + 0.7 * np.eye(3)[np.arange(len(rows)) % 3]
        groups = {"race": fl.membership(pd.DataFrame(shares, columns=["zeta", "10", "2"]), name="race"), "sex": rows["sex"]}
    weight = {"sample_weight": rows["w"]} if kind == "weighted" else {}
    return fl.audit(
        rows[["in come", "<i>"]], y_true=rows["y"], model=lambda X: 0.2 + 0.5 * np.asarray(X["in come"].isna(), float), threshold=[0.5, 0.65],
        favorable=1, sensitive_features=groups, slice_features={"region": rows["region"]}, words={"person": "applicant"}, **weight,
    )  # fmt: skip


def drawn(seed, choices):
    """A random state: one to three attributes, none to two filters, now and then a slice."""
    rng = random.Random(seed)
    axes, levels = list(choices.axes), choices.audit.tables.levels
    by = rng.sample(axes, rng.choice([1, 1, 2, 3]))
    where = {axis: rng.sample(levels(axis), rng.randint(1, 2)) for axis in axes if axis not in by and rng.random() < 0.3}
    if rng.random() < 0.2 and len(levels(by[0])) > 2:
        where[by[0]] = rng.sample(levels(by[0]), 2)
    cut = {axis: rng.sample(levels(axis), 1) for axis in rng.sample(axes, 2)}
    sliced = fl.Slice("some", cut) if rng.random() < 0.3 and not choices.audit.spec.membership else False
    return {"by": by, "where": where, "threshold": rng.choice(choices.stops)}, sliced


@pytest.fixture(scope="module", params=KINDS)
def opened(request, browser, tmp_path_factory):
    kind = request.param
    known = ("zeta", "10", "2", "nobody {x}") if kind == "probable" else [*RACE, "nobody {x}"]
    population = {**POPULATION, "race": {level: POPULATION["race"][level] / sum(POPULATION["race"][one] for one in known) for level in known}}
    panel = fl.panel(audit_of(kind, people()), population=population, language="es" if kind == "weighted" else "en")
    records, views = [], []
    for seed in range(STATES):
        state, sliced = drawn(seed, panel._choices)
        panel.show(**state, view="data")
        if sliced:
            panel.show(slice=sliced)
        records.append(SimpleNamespace(recorded=(panel._make_record(),)))
        views.append(panel.view)
    path = export(tmp_path_factory.mktemp("data") / "record.html", *records)
    with offline_page(browser, path) as (page, watch):
        page.wait_for_function(f"document.querySelectorAll('[data-live=yes]').length === {STATES}")
        yield SimpleNamespace(page=page, watch=watch, views=views, kind=kind)


CELLS = """root => ({
    sentence: root.closest(".fl-panel, .fl-static").querySelector(".fl-sentence").textContent,
    heads: [...root.querySelectorAll("thead th")].map(cell => cell.textContent),
    rows: [...root.querySelectorAll("tbody tr")].map(row => [...row.cells].map(cell => ({text: cell.textContent, ...cell.dataset}))),
})"""
PICTURE = """root => { const svg = root.querySelector("svg.fl-picture"), lines = [...svg.querySelectorAll(".fl-grid")].map(line => Number(line.getAttribute("x1")));
    const end = Number(svg.dataset.end), at = x => end * (x - lines[0]) / (lines.at(-1) - lines[0]);
    return { label: svg.getAttribute("aria-label"), role: svg.getAttribute("role"), dots: [...svg.querySelectorAll("circle")].map(dot => [at(Number(dot.getAttribute("cx"))), Number(dot.dataset.value)]),
        marks: [...svg.querySelectorAll(".fl-population")].map(mark => Number(mark.dataset.value)) }; }"""


@pytest.mark.parametrize("seed", range(STATES))
def test_the_browser_holds_the_numbers_of_python(opened, seed):
    pane = opened.page.locator(".fl-panel").nth(seed).locator(".fl-pane:not([hidden])")
    live, static = pane.evaluate(CELLS), opened.page.locator(".fl-static").nth(seed).evaluate(CELLS)
    answer = described(opened.views[seed])
    assert live["sentence"] == static["sentence"]
    assert live["heads"] == static["heads"]
    assert len(live["rows"]) == len(static["rows"]) == len(answer.rows)
    for row, other in zip(live["rows"], static["rows"], strict=True):
        assert [cell["text"] for cell in row] == [cell["text"] for cell in other]
        for cell, same in zip(row, other, strict=True):
            assert ("value" in cell) == ("value" in same)
            if "value" in cell:
                assert float(cell["value"]) == pytest.approx(float(same["value"]), abs=1e-12, rel=1e-12)
    for row, one in zip(live["rows"], answer.rows, strict=True):
        check_limits(row[len(one.group) :], one, answer)
    picture = pane.evaluate(PICTURE)
    assert picture["role"] == "img"
    assert "applicants" in picture["label"]
    shown = [one.share.value for one in answer.rows if not np.isnan(one.share.value)]
    assert [value for _, value in picture["dots"]] == pytest.approx(shown, abs=1e-12)
    assert [at for at, _ in picture["dots"]] == pytest.approx(shown, abs=1e-9)
    marks = [one.represented.population for one in answer.rows if one.represented and not np.isnan(one.share.value)]
    assert picture["marks"] == pytest.approx(marks, abs=1e-15)


def check_limits(cells, one, answer):
    """The limits behind the shown numbers: share, base rate, representation."""
    wanted = [(cells[1], one.share.lower, one.share.upper)]
    if answer.has_labels:
        wanted.append((cells[2 + 2 * answer.has_population], one.base.lower, one.base.upper))
    if answer.has_population and one.represented:
        wanted.append((cells[3], *one.represented.limits(normal_quantile(answer.confidence))))
    for cell, *limits in wanted:
        assert ("lower" in cell) == (not np.isnan(limits[0]))
        if "lower" in cell:
            assert [float(cell["lower"]), float(cell["upper"])] == pytest.approx(limits, abs=1e-9)


def test_the_random_states_reach_everything(opened):
    answers = [described(view) for view in opened.views]
    assert sum(answer.has_population for answer in answers) >= 2
    assert any(view.state.where for view in opened.views)
    assert any(one.n is None for answer in answers for one in answer.rows) or opened.kind == "probable"
    assert any(part.n is None and one.n is not None for answer in answers for one in answer.rows for part in one.lacking.values()) or opened.kind == "probable"
    assert opened.kind == "probable" or any(view.state.slice is not None for view in opened.views)
    assert opened.watch.errors == []
    assert len(opened.watch.requests) == 1


def test_a_person_goes_from_the_tab_to_another_attribute(opened):
    if opened.kind != "people":
        return
    page = PanelPage(opened.page, 0)
    page.look("Disparities")
    page.look("Data")
    pane = page.root.locator(".fl-pane:not([hidden])")
    page.choose_all([("and by", "nothing else")])
    page.choose("Group by", "region")
    assert pane.locator("tbody tr").count() == 2
    assert "Metric" not in page.root.locator(".fl-controls").first.text_content()


def test_many_groups_are_shown_a_part_at_a_time(browser, tmp_path):
    n = 500
    groups = np.repeat([f"g{i:03d}" for i in range(n)], 12)
    panel = fl.panel(fl.audit(y_pred=np.tile([1, 0], 6 * n), favorable=1, sensitive_features={"g": groups}))
    panel.show(view="data")
    panel._make_record()
    with offline_page(browser, export(tmp_path / "many.html", panel)) as (page, watch):
        page.locator("[data-live=yes]").wait_for()
        pane = PanelPage(page).root.locator(".fl-pane:not([hidden])")
        assert pane.locator("tbody tr").count() == 40
        more = pane.get_by_role("button", name="Show all 500 groups")
        assert more.get_attribute("data-lm-suppress-shortcuts") == "true"
        more.focus()
        page.keyboard.press("Enter")
        assert pane.locator("tbody tr").count() == 500
        assert page.evaluate("document.activeElement.textContent") == "Show the first 40 groups"
        assert "and 497 more groups in the table" in page.locator(".fl-panel .fl-sentence").text_content()
        assert watch.errors == []
