"""The view of thresholds in Python: the numbers of choose_thresholds and by_group, told and drawn."""

import math
import re
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

import fairlens as fl
from fairlens.exceptions import BadValue
from fairlens.texts import texts_of
from fairlens.widgets import _thresholds_view
from fairlens.widgets._swept import Swept, current, lowest

COSTS = fl.Costs(5, 2, "€", "a loan that is not paid back", "a good applicant turned away")


@pytest.fixture(scope="module")
def people():
    rng = np.random.default_rng(4)
    size = 2500
    race = rng.choice(["white", "Black", "Asian", "few"], size, p=[0.6, 0.3, 0.098, 0.002])
    score = np.clip(rng.normal(0.55 - 0.1 * (race == "Black"), 0.18, size), 0, 1)
    label = np.where(rng.random(size) < 0.05, np.nan, rng.random(size) < score)
    return pd.DataFrame(
        {"race": race, "sex": rng.choice(["f", "m"], size), "s": score, "y": label, "p": (score > 0.52).astype(int), "w": rng.choice([0.5, 1.0, 2.5], size)}
    )


def made(people, **given):
    options = {"y_true": "y", "y_score": "s", "threshold": 0.437, "favorable": 1, "sensitive_features": ["race", "sex"], **given}
    return fl.panel(fl.audit(people, **{name: value for name, value in options.items() if value is not None}), costs=COSTS)


def close(one, two, tolerance):
    return (math.isnan(one) and math.isnan(two)) or one == pytest.approx(two, abs=tolerance)


@pytest.mark.parametrize("weight", [None, "w"])
@pytest.mark.parametrize("decided", [None, "p"])
@pytest.mark.parametrize(
    "shown", [{"threshold": 0.6}, {"threshold": 0.05}, {"threshold": {"Black": 0.4}}, {"by": ["sex", "race"]}, {"by": "sex", "where": {"race": ["white", "Asian"]}}, {"by": "sex", "where": {"race": "few"}}]
)
def test_costs_are_those_of_choose_thresholds(people, weight, decided, shown):
    view = made(people, sample_weight=weight, y_pred=decided).show("precision", **shown).view
    swept, by = Swept(view), list(view.state.by)
    choice = fl.choose_thresholds(view.audit, by=by, **COSTS.arguments)
    groups = {}
    for row in choice.rows:
        groups.setdefault(tuple(row.group), []).append(row)
    for rows in swept.costs:
        theirs = groups[rows[0].group or (fl.ALL,) * len(by)]
        whole = not rows[0].group
        best, wanted = lowest(rows), next((row for row in theirs if (row.common if whole else row.own)), None)
        assert (best and best.threshold) == (wanted and wanted.threshold)
        if theirs[0].status in ("suppressed", "undefined"):
            assert rows[0].status == theirs[0].status
            continue
        mine = {row.threshold: row for row in rows}
        for row in [*(one for one in theirs if not math.isnan(one.threshold)), next(one for one in theirs if one.current)]:
            found = current(rows) if row.current else mine[row.threshold]
            assert close(found.cost, row.cost, 1e-10)
            assert close(found.lower, row.lower, 1e-8)
            assert close(found.upper, row.upper, 1e-8)
            assert (found.n, found.status) == (row.n, row.status)


def test_curve_is_by_group_at_every_threshold(people):
    view = made(people).show("true_positive_rate", threshold=0.5).view
    swept = Swept(view)
    for cut, rows in zip(swept.thresholds, swept.curve, strict=True):
        wanted = view.choices.audit.at(cut).by_group("true_positive_rate", by=["race"]).rows
        assert [(row.group, row.n, row.status) for row in rows] == [(row.group, row.n, row.status) for row in wanted]
        if cut != 0.437:
            continue
        white = people[(people["race"] == "white") & (people["y"] == 1)]
        assert next(row for row in rows if row.group == ("white",)).value == pytest.approx((white["s"] >= cut).mean(), abs=1e-12)


def test_static_view_says_everything_and_hides_what_it_must(people):
    html = _thresholds_view.static(made(people).show(threshold=0.6).view)
    assert "One threshold for everybody costs least at" in html
    assert "a loan that is not paid back, 5 €; a good applicant turned away, 2 €." in html
    assert "expect higher costs on others" in html
    assert "Without a line: Asian (suppressed); few (suppressed)." in html or "few (suppressed)" in html
    assert html.count("<table") == 4
    assert html.count("<details>") == 2
    assert not re.search(r"nan|\{[a-z]+\}", html)


def test_picture_has_its_numbers_in_words(people):
    pictured = _thresholds_view.picture(made(people).show(threshold={"Black": 0.4}).view)
    row = made(people).show(threshold={"Black": 0.4}).view.rows[1]
    assert row.group == ("Black",)
    assert f"Black: {100 * row.value:.1f} %" in pictured.alt
    assert f"n={row.n:,}" in pictured.alt


def test_decisions_without_scores_have_rates_and_costs_and_a_hint(people):
    panel = made(people, y_score=None, threshold=None, y_pred="p")
    view = panel.view
    html = _thresholds_view.static(view)
    assert "y_score=..." in html
    assert "€ per 100 people" in html
    assert "Lowest at" not in html
    assert _thresholds_view.picture(view) is None
    white = people[(people["race"] == "white") & people["y"].notna()]
    cost = 100 * (5 * ((white["p"] == 1) & (white["y"] == 0)) + 2 * ((white["p"] == 0) & (white["y"] == 1))).mean()
    found = {rows[0].group: rows for rows in Swept(view).costs}
    assert current(found["white",]).cost == pytest.approx(cost, abs=1e-10)


def test_without_labels_costs_say_what_they_need(people):
    html = _thresholds_view.static(made(people, y_true=None).view)
    assert "y_true=..." in html
    assert "€" not in html


def test_costs_of_the_state_win(people):
    view = made(people).view
    swept = Swept(replace(view, state=replace(view.state, costs=(1.0, 1.0))))
    assert swept.pair == (1.0, 1.0)
    assert Swept(view).pair == (5.0, 2.0)
    assert "Give two numbers" in _thresholds_view.static(replace(view, state=replace(view.state, costs=(0.0, 0.0))))


def test_what_is_no_cost_is_refused_when_the_panel_is_made(people):
    with pytest.raises(BadValue, match="costs"):
        fl.panel(fl.audit(people, y_true="y", y_score="s", threshold=0.437, favorable=1, sensitive_features="race"), costs={"false_positive": 3})


def test_texts_have_the_same_places_in_both_languages():
    english, spanish = (texts_of(language)["thresholds"] for language in ("en", "es"))
    places = lambda texts: {name: sorted(re.findall(r"\{\w+\}", text)) for name, text in texts.items()}  # noqa: E731
    assert places(english) == places(spanish)
