"""Criteria in the panel: what `check` says, at every stop, as text. What the browser shows of it is in tests/records."""

import json

import numpy as np
import pandas as pd
import pytest
from bs4 import BeautifulSoup

import fairlens as fl
from fairlens import exceptions
from fairlens.disparities._verdict_words import shown_change
from fairlens.widgets._criteria import MARKS, MAX_RULINGS

RACE = fl.Criterion("selection_rate", margin=0.05, by="race")
RATIO = fl.Criterion("true_positive_rate", margin=0.8, comparison="ratio", direction="lower", name="Four fifths")


@pytest.fixture(scope="module")
def frame():
    rng = np.random.default_rng(1)
    n = 1500
    race = rng.choice(["a", "b", "c", "d"], n, p=[0.5, 0.4, 0.095, 0.005])
    score = np.clip(rng.normal(0.5 - 0.2 * (race == "b"), 0.2, n), 0, 1)
    return pd.DataFrame({"race": race, "sex": rng.choice(["f", "m"], n), "y": (rng.random(n) < score).astype(int), "s": score})


@pytest.fixture(scope="module")
def audit(frame):
    return fl.audit(frame, y_true="y", y_score="s", threshold=0.5, favorable=1, sensitive_features=["race", "sex"])


@pytest.fixture(scope="module")
def panel(audit):
    return fl.panel(audit, criteria=[RACE, RATIO])


def strip_of(panel):
    """The strip of a recorded view: what it says first, and for each criterion its caption and its rows."""
    page = BeautifulSoup(panel.view.html(), "html.parser").find(class_="fl-criteria")
    tables = {
        table.caption.get_text(): [[row["data-state"], *(cell.get_text() for cell in row.find_all(["th", "td"]))] for row in table.tbody.find_all("tr")]
        for table in page.find_all("table")
    }
    return page.find(class_="fl-verdict").get_text(), page.find(class_="fl-judged").get_text(), tables


@pytest.mark.parametrize("stop", [0.0, 0.3, 0.5, 0.75, 1.0])
def test_every_stop_says_what_check_says_of_the_published_audit(panel, audit, stop):
    panel.show(threshold=stop)
    said, note, tables = strip_of(panel)
    assert note == f"Judged for everybody, at one threshold of {stop:g}."
    states = []
    for criterion, rows in zip((RACE, RATIO), tables.values(), strict=True):
        verdict = fl.check(audit.protect().at(stop), criterion)
        assert len(rows) == len(verdict.rows)
        for row, ruling in zip(rows, verdict.rows, strict=True):
            state, group, told, change, sizes = row
            assert state == ruling.state
            assert told.startswith(f" {ruling.state}")
            assert group.endswith(str(next(level for level in ruling.group if level != "(all)")))
            assert change == shown_change(criterion, ruling.change, ruling.lower, ruling.upper).replace(" points", "")
            if ruling.n is not None:
                assert sizes == f"{ruling.n:,} against {ruling.n_reference:,}"
            if ruling.more_needed is not None:
                assert f"about {ruling.more_needed:,} more needed" in told
            states.append(ruling.state)
    assert f"{len(states)} comparisons" in said
    assert all(f"{state} {states.count(state)}" in said for state in set(states))


def test_a_state_is_a_shape_and_a_word(panel):
    assert len(set(MARKS.values())) == len(MARKS) == 4
    panel.show(threshold=0.5)
    text = panel.view.html()
    seen = {row[0] for rows in strip_of(panel)[2].values() for row in rows}
    assert {"exceeds", "undefined"} <= seen
    for state in seen:
        assert f'fl-{state}" viewBox="0 0 16 16" width="13" height="13" aria-hidden="true"><path d="{MARKS[state]}"/></svg> {state}' in text


def test_its_words_are_metric_comparison_margin_and_reference(panel):
    first, second = strip_of(panel)[2]
    assert first == "Selection rate by race: not more than 5 points away from the largest group. Limits at 95 %, allowing for 3 comparisons."
    assert second.startswith("Four fifths. True positive rate: ratio to the largest group not below 0.8. Limits at 95 %")


def test_groups_of_several_attributes_are_told_apart(panel):
    groups = [row[1] for row in list(strip_of(panel)[2].values())[1]]
    assert groups == ["race = b", "race = c", "race = d", "sex = m"] or groups == ["race = b", "race = c", "race = d", "sex = f"]


def test_one_criterion_names_its_groups_at_once(audit):
    said, _, _ = strip_of(fl.panel(audit, criteria=RACE))
    assert said.startswith("Criteria. Exceeds: b; undefined: ")


def test_it_is_about_everybody_at_one_threshold_and_says_so(panel):
    panel.show(by="race", where={"sex": "f"}, threshold=0.6)
    before = strip_of(panel)
    assert before[1] == "Judged for everybody, at one threshold of 0.6, leaving aside the filter of this view."
    panel.show(where={}, threshold={"a": 0.4, "b": 0.3})
    said, note, tables = strip_of(panel)
    assert note == "Judged for everybody, at one threshold of 0.5, leaving aside the thresholds per group of this view."
    panel.show(where={"sex": "f"}, threshold={"a": 0.4})
    assert "leaving aside the filter and the thresholds per group of this view" in strip_of(panel)[1]
    panel.show(where={}, threshold=0.5)
    assert (said, tables) == (strip_of(panel)[0], strip_of(panel)[2])


def test_no_word_of_it_says_fair(panel):
    for stop in (0.0, 0.5, 1.0):
        text = " ".join(map(str, strip_of(panel.show(threshold=stop)))).lower()
        assert not any(word in text for word in ("fair", "significan", "comply", "complies", "compliant", "passes"))


def test_a_suppressed_group_shows_no_number(panel, frame):
    assert (frame["race"] == "d").sum() < 10
    rows = [row for rows in strip_of(panel)[2].values() for row in rows if row[1].endswith("d")]
    assert rows
    for state, _, told, change, sizes in rows:
        assert (state, change, sizes) == ("undefined", "–", "–")
        assert "suppressed" in told


def test_decisions_without_scores_have_one_stop(frame):
    audit = fl.audit(frame.assign(p=(frame["s"] > 0.5).astype(int)), y_pred="p", favorable=1, sensitive_features="race")
    panel = fl.panel(audit, criteria=RACE)
    assert len(json.loads(panel._text)["criteria"]["stops"]) == 1
    assert strip_of(panel)[1] == "Judged for everybody, as decided."


def test_two_decisions_about_the_same_people_are_judged_as_they_were_taken(frame):
    rng = np.random.default_rng(4)
    both = frame.assign(before=rng.integers(0, 2, len(frame)), after=rng.integers(0, 2, len(frame)))
    roles = {"y_score": "s", "threshold": 0.5, "favorable": 1, "sensitive_features": ["sex", "race"]}
    audit = fl.audit(both, y_pred={"before": "before", "after": "after"}, **roles)
    rule = fl.Criterion("selection_rate", margin=0.05, comparison="baseline", by="sex")
    panel = fl.panel(audit, criteria=[rule, RACE])
    decided, at_a_stop = (strip_of(panel.show(threshold=stop))[2] for stop in ("decided", 0.3))
    (caption, rows), (_, others) = decided.items()
    assert "of the decisions as they were taken" in caption
    assert at_a_stop[caption] == rows
    assert at_a_stop[next(name for name in at_a_stop if name != caption)] != others
    with pytest.raises(exceptions.BadValue, match="as they were taken"):
        fl.check(audit.at(0.3), rule)


def test_without_criteria_there_is_no_strip(audit):
    for criteria in ((), [], None):
        panel = fl.panel(audit) if criteria is None else fl.panel(audit, criteria=criteria)
        assert json.loads(panel._text)["criteria"] is None
        assert "fl-criteria" not in panel.view.html()


@pytest.mark.parametrize(
    ("criteria", "kind", "role"),
    [
        ("selection_rate", exceptions.WrongKind, "criteria"),
        (["selection_rate"], exceptions.WrongKind, "criteria"),
        ([RACE, RACE], exceptions.BadValue, "criteria"),
        (5, exceptions.WrongKind, "criteria"),
        (fl.Criterion("selection_rate", margin=0.05, by="income"), exceptions.LevelNotFound, "by"),
        (fl.Criterion("selection_rate", margin=0.05, reference="nobody"), exceptions.LevelNotFound, "reference"),
        (fl.Criterion("selection_rate", margin=0.05, comparison="baseline"), exceptions.RoleNeeded, "baseline"),
    ],
)
def test_criteria_that_cannot_be_judged_are_errors(audit, criteria, kind, role):
    with pytest.raises(kind) as caught:
        fl.panel(audit, criteria=criteria)
    assert caught.value.role == role
    assert str(caught.value).splitlines()[-1].startswith("Hint: ")


def test_a_criterion_about_labels_needs_labels(frame):
    audit = fl.audit(frame, y_score="s", threshold=0.5, favorable=1, sensitive_features="race")
    with pytest.raises(exceptions.RoleNeeded, match="y_true"):
        fl.panel(audit, criteria=RATIO)


def test_more_rulings_than_a_panel_can_hold_are_refused(frame):
    many = frame.assign(town=np.arange(len(frame)) % 250)
    audit = fl.audit(many.astype({"town": str}), y_score="s", threshold=0.5, favorable=1, sensitive_features="town", suppress_below=1)
    with pytest.raises(exceptions.BadValue, match=f"{MAX_RULINGS:,} at most"):
        fl.panel(audit, criteria=fl.Criterion("selection_rate", margin=0.05))


def test_of_many_groups_the_worst_are_shown(frame):
    rng = np.random.default_rng(2)
    town = rng.choice([f"t{k:02}" for k in range(60)], 9000)
    score = np.clip(rng.normal(0.5 - 0.3 * (town == "t57"), 0.1, 9000), 0, 1)
    audit = fl.audit(pd.DataFrame({"town": town, "s": score}), y_score="s", threshold=0.5, favorable=1, sensitive_features="town")
    panel = fl.panel(audit, criteria=fl.Criterion("selection_rate", margin=0.1))
    ((_, rows),) = strip_of(panel)[2].items()
    assert len(rows) == 30
    assert ("exceeds", "t57") in [(row[0], row[1]) for row in rows]
    assert "and 29 more groups, none of them in a worse state" in panel.view.html()


def test_numbers_of_scores_are_judged_too_and_are_no_points(audit):
    panel = fl.panel(audit, criteria=[fl.Criterion("roc_auc", margin=0.1, by="sex"), fl.Criterion("f1_score", margin=0.1, by="sex")])
    (auc, f1), (same, other) = (list(strip_of(panel.show(threshold=stop))[2].values()) for stop in (0.2, 0.7))
    assert auc == same  # no threshold is in it
    assert f1 != other
    assert panel.view.html().count("Difference (limits)") == 2
