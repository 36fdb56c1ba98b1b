"""The explanation of a view in Python: what is stored, what it is about, what leaves, and how a click asks for it."""

import json
from itertools import pairwise
from threading import Event

import numpy as np
import pandas as pd
import pytest

import fairlens as fl
from fairlens import exceptions
from fairlens.widgets._payload import canonical


class Slow:
    """A score that waits at its first question after `armed` until it is let go."""

    def __init__(self):
        self.armed, self.started, self.go = False, Event(), Event()
        self.go.set()

    def __call__(self, rows):
        if self.armed:
            self.started.set()
            assert self.go.wait(60)
        return 1 / (1 + np.exp(-(rows["income"].to_numpy() - 50) / 8 - (rows["zip"] == "n").to_numpy()))


@pytest.fixture(scope="module")
def people():
    rng = np.random.default_rng(2)
    n = 800
    race = rng.choice(["a", "b", "c", "d"], n, p=[0.5, 0.35, 0.01, 0.14])
    X = pd.DataFrame({"income": rng.normal(50, 10, n) - 6 * (race == "b"), "zip": rng.choice(["n", "s"], n), "unused": rng.random(n)})
    return X, pd.DataFrame({"race": race, "sex": rng.choice(["f", "m"], n)})


def section(panel):
    """What the view that says why is sent."""
    return next(view for view in json.loads(panel._text)["views"] if view["name"] == "why")


def made(people, model=None, **options):
    X, groups = people
    return fl.audit(X, model=model or Slow(), threshold=[0.5, 0.613], favorable=1, sensitive_features=groups, **options)


@pytest.fixture(scope="module")
def audit(people):
    return made(people)


@pytest.fixture(scope="module")
def panel(audit):
    return fl.panel(audit).explain("gap")


def packed(panel):
    return json.loads(panel._live.explained)


def test_each_stop_holds_the_published_decomposition(audit, panel):
    gaps = fl.decompose_gap(audit, None, by="race", reference="largest", thresholds=list(panel._choices.stops), max_predictions=5_000_000).published()
    (told,) = packed(panel)
    assert [group["levels"] for group in told["groups"]] == [["b"], ["c"], ["d"]]
    for k, stop in enumerate(panel._choices.stops):
        gap, step = gaps.of("b").at(stop), told["groups"][0]["steps"][k]
        assert step["threshold"] == stop
        assert [row[0] for row in step["rows"]] == [part.feature for part in gap.parts]
        assert [row[2] for row in step["rows"]] == [[part.contribution, part.lower, part.upper] for part in gap.parts]
        assert step["said"] == gap.sentence
        walk = [row[1][:2] for row in step["rows"]]
        assert walk[0][0] == gap.group_rate.value
        assert walk[-1][1] == pytest.approx(gap.reference_rate.value, abs=1e-9)
        assert all(one[1] == other[0] for one, other in pairwise(walk))


def test_a_suppressed_group_has_words_and_no_number(panel):
    (told,) = packed(panel)
    hidden = told["groups"][1]["steps"]
    assert all(step["rows"] == step["ends"] == [] and step["size"] is None for step in hidden)
    assert all(step["said"].startswith("Suppressed:") or "Suppressed:" in step["said"] for step in hidden)


def test_what_is_not_used_is_called_so(panel):
    step = packed(panel)[0]["groups"][0]["steps"][10]
    assert {row[0]: row[5] for row in step["rows"]}["unused"] == "unused"
    assert "+0.0 (+0.0 to +0.0), not used for these people" in panel.view.why.html()


@pytest.mark.parametrize("change", [{"by": "sex"}, {"where": {"sex": "f"}}, {"reference": "rest"}])
def test_an_explanation_of_another_view_says_what_it_explains(audit, change):
    panel = fl.panel(audit).explain("gap")
    assert panel.view.why.fits
    assert panel.show(threshold=0.613).view.why.fits
    why = panel.show(**change).view.why
    assert not why.fits
    assert why.picture() is None
    assert "This explains Selection rate by race, among all, compared with the largest group, not the view above." in why.html()
    assert "fl-stale" in why.html()
    assert panel.show(by="race", where={}, reference="largest").view.why.fits


def test_a_slice_is_explained_by_itself(audit):
    panel = fl.panel(audit).show(where={"sex": "f"}).explain("gap")
    gap = fl.decompose_gap(audit.where(sex="f"), "b", by="race", reference="largest").published()
    step = packed(panel)[0]["groups"][0]["steps"][10]
    assert step["ends"][0][3] == f"{gap.group_rate.n:,}"
    assert panel.view.why.fits
    assert not panel.show(where={}).view.why.fits


@pytest.mark.parametrize("method", ["shap", "lime"])
def test_means_of_each_group_are_those_of_explain(audit, method):
    panel = fl.panel(audit).explain(method, "a", rows=40)
    answer = fl.explain(audit, method, ["race"], rows=40).published()
    (told,) = packed(panel)
    for group in told["groups"]:
        parts = answer.by_feature()[tuple(group["levels"])]
        assert [[row[0], *row[1]] for row in group["rows"]] == [
            [part.feature, part.mean, part.lower, part.upper] for part in sorted(parts.values(), key=lambda one: -abs(one.mean)) if part.status == "ok"
        ]
    assert panel.show(reference="rest", threshold=0.613).view.why.fits  # neither changes what the scores are made of
    assert panel.view.why.group == [group["levels"] for group in told["groups"]].index(["a"])
    assert panel.view.why.picture().alt
    assert not panel.show(by="sex").view.why.fits


def test_the_same_question_is_stored_once(audit):
    panel = fl.panel(audit).explain("gap", random_state=1).explain("gap", random_state=2).show(by="sex").explain("gap")
    assert [told["of"]["by"] for told in packed(panel)] == [[0], [1]]


def test_what_is_stored_survives_a_save_that_sorts_keys(panel):
    assert canonical(json.loads(panel._live.explained)) == panel._live.explained


def test_an_internal_panel_hides_nothing(audit):
    panel = fl.panel(audit, profile="internal").explain("gap")
    assert packed(panel)[0]["groups"][1]["steps"][10]["rows"]
    assert fl.panel(audit).explain("gap").view.why.told.answer.of("c").gap != panel.view.why.told.answer.of("c").gap


@pytest.mark.parametrize(
    ("state", "arguments", "role"),
    [
        ({"reference": "overall"}, {}, "reference"),
        ({"threshold": {"a": 0.4}}, {}, "threshold"),
        ({"metric": "selection_rate"}, {"method": "shapley"}, "method"),
        ({}, {"group": "nobody"}, "group"),
        ({}, {"max_predictions": 10}, "max_predictions"),
        ({}, {"method": "shap", "rows": 0}, "rows"),
    ],
)
def test_what_cannot_be_explained_is_an_error_and_the_view_stays(audit, state, arguments, role):
    panel = fl.panel(audit).show(**state)
    before = dict(panel._live.state)
    with pytest.raises(exceptions.FairlensError) as caught:
        panel.explain(**arguments)
    assert caught.value.role == role
    assert "Hint: " in str(caught.value)
    assert panel._live.state == before


def test_a_panel_without_a_model_offers_no_explanation():
    groups = ["f", "m"] * 30
    panel = fl.panel(fl.audit(y_pred=[0, 1, 1] * 20, favorable=1, sensitive_features={"sex": groups}))
    assert section(panel)["can"] is False
    with pytest.raises(exceptions.RowsNotHeld):
        panel.explain()
    assert panel.view.why is None
    assert "fl-why" not in panel.view.html()


def test_decisions_without_scores_have_one_stop(people):
    X, groups = people
    audit = fl.audit(X, model=lambda rows: (rows["income"] > 50).astype(int), favorable=1, sensitive_features=groups)
    panel = fl.panel(audit).explain("gap")
    (told,) = packed(panel)
    assert [len(group["steps"]) for group in told["groups"]] == [1, 1, 1]
    assert panel.view.why.picture() is not None


def click(panel, kind="explain", **state):
    panel._live._handle_custom_msg({"kind": kind, "state": {**panel._live.state, **state}}, [])


def test_a_click_explains_beside_the_kernel_and_tells_how_far_it_is(audit):
    panel = fl.panel(audit)
    told = []
    panel._live.observe(lambda change: told.append(change["new"]), "working")
    click(panel)
    assert panel._explaining.wait(60)
    assert told[0] == {"done": 0, "total": 0}
    assert told[-1] == {}
    assert all(one["done"] <= one["total"] for one in told[:-1])
    assert max(one["total"] for one in told[:-1]) > 1000
    assert packed(panel) == packed(fl.panel(audit).explain("gap"))


def test_a_click_cancels_and_nothing_is_stored(people):
    model = Slow()
    panel = fl.panel(made(people, model))
    model.armed = True
    model.go.clear()
    click(panel)
    assert model.started.wait(60)
    click(panel)
    assert "still running" in panel._live.working["note"]
    assert panel._live.working["total"] >= 0  # how far the first one is stays to be seen
    click(panel, "cancel")
    model.go.set()
    assert panel._explaining.wait(60)
    assert panel._live.working == {"note": "Cancelled. Nothing was stored."}
    assert packed(panel) == []
    click(panel)
    assert panel._explaining.wait(60)
    assert len(packed(panel)) == 1


@pytest.mark.parametrize("method", ["shap", "lime"])
def test_cancelling_reaches_shap_and_lime(people, method):
    model = Slow()
    panel = fl.panel(made(people, model))
    model.armed = True
    model.go.clear()
    click(panel, why={"method": method, "group": None})
    assert model.started.wait(60)
    click(panel, "cancel")
    model.go.set()
    assert panel._explaining.wait(60)
    assert panel._live.working == {"note": "Cancelled. Nothing was stored."}


def test_what_goes_wrong_beside_the_kernel_stands_in_the_panel_and_in_the_log(people, caplog):
    def broken(rows):
        if broken.now:
            raise ZeroDivisionError("no such table")
        return rows["income"] / 200

    broken.now = False
    panel = fl.panel(made(people, broken))
    click(panel, reference=["overall"])
    assert panel._explaining.wait(60)
    assert "nobody in common" in panel._live.working["error"]
    broken.now = True
    click(panel, reference=["rest"])
    assert panel._explaining.wait(60)
    assert "no such table" in panel._live.working["error"]
    assert "no such table" in caplog.text


def test_no_input_widens_a_gap_whose_sign_is_not_known(people):
    X, groups = people
    sex = (groups["sex"] == "f").to_numpy()
    shifted = X.assign(income=X["income"] + 12 * sex, other=np.where(sex, -12.0, 0.0))
    audit = fl.audit(shifted, model=lambda rows: 1 / (1 + np.exp(-(rows["income"] + rows["other"] - 48) / 8)), threshold=0.5, favorable=1, sensitive_features=groups)
    panel = fl.panel(audit).show(by="sex").explain("gap")
    gap = panel.view.why.told.answer.gaps[0]
    assert gap.gap_lower < 0 < gap.gap_upper
    kinds = {row[0]: row[5] for row in packed(panel)[0]["groups"][0]["steps"][10]["rows"]}
    assert {kinds["income"], kinds["other"]} == {"raises", "lowers"}
    assert "rate of the group" in panel.view.why.html()


def test_a_click_on_many_groups_and_inputs_fits_in_the_budget():
    rng = np.random.default_rng(6)
    X = pd.DataFrame(rng.normal(size=(900, 8)), columns=[f"x{j}" for j in range(8)])
    audit = fl.audit(X, model=lambda rows: 1 / (1 + np.exp(-rows.to_numpy().sum(axis=1))), threshold=0.5, favorable=1, sensitive_features={"g": rng.choice(list("abcde"), 900)})
    panel = fl.panel(audit, max_predictions=1_000_000)
    with pytest.raises(exceptions.TooManyPredictions):
        panel.explain("lime", rows=100, background=100)
    click(panel, why={"method": "lime", "group": None})
    assert panel._explaining.wait(120)
    assert panel._live.working == {}
    assert len(packed(panel)[0]["groups"]) == 5
    with pytest.raises(exceptions.TooManyPredictions, match=r"Hint: fl.panel\(audit, max_predictions="):
        fl.panel(audit, max_predictions=500).explain("lime")


def test_decisions_are_explained_at_their_threshold_only(audit):
    panel = fl.panel(audit).explain("shap", rows=30, output="decision")
    assert panel.view.why.fits
    why = panel.show(threshold=0.613).view.why
    assert not why.fits
    assert "the model&#x27;s decisions at 0.5 by race" in why.html()


@pytest.mark.parametrize("method", ["gap", "shap"])
def test_decisions_that_are_not_the_models_own_are_said_to_be_so(people, method):
    X, groups = people
    taken = (X["income"] > 52).astype(int).to_numpy()
    panel = fl.panel(fl.audit(X, y_pred=taken, model=Slow(), threshold=0.5, favorable=1, sensitive_features=groups)).explain(method, **({"rows": 30} if method == "shap" else {}))
    told = "are not the model&#x27;s own"
    assert told in panel.show(threshold="decided").view.why.html()
    assert told not in panel.show(threshold=0.5).view.why.html()


def test_words_table_and_picture_of_an_internal_panel_tell_of_one_thing(audit):
    panel = fl.panel(audit, profile="internal").explain("gap", "c")
    why = panel.view.why
    assert "Suppressed" not in why.html()
    assert "Shapley values of the decision" in why.html()
    assert "c people" in why.picture().alt or "c " in why.picture().alt
    means = panel.explain("shap", rows=30).view.why
    assert "suppressed" not in means.html()
    assert "suppressed" not in means.picture().alt


def test_a_panel_of_an_audit_with_thresholds_by_group_explains_one_threshold(audit):
    panel = fl.panel(audit.at({"a": 0.613}, by="race")).show(threshold=0.5).explain("gap")
    assert panel.view.why.fits
    assert panel.view.why.picture() is not None


@pytest.mark.parametrize("name", ["metric", "by", "thresholds", "reference", "output", "colour"])
def test_what_the_view_says_is_not_said_again(audit, name):
    with pytest.raises(exceptions.BadValue, match="panel.show") as caught:
        fl.panel(audit).explain("gap", **{name: "race"})
    assert caught.value.role == name


def test_braces_in_a_name_are_part_of_it(people):
    X, groups = people
    audit = fl.audit(X, model=Slow(), threshold=0.5, favorable=1, sensitive_features=groups.rename(columns={"race": "race {reference}"}))
    panel = fl.panel(audit).explain("gap")
    assert packed(panel)[0]["about"] == "Selection rate by race {reference}, among all, compared with the largest group"


def test_which_gaps_can_be_taken_apart_is_known_before_a_click(people):
    X, _ = people
    y = (X["income"] > 50).astype(int)
    panel = fl.panel(made(people, y_true=y))
    why = section(panel)
    known = [metric.name for metric, able in zip(panel._choices.metrics, why["gaps"], strict=True) if able]
    assert known == ["selection_rate", "true_positive_rate", "false_positive_rate"]
    assert "selection rate, true positive rate, false positive rate" in why["ui"]["no_gap"]


def test_a_model_that_exits_does_not_leave_the_panel_waiting(people):
    def leaving(rows):
        if leaving.now:
            raise SystemExit(3)
        return rows["income"] / 200

    leaving.now = False
    panel = fl.panel(made(people, leaving))
    leaving.now = True
    click(panel)
    assert panel._explaining.wait(60)
    assert panel._live.working["error"] == "SystemExit: 3"


def test_how_far_it_is_is_not_saved_with_the_panel(audit):
    assert "working" not in fl.panel(audit)._live.get_state()
