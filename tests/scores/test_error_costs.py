"""price_errors: the cost of the decision as it is, with labels and without scores."""

import numpy as np
import pandas as pd
import pytest
from bs4 import BeautifulSoup
from hypothesis import given
from hypothesis import strategies as st
from statsmodels.stats.proportion import proportion_confint

import fairlens as fl
from fairlens import exceptions


@pytest.fixture(scope="module")
def audit(people):
    return fl.audit(people, y_true="y", y_pred="p", favorable=1, sensitive_features=["race", "sex"], words={"person": "applicant"})


def test_costs_are_those_of_a_sum_over_people(audit, people):
    found = fl.price_errors(audit, "sex", 7, 2).to_frame().set_index("sex")
    each = np.where(people["p"] > people["y"], 7.0, np.where(people["p"] < people["y"], 2.0, 0.0))
    wanted = 100 * pd.Series(each).groupby(people["sex"]).mean()
    np.testing.assert_allclose(found.loc[wanted.index, "cost"], wanted, rtol=1e-12)
    assert found.loc["(all)", "cost"] == pytest.approx(100 * each.mean(), rel=1e-12)
    assert found["n"].tolist() == [*people["sex"].value_counts().sort_index(), len(people)]


def test_of_equal_costs_the_interval_is_wilsons_of_wrong_decisions(audit, people):
    found = fl.price_errors(audit, "sex", confidence=0.9).to_frame().set_index("sex")
    for sex, some in people.groupby("sex"):
        low, high = proportion_confint((some["p"] != some["y"]).sum(), len(some), 0.1, "wilson")
        np.testing.assert_allclose(found.loc[sex, ["lower", "upper"]].astype(float), [100 * low, 100 * high], rtol=1e-9)


def test_costs_are_those_of_the_current_threshold_where_there_are_scores(people):
    scored = fl.audit(people, y_true="y", y_score="s", threshold=0.45, favorable=1, sensitive_features=["race", "sex"])
    for by in (None, "race", ["race", "sex"], fl.Slice("men", {"sex": "m"})):
        wanted = fl.choose_thresholds(scored, by, 5, 1).to_frame().query("current or status == 'suppressed'")
        found = fl.price_errors(scored, by, 5, 1).to_frame()
        np.testing.assert_allclose(found["cost"], wanted["cost"], rtol=1e-10)
        np.testing.assert_allclose(found["upper"], wanted["upper"], rtol=1e-10)


def test_each_feature_by_itself_and_everybody_last(audit):
    frame = fl.price_errors(audit).to_frame()
    assert frame.iloc[-1][["race", "sex"]].tolist() == [fl.ALL, fl.ALL]
    assert frame["race"].tolist().count(fl.ALL) == 3
    assert len(frame) == 4 + 2 + 1


def test_sentence_table_and_picture_hide_few_people_and_tell_n(people):
    few = pd.concat([people, people[people["race"] == "Asian"].head(4).assign(race="few")])
    answer = fl.price_errors(fl.audit(few, y_true="y", y_pred="p", favorable=1, sensitive_features="race"), "race", 9, 1, {"cost": "€"})
    row = answer.published().everybody
    assert answer.sentence.startswith("Cost of errors in € per 100 people, each group by itself: ")
    assert f"{row.cost:.1f} ({row.lower:.1f} to {row.upper:.1f}, n={row.n:,})" in answer.sentence
    assert "few (suppressed)" in answer.sentence
    page = BeautifulSoup(answer.html(), "html.parser")
    shown = {line.th.get_text(): line.td.get_text() for line in page.tbody.find_all("tr")}
    assert shown["few"] == "–"
    known = answer.published().to_frame().query("status == 'ok'")
    assert float(page.tbody.find_all("tr")[0].td["data-value"]) == known["cost"].iloc[0]
    alt = answer.plot().alt
    assert answer.sentence in alt.replace("\n", " ")
    assert all(f"n={n:,}" in alt for n in known["n"])


def test_a_decision_of_another_threshold_is_priced_there(people):
    scored = fl.audit(people, y_true="y", y_score="s", threshold=[0.45, 0.6], favorable=1, sensitive_features="sex")
    wrong = ((people["s"] >= 0.6).astype(int) != people["y"]).mean()
    assert fl.price_errors(scored.at(0.6)).to_frame()["cost"].iloc[-1] == pytest.approx(100 * wrong, rel=1e-12)


def test_groups_without_an_outcome_have_no_cost():
    audit = fl.audit(y_true=[1] * 30 + [0, 1] * 30, y_pred=[0, 1] * 45, favorable=1, sensitive_features={"g": ["a"] * 30 + ["b"] * 60})
    first = fl.price_errors(audit).rows[0]
    assert (first.status, np.isnan(first.cost)) == ("undefined", True)


def test_what_cannot_be_priced_is_refused(audit, people):
    with pytest.raises(exceptions.RoleNeeded, match="no `y_true`"):
        fl.price_errors(fl.audit(people, y_pred="p", sensitive_features="sex"))
    with pytest.raises(exceptions.OutOfRange):
        fl.price_errors(audit, false_positive=-1)
    with pytest.raises(exceptions.OutOfRange):
        fl.price_errors(audit, false_positive=0, false_negative=0)
    with pytest.raises(exceptions.OutOfRange, match="from 0 to 1,000,000,000,000"):
        fl.price_errors(audit, false_positive=1e200)
    with pytest.raises(exceptions.WrongKind, match="names the unit"):
        fl.price_errors(audit, words={"money": "€"})
    persons = fl.audit(people.assign(who=np.arange(len(people)) // 2), y_true="y", y_pred="p", cluster="who", sensitive_features="sex")
    with pytest.raises(exceptions.BadValue, match="belong to persons"):
        fl.price_errors(persons)


@given(st.lists(st.tuples(st.booleans(), st.booleans(), st.booleans()), min_size=1, max_size=60), st.floats(0.1, 50), st.floats(0, 50))
def test_every_cost_lies_in_its_interval_and_between_none_and_the_dearest(rows, first, second):
    truth, decided, group = (np.array(column, int) for column in zip(*rows, strict=True))
    audit = fl.audit(y_true=truth, y_pred=decided, pos_label=1, sensitive_features={"g": group}, suppress_below=0)
    for row in fl.price_errors(audit, "g", first, second).rows:
        if row.status in ("ok", "small"):
            assert -1e-9 <= row.lower <= row.cost + 1e-9
            assert row.cost - 1e-9 <= row.upper <= 100 * max(first, second) + 1e-9
