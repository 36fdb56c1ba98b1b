"""The panel in Python: states, errors, what leaves. Its numbers are compared in the browser tests."""

import json
from types import SimpleNamespace

import ipywidgets
import numpy as np
import pandas as pd
import pytest

import fairlens as fl
from fairlens import exceptions
from fairlens.widgets._payload import canonical
from fairlens.widgets._program import program


@pytest.fixture(scope="module")
def frame():
    rng = np.random.default_rng(0)
    n = 900
    return pd.DataFrame(
        {
            "race": rng.choice(["a", "b", "c"], n, p=[0.7, 0.295, 0.005]),
            "sex": rng.choice(["f", "m"], n),
            "y": rng.integers(0, 2, n),
            "s": rng.random(n),
        }
    )


@pytest.fixture(scope="module")
def audit(frame):
    return fl.audit(frame, y_true="y", y_score="s", threshold=[0.5, 0.613], favorable=1, sensitive_features=["race", "sex"])


def test_first_child_is_the_front_end(audit):
    panel = fl.panel(audit)
    assert isinstance(panel, ipywidgets.VBox)
    assert panel.children[0]._esm == program()


def test_program_is_plain_and_asks_for_nothing():
    text = program()
    for word in ("import ", "require(", "fetch(", "XMLHttpRequest", "WebSocket", "eval(", "innerHTML", "http://", "https://"):
        assert word not in text.replace("http://www.w3.org/2000/svg", ""), word


def test_payload_holds_no_blanked_count(audit, frame):
    data = json.loads(fl.panel(audit)._text)
    assert (frame["race"] == "c").sum() < 10
    levels = data["axes"][0]["levels"]
    table = next(table for table in data["tables"] if table["axes"] == [0])
    blanks = [levels[code[0]] for code, counts in zip(table["codes"], table["counts"], strict=True) if counts is None]
    assert "c" in blanks
    assert len(blanks) >= 2


def test_payload_survives_a_save_that_sorts_keys(audit):
    text = fl.panel(audit)._text
    assert canonical(json.loads(text)) == text


def test_levels_that_read_alike_never_reach_a_panel(frame):
    data = fl.audit(frame, y_pred="y", sensitive_features="sex").cube.to_dict()
    data["levels"][0] = [1, "1"]
    with pytest.raises(exceptions.BadValue, match="read alike"):
        fl.Cube.from_dict(data)


def test_stops_are_coarse_and_hold_declared_thresholds(audit):
    stops = fl.panel(audit)._choices.stops
    assert 0.613 in stops
    assert 0.62 not in stops
    assert len(stops) == 22


def test_state_goes_both_ways(audit):
    panel = fl.panel(audit).show("accuracy", ["sex", "race"], {}, ("f", "a"), 0.613)
    raw = json.loads(json.dumps(panel._live.state, sort_keys=True))
    state = panel._choices.decode(raw)
    assert (state.metric.name, state.by, state.reference, state.threshold) == ("accuracy", ("sex", "race"), ("f", "a"), 0.613)
    assert panel._choices.encode(state) == panel._live.state


def test_what_is_not_given_stays(audit):
    panel = fl.panel(audit).show("accuracy", "sex", {"race": "a"}, "rest", 0.5)
    panel.show(threshold=0.613)
    assert panel.view.words.startswith("Accuracy by sex, among race = a, decided at a score of 0.613 or more")
    panel.show(by="race")
    assert panel.view.state.where == ()


@pytest.mark.parametrize(
    ("arguments", "kind", "role"),
    [
        ({"metric": "f1"}, exceptions.MetricNotFound, "metric"),
        ({"by": "income"}, exceptions.LevelNotFound, "by"),
        ({"by": []}, exceptions.LevelNotFound, "by"),
        ({"by": ["race", "race"]}, exceptions.LevelNotFound, "by"),
        ({"where": {"sex": "x"}}, exceptions.LevelNotFound, "where"),
        ({"where": {"race": "a"}}, exceptions.LevelNotFound, "where"),
        ({"where": {"age": 1}}, exceptions.LevelNotFound, "where"),
        ({"reference": "nobody"}, exceptions.LevelNotFound, "reference"),
        ({"threshold": 0.62}, exceptions.ThresholdNotHeld, "threshold"),
        ({"threshold": "decided"}, exceptions.WrongKind, "threshold"),
        ({"threshold": "high"}, exceptions.WrongKind, "threshold"),
    ],
)
def test_a_view_that_does_not_exist_is_an_error_and_loses_nothing(audit, arguments, kind, role):
    panel = fl.panel(audit)
    before = dict(panel._live.state)
    with pytest.raises(kind) as caught:
        panel.show(**arguments)
    assert caught.value.role == role
    assert str(caught.value).splitlines()[-1].startswith("Hint: ")
    assert panel._live.state == before


def test_panel_asks_for_favorable(frame):
    with pytest.raises(exceptions.RoleNeeded, match="favorable"):
        fl.panel(fl.audit(frame, y_pred="y", sensitive_features="sex"))


def test_panel_needs_an_audit(frame):
    with pytest.raises(exceptions.WrongKind, match="audit"):
        fl.panel(frame)


def test_one_group_says_there_is_nothing_to_compare(frame):
    panel = fl.panel(fl.audit(frame.assign(sex="f"), y_pred="y", favorable=1, sensitive_features="sex"))
    assert panel.view.sentence == "There is one group only, so there is nothing to compare."
    assert len(panel.view.rows) == 1


def test_an_error_in_the_browser_is_logged(audit, caplog):
    panel = fl.panel(audit)
    panel._live.error = "ReferenceError: x"
    assert "ReferenceError: x" in caplog.text


def test_outside_a_notebook_recording_says_so(audit, caplog):
    panel = fl.panel(audit)
    panel.record()
    assert "recorded in a notebook" in caplog.text


def test_recorded_view_escapes_names(frame):
    hostile = frame.assign(sex=np.where(frame["sex"] == "f", "<script>alert(1)</script>", "</div>"))
    panel = fl.panel(fl.audit(hostile, y_pred="y", favorable=1, sensitive_features="sex"))
    panel._make_record()
    text = panel.recorded[-1].html
    assert "<script>alert" not in text
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in text
    assert text.count("</div>") == text.count("<div")


def test_a_panel_of_a_selected_audit_starts_there(audit):
    panel = fl.panel(audit.where(sex="f"))
    assert "among sex = f" in panel.view.words


def test_picture_says_who_is_counted_and_against_whom(audit):
    panel = fl.panel(audit).show("accuracy", "race", {"sex": "f"}, "rest", 0.613)
    panel._make_record()
    alt = panel.recorded[-1].alt
    assert "among sex = f, decided at a score of 0.613 or more" in alt
    assert panel.view.sentence in alt.replace("\n", " ")


def test_fewer_people_than_the_floor_are_not_counted_out_loud(frame):
    audit = fl.audit(frame.head(7), y_pred="y", favorable=1, sensitive_features="sex")
    panel = fl.panel(audit)
    panel._make_record()
    assert "Audit of fewer than 10 people" in panel.view.words
    assert "Audit of fewer than 10 people" in str(audit)
    data = json.loads(panel._text)
    assert all(counts is None for table in data["tables"] for counts in table["counts"])


def test_a_request_to_record_brings_its_own_state(audit):
    panel = fl.panel(audit)
    asked = panel._choices.encode(panel._choices.state("accuracy", "sex", {"race": "a"}, "rest", 0.613))
    filled = []
    slot = SimpleNamespace(update=lambda data, metadata, raw: filled.append((data, metadata)))
    panel._slots = [(slot, slot)]
    panel._live._handle_custom_msg({"kind": "record", "state": asked}, [])
    assert panel.recorded[-1].state == asked
    assert "image/png" in filled[0][0]
    assert "Accuracy by sex, among race = a, decided at a score of 0.613 or more" in filled[1][0]["text/html"]
    assert "View 1 recorded" in panel._note.value
    panel._live._handle_custom_msg({"kind": "record", "state": asked}, [])
    assert "panel.record() in a new cell" in panel._note.value
    assert len(panel.recorded) == 1


def test_a_selection_that_a_panel_cannot_start_from_is_refused(audit):
    with pytest.raises(exceptions.BadValue, match="selected by"):
        fl.panel(audit.where(race="a", sex="f"))


def test_a_panel_starts_at_several_levels_too(audit):
    view = fl.panel(audit.where(race=["a", "b"])).view
    assert view.state.where == (("race", ("a", "b")),)
    assert view.state.by == ("race",)
    assert [row.group for row in view.rows] == [("a",), ("b",)]


def test_a_panel_starts_at_the_selection_and_can_leave_it(audit):
    panel = fl.panel(audit.where(race="a"))
    assert panel.view.state.by == ("sex",)
    assert panel.view.sentence.startswith("Among race = a: ")
    everybody = fl.panel(audit).show(by="sex")
    assert panel.show(where={}).view.rows == everybody.view.rows


def test_a_sentence_says_who_and_at_which_threshold(audit):
    panel = fl.panel(audit).show("selection_rate", "sex", {"race": "a"}, threshold=0.613)
    assert panel.view.sentence.startswith("Among race = a, deciding at a score of 0.613 or more: ")
    assert fl.panel(audit).view.sentence[0] in "OC"


@pytest.mark.parametrize(
    "arguments", [{"by": 5}, {"where": 5}, {"where": "x"}, {"metric": 5}, {"metric": []}, {"threshold": True}, {"threshold": "decided"}]
)
def test_odd_values_are_errors_with_a_hint(audit, arguments):
    with pytest.raises(exceptions.FairlensError) as caught:
        fl.panel(audit).show(**arguments)
    assert str(caught.value).splitlines()[-1].startswith("Hint: ")
    assert "None" not in str(caught.value)


def test_other_names_of_a_metric_are_known(audit):
    assert fl.panel(audit).show("recall").view.state.metric.name == "true_positive_rate"


def test_missing_labels_and_differing_decisions_are_told(frame):
    some = frame.assign(y=frame["y"].where(np.arange(len(frame)) % 3 > 0).astype(float), p=(frame["s"] >= 0.4).astype(int))
    audit = fl.audit(some, y_true="y", y_pred="p", y_score="s", threshold=0.5, favorable=1, sensitive_features="sex")
    missing, differing = int(some["y"].isna().sum()), int(((some["s"] >= 0.5) != (some["p"] == 1)).sum())
    labelled = [f"{sex} {part['y'].notna().sum()} of {len(part)}" for sex, part in some.groupby("sex")]
    panel = fl.panel(audit)
    panel._make_record()
    for text in (str(audit), audit._repr_html_(), panel.recorded[-1].html, panel._text):
        assert f"Error rates leave out {missing} of 900 people" in text
        assert all(part in text for part in labelled)
        assert f"For {differing} of 900 people the decision is not what the threshold 0.5 says" in text


def test_internal_stands_first_in_everything_that_leaves(audit):
    panel = fl.panel(audit, profile="internal")
    panel._make_record()
    assert panel.view.words.startswith("Internal: nothing is suppressed")
    assert "internal, nothing suppressed" in panel.recorded[-1].alt
    assert json.loads(panel._text)["banner"].startswith("Internal")
    assert str(audit.protect("internal")).startswith("Internal: nothing is suppressed")


def test_a_threshold_that_is_not_published_is_told_and_never_raised_by_a_repr(audit):
    other = audit.at(0.37)
    for shown in (other, other.by_group("selection_rate"), other.difference("selection_rate")):
        assert "declare it" in repr(shown)
        assert "declare it" in shown._repr_html_()


def test_thresholds_that_differ_read_differently():
    scores = np.arange(10**6, 10**6 + 100)
    audit = fl.audit(
        pd.DataFrame({"g": ["a", "b"] * 50, "s": scores}), y_score="s", threshold=1000050, favorable=1,
        sensitive_features=["g"], score_range=(10**6, 10**6 + 100),
    )  # fmt: skip
    names = json.loads(fl.panel(audit)._text)["stop_names"]
    assert len(set(names)) == len(names)
    assert "1,000,050" in names
    assert audit.at(1000052).by_group("selection_rate").within == "Deciding at a score of 1000052 or more: "


@pytest.mark.parametrize("arguments", [{"threshold": np.array([0.5, 0.6])}, {"by": [["sex"]]}, {"by": "race", "where": {"sex": np.array(["f"])}}])
def test_arrays_where_one_value_is_meant_are_errors(audit, arguments):
    with pytest.raises(exceptions.FairlensError, match="Hint: "):
        fl.panel(audit).show(**arguments)


def test_counts_of_the_whole_audit_are_said_to_be_that(frame):
    some = frame.assign(y=frame["y"].where(np.arange(len(frame)) % 3 > 0).astype(float))
    audit = fl.audit(some, y_true="y", y_score="s", threshold=0.5, favorable=1, sensitive_features=["sex", "race"])
    assert "In the whole audit: error rates leave out 300 of 900 people" in str(audit.where(sex="f"))


def test_a_state_with_everything_goes_both_ways(audit):
    panel = fl.panel(audit).show("accuracy", "sex", {}, "m", {"f": 0.613, "m": 0.4}, "ratio", "race")
    raw = json.loads(json.dumps(panel._live.state, sort_keys=True))
    state = panel._choices.decode(raw)
    assert panel._choices.encode(state) == panel._live.state
    assert (state.compare, state.adjust, state.threshold.of("f"), state.threshold.of("m")) == ("ratio", ("race",), 0.613, 0.4)
    assert panel.view.words.startswith("Accuracy by sex, among all, decided at a score of 0.613 or more for f, 0.4 or more for m, compared with m")
    assert panel.view.words.count("also adjusted for race") == 1


def test_numbers_of_ratio_and_adjustment_are_those_of_the_audit(audit):
    panel = fl.panel(audit).show("selection_rate", "sex", {}, "m", compare="ratio", adjust="race")
    published = audit.protect()
    (pair,) = published.ratio("selection_rate", "sex", "m").rows
    row = next(row for row in fl.adjust(published, "selection_rate", "sex", "m", "race").rows if row.method == "standardized")
    found = {name: of[("f",)] for name, of, _ in panel.view.columns}
    assert (found["ratio"].value, found["ratio"].upper) == (pair.change, pair.upper)
    assert found["opposite"].value == pair.opposite.change
    assert found["adjusted"].status == row.status
    assert found["adjusted"].value == pytest.approx(row.difference.value, nan_ok=True)


def test_thresholds_that_are_not_named_keep_the_audits_own(audit):
    state = fl.panel(audit).show(by="sex", threshold={"f": 0.2}).view.state
    assert [state.threshold.of(level) for level in ("f", "m")] == [0.2, 0.5]


def test_thresholds_by_group_go_with_their_column(audit):
    panel = fl.panel(audit).show(by="sex", threshold={"f": 0.2})
    assert panel.show(metric="accuracy").view.state.threshold.of("f") == 0.2
    assert panel.show(by="race").view.state.threshold == 0.5


def test_an_attribute_that_is_looked_at_is_not_held_equal_any_more(audit):
    assert fl.panel(audit).show(by="sex", adjust="race").show(by="race").view.state.adjust == ()
    assert fl.panel(audit).show(by="sex", adjust="race").show(where={"race": "a"}).view.state.adjust == ()
    assert fl.panel(audit).show(by="sex", adjust="race").show(adjust=False).view.state.adjust == ()


def test_a_panel_of_thresholds_by_group_starts_with_them(audit):
    panel = fl.panel(audit.at({"f": 0.3}, by="sex"))
    state = panel.view.state
    assert (state.by, state.threshold.of("f"), state.threshold.of("m")) == (("sex",), 0.3, 0.5)
    with pytest.raises(exceptions.BadValue, match="selected by"):
        fl.panel(audit.where(sex="f").at({"f": 0.3}, by="sex"))


@pytest.mark.parametrize(
    ("arguments", "kind", "role"),
    [
        ({"by": "sex", "threshold": {"x": 0.5}}, exceptions.LevelNotFound, "threshold"),
        ({"by": ["sex", "race"], "threshold": {"f": 0.5}}, exceptions.LevelNotFound, "threshold"),
        ({"by": "sex", "threshold": {"f": 0.62}}, exceptions.ThresholdNotHeld, "threshold"),
        ({"by": "sex", "threshold": {"f": "high"}}, exceptions.WrongKind, "threshold"),
        ({"by": "sex", "threshold": {"f": None}}, exceptions.FairlensError, "threshold"),
        ({"by": "sex", "threshold": {}}, exceptions.BadValue, "threshold"),
        ({"compare": "odds"}, exceptions.BadValue, "compare"),
        ({"compare": np.array(["ratio"])}, exceptions.BadValue, "compare"),
        ({"by": "sex", "adjust": "sex"}, exceptions.LevelNotFound, "adjust"),
        ({"by": "sex", "where": {"race": "a"}, "adjust": "race"}, exceptions.LevelNotFound, "adjust"),
        ({"adjust": "income"}, exceptions.LevelNotFound, "adjust"),
        ({"adjust": ["race", "race"]}, exceptions.LevelNotFound, "adjust"),
    ],
)
def test_comparisons_that_do_not_exist_are_errors_and_lose_nothing(audit, arguments, kind, role):
    panel = fl.panel(audit)
    before = dict(panel._live.state)
    with pytest.raises(kind) as caught:
        panel.show(**arguments)
    assert caught.value.role == role
    assert str(caught.value).splitlines()[-1].startswith("Hint: ")
    assert panel._live.state == before


def test_decisions_as_taken_are_for_everybody(frame):
    panel = fl.panel(fl.audit(frame.assign(p=1), y_pred="p", y_score="s", favorable=1, sensitive_features="sex"))
    with pytest.raises(exceptions.WrongKind, match="of a group is 'decided'"):
        panel.show(threshold={"f": "decided", "m": 0.5})
    assert panel.show(threshold={"f": 0.2}).view.state.threshold.of("m") == 0.2


def test_thresholds_by_group_need_scores(frame):
    panel = fl.panel(fl.audit(frame, y_pred="y", favorable=1, sensitive_features="sex"))
    with pytest.raises(exceptions.RoleNeeded, match="no scores") as caught:
        panel.show(threshold={"f": 0.5})
    assert caught.value.role == "y_score"


def test_nobody_gets_five_hundred_sliders():
    rng = np.random.default_rng(6)
    towns = pd.DataFrame({"town": rng.choice([f"t{k}" for k in range(500)], 20_000), "s": rng.random(20_000)})
    panel = fl.panel(fl.audit(towns, y_score="s", threshold=0.5, favorable=1, sensitive_features="town"))
    assert len(panel.view.rows) == 500
    assert json.loads(panel._text)["sliders"] == 8
    with pytest.raises(exceptions.BadValue, match="500 levels; a panel has one slider for each of 8 at most"):
        panel.show(threshold={"t1": 0.4})


@pytest.mark.parametrize("metrics", ["f1_score", "predicted_positive_share", ["selection_rate", "balanced_accuracy"]])
def test_a_panel_offers_proportions_only(audit, metrics):
    with pytest.raises(exceptions.BadValue, match="proportions of people"):
        fl.panel(audit, metrics=metrics)


def test_rows_that_belong_together_never_reach_a_panel(frame):
    audit = fl.audit(frame.assign(who=np.arange(len(frame)) // 3), y_pred="y", favorable=1, sensitive_features="sex", cluster="who")
    with pytest.raises(exceptions.BadValue) as caught:
        fl.panel(audit)
    assert caught.value.role == "cluster"


def test_everybody_of_weight_nothing_is_not_said_to_be_nobody(frame):
    weights = np.where(frame["sex"] == "f", 0.0, 1.0)
    audit = fl.audit(frame.assign(w=weights), y_pred="y", favorable=1, sensitive_features=["sex"], sample_weight="w")
    assert "undefined: everybody to count has weight 0" in fl.panel(audit).view.html()


def test_a_slice_that_leaves_nobody_else_is_refused_by_its_name():
    audit = fl.audit(y_pred=[0, 1] * 30, favorable=1, sensitive_features={"sex": ["f", "m", "m"] * 20})
    with pytest.raises(exceptions.BadValue, match="The slice 'all' was asked for"):
        fl.panel(audit, slices=[fl.Slice("all", {"sex": ["f", "m"]})])
