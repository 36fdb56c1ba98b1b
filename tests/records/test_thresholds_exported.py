"""The view of thresholds in an exported file against Python, in random states: thresholds by group, costs, weights."""

import random

import numpy as np
import pandas as pd
import pytest
from bs4 import BeautifulSoup
from pages import PanelPage, export, offline_page

import fairlens as fl
from fairlens.widgets import _thresholds_view
from fairlens.widgets._swept import Swept, current, lowest

STATES = 12
COSTS = fl.Costs(5, 2, "€", "a loan that is not paid back", "a good applicant turned away")
TEXTS = "tables => tables.map(table => [...table.rows].map(row => [...row.cells].map(cell => cell.textContent)))"
CELLS = "cells => cells.map(cell => [cell.dataset.value, cell.dataset.lower, cell.dataset.upper].map(Number))"


@pytest.fixture(scope="module")
def people():
    rng = np.random.default_rng(8)
    size = 2000
    race = rng.choice(["zeta", "10", "__proto__", "<b>x</b>"], size, p=[0.6, 0.3, 0.096, 0.004])
    score = np.clip(rng.normal(0.5 + 0.1 * (race == "zeta"), 0.2, size), 0, 1)
    label = np.where(rng.random(size) < 0.05, np.nan, rng.random(size) < score)
    decided = (score + rng.normal(0, 0.05, size) >= 0.437).astype(int)
    weight = rng.choice([0.1, 0.7, 1.3, 2.9], size)
    return pd.DataFrame({"race": race, "sex": rng.choice(["f", "m"], size), "y": label, "s": score, "p": decided, "w": weight})


@pytest.fixture(scope="module", params=["people", "weighted", "decided"])
def opened(request, browser, people, tmp_path_factory):
    given = {"weighted": {"sample_weight": "w"}, "decided": {"y_pred": "p"}}.get(request.param, {})
    audit = fl.audit(people, y_true="y", y_score="s", threshold=0.437, favorable=1, sensitive_features=["race", "sex"], **given)
    panel = fl.panel(audit, costs=COSTS).show(view="thresholds")
    panel._make_record()
    path = export(tmp_path_factory.mktemp("cuts") / "record.html", panel)
    with offline_page(browser, path) as (page, watch):
        page.locator("[data-live=yes]").wait_for()
        for folded in page.locator(".fl-panel .fl-folded summary").all():
            folded.click()
        yield panel, PanelPage(page), watch


def put(page, panel, seed):
    """Bring page and panel to the same random state, each by its own controls."""
    rng, choices = random.Random(seed), panel._choices
    metric, by = rng.choice(choices.metrics), rng.choice(["race", "sex"])
    other = "sex" if by == "race" else "race"
    where = {other: rng.choice(choices.levels(other))} if rng.random() < 0.4 else {}
    split = seed % 2 == 0
    numbered = [i for i, stop in enumerate(choices.stops) if stop is not None]
    stops = [rng.choice(numbered) for _ in choices.levels(by)] if split else [rng.randrange(len(choices.stops))]
    costs = (rng.choice([0, 1, 3, 0.5]), rng.choice([1, 2.5, 700]))
    page.threshold_choice(split=False)
    page.choose_all([("Metric", metric.label), ("Group by", by), (f"Only {other}", where.get(other, "all"))])
    page.threshold_choice(split=split)
    page.thresholds(stops)
    for nth, cost in enumerate(costs):
        page.root.locator(".fl-asks input").nth(nth).fill(str(cost))
    cuts = {level: choices.stops[stop] for level, stop in zip(choices.levels(by), stops, strict=True)} if split else {}
    one = choices.stops[stops[0]]
    panel.show(metric, by, where, threshold=cuts if split else "decided" if one is None else one)
    state = {**panel._live.state, "costs": list(costs)}
    panel._live.state = state
    return panel.view


@pytest.mark.parametrize("seed", range(STATES))
def test_the_page_holds_pythons_numbers(opened, seed):
    panel, page, watch = opened
    view = put(page, panel, seed)
    swept, soup = Swept(view), BeautifulSoup(_thresholds_view.static(view), "html.parser")
    static = [[[cell.get_text() for cell in row.find_all(["th", "td"])] for row in table.find_all("tr")] for table in soup.find_all("table")]
    assert page.root.locator(".fl-thresholds table").evaluate_all(TEXTS) == static
    said = [paragraph.get_text() for paragraph in soup.find_all("p")]
    told = page.root.locator(".fl-cost-words p").all_text_contents()
    assert told
    assert set(told) <= set(said)
    shown = page.root.locator(".fl-thresholds > .fl-numbers tbody tr").evaluate_all(f"rows => rows.map(row => ({CELLS})([...row.querySelectorAll('td[data-n]')]))")
    wanted = [[row for row in rows if row.value == row.value] for _, rows in swept.table]
    assert [len(row) for row in shown] == [len(row) for row in wanted]
    for cells, rows in zip(shown, wanted, strict=True):
        for cell, row in zip(cells, rows, strict=True):
            assert cell[0] == pytest.approx(row.value, abs=1e-12)
            assert cell[1:] == pytest.approx([row.lower, row.upper], abs=1e-9)
    prices = page.root.locator(".fl-costs > .fl-numbers tbody tr").evaluate_all(f"rows => rows.map(row => ({CELLS})([...row.querySelectorAll('td[data-lower]')]))")
    expected = [[one for one in (current(rows), lowest(rows)) if one is not None and one.cost == one.cost] for rows in swept.costs]
    for cells, rows in zip(prices, expected, strict=True):
        for cell, row in zip(cells, rows, strict=True):
            assert cell[0] == pytest.approx(row.cost, abs=1e-10, rel=1e-12)
            assert cell[1:] == pytest.approx([row.lower, row.upper], abs=1e-7, rel=1e-9)
    assert watch.errors == []


def test_moving_the_threshold_keeps_the_curve_and_moves_the_mark(opened):
    _, page, _ = opened
    page.threshold_choice(split=False)
    page.choose_all([("Metric", "Selection rate"), ("Group by", "sex"), ("Only race", "all")])
    page.threshold(4)
    page.root.locator(".fl-thresholds > .fl-figure svg").evaluate("svg => { svg.marked = true; }")
    before = page.root.locator(".fl-thresholds > .fl-figure .fl-now").get_attribute("x1")
    page.threshold(9)
    figure = page.root.locator(".fl-thresholds > .fl-figure svg")
    assert figure.evaluate("svg => svg.marked === true")
    assert page.root.locator(".fl-thresholds > .fl-figure .fl-now").get_attribute("x1") != before
    box = figure.bounding_box()
    page.page.mouse.click(box["x"] + 0.3 * box["width"], box["y"] + 0.5 * box["height"])
    assert page.root.locator("input[type=range]").input_value() not in ("4", "9")


def test_what_is_no_cost_is_said_and_changes_nothing(opened):
    _, page, watch = opened
    inputs, table = page.root.locator(".fl-asks input"), page.root.locator(".fl-costs > .fl-numbers table")
    inputs.nth(0).fill("3")
    inputs.nth(1).fill("1")
    before = table.text_content()
    for wrong in ("", "-2"):
        inputs.nth(0).fill(wrong)
        assert "Give two numbers" in page.root.locator(".fl-asked").text_content()
        assert table.text_content() == before
    inputs.nth(0).fill("4")
    assert page.root.locator(".fl-asked").text_content() == ""
    assert table.text_content() != before
    assert watch.errors == []
