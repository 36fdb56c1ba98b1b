"""One group, four exits: frame, plot, panel, exported file. All must hold the numbers that pandas counts alone."""

import random

import numpy as np
import pandas as pd
import pytest
from pages import PanelPage, export, offline_page
from statsmodels.stats.proportion import confint_proportions_2indep, proportion_confint

import fairlens as fl

STATES = 50
THRESHOLD = 0.437
COUNTS = {  # by hand, apart from the package: numerator and denominator of each rate
    "selection_rate": (lambda y, p: p, lambda y, p: True),
    "rejection_rate": (lambda y, p: ~p, lambda y, p: True),
    "prevalence": (lambda y, p: y == 1, lambda y, p: y.notna()),
    "true_positive_rate": (lambda y, p: (y == 1) & p, lambda y, p: y == 1),
    "false_positive_rate": (lambda y, p: (y == 0) & p, lambda y, p: y == 0),
    "false_negative_rate": (lambda y, p: (y == 1) & ~p, lambda y, p: y == 1),
    "true_negative_rate": (lambda y, p: (y == 0) & ~p, lambda y, p: y == 0),
    "precision": (lambda y, p: (y == 1) & p, lambda y, p: p & y.notna()),
    "negative_predictive_value": (lambda y, p: (y == 0) & ~p, lambda y, p: ~p & y.notna()),
    "false_discovery_rate": (lambda y, p: (y == 0) & p, lambda y, p: p & y.notna()),
    "false_omission_rate": (lambda y, p: (y == 1) & ~p, lambda y, p: ~p & y.notna()),
    "accuracy": (lambda y, p: ((y == 1) & p) | ((y == 0) & ~p), lambda y, p: y.notna()),
}


@pytest.fixture(scope="module")
def people():
    rng = np.random.default_rng(11)
    n = 2400
    race = rng.choice(["zeta", "10", "2", "__proto__", "<b>x</b>"], n, p=[0.5, 0.25, 0.15, 0.096, 0.004])
    sex = rng.choice(np.array(["f", "m", None], object), n, p=[0.45, 0.548, 0.002])
    region = rng.choice(["North", "South"], n)
    label = pd.Series(rng.choice([0.0, 1.0, np.nan], n, p=[0.5, 0.45, 0.05]))
    score = np.clip(rng.normal(0.5 + 0.15 * (race == "zeta"), 0.2, n), 0, 1)
    decided = (score + rng.normal(0, 0.05, n) >= THRESHOLD).astype(int)
    return pd.DataFrame({"race": race, "sex": sex, "region": region, "y": label, "score": score, "decided": decided})


@pytest.fixture(scope="module")
def audit(people):
    return fl.audit(
        people, y_true="y", y_pred="decided", y_score="score", threshold=THRESHOLD, favorable=1,
        sensitive_features=["race", "sex"], slice_features=["region"],
    )  # fmt: skip


@pytest.fixture(scope="module")
def panel(audit):
    panel = fl.panel(audit)
    panel.show()
    panel._make_record()
    return panel


@pytest.fixture(scope="module")
def opened(browser, panel, tmp_path_factory):
    path = export(tmp_path_factory.mktemp("same") / "record.html", panel)
    with offline_page(browser, path) as (page, watch):
        page.locator("[data-live=yes]").wait_for()
        yield PanelPage(page), watch, path


def draw_state(seed, panel):
    """A random state: metric, by, filters, reference, stop."""
    choices = panel._choices
    rng = random.Random(seed)
    by = rng.sample(list(choices.axes), rng.choice([1, 1, 2]))
    where = {
        axis: rng.choice(choices.audit.tables.levels(axis)) for axis in choices.axes if axis not in by and rng.random() < 0.5
    }
    groups = choices.audit.tables.view(tuple(by), {}, choices.stops[-1]).groups
    reference = rng.choice(["largest", "rest", "overall", rng.choice(groups)])
    return rng.choice(choices.metrics), by, where, reference, rng.randrange(len(choices.stops))


def put(page, panel, metric, by, where, reference, stop):
    """Bring the page to a state through its controls."""
    page.choose("Metric", metric.label)
    page.choose("and by", "nothing else")
    page.choose("Group by", by[0])
    if len(by) > 1:
        page.choose("and by", by[1])
    for axis in panel._choices.axes:
        if axis not in by:
            page.choose(f"Only {axis}", where.get(axis, "all"))
    names = {"largest": "the largest group", "rest": "everybody else", "overall": "everybody"}
    page.choose("Compare with", names[reference] if isinstance(reference, str) else ", ".join(reference))
    page.threshold(stop)


@pytest.mark.parametrize("seed", range(STATES))
def test_four_exits_hold_the_same_numbers(seed, opened, panel, people, audit):
    page, _, _ = opened
    metric, by, where, reference, stop = draw_state(seed, panel)
    put(page, panel, metric, by, where, reference, stop)
    threshold = panel._choices.stops[stop]
    protected = panel._choices.audit.where(**where).at(threshold)
    frame = protected.by_group(metric, by).to_frame()
    rows = page.rows()
    assert [tuple(row["group"]) for row in rows] == [tuple(map(str, group)) for group in frame[by].itertuples(index=False)]
    universe = people[people["sex"].notna()]
    raw = audit.where(sex=["f", "m"], **where).at(threshold) if "sex" not in where else audit.where(**where).at(threshold)
    raw_frame = raw.by_group(metric, by).to_frame().set_index(by)
    for row, want in zip(rows, frame.to_dict("records"), strict=True):
        group = tuple(want[axis] for axis in by)
        check_group(row, want, universe, metric, by, where, threshold, group)
        if want["status"] != "suppressed":
            shown = raw_frame.loc[[group if len(by) > 1 else group[0]]].iloc[0]
            assert shown["n"] == want["n"]
            assert shown["value"] == pytest.approx(want["value"], abs=1e-12, nan_ok=True)
    drawn = protected.by_group(metric, by).plot()
    dots = sorted(x for x in page.dots())
    assert dots == pytest.approx(sorted(frame["value"].dropna()), abs=1e-9)
    for value in frame["value"].dropna():
        assert f"{np.floor(100 * value * 10 + 0.5) / 10:.1f} %" in drawn.alt


def check_group(row, want, universe, metric, by, where, threshold, group):
    """The page's full values against the published frame and against pandas and statsmodels alone."""
    rate, n = row["cells"][0], row["cells"][1]
    if want["status"] == "suppressed":
        assert rate["text"] == "suppressed"
        assert "value" not in rate
        assert "value" not in n
        return
    mine = universe
    for axis, level in {**where, **dict(zip(by, group, strict=True))}.items():
        mine = mine[mine[axis] == level]
    predicted = mine["decided"] == 1 if threshold is None else mine["score"] >= threshold
    numerator, denominator = COUNTS[metric.name]
    bottom = int((pd.Series(True, mine.index) & denominator(mine["y"], predicted)).sum())
    top = int(numerator(mine["y"], predicted).sum())
    assert int(n["value"]) == want["n"] == bottom
    if bottom == 0:
        assert rate["text"].startswith("undefined")
        assert "value" not in rate
        return
    assert float(rate["value"]) == pytest.approx(top / bottom, abs=1e-12)
    assert want["value"] == pytest.approx(top / bottom, abs=1e-12)
    limits = proportion_confint(top, bottom, method="wilson")
    assert (float(rate["lower"]), float(rate["upper"])) == pytest.approx(limits, abs=1e-9)


@pytest.mark.parametrize("seed", range(STATES))
def test_differences_and_sentences_are_those_of_python(seed, opened, panel):
    page, _, _ = opened
    metric, by, where, reference, stop = draw_state(1000 + seed, panel)
    put(page, panel, metric, by, where, reference, stop)
    threshold = panel._choices.stops[stop]
    panel.show(metric, by, where, reference, "decided" if threshold is None else threshold)
    view = panel.view
    assert page.sentence == view.sentence
    pairs = {tuple(map(str, pair.row.group)): pair for pair in view.pairs}
    for row in page.rows():
        cell, pair = row["cells"][2], pairs.get(tuple(row["group"]))
        if pair is None or np.isnan(pair.change):
            assert "value" not in cell
            continue
        found = [float(cell[name]) for name in ("value", "lower", "upper")]
        assert found == pytest.approx([pair.change, pair.lower, pair.upper], abs=1e-9)
        if not isinstance(pair.reference, str):
            limits = confint_proportions_2indep(
                pair.row.numerator, pair.row.denominator, pair.base.numerator, pair.base.denominator, method="newcomb"
            )
            assert found[1:] == pytest.approx(limits, abs=1e-9)


def test_page_asks_for_nothing_and_says_nothing(opened):
    _, watch, path = opened
    assert watch.requests == [path.resolve().as_uri()]
    assert watch.errors == []


def test_every_text_of_the_static_table_is_that_of_the_live_one(browser, panel, tmp_path):
    metric, by, where, reference, _ = draw_state(7, panel)
    panel.show(metric, by, where, reference, 0.5)
    panel._make_record()
    with offline_page(browser, export(tmp_path / "r.html", panel)) as (page, _):
        page.locator("[data-live=yes]").wait_for()
        static = page.locator(".fl-static table").evaluate("table => [...table.rows].map(row => [...row.cells].map(c => c.textContent))")
        live = page.locator(".fl-panel table").evaluate("table => [...table.rows].map(row => [...row.cells].map(c => c.textContent))")
        assert static == live
        assert page.locator(".fl-static .fl-sentence").text_content() == PanelPage(page).sentence
