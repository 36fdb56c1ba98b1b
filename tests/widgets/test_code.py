"""The code of a view runs as it stands, and every number and picture is the panel's."""

import re

import numpy as np
import pandas as pd
import pytest

import fairlens as fl
from fairlens.metrics import Metric
from fairlens.widgets._data_view import described
from fairlens.widgets._kinds import kind_of
from fairlens.widgets._swept import Swept

COSTS = fl.Costs(5, 2, "€", "a loan that's not paid back", 'a "good" one turned away')
POPULATION = {"race": {"Black": 0.5, "it's \"me\"\\": 0.3, "ñandú": 0.1, "few": 0.1}}
MINE = Metric("my rate", (0, 1, 0, 1, 0, 0), (1, 1, 1, 1, 0, 0), "My rate")
YOUNG = fl.Slice("größte \u200b'\"\\ {by}", {"class": ["low", "mid"], "sex": "f"})


@pytest.fixture(scope="module")
def audit():
    rng = np.random.default_rng(11)
    n = 1800
    people = pd.DataFrame(
        {
            "race": rng.choice(["Black", "it's \"me\"\\", "ñandú", "few"], n, p=[0.5, 0.35, 0.147, 0.003]),
            "sex": rng.choice(np.array(["f", "m", None], object), n, p=[0.5, 0.47, 0.03]),
            "class": rng.choice(["low", "mid", "high"], n), "self": rng.choice(["largest", "rest"], n),
            "s": rng.random(n), "y": rng.integers(0, 2, n), "w": rng.choice([0.3, 1.0, 2.2], n),
        }
    )  # fmt: skip
    groups = {"sensitive_features": ["race", "sex"], "slice_features": ["class", "self"]}
    return fl.audit(people, y_true="y", y_score="s", threshold=0.437, favorable=1, sample_weight="w", **groups)


def run(panel, **given):
    """Run all lines but for those that draw, which are run one by one: what each gives, and the pictures."""
    space, pictures = {"fl": fl, **given}, []
    for line in panel.code.splitlines():
        if line.endswith(".plot()"):
            pictures.append(eval(line, space))
        else:
            exec(line, space)
    return space, pictures


def equal(mine, theirs):
    """Rows of the code and rows of the panel, cell by cell."""
    names = ("group", "value", "lower", "upper", "n", "numerator", "denominator", "status")
    assert len(mine) == len(theirs)
    for one, two in zip(mine, theirs, strict=True):
        for name in names:
            here, there = getattr(one, name), getattr(two, name)
            assert here == there or here == pytest.approx(there, abs=1e-12, nan_ok=True), name


def told(picture):
    """The numbers of a picture, without its title, in which the panel speaks of what it compares."""
    return re.findall(r"\d[\d.,]*", picture.alt.split("\n", 1)[-1]) if "\n" in picture.alt else re.findall(r"\d[\d.,]*", picture.alt)


SHOWN = [
    {},
    {"by": "class", "where": {"class": ["low", "mid"], "race": "it's \"me\"\\"}, "reference": "mid", "threshold": 0.6, "compare": "ratio"},
    {"by": "self", "reference": ("largest",), "adjust": ["class", "race"]},
    {"by": "self", "reference": ("rest",), "where": {"sex": "f"}},
    {"by": ["sex", "race"], "where": {"self": "rest"}},
    {"by": "sex", "threshold": {"f": 0.3}},
    {"slice": YOUNG, "reference": "rest"},
    {"slice": YOUNG, "where": {"race": ["Black", "ñandú"]}, "threshold": 0.25},
    {"by": "race", "reference": "rest", "metric": "precision", "threshold": 0.05},
]  # fmt: skip


@pytest.mark.parametrize("form", ["raw", "protected", "internal"])
@pytest.mark.parametrize("shown", SHOWN)
def test_rates_and_thresholds_are_those_of_the_panel(audit, shown, form):
    given = audit.protect() if form == "protected" else audit
    profile = "internal" if form == "internal" else "restricted"
    panel = fl.panel(given, profile=profile, costs=COSTS, confidence=0.9).show(**shown)
    space, pictures = run(panel, audit=given)
    view = panel.view
    equal(space["rates"].rows, view.rows)
    assert [pair.change for pair in space["gaps"].rows] == pytest.approx([pair.change for pair in view.pairs], abs=1e-12, nan_ok=True)
    assert [(pair.lower, pair.upper) for pair in space["gaps"].rows] == [pytest.approx((pair.lower, pair.upper), abs=1e-12, nan_ok=True) for pair in view.pairs]
    assert len(pictures) == 1
    assert space["panel"]._live.state == panel._live.state
    assert space["panel"]._text == panel._text

    panel.show(view="thresholds")
    space, (rates, costs) = run(panel, audit=given)
    swept = Swept(panel.view)
    found = space["sweep"]
    assert found.thresholds == swept.thresholds
    for mine, theirs in zip(found.rates, swept.curve, strict=True):
        equal(mine, theirs)
    rows = {metric.name: [row for row in space["rates"].rows if row.metric == metric] for metric in swept.metrics}
    for k, metric in enumerate(swept.metrics):
        equal(rows[metric.name], [some[k] for group, some in swept.table if group])
    same_costs(space["costs"], swept)
    if not swept.drawn:  # all is suppressed
        return
    alt = kind_of("thresholds").picture(panel.view).alt
    lines = re.findall(r"[^.]*?: \d+\.\d % [^.]*\.\d[^.]*\.\d[^.]*\.", rates.alt)
    assert lines
    for line in lines:
        assert line.strip() in alt
    assert costs.alt


def same_costs(found, swept):
    groups = {}
    for row in found.rows:
        groups.setdefault(row.group, []).append(row)
    assert len(groups) == len(swept.costs)
    for mine, theirs in zip(groups.values(), swept.costs, strict=True):
        if mine[0].status in ("suppressed", "undefined"):
            assert {row.status for row in theirs} == {mine[0].status}
            continue
        assert len(mine) == len(theirs)
        for one, two in zip(mine, theirs, strict=True):
            assert (one.cost, one.lower, one.upper) == pytest.approx((two.cost, two.lower, two.upper), abs=1e-9, nan_ok=True)
            assert (one.n, one.status, one.current) == (two.n, two.status, two.current)


def test_what_the_panel_was_opened_with_is_in_its_code(audit):
    panel = fl.panel(audit, metrics=[MINE, "selection_rate"], costs=COSTS, population=POPULATION, language="es", confidence=0.9, profile="internal")
    for view in ("data", "disparities", "thresholds"):
        panel.show(view=view)
        comments = [line for line in panel.code.splitlines() if line.startswith("#")]
        assert [line.split()[1] for line in comments] == ["own_metric_1", "population"]
        space, _ = run(panel, audit=audit, own_metric_1=MINE, population=POPULATION)
        again = space["panel"]
        assert again._text == panel._text
        assert again._live.state == panel._live.state


def test_people_are_those_of_the_view_of_the_data(audit):
    panel = fl.panel(audit, population=POPULATION).show(by="race", view="data")
    for shown in ({}, {"by": ["class", "sex"]}, {"where": {"self": "rest"}}, {"slice": YOUNG}):
        panel.show(**shown)
        space, (picture,) = run(panel, audit=audit, population=POPULATION)
        frame, wanted = space["people"].to_frame(), described(panel.view).to_frame()
        numbers = [name for name in wanted.columns if wanted[name].dtype.kind in "fi"]
        assert numbers
        np.testing.assert_allclose(frame[numbers].astype(float), wanted[numbers].astype(float), atol=1e-12)
        assert told(picture)


def test_costs_of_the_state_are_in_the_code(audit):
    panel = fl.panel(audit).show(view="thresholds")
    panel._live.state = {**panel._live.state, "costs": [0.1, 1e-7]}
    space, _ = run(panel, audit=audit)
    same_costs(space["costs"], Swept(panel.view))
    assert Swept(space["panel"].view).pair == (0.1, 1e-7)


def test_an_audit_with_a_name_that_the_code_gives_itself(audit):
    from dataclasses import replace

    panel = fl.panel(audit)
    panel._choices = replace(panel._choices, name="view")
    space, _ = run(panel, view=audit)
    assert space["panel"]._text == panel._text
    equal(space["rates"].rows, panel.view.rows)


def test_a_column_may_be_called_self(audit):
    assert audit.where(self="rest").overall("selection_rate").rows[0].n < audit.overall("selection_rate").rows[0].n


@pytest.fixture(scope="module")
def modelled():
    rng = np.random.default_rng(2)
    rows = pd.DataFrame({"income": rng.integers(1, 9, 400) / 10, "debt": rng.integers(0, 4, 400) / 10})
    people = {"sex": rng.choice(["f", "m"], 400), "race": rng.choice(["a", "b", "few"], 400, p=[0.5, 0.49, 0.01])}
    return fl.audit(rows, model=lambda X: np.clip(X["income"] - X["debt"], 0, 1), threshold=0.4, favorable=1, sensitive_features=people)


@pytest.mark.parametrize("method", ["gap", "shap"])
@pytest.mark.parametrize("profile", ["restricted", "internal"])
def test_explanations_are_those_of_the_panel(modelled, method, profile):
    panel = fl.panel(modelled, profile=profile).show(by="race", threshold=0.25).explain(method)
    space, (picture,) = run(panel, audit=modelled)
    mine, theirs = space["why"].to_frame(), panel._told[0].answer.to_frame()
    if method == "gap":  # the panel holds the gaps of every stop, and shows that of its own
        theirs = panel._told[0].answer.at(0.25).to_frame()
    drawn = [name for name in mine.columns if name.startswith("simultaneous")]  # from normal numbers, drawn for all thresholds that were asked for
    pd.testing.assert_frame_equal(mine.drop(columns=drawn), theirs[mine.columns].drop(columns=drawn), atol=1e-9)
    pd.testing.assert_frame_equal(mine[drawn], theirs[drawn], rtol=0.05)
    assert picture.alt


def test_how_a_panel_was_opened_is_in_its_code():
    audit = fl.audit(y_true=[0, 1] * 60, y_pred=[0, 1, 1] * 40, sensitive_features={"sex": ["f", "m", "m", "f"] * 30}, favorable=1)
    criteria = fl.Criterion("selection_rate", margin=0.05)
    saved = [fl.Slice("women's", {"sex": "f"}), fl.Slice("men", {"sex": "m"})]
    panel = fl.panel(audit, criteria=criteria, title="Who's in", max_predictions=10, as_html=False, slices=saved)
    code = panel.code
    assert "# criteria is what was given to fl.panel(...)" in code
    known = {"fl": fl, "audit": audit, "criteria": criteria}
    exec("\n".join(line for line in code.splitlines() if not line.endswith("plot()")), known)
    again = known["panel"]
    assert (again._text, again._live.state) == (panel._text, panel._live.state)
    assert (again._max_predictions, again.as_html) == (10, False)
    assert again.code == code
    slice_ = panel.show(slice="men").code
    exec("\n".join(line for line in slice_.splitlines() if not line.endswith("plot()")), known)
    assert known["panel"]._live.state == panel._live.state
    plain = fl.panel(audit).code
    assert "criteria" not in plain
    assert "slices" not in plain


def test_costs_of_decisions_without_scores_have_their_call():
    audit = fl.audit(y_true=[0, 1] * 60, y_pred=[0, 1, 1] * 40, sensitive_features={"sex": ["f", "m", "m", "f"] * 30}, favorable=1)
    panel = fl.panel(audit, costs=fl.Costs(9, 2, "€")).show(view="thresholds")
    known = {"fl": fl, "audit": audit}
    exec("\n".join(line for line in panel.code.splitlines() if not line.endswith("plot()")), known)
    wanted = [rows[0] for rows in Swept(panel.view).costs]
    assert [(row.cost, row.lower, row.upper, row.n) for row in known["costs"].rows] == [(row.cost, row.lower, row.upper, row.n) for row in wanted]
    assert known["costs"].unit == "€"
    shown = {(row.group, row.metric.name): row.value for _, rows in Swept(panel.view).table[:-1] for row in rows}
    assert {(row.group, row.metric.name): row.value for row in known["rates"].rows} == shown


@pytest.mark.parametrize(("method", "options"), [("shap", {"rows": 31, "random_state": 4}), ("lime", {"background": 60}), ("gap", {"random_state": 7})])
def test_code_of_an_explanation_has_the_options_that_it_was_made_with(modelled, method, options):
    panel = fl.panel(modelled).show(by="sex").explain(method, **options)
    known = {"fl": fl, "audit": modelled}
    exec("\n".join(line for line in panel.code.splitlines() if not line.endswith("plot()")), known)
    for name, value in options.items():
        assert f", {name}={value}" in panel.code
    if method != "gap":
        pd.testing.assert_frame_equal(known["why"].to_frame(), panel.view.why.told.answer.to_frame(), rtol=1e-9)
    assert "random_state" not in panel.show(by="race").code  # of what was not explained


def test_code_of_an_explanation_that_a_budget_made_smaller_says_how_small(modelled):
    few = fl.panel(modelled, max_predictions=30_000).show(by="sex").explain("shap")
    assert re.search(r", rows=(60|40|30), background=(60|40|30), max_predictions=30000\)", few.code)
    known = {"fl": fl, "audit": modelled}
    exec("\n".join(line for line in few.code.splitlines() if not line.endswith("plot()")), known)
    pd.testing.assert_frame_equal(known["why"].to_frame(), few.view.why.told.answer.to_frame(), rtol=1e-9)
