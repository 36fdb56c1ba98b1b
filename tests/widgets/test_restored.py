"""What a record says otherwise than the panel that it is restored in is told, in the panel, in the log and in Python."""

import json
import logging

import numpy as np
import pandas as pd
import pytest

import fairlens as fl
from fairlens.widgets._inline import RecordedView, Still, inline


@pytest.fixture(scope="module")
def people():
    rng = np.random.default_rng(5)
    n = 900
    return pd.DataFrame({"sex": rng.choice(["f", "m"], n), "age": rng.integers(18, 80, n), "race": rng.choice(["a", "b", "<i>"], n), "y": rng.integers(0, 2, n), "s": rng.random(n)})


def opened(people, edges=(25, 45, 62), favorable=1, threshold=0.5, groups=("sex", "age", "race"), **options):
    bins = {"age": list(edges)} if "age" in groups else None
    audit = fl.audit(people, y_true="y", y_score="s", threshold=threshold, favorable=favorable, sensitive_features=list(groups), bins=bins)
    return fl.panel(audit, **options)


def recorded(panel, change=lambda data, state: None):
    """A recorded view, without its picture, changed as those of earlier versions were."""
    data, state = json.loads(panel._text), dict(panel._live.state)
    change(data, state)
    return RecordedView(inline("", json.dumps(data), state), Still(b"", "", (1, 1)), state)


def test_the_same_panel_differs_in_nothing(people, caplog):
    panel = opened(people)
    for other in (opened(people), opened(people, groups=["race", "age", "sex"])):
        assert other.restore(recorded(panel)).differences == ()
        assert other._note.value == ""
    assert not caplog.records


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"confidence": 0.9}, ["Intervals of the record have 95 % confidence; here they have 90 %."]),
        ({"favorable": 0}, ["What a person wants in the record: that the event is predicted; here: that the event is not predicted."]),
        ({"profile": "internal"}, ['The profile of the record is "restricted"; here it is "internal".']),
        ({"edges": (30, 62)}, ["Levels of age in the record: <25, [25, 45), [45, 62), >=62; here: <30, [30, 62), >=62."]),
        ({"groups": ["sex", "race"]}, ["Group columns of the record: age, race, sex; here: race, sex."]),
        ({"confidence": 0.9, "language": "es"}, ["Los intervalos del registro tienen un 95 % de confianza; aquí tienen un 90 %."]),
        ({"threshold": [0.5, 0.613]}, []),
    ],
)
def test_what_differs_is_told(people, change, told, caplog):
    panel = opened(people).show(by="sex", metric="precision")
    other = opened(people, **change)
    with caplog.at_level(logging.WARNING, "fairlens"):
        assert other.restore(recorded(panel)).differences == tuple(told)
    assert [one.getMessage() for one in caplog.records] == told
    assert other.view.state.metric.name == "precision"
    assert (other._note.value == "") == (not told)
    for line in told:
        assert line.replace("<", "&lt;").replace(">", "&gt;").replace('"', "&quot;") in other._note.value.replace("&#x27;", "'")
    assert other.restore(recorded(other)).differences == ()
    assert other._note.value == ""


def test_other_people_are_told(people):
    (told,) = opened(people.assign(y=1 - people["y"])).restore(recorded(opened(people))).differences
    assert told.startswith("The data are not the same: ")
    (told,) = opened(people.iloc[:800], threshold=[0.5, 0.613]).restore(recorded(opened(people))).differences
    assert told.startswith("The data are not the same: ")


def test_what_an_earlier_record_did_not_hold_is_not_told(people):
    def older(data, state):
        for name in ("favorable", "banner", "confidence", "decided"):
            del data[name]
        data["format"] = "fairlens-panel/1"

    assert opened(people, confidence=0.9, profile="internal").restore(recorded(opened(people), older)).differences == ()


def test_a_saved_slice_of_a_level_that_is_not_here_is_left_out_and_told(people):
    gone, kept = fl.Slice("gone <b>", {"race": "<i>", "sex": "f"}), fl.Slice("kept", {"sex": "f"})
    panel = opened(people, slices=[gone, kept]).show("precision", "sex", slice=kept)
    other = opened(people[people["race"] != "<i>"])
    other.restore(recorded(panel))
    assert [one.name for one in other.slices] == ["kept"]
    assert other.view.state.slice.name == "kept"
    assert other.view.state.metric.name == "precision"
    assert "The saved slice gone <b> was left out: race = <i> is not here." in other.differences
    assert "gone &lt;b&gt;" in other._note.value
    before = dict(other._live.state)
    with pytest.raises(fl.exceptions.LevelNotFound, match="race = <i>"):
        other.restore(recorded(panel.show(slice=gone)))
    assert other._live.state == before
