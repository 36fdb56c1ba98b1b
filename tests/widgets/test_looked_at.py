"""The log of what was looked at: which states are views, which comparisons they share, what stands out after allowing for all."""

import json
from datetime import UTC, datetime, timedelta, timezone

import numpy as np
import pandas as pd
import pytest
from bs4 import BeautifulSoup
from statsmodels.stats.multitest import multipletests

import fairlens as fl
from fairlens.texts import LANGUAGES, texts_of
from fairlens.widgets import _looking
from fairlens.widgets._looked_at import LookedAt, looked_html
from fairlens.widgets._looked_texts import looked_ui
from fairlens.widgets._looking import Log, Looking, plan_of

NOW = datetime(2026, 3, 1, 12, 30, 5, 999, tzinfo=UTC)
RACE = fl.Criterion("selection_rate", margin=0.05, by="race")


ROLES = {"y_true": "y", "y_score": "s", "threshold": 0.5, "favorable": 1, "sensitive_features": ["race", "sex"]}


def frame_of():
    rng = np.random.default_rng(1)
    n = 1500
    race = rng.choice(["a", "b", "c", "d"], n, p=[0.5, 0.34, 0.155, 0.005])
    score = np.clip(rng.normal(0.5 - 0.2 * (race == "b"), 0.2, n), 0, 1)
    frame = pd.DataFrame({"race": race, "sex": rng.choice(["f", "m"], n), "y": (rng.random(n) < score).astype(int), "s": score})
    return (frame.assign(y2=frame["y"]),)


@pytest.fixture(scope="module")
def audit():
    return fl.audit(*frame_of(), **ROLES)


class Desk:
    """A panel whose states are noted, without a browser."""

    def __init__(self, audit, criteria=(), log=None, **options):
        self.panel = fl.panel(audit, **options)
        self.choices = self.panel._choices
        self.looking = Looking(self.choices, criteria, log=log)

    def look(self, now=NOW, **asked):
        """Go to a view and rest there; whether it is a new one."""
        self.panel.show(**asked)
        return self.looking.add(self.panel._live.state, now)

    @property
    def log(self):
        return LookedAt.of(self.looking)


@pytest.fixture
def desk(audit):
    return Desk(audit)


def wander(desk):
    """Look at many views."""
    for metric in ("selection_rate", "true_positive_rate"):
        for by in ("race", "sex", ["race", "sex"]):
            for reference in ("largest", "rest", "overall"):
                for threshold in (0.3, 0.4, 0.5, 0.6):
                    desk.look(metric=metric, by=by, reference=reference, threshold=threshold, where={})
    return desk.log


def test_adjusted_p_values_are_holms_over_all_that_was_explored(desk):
    log = wander(desk)
    raw = np.array([one.p_value for one in log.family])
    assert len(raw) > 30
    rejected, adjusted, _, _ = multipletests(raw, alpha=0.05, method="holm")
    found = [log._explored_p[one.key] for one in log.family]
    np.testing.assert_allclose(found, adjusted, rtol=1e-12)
    assert len(log.standing_out) == rejected.sum()
    assert 0 < rejected.sum() < len(raw)


def test_p_values_are_those_of_the_published_difference(desk, audit):
    desk.look(metric="true_positive_rate", by="race", reference="rest", threshold=0.3, where={"sex": "f"})
    (entry,) = desk.looking.entries
    table = audit.protect().where(sex="f").at(0.3).difference("true_positive_rate", ["race"], "rest").to_frame()
    assert [one.group for one in entry.compared] == [(level,) for level in table["race"]]
    for name in ("difference", "lower", "upper"):
        np.testing.assert_array_equal([getattr(one, name) for one in entry.compared], table[name])
    able = (table["status"] == "ok").to_numpy()
    np.testing.assert_array_equal([one.p_value for one in entry.compared], np.where(able, table["p_value"], np.nan))


def test_a_view_is_noted_once_at_the_time_it_was_first_looked_at(desk):
    east = NOW.astimezone(timezone(timedelta(hours=5)))
    assert desk.look(east, by="race")
    assert not desk.look(NOW + timedelta(hours=1), by="race")
    assert desk.log.to_frame()["first_looked_at"].tolist() == ["2026-03-01T12:30:05+00:00"]
    assert desk.log.to_frame()["first_looked_at"].map(datetime.fromisoformat).iloc[0].tzinfo is not None


def test_what_changes_no_test_makes_no_view(desk):
    desk.look(by=["race", "sex"], reference=("a", "f"))
    state = dict(desk.panel._live.state)
    assert not desk.look(compare="ratio")
    assert not desk.look(by=["sex", "race"], reference=("f", "a"))
    assert not desk.looking.add({**state, "view": "why", "why": {"method": "shap", "group": None}}, NOW)
    assert not desk.looking.add({**state, "costs": [1.0, 2.0]}, NOW)
    assert not desk.looking.add({**state, "at": [[0, 1, 2, 3], [1, 0]]}, NOW)  # all levels are everybody
    assert not desk.looking.add({**state, "cuts": {"axis": 0, "stops": [state["stop"]] * 4}}, NOW)  # thresholds that are all the same
    assert len(desk.looking.entries) == 1


@pytest.mark.parametrize("part", [{"metric": 1}, {"by": [1]}, {"at": [[0, 1], []]}, {"reference": ["rest"]}, {"stop": 3}, {"cuts": {"axis": 0, "stops": [1, 2, 3, 4]}}])
def test_what_changes_a_test_makes_a_view(desk, part):
    desk.look(by="race")
    assert desk.looking.add({**desk.panel._live.state, **part}, NOW)


def test_the_same_people_compared_are_one_comparison(desk):
    desk.look(by="sex", reference="largest")
    assert len(desk.log.explored) == 1
    for reference in ("f", "m", "rest", "overall"):
        assert desk.look(reference=reference)
        assert len(desk.log.explored) == 1
    assert desk.look(slice=fl.Slice("men", {"sex": "m"}))
    assert len(desk.log.explored) == 1
    assert desk.look(slice=False, by="sex", where={"race": "b"}, reference="m")
    assert len(desk.log.explored) == 2
    desk.look(by=["race", "sex"], where={"race": ["a", "b"]}, reference=("b", "m"))  # b, f against b, m is there already
    assert len(desk.log.explored) == 4


def test_a_comparison_that_only_some_views_may_show_is_tested(desk):
    desk.look(by="race", reference="rest", where={})  # one group is hidden, and so is everybody else of each
    assert desk.log.family == ()
    desk.look(reference="overall")
    tested = [one for one in desk.looking.entries[1].compared if one.has_p]
    assert len(tested) == len(desk.log.family) > 1
    assert desk.log.largest(desk.looking.entries[0]) is None
    assert not any(np.isnan(desk.log.p_adjusted(desk.looking.entries[1], one)) for one in tested)


def test_other_people_another_threshold_or_another_rate_are_other_comparisons(desk):
    desk.look(by="sex")
    for n, part in enumerate(({"where": {"race": "a"}}, {"where": {}, "threshold": 0.3}, {"metric": "true_positive_rate"}, {"by": "race"}), start=2):
        desk.look(**part)
        assert len(desk.log.explored) >= n


def test_a_slice_is_its_people_and_not_its_name(desk):
    assert desk.look(slice=fl.Slice("one", {"sex": "m", "race": ["a", "b"]}), reference="rest")
    assert not desk.look(slice=fl.Slice("two", {"race": ["b", "a"], "sex": "m"}), reference="rest")
    assert desk.look(slice=fl.Slice("two", {"race": ["a", "c"], "sex": "m"}), reference="rest")
    assert desk.log.to_frame()["slice"].tolist() == ["one", "two"]


def test_hidden_empty_and_few_people_have_no_p_and_are_not_called_nothing(desk):
    desk.look(by="race", reference="a")
    (entry,) = desk.looking.entries
    assert "suppressed" in [one.status for one in entry.compared]
    assert entry.tested + entry.untested == 3
    assert f"{entry.untested} more have no p-value: {entry.untested} suppressed." in desk.log.sentence
    row = desk.log.to_frame().iloc[0]
    assert (row["comparisons"], row["without_p"]) == (entry.tested, entry.untested)


def test_comparisons_of_few_people_are_counted_apart():
    sex = ["f"] * 12 + ["m"] * 60
    labelled = [1] * 4 + [0] * 8 + [1, 0] * 30
    audit = fl.audit(y_true=labelled, y_pred=[1, 0, 0] * 24, sensitive_features={"sex": sex}, favorable=1)
    desk = Desk(audit)
    desk.look(metric="true_positive_rate")
    (entry,) = desk.looking.entries
    assert [one.status for one in entry.compared] == ["small"]
    assert np.isnan(desk.log.to_frame()["p_value"]).all()
    assert "No exploratory comparison has a p-value. One more has no p-value: 1 of few people." in desk.log.sentence
    assert BeautifulSoup(desk.log.html(), "html.parser").find("tbody").find_all("td")[2].get_text() == "no comparison has a p-value"


def test_planned_views_are_apart_and_allow_for_the_whole_plan(audit):
    criteria = [RACE, fl.Criterion("true_positive_rate", margin=0.05, reference="rest")]
    desk = Desk(audit, criteria)
    assert desk.look(metric="selection_rate", by="race", reference="largest", threshold=0.5)
    assert desk.look(by="sex")
    assert desk.look(by="race", threshold=0.3)
    assert desk.look(by="race", threshold=0.5, where={"sex": "f"})
    assert desk.look(where={}, reference="rest")
    assert desk.look(metric="true_positive_rate", by="sex")
    assert [entry.planned for entry in desk.looking.entries] == [True, False, False, False, False, True]
    log = desk.log
    explored = {one.key for entry in log.entries if not entry.planned for one in entry.compared}
    assert {one.key for one in log.explored} == explored
    plan = [one for one in log.plan if one.has_p]
    wanted = multipletests([one.p_value for one in plan], method="holm")[1]
    first = log.entries[0]
    found = {one.key: log.p_adjusted(first, one) for one in first.compared if one.has_p}
    for one, p in zip(plan, wanted, strict=True):
        assert found.get(one.key, p) == pytest.approx(p, rel=1e-12)
    assert log.sentence.startswith("6 views were looked at; 2 of them were planned.")
    assert [caption for caption, _ in log.parts] == ["Planned: 2", "Exploration: 4"]


def test_the_group_that_a_word_means_is_planned_too(audit):
    desk = Desk(audit, [RACE])
    desk.look(metric="selection_rate", by="race", reference="a", threshold=0.5)
    assert desk.looking.entries[0].planned
    assert desk.log.sentence.endswith("Nothing was explored beyond the plan.")


def test_criteria_of_which_no_view_can_be_about_plan_nothing(audit):
    protected = audit.protect()
    assert plan_of(protected, fl.Criterion("roc_auc", margin=0.05), 0.95).compared == ()
    assert plan_of(protected, fl.Criterion("selection_rate", margin=0.05, reference="best"), 0.95).compared == ()
    assert plan_of(protected.where(sex="f").at(0.3), RACE, 0.95) == plan_of(protected, RACE, 0.95)


def test_sentences_of_few_views(desk, audit):
    assert desk.log.sentence == texts_of()["looked"]["none"]
    desk.look(by="sex", metric="selection_rate")
    assert desk.log.sentence.startswith("One view was looked at; it was not planned. The one exploratory comparison does not stand out (at 5 %)")
    other = Desk(audit, log=Log())
    other.look(by="race", where={"race": ["a", "b"]}, metric="selection_rate")
    assert "The one exploratory comparison stands out (at 5 %)." in other.log.sentence
    desk.look(threshold=0.3)
    assert "Of 2 exploratory comparisons none stands out after allowing for all 2 (Holm, at 5 %), which does not show" in desk.log.sentence


def test_one_group_is_a_view_without_comparisons(desk):
    only = {**desk.panel._live.state, "by": [0], "at": [[0], []]}
    assert desk.looking.add(only, NOW)
    assert desk.looking.entries[0].compared == ()
    assert "No exploratory comparison has a p-value." in desk.log.sentence


def test_the_list_is_bounded_and_says_so(desk, monkeypatch):
    monkeypatch.setattr(_looking, "MOST_VIEWS", 2)
    assert desk.look(by="race")
    assert desk.look(by="sex")
    assert "full" not in desk.log.sentence
    assert desk.look(by=["race", "sex"])  # not noted, but there is something to say
    assert desk.log.sentence.endswith("The list is full: what was looked at after these views is not counted.")
    assert not desk.look(threshold=0.3)
    assert len(desk.looking.entries) == 2


def test_the_list_is_bounded_by_comparisons_too(desk, monkeypatch):
    monkeypatch.setattr(_looking, "MOST_COMPARISONS", 4)
    desk.look(by="race")
    desk.look(by=["race", "sex"])
    assert (len(desk.looking.entries), desk.log.full) == (1, True)


def test_frame_dict_and_page_hold_the_same_numbers(desk):
    log = wander(desk)
    frame, plain = log.to_frame(), log.to_dict()
    assert len(frame) == len(plain["rows"]) == 72
    assert plain["kind"] == "LookedAt"
    packed = json.loads(log.packed)
    (part,) = packed["parts"]
    assert packed["said"] == log.sentence
    page = BeautifulSoup(log.html(), "html.parser")
    rows = page.tbody.find_all("tr")
    for row, cells, (_, line) in zip(rows, part["rows"], frame.iloc[::-1].iterrows(), strict=True):
        assert row.th.get_text() == cells[0] == line["view"]
        shown = [cell if isinstance(cell, str) else cell[0] for cell in cells]
        assert [cell.get_text() for cell in row.find_all("td")] == shown[1:]
        if line["comparisons"]:
            assert (cells[5][1], cells[6][1]) == (line["p_value"], line["p_adjusted"])
            assert float(row.find_all("td")[4]["data-value"]) == line["p_value"]
        if not np.isnan(line["difference"]):
            assert cells[3][1] == line["difference"]
            assert f"{line['n']:,}" in shown[4]


def test_only_the_latest_views_are_shown_and_the_rest_is_counted(desk, monkeypatch):
    monkeypatch.setattr("fairlens.widgets._looked_at._MOST_SHOWN", 3)
    log = wander(desk)
    assert sum(len(rows) for _, rows in log.parts) == 3
    assert log.notes[0] == "and 69 views before these; all are in panel.looked_at"
    assert len(log.to_frame()) == 72


def test_names_are_escaped_and_braces_stay():
    names = ["<script>{n}", "</details>{k}", "نساء"]
    audit = fl.audit(y_pred=[1, 0, 0, 1, 1, 1] * 60, sensitive_features={"{said}": names * 120}, favorable=1)
    desk = Desk(audit)
    desk.look(by="{said}", reference="نساء")
    page = BeautifulSoup(looked_html(desk.log), "html.parser")
    assert page.find("script") is None
    assert len(page.find_all("details")) == 1
    assert "{said}" in page.find("th", scope="row").get_text()
    assert any(name in desk.log.packed for name in names)


def test_a_recorded_view_has_the_log_of_before_or_nothing(desk):
    assert looked_html(desk.log) == ""
    assert desk.log.packed == ""
    desk.look(by="race")
    page = BeautifulSoup(looked_html(desk.log), "html.parser")
    assert page.details.summary.get_text() == f"Before this view was recorded: {desk.log.sentence}"
    assert not page.details.has_attr("open")


def test_spanish_says_the_same_with_its_own_marks(desk):
    log = wander(desk)
    spanish = LookedAt.of(desk.looking, texts_of("es"))
    assert spanish.sentence.startswith("Se han mirado 72 vistas; ninguna estaba prevista. De ")
    shown = [one for _, rows in spanish.parts for row in rows for one in row]
    assert any("0,001" in one.text for one in shown if not isinstance(one, str))
    assert spanish.to_frame().equals(log.to_frame())
    assert set(looked_ui(texts_of("es"))) == set(looked_ui(texts_of()))


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_text_has_the_same_places(language):
    import re

    english, other = texts_of()["looked"], texts_of(language)["looked"]
    assert {name: set(re.findall(r"\{\w+\}", text)) for name, text in english.items()} == {
        name: set(re.findall(r"\{\w+\}", text)) for name, text in other.items()
    }


def test_picture_holds_each_number_with_n_and_interval(desk):
    log = wander(desk)
    alt = log.plot().alt
    assert log.sentence in alt.replace("\n", " ")
    one = log.standing_out[0]
    texts = texts_of()
    assert texts.interval(*map(texts.points, (one.difference, one.lower, one.upper))) in alt
    assert f"n={one.n:,} against {one.n_reference:,}" in alt
    assert f"and {len(log.family) - 30} more" in alt
    assert Desk(desk.choices.audit, log=Log()).log.plot().alt.startswith("Nothing is counted yet.")


def test_panels_of_one_kernel_share_one_list(desk, audit):
    desk.look(by="race")
    other = Desk(audit)
    assert not other.look(by="race")
    assert other.look(by="sex")
    again = Desk(fl.audit(*frame_of(), **ROLES))
    assert not again.look(by="sex")
    assert [entry.by for entry in desk.looking.entries] == [("race",), ("sex",)]
    assert desk.log.sentence == other.log.sentence == again.log.sentence
    assert "In this kernel" not in desk.log.sentence


def test_what_is_seen_in_a_panel_is_told_in_every_other(audit):
    first, second = fl.panel(audit), fl.panel(audit)
    first._look(first._live.state)
    assert json.loads(second._live.looked)["said"] == first.looked_at.sentence
    late = fl.panel(audit)
    assert late._live.looked == first._live.looked
    second.close()
    first.show(by="sex")._look(first._live.state)
    assert json.loads(late._live.looked)["said"].startswith("2 views")


def test_other_data_and_other_profiles_are_counted_and_not_shown(desk, audit):
    """What one profile shows another may have to hide; only how much was looked at is told."""
    inside = Desk(audit, profile="internal")
    inside.look(by=["race", "sex"])
    small = Desk(fl.audit(y_pred=[0, 1] * 30 + [1] * 20, sensitive_features={"town": ["z"] * 60 + ["w"] * 20}, favorable=1))
    small.look()
    assert desk.log.sentence.startswith("Nothing is counted yet.")
    tested = len(inside.log.explored) + 1
    assert desk.log.sentence.endswith(f"In this kernel 2 more views were looked at, of other data or under other settings; {tested} more comparisons of them are allowed for and not listed.")
    desk.look(by="sex")
    (one,) = desk.log.family
    assert desk.log.allowed_for == tested + 1
    assert desk.log.p_adjusted(desk.looking.entries[0], one) == min(1, one.p_value * (tested + 1))
    assert f"allowing for all {tested + 1} of this kernel" in desk.log.sentence
    assert "town" not in desk.log.html() + desk.log.packed + str(desk.log.to_dict())
    assert len(small.looking.entries) == len(inside.looking.entries) == 1


def test_those_of_other_panels_are_allowed_for_as_if_they_were_the_largest(desk, audit):
    others = Desk(audit, profile="internal")
    wander(others)
    desk.look(by="race", threshold=0.3, metric="accuracy")
    raw = [one.p_value for one in desk.log.family]
    padded = multipletests([*raw, *[1.0] * desk.log.other_comparisons], method="holm")[1][: len(raw)]
    full = multipletests([*raw, *[one.p_value for one in others.log.family]], method="holm")[1][: len(raw)]
    found = np.array([desk.log._explored_p[one.key] for one in desk.log.family])
    np.testing.assert_allclose(found, padded, rtol=1e-12)
    assert (found >= full - 1e-12).all()


def test_a_comparison_that_two_profiles_show_is_one():
    decided = fl.audit(y_pred=[0, 1, 1] * 30, sensitive_features={"sex": ["f", "m"] * 45}, favorable=1)
    desk, inside = Desk(decided), Desk(decided, profile="internal")
    desk.look(by="sex")
    inside.look(by="sex")
    assert (desk.log.other_views, desk.log.other_comparisons, desk.log.allowed_for) == (1, 0, 1)


def test_criteria_that_come_after_looking_plan_nothing(audit):
    first = Desk(audit)
    first.look(metric="selection_rate", by="sex", reference="largest", threshold=0.5)
    late = Desk(audit, [RACE])
    late.look(metric="selection_rate", by="race", reference="largest", threshold=0.5)
    assert [entry.planned for entry in late.looking.entries] == [False, False]
    assert late.log.plan == ()
    assert late.log.sentence.endswith(texts_of()["looked"]["late"])


def test_one_more_column_does_not_make_criteria_early(audit):
    first = Desk(audit)
    first.look(by="sex")
    frame, = frame_of()
    wider = Desk(fl.audit(frame, **{**ROLES, "sensitive_features": ["race", "sex", "y2"]}), [RACE])
    assert wider.looking.plan.compared == ()
    assert wider.log.late
    assert json.loads(wider.log.packed)["said"] == wider.log.sentence


def test_criteria_of_other_people_are_early_still(audit):
    first = Desk(audit)
    first.look(by="sex")
    hired = fl.audit(y_pred=[0, 1, 1] * 30, sensitive_features={"town": ["z", "w"] * 45}, favorable=1)
    other = Desk(hired, fl.Criterion("selection_rate", margin=0.05))
    other.look(reference="largest")
    assert other.looking.entries[0].planned
    assert not other.log.late


def test_criteria_that_are_given_again_stay_a_plan(audit):
    first = Desk(audit, [RACE])
    first.look(metric="selection_rate", by="race", reference="largest", threshold=0.5)
    again = Desk(audit, [RACE])
    assert not again.log.late
    assert again.looking.entries[0].planned
    spanish = Desk(audit, [RACE], language="es")
    assert not spanish.log.late
    spanish.look(metric="selection_rate", by="race", reference="largest", threshold=0.5)
    assert spanish.looking.entries[0].planned
    inside = Desk(audit, [RACE], profile="internal")
    assert not inside.log.late
    more = Desk(audit, [RACE, fl.Criterion("accuracy", margin=0.05)])
    assert more.log.late
    assert more.looking.plan.compared == first.looking.plan.compared


def test_a_rate_and_its_complement_are_one_comparison(desk):
    desk.look(metric="true_positive_rate", by="race")
    before = {one.key for one in desk.log.explored}
    assert desk.look(metric="false_negative_rate")
    assert {one.key for one in desk.log.explored} == before
    first, second = desk.looking.entries
    np.testing.assert_allclose([one.p_value for one in first.compared], [one.p_value for one in second.compared], rtol=1e-9)
    assert desk.look(metric="accuracy")
    assert len(desk.log.explored) == 2 * len(before)


def test_a_rate_without_a_decision_is_one_at_every_threshold(desk):
    desk.look(metric="base_rate", by="sex", threshold=0.3)
    assert desk.look(threshold=0.6)
    assert len(desk.log.explored) == 1


def test_a_view_of_thresholds_compares_at_each_of_them(audit):
    desk = Desk(audit, [RACE])
    desk.look(view="disparities", metric="selection_rate", by="race", reference="largest", threshold=0.5)
    assert desk.log.sentence.endswith("Nothing was explored beyond the plan.")
    assert desk.look(view="thresholds")
    assert not desk.look(view="disparities")
    swept = desk.looking.entries[1]
    assert (swept.planned, swept.looks) == (False, 3 + len(desk.choices.stops) - 1 - (None in desk.choices.stops))
    published = audit.protect()
    wanted = [published.at(cut).difference("selection_rate", ["race"]).to_frame()["p_value"] for cut in desk.choices.stops if cut is not None]
    wanted += [published.at(0.5).difference(name, ["race"]).to_frame()["p_value"] for name in ("true_positive_rate", "false_positive_rate")]
    known = np.concatenate(wanted)
    found = np.array([one.p_value for one in desk.log.family])
    np.testing.assert_allclose(np.sort(found), np.sort(known[~np.isnan(known)]), rtol=1e-12)
    assert "2 views were looked at; one of them was planned." in desk.log.sentence
    assert "Other rates and thresholds stood beside it" in desk.log.html()
    top = desk.log.largest(swept)
    assert f"; {desk.log._heading(top)}" in desk.log.html().replace("&#x27;", "'")
    assert "or more" in desk.log.plot().alt


def test_a_view_of_the_data_compares_nobody(desk):
    assert not desk.look(view="data")
    assert desk.looking.entries == ()


def test_panels_of_other_floors_do_not_tell_each_other_who_was_small():
    frame = pd.DataFrame({"race": ["a"] * 300 + ["b"] * 292 + ["c"] * 8, "p": [0, 1] * 296 + [0] * 8})
    roles = {"y_pred": "p", "sensitive_features": ["race"], "favorable": 1}
    loose = Desk(fl.audit(frame, suppress_below=2, min_denominator=2, **roles))
    loose.look(by="race", reference="largest")
    assert "c against" in loose.log.html()
    strict = Desk(fl.audit(frame, **roles))
    assert strict.looking.entries == ()
    assert "c against" not in strict.log.html() + strict.log.packed
    assert strict.log.other_views == 1


def test_rulings_beside_a_view_are_counted(audit):
    """Whoever moves the slider with criteria in the panel reads their rulings at each threshold."""
    desk = Desk(audit, [RACE])
    desk.look(metric="accuracy", by="sex", threshold=0.5)
    planned = {one.key for one in desk.looking.plan.compared}
    assert planned.isdisjoint(one.key for one in desk.log.explored)
    before = len(desk.log.explored)
    desk.look(metric="accuracy", by="sex", threshold=0.3)
    rulings = plan_of(desk.choices.audit, [RACE], 0.95, 0.3).compared
    assert rulings
    assert len(desk.log.explored) == before + 1 + len(rulings)
    desk.look(metric="selection_rate", by="race", reference="largest", threshold=0.5)
    assert desk.looking.entries[-1].planned
    desk.look(threshold={"a": 0.3, "b": 0.5, "c": 0.5, "d": 0.5}, by=["race"])  # rulings are then those of the plan
    assert len(desk.looking.entries[-1].compared) == len(desk.looking.entries[-2].compared)


def test_rulings_of_late_criteria_are_counted(audit):
    Desk(audit).look(by="sex", threshold=0.3)
    late = Desk(audit, [RACE])
    late.look(metric="accuracy", by="sex", threshold=0.5)
    rulings = plan_of(late.choices.audit, [RACE], 0.95).compared
    assert len(late.looking.entries[-1].compared) == 1 + len(rulings)
    assert not late.looking.entries[-1].planned


@pytest.mark.parametrize("change", [lambda frame: frame.iloc[:-1], lambda frame: frame.rename(columns={"race": "ethnicity", "sex": "gender"})])
def test_a_row_less_or_another_name_does_not_make_criteria_early(audit, change):
    Desk(audit).look(by="sex")
    frame = change(frame_of()[0])
    names = [name for name in ("race", "ethnicity", "sex", "gender") if name in frame]
    again = Desk(fl.audit(frame, **{**ROLES, "sensitive_features": names}), [fl.Criterion("selection_rate", margin=0.05)])
    assert again.log.late


def test_the_threshold_of_a_third_group_makes_no_other_comparison():
    frame = frame_of()[0].query("race != 'd'")
    desk = Desk(fl.audit(frame, **ROLES))
    for cut in (0.3, 0.4, 0.6):
        desk.look(metric="selection_rate", by="race", reference="a", threshold={"a": 0.5, "b": 0.5, "c": cut}, view="disparities")
    pairs = [(one.group, one.reference) for one in desk.log.family]
    assert pairs.count((("b",), ("a",))) == 1
    assert pairs.count((("c",), ("a",))) == 3


def test_rates_beside_a_view_without_scores_are_told(desk):
    decided = fl.audit(y_true=[0, 1] * 60, y_pred=[0, 1, 1] * 40, sensitive_features={"town": ["z"] * 60 + ["w"] * 60}, favorable=1)
    other = Desk(decided)
    other.look(view="thresholds")
    assert "Other rates and thresholds stood beside it" in other.log.html()
    assert "every threshold" not in other.log.parts[0][1][0][0]


def test_rulings_beside_a_view_that_was_seen_without_them_are_counted(audit):
    seen = {"metric": "accuracy", "by": "sex", "threshold": 0.5}
    Desk(audit).look(**seen)
    late = Desk(audit, [RACE])
    assert late.look(**seen)
    assert len(late.looking.entries) == 2


def test_a_planned_view_with_rulings_of_a_late_criterion_beside_it_is_exploration(audit):
    seen = {"metric": "selection_rate", "by": "race", "reference": "largest", "threshold": 0.5}
    first = Desk(audit, [RACE])
    first.look(**seen)
    assert first.looking.entries[0].planned
    more = Desk(audit, [RACE, fl.Criterion("accuracy", margin=0.05, by="sex")])
    assert more.look(**seen)
    late = more.looking.entries[1]
    assert not late.planned
    assert len(late.compared) == len(first.looking.entries[0].compared) + 1
