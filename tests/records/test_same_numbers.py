"""One group, four exits: frame, plot, panel, exported file. All must hold the numbers that pandas counts alone.

The same random states for people who count once, for people with weights, and for groups that are known as probabilities only.
"""

import random
from dataclasses import dataclass, field

import numpy as np
import pandas as pd
import pytest
from bs4 import BeautifulSoup
from pages import PanelPage, export, offline_page
from statsmodels.stats.proportion import confint_proportions_2indep, proportion_confint

import fairlens as fl
from fairlens.metrics._results import informed

STATES = 50
THRESHOLD = 0.437
KINDS = ("people", "weighted", "probable")
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
NAMED = {"largest": "the largest group", "rest": "everybody else", "overall": "everybody"}


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
    weight = rng.choice([0.1, 0.7, 1.3, 2.9], n)
    return pd.DataFrame({"race": race, "sex": sex, "region": region, "y": label, "score": score, "decided": decided, "w": weight})


@pytest.fixture(scope="module")
def shares(people):
    """How probable each race is for each person: halves, quarters and tenths, whose sums are not exact."""
    levels = ["zeta", "10", "2", "__proto__"]
    rng = np.random.default_rng(5)
    rows = np.array([[0.5, 0.5, 0, 0], [0.7, 0.1, 0.1, 0.1], [0, 0, 0.75, 0.25], [0.25, 0.25, 0.25, 0.25]])
    return pd.DataFrame(rows[rng.integers(0, len(rows), len(people))], columns=levels)


@dataclass
class Opened:
    """One audit, its panel, its exported page, and whom each group holds."""

    kind: str
    audit: object
    panel: object
    page: object
    watch: object
    path: object
    people: pd.DataFrame
    shares: pd.DataFrame

    def held(self, levels):
        """How much of each person is at some levels."""
        share = np.ones(len(self.people))
        for axis, level in levels.items():
            probable = self.kind == "probable" and axis == "race"
            share = share * (self.shares[level].to_numpy() if probable else (self.people[axis] == level).to_numpy())
        return share


@pytest.fixture(scope="module", params=KINDS)
def opened(request, browser, people, shares, tmp_path_factory):
    kind = request.param
    fixed = {"y_true": "y", "y_pred": "decided", "y_score": "score", "threshold": THRESHOLD, "favorable": 1}
    if kind == "probable":
        columns = {name: people[column] for name, column in (("y_true", "y"), ("y_pred", "decided"), ("y_score", "score"))}
        groups = {"race": fl.membership(shares, name="race"), "sex": people["sex"]}
        audit = fl.audit(**{**fixed, **columns}, sensitive_features=groups, slice_features={"region": people["region"]})
    else:
        weight = {"sample_weight": "w"} if kind == "weighted" else {}
        audit = fl.audit(people, **fixed, **weight, sensitive_features=["race", "sex"], slice_features=["region"])
    panel = fl.panel(audit)
    panel._make_record()
    known = people["sex"].notna()  # so few without a value leave the published universe
    path = export(tmp_path_factory.mktemp("same") / "record.html", panel)
    with offline_page(browser, path) as (page, watch):
        page.locator("[data-live=yes]").wait_for()
        yield Opened(kind, audit, panel, PanelPage(page), watch, path, people[known].reset_index(drop=True), shares[known.to_numpy()])


@dataclass
class Drawn:
    """A random state, in names."""

    metric: object
    by: list
    where: dict
    reference: object
    stop: int
    compare: str
    adjust: str | None
    cuts: dict = field(default_factory=dict)

    def threshold(self, choices):
        """As `Panel.show` takes it."""
        if self.cuts:
            return {level: choices.stops[stop] for level, stop in self.cuts.items()}
        found = choices.stops[self.stop]
        return "decided" if found is None else found

    def show(self, panel):
        """Bring the panel to it in Python."""
        panel.show(self.metric, self.by, self.where, self.reference, self.threshold(panel._choices), self.compare, self.adjust or False)

    def put(self, page, choices):
        """Bring the page to it through its controls."""
        page.threshold_choice(split=False)
        steps = [("Metric", self.metric.label), ("and by", "nothing else"), ("Group by", self.by[0])]
        steps += [("and by", self.by[1])] if len(self.by) > 1 else []
        steps += [(f"Only {axis}", self.where.get(axis, "all")) for axis in choices.axes if axis not in self.by]
        steps += [("Compare with", NAMED[self.reference] if isinstance(self.reference, str) else ", ".join(self.reference))]
        steps += [("Compare by", f"{self.compare}s")]
        if set(choices.axes) - {*self.by, *self.where}:
            steps += [("Adjust for", self.adjust or "nothing")]
        page.choose_all(steps)
        if self.cuts:
            page.threshold_choice(split=True)
            page.thresholds([self.cuts[level] for level in choices.audit.tables.levels(self.by[0])])
        else:
            page.thresholds([self.stop])


def draw_state(seed, panel):
    """A random state of a panel."""
    choices = panel._choices
    levels, stops = choices.audit.tables.levels, choices.stops
    rng = random.Random(seed)
    by = rng.sample(list(choices.axes), rng.choice([1, 1, 2]))
    where = {axis: rng.choice(levels(axis)) for axis in choices.axes if axis not in by and rng.random() < 0.4}
    groups = choices.audit.tables.view(tuple(by), {}, stops[-1]).groups
    reference = rng.choice(["largest", "rest", "overall", rng.choice(groups), rng.choice(groups)])
    free = [axis for axis in choices.axes if axis not in by and axis not in where]
    adjust = rng.choice([*free, None]) if free else None
    cuts = {level: rng.randrange(1, len(stops)) for level in levels(by[0])} if len(by) == 1 and rng.random() < 0.4 else {}
    return Drawn(rng.choice(choices.metrics), by, where, reference, rng.randrange(len(stops)), rng.choice(["difference", "ratio"]), adjust, cuts)


@pytest.mark.parametrize("seed", range(STATES))
def test_every_exit_holds_the_same_numbers(seed, opened):
    state, page, panel = draw_state(seed, opened.panel), opened.page, opened.panel
    state.put(page, panel._choices)
    state.show(panel)
    view, shown = panel.view, page.read()
    assert shown["sentence"] == view.sentence
    assert shown["table"] == table_of(view.html())
    check_rates(shown["rows"], view, state, opened)
    check_columns(shown["rows"], view)
    values = sorted(row.value for row in view.rows if not np.isnan(row.value))
    assert sorted(shown["dots"]) == pytest.approx(values, abs=1e-9)
    assert panel._choices.decode(panel._live.state) == view.state
    if seed % 10 == 0:
        alt = panel._make_record().alt
        assert all(f"{np.floor(100 * value * 10 + 0.5) / 10:.1f} %" in alt for value in values)


def table_of(html):
    """The texts of the first table."""
    found = BeautifulSoup(html, "html.parser").find("table")
    return [[cell.get_text() for cell in row.find_all(["th", "td"])] for row in found.find_all("tr")]


def check_rates(rows, view, state, opened):
    """Full values on the page against the published row, the raw audit, and pandas and statsmodels alone."""
    choices = opened.panel._choices
    assert [tuple(row["group"]) for row in rows] == [tuple(map(str, row.group)) for row in view.rows]
    where = {**state.where, **({} if "sex" in state.where else {"sex": ["f", "m"]})}
    raw = opened.audit.where(**where)
    raw = raw.at(state.threshold(choices), by=state.by[0]) if state.cuts else raw.at(choices.stops[state.stop])
    counted = {row.group: row for row in raw.by_group(state.metric, state.by).rows}
    for row, want in zip(rows, view.rows, strict=True):
        rate, n = row["cells"][0], row["cells"][1]
        if want.status == "suppressed":
            assert (rate["text"], n["text"]) == ("suppressed", "–")
            assert not {"value", "lower", "upper"} & {*rate, *n}
            continue
        levels = {**state.where, **dict(zip(state.by, want.group, strict=True))}
        stop = state.cuts.get(want.group[0], state.stop)
        top, bottom, expected, effective = counted_alone(opened, state.metric, levels, choices.stops[stop])
        assert int(n["value"]) == want.n == counted[want.group].n
        assert want.n == pytest.approx(expected, abs=0.5 + 1e-9)
        if bottom == 0:
            assert rate["text"].startswith("undefined")
            assert "value" not in rate
            continue
        for value in (float(rate["value"]), want.value, counted[want.group].value):
            assert value == pytest.approx(top / bottom, abs=1e-12)
        if opened.kind == "probable" and "race" not in levels:
            continue  # one person's fractions are of several groups here
        limits = proportion_confint(top / bottom * effective, effective, method="wilson")
        assert (float(rate["lower"]), float(rate["upper"])) == pytest.approx(limits, abs=1e-9)


def counted_alone(opened, metric, levels, threshold):
    """Sums of weights above and below the line, how many people that is, and Kish's number of them."""
    mine = opened.people
    predicted = mine["decided"] == 1 if threshold is None else mine["score"] >= threshold
    numerator, denominator = COUNTS[metric.name]
    held = opened.held(levels)
    weight = held * (mine["w"] if opened.kind == "weighted" else 1)
    below = (pd.Series(True, mine.index) & denominator(mine["y"], predicted)).to_numpy()
    above = numerator(mine["y"], predicted).to_numpy()
    inside = weight[below]
    effective = inside.sum() ** 2 / (inside**2).sum() if inside.sum() > 0 else 0.0
    return weight[above & below].sum(), inside.sum(), held[below].sum(), effective


def check_columns(rows, view):
    """Every number that compares: the page against Python, and Python's against statsmodels where that is right."""
    for k, (name, found, _) in enumerate(view.columns):
        for row, want in zip(rows, view.rows, strict=True):
            cell, changed = row["cells"][2 + k], found.get(want.group)
            if changed is None or np.isnan(changed.value):
                assert "value" not in cell, (name, want.group)
                continue
            assert float(cell["value"]) == pytest.approx(changed.value, abs=1e-12)
            assert [float(cell[end]) for end in ("lower", "upper")] == pytest.approx([changed.lower, changed.upper], abs=1e-9)
    for pair in view.pairs:
        if not isinstance(pair.reference, str) and not np.isnan(pair.change):
            check_pair(pair, view.state.compare)


def check_pair(pair, compare):
    """One interval against statsmodels: Newcombe's, or the score interval of a ratio between counts that are not at an edge."""
    sizes = (*informed(pair.row), *informed(pair.base))
    if compare == "difference":
        assert (pair.lower, pair.upper) == pytest.approx(confint_proportions_2indep(*sizes, method="newcomb"), abs=1e-9)
        return
    inside = all(0 < x < n for x, n in (sizes[:2], sizes[2:]))
    if inside:
        limits = confint_proportions_2indep(*sizes, method="score", compare="ratio", correction=False)
        assert (pair.lower, pair.upper) == pytest.approx(limits, rel=1e-5)
        turned = (sizes[1] - sizes[0], sizes[1], sizes[3] - sizes[2], sizes[3])
        limits = confint_proportions_2indep(*turned, method="score", compare="ratio", correction=False)
        assert (pair.opposite.lower, pair.opposite.upper) == pytest.approx(limits, rel=1e-5)


def test_the_random_states_reach_everything(opened):
    states = [draw_state(seed, opened.panel) for seed in range(STATES)]
    assert sum(state.compare == "ratio" for state in states) >= 10
    assert sum(bool(state.cuts) for state in states) >= 5
    assert sum(state.adjust is not None for state in states) >= 10
    both = [state for state in states if state.adjust and isinstance(state.reference, tuple)]
    assert any(state.compare == "ratio" and state.adjust for state in states)
    assert both


def test_page_asks_for_nothing_and_says_nothing(opened):
    assert opened.watch.requests == [opened.path.resolve().as_uri()]
    assert opened.watch.errors == []


def test_every_text_of_the_static_part_is_that_of_the_live_one(browser, opened, tmp_path):
    for seed in (7, 23, 31):
        draw_state(seed, opened.panel).show(opened.panel)
        opened.panel._make_record()
        with offline_page(browser, export(tmp_path / "r.html", opened.panel)) as (page, _):
            page.locator("[data-live=yes]").wait_for()
            cells = "table => [...table.rows].map(row => [...row.cells].map(cell => cell.textContent))"
            static, live = (page.locator(f"{part} table").first.evaluate(cells) for part in (".fl-static", ".fl-panel"))
            assert static == live
            assert page.locator(".fl-static .fl-sentence").text_content() == PanelPage(page).sentence
