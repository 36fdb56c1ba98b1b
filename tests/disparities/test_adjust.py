"""Adjusted comparisons against R's numbers for Berkeley, against a group-by in pandas, and where something is missing or hidden."""

import math
import re

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import fairlens as fl
from fairlens.disparities._adjusted import CAUTION
from fairlens.exceptions import BadValue, LevelNotFound, OneGroup, OutOfRange, RoleNeeded, WrongKind

WORDS = {"decision": "admitted", "person": "applicant"}


@pytest.fixture(scope="module")
def berkeley():
    return fl.audit(
        fl.datasets.load_berkeley(), y_pred="admitted", sensitive_features="gender", control_features="dept", favorable=1, words=WORDS
    )


@pytest.fixture(scope="module")
def rows():
    rng = np.random.default_rng(11)
    n = 3000
    area, age = rng.choice(["north", "south", "east"], n), rng.choice(["young", "old"], n)
    race = np.where(rng.random(n) < 0.3 + 0.4 * (area == "north"), "b", np.where(rng.random(n) < 0.8, "w", "x"))
    p = rng.random(n) < 0.3 + 0.3 * (area == "north") + 0.1 * (race == "w")
    y = rng.random(n) < 0.2 + 0.4 * p
    return pd.DataFrame({"area": area, "age": age, "race": race, "sex": rng.choice(["f", "m"], n), "p": p.astype(int), "y": y.astype(int), "w": rng.uniform(0.5, 3, n)})


def by_method(table, group=None):
    frame = table.to_frame()
    frame = frame if group is None else frame[frame[table.attributes[0]] == group]
    return frame.set_index("method")


def test_berkeley_both_ways(berkeley):
    found = by_method(fl.adjust(berkeley, "selection_rate"))
    assert found.loc["crude", "difference"] == pytest.approx(557 / 1835 - 1198 / 2691)
    assert 1 / found.loc["crude", "odds_ratio"] == pytest.approx(1.84108, abs=1e-5)
    assert found.loc["mantel_haenszel", "difference"] == pytest.approx(0.018425, abs=1e-6)
    odds = found.loc["mantel_haenszel", ["odds_ratio", "odds_ratio_upper", "odds_ratio_lower"]].astype(float)
    assert (1 / odds).tolist() == pytest.approx([0.9046968, 0.7719074, 1.0603298], abs=1e-6)
    assert found.loc["mantel_haenszel", "p_value"] == pytest.approx(0.2322635, abs=1e-6)
    assert found.loc["standardized", ["value", "value_reference", "difference"]].tolist() == pytest.approx([0.429955, 0.387319, 0.042637], abs=1e-6)
    assert found["homogeneity"].tolist()[1:] == pytest.approx([0.0020714] * 2, abs=1e-6)
    assert found["n"].tolist() == [1835] * 3
    assert found["n_reference"].tolist() == [2691] * 3
    assert found["strata"].tolist() == [1, 6, 6]
    assert found["n_without_overlap"].tolist() == [0, 0, 0]
    assert found["status"].tolist() == ["ok"] * 3


def test_crude_is_what_the_audit_says(berkeley):
    found = by_method(fl.adjust(berkeley, "selection_rate")).loc["crude"]
    plain, ratio = (getattr(berkeley, verb)("selection_rate").to_frame().iloc[0] for verb in ("difference", "ratio"))
    assert found[["difference", "lower", "upper"]].tolist() == plain[["difference", "lower", "upper"]].tolist()
    assert found[["ratio", "ratio_lower", "ratio_upper"]].tolist() == ratio[["ratio", "lower", "upper"]].tolist()


def test_the_sentence_says_both_and_the_caution(berkeley):
    table = fl.adjust(berkeley, "selection_rate")
    assert table.sentence.startswith("Of 100 Female applicants 30.4 are admitted, of 100 Male 44.5: 14.2 fewer (11.3 to 17.0; n=1,835 and 2,691).")
    assert "With the same mix of dept 43.0 and 38.7: 4.3 more (0.5 to 7.5)." in table.sentence
    assert "not the same in every stratum of dept (homogeneity p = 0.002)" in table.sentence
    assert table.sentence.endswith(CAUTION)
    for text in (repr(table), table._repr_html_()):
        assert "Neither number is the right one by itself" in text
    html = re.sub(r"<[^>]+>", " ", table.html())
    for said in ("Mantel-Haenszel", "+4.3 points", "-14.2 points", "82.4 %", "1,835"):
        assert said in html


def test_strata_are_the_rates_by_stratum(berkeley):
    strata = fl.adjust(berkeley, "selection_rate").strata
    crossed = berkeley.by_group("selection_rate", by=["dept", "gender"]).to_frame()
    assert strata[["dept", "gender", "value", "lower", "upper", "n"]].equals(crossed[["dept", "gender", "value", "lower", "upper", "n"]])
    assert strata.drop_duplicates("dept")["share"].tolist() == pytest.approx([n / 4526 for n in (933, 585, 918, 792, 584, 714)])


@pytest.mark.parametrize(("metric", "among"), [("selection_rate", None), ("true_positive_rate", 1), ("false_positive_rate", 0)])
def test_several_groups_and_controls_by_hand(rows, metric, among):
    audit = fl.audit(rows, y_true="y", y_pred="p", sensitive_features="race", control_features=["area", "age"])
    found = fl.adjust(audit, metric, reference="w").to_frame().set_index(["race", "method"])
    counted = rows if among is None else rows[rows["y"] == among]
    rate = counted.groupby(["area", "age", "race"])["p"].mean().unstack("race")
    size = counted.groupby(["area", "age", "race"]).size().unstack("race")
    shares = size.sum(axis=1) / size.sum().sum()
    for group in ("b", "x"):
        standard = found.loc[(group, "standardized")]
        assert standard["value"] == pytest.approx((shares * rate[group]).sum())
        assert standard["value_reference"] == pytest.approx((shares * rate["w"]).sum())
        weights = size[group] * size["w"] / (size[group] + size["w"])
        pooled = found.loc[(group, "mantel_haenszel")]
        assert pooled["difference"] == pytest.approx((weights * (rate[group] - rate["w"])).sum() / weights.sum())
        assert pooled["strata"] == 6
        assert standard["lower"] < standard["difference"] < standard["upper"]


def test_named_controls_and_each_feature_by_itself(rows):
    audit = fl.audit(rows, y_pred="p", sensitive_features=["race", "sex"], control_features=["area", "age"])
    table = fl.adjust(audit, ["selection_rate", "rejection_rate"], control_features="area")
    frame = table.to_frame()
    assert table.controls == ("area",)
    largest = {name: rows[name].value_counts().idxmax() for name in ("race", "sex")}
    expected = {(level, fl.ALL) for level in "bwx"} | {(fl.ALL, level) for level in "fm"}
    assert set(map(tuple, frame[["race", "sex"]].to_numpy())) == expected - {(largest["race"], fl.ALL), (fl.ALL, largest["sex"])}
    assert len(frame) == 3 * 3 * 2
    turned = frame.pivot(index=["race", "sex", "method"], columns="metric", values="difference")
    assert turned["selection_rate"].to_numpy() == pytest.approx(-turned["rejection_rate"].to_numpy())
    assert list(table.strata.columns[:3]) == ["area", "race", "sex"]
    crossed = fl.adjust(audit, "selection_rate", by=["race", "sex"], reference=("w", "m"), control_features=["age"])
    assert crossed.to_frame()["reference"].tolist() == [("w", "m")] * 15
    one = fl.adjust(audit, "selection_rate", by="race", control_features=("sex",))
    assert one.strata["sex"].unique().tolist() == ["f", "m"]


def test_weights_weigh_and_widen(rows):
    weighted = fl.audit(rows, y_pred="p", sensitive_features="race", control_features="area", sample_weight="w")
    plain = fl.audit(rows, y_pred="p", sensitive_features="race", control_features="area")
    found, other = (by_method(fl.adjust(audit, "selection_rate", reference="w"), "b") for audit in (weighted, plain))
    sums = rows.assign(s=rows["p"] * rows["w"]).groupby(["area", "race"])[["s", "w"]].sum().unstack("race")
    rate, shares = sums["s"] / sums["w"], sums["w"].sum(axis=1) / sums["w"].sum().sum()
    assert found.loc["standardized", "value"] == pytest.approx((shares * rate["b"]).sum())
    width = (frame.loc["standardized", "upper"] - frame.loc["standardized", "lower"] for frame in (found, other))
    assert next(width) > next(width) * 1.05
    assert found["n"].tolist() == other["n"].tolist()


def test_where_a_stratum_has_one_group_only(rows_of):
    frame = pd.concat(
        [
            rows_of({"f": (20, 0, 30, 0), "m": (25, 0, 15, 0)}, "sex").assign(d="A"),
            rows_of({"f": (10, 0, 20, 0), "m": (15, 0, 25, 0)}, "sex").assign(d="B"),
            rows_of({"m": (33, 0, 4, 0)}, "sex").assign(d="C"),
        ]
    )
    audit = fl.audit(frame, y_pred="p", sensitive_features="sex", control_features="d")
    table = fl.adjust(audit, "selection_rate")
    found = by_method(table)
    assert found["strata"].tolist() == [1, 2, 2]
    assert found["n_without_overlap"].tolist() == [0, 37, 37]
    assert found["n_reference"].tolist() == [117, 80, 80]
    assert found.loc["standardized", "reason"] == "37 people are in strata without the other group, and not compared"
    within = fl.adjust(audit.where(d=["A", "B"]), "selection_rate", reference="m").to_frame()
    assert found.loc["standardized", "difference"] == pytest.approx(within.set_index("method").loc["standardized", "difference"])
    assert "37 people are in strata without the other group" in table.sentence


def test_without_any_common_stratum():
    audit = fl.audit(y_pred=[1, 0] * 20, sensitive_features={"sex": ["f"] * 20 + ["m"] * 20}, control_features={"d": ["A"] * 20 + ["B"] * 20})
    table = fl.adjust(audit, "selection_rate", reference="m")
    found = by_method(table)
    assert found["status"].tolist() == ["ok", "undefined", "undefined"]
    assert found.loc["standardized", "reason"] == "no stratum has both groups"
    assert found.loc["mantel_haenszel", ["difference", "value", "ratio", "odds_ratio"]].isna().all()
    assert found["n_without_overlap"].tolist() == [0, 40, 40]
    assert "With the same mix of d: undefined, no stratum has both groups." in table.sentence


def test_few_people_and_thin_strata_are_said():
    frame = pd.DataFrame({"g": ["a"] * 30 + ["b"] * 80, "d": ["x"] * 4 + ["y"] * 26 + ["x"] * 40 + ["z"] * 40, "p": [1, 0] * 55})
    audit = fl.audit(frame, y_pred="p", sensitive_features="g", control_features="d")
    found = by_method(fl.adjust(audit, "selection_rate"))
    assert found["status"].tolist() == ["ok", "small", "small"]
    assert found.loc["mantel_haenszel", "reason"] == "fewer than 10 people in strata that have both groups; 66 people are in strata without the other group, and not compared"
    assert "fewer than 5 of one group" in found.loc["standardized", "reason"]


def test_many_small_strata_are_not_tested_for_being_alike():
    """Breslow and Day's test finds a difference in every third sample of such strata where there is none."""
    rng = np.random.default_rng(1)
    frame = pd.DataFrame({"d": np.arange(1600) // 8, "g": ["a", "b"] * 800, "p": rng.integers(0, 2, 1600)}).astype({"d": str})
    audit = fl.audit(frame, y_pred="p", sensitive_features="g", control_features="d", suppress_below=0)
    found = by_method(fl.adjust(audit, "selection_rate"))
    assert found["homogeneity"].isna().all()
    assert all("too few people per stratum to test" in reason for reason in found["reason"][1:])
    assert "homogeneity" not in fl.adjust(audit, "selection_rate").sentence


@pytest.fixture(scope="module")
def hiding():
    """In stratum B there are four women, which must not be shown."""
    cells = [("A", "f", 60, 20), ("A", "m", 50, 30), ("B", "f", 4, 3), ("B", "m", 70, 20), ("C", "f", 41, 17), ("C", "m", 53, 23)]
    rows = [(d, g, int(i < x)) for d, g, n, x in cells for i in range(n)]
    return fl.audit(pd.DataFrame(rows, columns=["d", "g", "p"]), y_pred="p", sensitive_features="g", control_features="d")


def test_a_suppressed_stratum_suppresses_the_adjusted_numbers(hiding):
    raw = fl.adjust(hiding, "selection_rate")
    shown = by_method(raw.published())
    assert by_method(raw)["status"].tolist() == ["ok"] * 3
    assert shown["status"].tolist() == ["ok", "suppressed", "suppressed"]
    assert shown.loc["standardized", "reason"] == "it needs a suppressed stratum"
    numbers = [name for name in shown.columns if shown[name].dtype.kind in "fi" and name not in ("strata",)]
    assert shown.loc[["mantel_haenszel", "standardized"], numbers].isna().all(axis=None)
    hidden = by_method(raw).loc["standardized"]
    for text in (repr(raw), raw._repr_html_(), raw.sentence, raw.plot().alt):
        assert "suppressed" in text
        for number in (hidden["difference"], hidden["value"], hidden["value_reference"]):
            assert not re.search(rf"(?<![\d.]){100 * abs(number):.1f}(?!\d)", text)
    strata = raw.published().strata
    assert strata[strata["status"] == "suppressed"][["value", "lower", "upper", "n"]].isna().all(axis=None)
    assert (strata["status"] == "suppressed").sum() >= 2


cells = st.tuples(st.integers(10, 40), st.integers(0, 10))


@settings(deadline=None, max_examples=20)
@given(st.lists(st.tuples(cells, cells), min_size=1, max_size=3))
def test_turning_the_reference_round_turns_the_signs(drawn):
    rows = [(k, g, int(i < x)) for k, pair in enumerate(drawn) for g, (n, x) in zip("ab", pair, strict=True) for i in range(n)]
    audit = fl.audit(pd.DataFrame(rows, columns=["d", "g", "p"]), y_pred="p", sensitive_features="g", control_features="d")
    one, other = (by_method(fl.adjust(audit, "selection_rate", reference=level)) for level in "ab")
    for method in ("crude", "mantel_haenszel", "standardized"):
        limits = one.loc[method, ["difference", "lower", "upper"]].tolist()
        assert limits == pytest.approx([-other.loc[method, name] for name in ("difference", "upper", "lower")], abs=1e-9)
        if len(drawn) == 1:
            assert limits[0] == pytest.approx(one.loc["crude", "difference"], abs=1e-12)
    if len(drawn) == 1:
        assert one.loc["standardized", ["lower", "upper"]].tolist() == pytest.approx(one.loc["crude", ["lower", "upper"]].tolist(), abs=1e-9)


def test_what_cannot_be_adjusted(berkeley, people):
    plain = fl.audit(people, y_true="y", y_pred="p", sensitive_features=["race", "sex"])
    with pytest.raises(RoleNeeded, match="Hint: fl.audit\\(..., control_features"):
        fl.adjust(plain, "selection_rate")
    with pytest.raises(LevelNotFound, match="'area'"):
        fl.adjust(plain, "selection_rate", control_features="area")
    with pytest.raises(BadValue, match="compared too(.|\n)*Hint: by='race'"):
        fl.adjust(plain, "selection_rate", control_features="sex")
    with pytest.raises(BadValue, match="named twice"):
        fl.adjust(plain, "selection_rate", by="race", control_features=["sex", "sex"])
    with pytest.raises(WrongKind, match="`control_features` is 3"):
        fl.adjust(plain, "selection_rate", control_features=3)
    for word in ("rest", "overall", "best"):
        with pytest.raises(BadValue, match="not one group"):
            fl.adjust(berkeley, "selection_rate", reference=word)
    with pytest.raises(LevelNotFound, match="'female'"):
        fl.adjust(berkeley, "selection_rate", reference="female")
    with pytest.raises(WrongKind, match="`reference` is"):
        fl.adjust(berkeley, "selection_rate", reference=["Male"])
    for metric in ("balanced_accuracy", "predicted_positive_share"):
        with pytest.raises(BadValue, match="takes rates"):
            fl.adjust(plain, metric, by="race", control_features="sex")
    with pytest.raises(OutOfRange, match="confidence"):
        fl.adjust(berkeley, "selection_rate", confidence=95)
    with pytest.raises(OneGroup):
        fl.adjust(berkeley.where(gender="Male"), "selection_rate")


def test_a_published_audit_answers_for_itself(berkeley):
    shown = fl.adjust(berkeley.protect(), "selection_rate")
    assert shown.query is None
    assert shown.to_frame().equals(fl.adjust(berkeley, "selection_rate").published().to_frame())
    frame = fl.adjust(berkeley, "selection_rate", confidence=0.5).to_frame()
    assert (frame["upper"] - frame["lower"] < 0.05).all()
    assert math.isnan(fl.adjust(berkeley, "selection_rate").to_frame()["homogeneity"][0])


def test_a_part_of_the_audit_is_said(berkeley):
    table = fl.adjust(berkeley.where(dept=["C", "D"]), "selection_rate", reference="Male")
    assert table.sentence.startswith("Among dept = C or D: Of 100 Female")
    assert by_method(table).loc["standardized", "strata"] == 2
