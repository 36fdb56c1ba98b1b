"""measure_scores, and metrics of scores in by_group and difference: against scikit-learn and rows, and what is refused or undefined."""

import math

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import average_precision_score, brier_score_loss, roc_auc_score

import fairlens as fl
from fairlens.exceptions import (
    BadValue,
    LevelNotFound,
    MetricNotFound,
    OneGroup,
    OutOfRange,
    RoleNeeded,
    WrongKind,
)
from fairlens.scores import SCORE_IDS

PROBABLE = [name for name in SCORE_IDS if name not in ("roc_auc", "average_precision")]
COLUMNS = ["metric", "value", "lower", "upper", "n", "n_positive", "n_negative", "bound", "beside", "beside_name", "status", "reason"]


def indexed(result):
    frame = result.to_frame()
    return frame.set_index(["metric", frame.columns[0]])


@pytest.mark.parametrize("weighted", [False, True])
def test_numbers_are_those_of_scikit_learn(scored_people, audit_scores, weighted):
    audit = audit_scores(scored_people, sample_weight="w" if weighted else None)
    found = indexed(fl.measure_scores(audit))
    for group, people in scored_people.groupby("group"):
        weight = people["w"] if weighted else None
        assert found.loc[("roc_auc", group), "value"] == pytest.approx(roc_auc_score(people["y"], people["s"], sample_weight=weight))
        assert found.loc[("average_precision", group), "value"] == pytest.approx(
            average_precision_score(people["y"], people["s"], sample_weight=weight)
        )
        brier = brier_score_loss(people["y"], people["s"], sample_weight=weight)
        assert found.loc[("brier_score_loss", group), "value"] == pytest.approx(brier)
        rate = np.average(people["y"], weights=weight)
        assert found.loc[("brier_skill", group), "value"] == pytest.approx(1 - brier / (rate * (1 - rate)))
        large = found.loc[("calibration_in_the_large", group)]
        assert large["value"] == pytest.approx(rate - np.average(people["s"], weights=weight))
        assert large["beside"] == pytest.approx(rate / np.average(people["s"], weights=weight))
        assert large["n"] == len(people)
        assert (large["n_positive"], large["n_negative"]) == (people["y"].sum(), (1 - people["y"]).sum())


def test_frame_has_its_columns_and_every_number_has_an_interval(scored_people, audit_scores):
    result = fl.measure_scores(audit_scores(scored_people))
    frame = result.to_frame()
    assert list(frame.columns) == ["group", *COLUMNS]
    assert len(frame) == 3 * len(SCORE_IDS)
    assert (frame["status"] == "ok").all()
    assert (frame["lower"] <= frame["value"]).all()
    assert (frame["value"] <= frame["upper"]).all()
    assert (frame["upper"] - frame["lower"] > 0).all()
    assert result.left_out == ()
    assert frame.set_index("metric").loc["average_precision", "beside_name"].unique().tolist() == ["prevalence"]
    assert frame.set_index("metric").loc["expected_calibration_error", "reason"].str.contains("10 bins").all()


@pytest.mark.parametrize("name", SCORE_IDS)
def test_by_group_and_difference_agree_with_it(scored_people, audit_scores, name):
    audit = audit_scores(scored_people)
    table = fl.measure_scores(audit, metrics=name).to_frame().set_index("group")
    rates = audit.by_group(name).to_frame().set_index("group")
    assert rates["value"].tolist() == table["value"].tolist()
    assert rates["lower"].tolist() == table["lower"].tolist()
    pairs = audit.difference(name, reference="a").to_frame().set_index("group")
    assert pairs.index.tolist() == ["b", "c"]
    for group in ("b", "c"):
        row = pairs.loc[group]
        assert row["difference"] == pytest.approx(table.loc[group, "value"] - table.loc["a", "value"])
        assert row["lower"] < row["difference"] < row["upper"]
        if row["p_value"] == row["p_value"]:
            assert 0 <= row["p_value"] <= 1
    rest = audit.difference(name, reference="rest").to_frame()
    assert rest["group"].tolist() == ["a", "b", "c"]
    assert audit.overall(name).to_frame()["n"].tolist() == [1200]


def test_difference_to_the_rest_takes_everybody_else(scored_people, audit_scores):
    row = audit_scores(scored_people).difference("roc_auc", reference="rest").to_frame().set_index("group").loc["b"]
    other = scored_people[scored_people["group"] != "b"]
    own = scored_people[scored_people["group"] == "b"]
    assert row["difference"] == pytest.approx(roc_auc_score(own["y"], own["s"]) - roc_auc_score(other["y"], other["s"]))
    assert row["n_reference"] == len(other)


@pytest.mark.parametrize("name", ["average_precision", "brier_score_loss", "brier_skill"])
def test_bootstrap_over_cells_is_near_that_over_rows(scored_people, audit_scores, name):
    people = scored_people[scored_people["group"] == "b"]
    rng = np.random.default_rng(0)

    def value(sample):
        if name == "average_precision":
            return average_precision_score(sample["y"], sample["s"])
        brier, rate = brier_score_loss(sample["y"], sample["s"]), sample["y"].mean()
        return brier if name == "brier_score_loss" else 1 - brier / (rate * (1 - rate))

    drawn = [value(people.iloc[rng.integers(0, len(people), len(people))]) for _ in range(400)]
    row = indexed(fl.measure_scores(audit_scores(scored_people), metrics=name)).loc[(name, "b")]
    width = np.subtract(*np.quantile(drawn, [0.975, 0.025]))
    assert row["upper"] - row["lower"] == pytest.approx(width, rel=0.15)


def test_order_and_names_change_nothing(scored_people, audit_scores):
    names = {"a": "z", "b": "y", "c": "x"}
    turned = scored_people.sample(frac=1, random_state=3).assign(group=lambda frame: frame["group"].map(names))
    one, two = (fl.measure_scores(audit_scores(frame)).to_frame() for frame in (scored_people, turned))
    one["group"] = one["group"].map(names)
    both = one.merge(two, on=["group", "metric"], suffixes=("", "_turned"))
    assert len(both) == len(one)
    for column in ("value", "lower", "upper"):
        assert both[column].tolist() == pytest.approx(both[f"{column}_turned"].tolist(), abs=1e-9)


def test_weights_widen_intervals(scored_people, audit_scores):
    plain, weighted = (
        indexed(fl.measure_scores(audit_scores(scored_people, sample_weight=weight))) for weight in (None, "w")
    )
    widths = [(table["upper"] - table["lower"]).drop("expected_calibration_error", level=0) for table in (plain, weighted)]
    assert (widths[1].groupby(level=0).mean() > widths[0].groupby(level=0).mean()).all()


def test_rows_of_one_person_do_not_count_as_many(scored_people, audit_scores):
    """Everybody three times over, declared as such, tells no more than everybody once."""
    thrice = pd.concat([scored_people.assign(who=range(1200))] * 3)
    once, told = (fl.measure_scores(audit, metrics="roc_auc").to_frame() for audit in (audit_scores(scored_people), audit_scores(thrice, cluster="who")))
    naive = fl.measure_scores(audit_scores(thrice), metrics="roc_auc").to_frame()
    assert told["value"].tolist() == pytest.approx(once["value"].tolist())
    assert (told["upper"] - told["lower"]).tolist() == pytest.approx((once["upper"] - once["lower"]).tolist(), rel=1e-6)
    assert (naive["upper"] - naive["lower"] < 0.7 * (once["upper"] - once["lower"])).all()


def test_published_areas_carry_the_bound_of_their_bins(scored_people, audit_scores):
    result = fl.measure_scores(audit_scores(scored_people), metrics=["roc_auc", "average_precision"])
    raw, shown = result.to_frame(), result.published().to_frame()
    assert (raw["bound"] == 0).all()  # every hundredth is a bin of its own
    assert (shown["bound"] > 0).all()
    assert (abs(shown["value"] - raw["value"]) <= shown["bound"]).all()
    assert shown["reason"].str.contains("scores are in bins").all()


def test_a_bin_with_different_scores_is_bounded(scored_people, audit_scores):
    frame = scored_people.assign(s=np.clip(scored_people["s"] + np.tile([0.001, 0.004], 600), 0, 1))
    row = indexed(fl.measure_scores(audit_scores(frame), metrics="roc_auc")).loc[("roc_auc", "a")]
    own = frame[frame["group"] == "a"]
    assert row["bound"] > 0
    assert abs(row["value"] - roc_auc_score(own["y"], own["s"])) <= row["bound"]


def test_sentence_names_the_largest_supported_difference(scored_people, audit_scores):
    audit = audit_scores(scored_people, words={"truth": "repaid", "person": "borrower"})
    sentence = fl.measure_scores(audit).sentence
    assert sentence.startswith("Of 100 pairs of b borrowers, one repaid and one not, the score ranks ")
    assert " fewer (" in sentence
    assert "n=" in sentence
    assert "roc" not in sentence.lower()
    bound = fl.measure_scores(audit, metrics="roc_auc").published().to_frame().set_index("group")["bound"][["a", "b"]].max()
    assert f"can have moved each of these numbers by up to {np.ceil(1000 * bound) / 10:.1f}." in sentence


def test_sentence_that_cannot_tell(audit_scores):
    rng = np.random.default_rng(5)
    frame = pd.DataFrame({"group": ["a", "b"] * 50, "s": rng.random(100).round(2), "y": rng.integers(0, 2, 100)})
    sentence = fl.measure_scores(audit_scores(frame)).sentence
    assert sentence.startswith("Cannot tell: of 100 pairs of b people")


def test_one_group_has_numbers_and_nothing_to_compare(scored_people, audit_scores):
    one = scored_people[scored_people["group"] == "a"]
    result = fl.measure_scores(audit_scores(one))
    assert "one group only" in result.sentence
    assert len(result.to_frame()) == len(SCORE_IDS)
    with pytest.raises(OneGroup):
        audit_scores(one).difference("roc_auc")


def test_crossing_and_each_attribute_by_itself(scored_people, audit_scores):
    audit = audit_scores(scored_people, sensitive_features=["group", "sex"])
    crossed = fl.measure_scores(audit, by=["group", "sex"], metrics="roc_auc").to_frame()
    assert list(crossed.columns[:2]) == ["group", "sex"]
    assert len(crossed) == 6
    apart = fl.measure_scores(audit, metrics="roc_auc").to_frame()
    assert apart[["group", "sex"]].values.tolist() == [["a", fl.ALL], ["b", fl.ALL], ["c", fl.ALL], [fl.ALL, "f"], [fl.ALL, "m"]]
    kept = fl.measure_scores(audit.where(sex="f"), by="group")
    assert kept.sentence.startswith("Among sex = f: ")


def test_people_without_a_label_are_left_out_and_told(scored_people, audit_scores):
    frame = scored_people.assign(y=scored_people["y"].where(scored_people.index % 10 > 0))
    result = fl.measure_scores(audit_scores(frame))
    assert result.to_frame()["n"].sum() == frame["y"].notna().sum() * len(SCORE_IDS)
    assert "People without a label are left out: 120 of 1,200." in result.sentence


def test_one_class_is_undefined_with_a_reason(audit_scores):
    """scikit-learn: an average precision of 0.0 without positives, and NaN with a warning as the area."""
    frame = pd.DataFrame({"group": ["none"] * 40 + ["all"] * 40 + ["both"] * 40, "y": [0] * 40 + [1] * 40 + [0, 1] * 20})
    frame["s"] = np.tile(np.arange(40) / 40, 3).round(2)
    found = indexed(fl.measure_scores(audit_scores(frame)))
    for group, reason in (("none", "nobody with the event"), ("all", "nobody without the event")):
        row = found.loc[("roc_auc", group)]
        assert (math.isnan(row["value"]), row["status"], row["reason"]) == (True, "undefined", reason)
        assert found.loc[("brier_skill", group), "status"] == "undefined"
        assert "fewer than 10" in found.loc[("calibration_slope", group), "reason"]
    assert found.loc[("average_precision", "none"), "status"] == "undefined"
    assert found.loc[("average_precision", "all"), "value"] == 1
    assert found.loc[("average_precision", "all"), "lower"] < 1
    assert found.loc[("brier_score_loss", "none"), "status"] == "ok"
    pairs = audit_scores(frame).difference("roc_auc", reference="both").to_frame().set_index("group")
    assert pairs["status"].tolist() == ["undefined", "undefined"]
    assert pairs["difference"].isna().all()
    base = audit_scores(frame).difference("roc_auc", reference="none").to_frame().set_index("group").loc["both"]
    assert base["reason"] == "the reference has no value"


def test_few_of_either_outcome_are_marked(audit_scores):
    frame = pd.DataFrame({"group": ["few"] * 40 + ["many"] * 40, "y": [1] * 4 + [0] * 36 + [0, 1] * 20, "s": np.tile(np.arange(40) / 40, 2).round(2)})
    result = fl.measure_scores(audit_scores(frame), metrics="roc_auc")
    row = indexed(result).loc[("roc_auc", "few")]
    assert row["status"] == "small"
    assert "fewer than 10 people with or without the event" in row["reason"]
    assert [row.group for row in result.left_out] == [("few",)]
    assert "few (small)" in result.sentence


def test_suppressed_groups_show_nothing(scored_people, audit_scores):
    frame = pd.concat([scored_people, scored_people.head(6).assign(group="tiny", y=1)])
    result = fl.measure_scores(audit_scores(frame))
    raw = result.to_frame().query("group == 'tiny'")
    assert raw["n"].tolist() == [6] * len(SCORE_IDS)
    shown = result.published().to_frame()
    hidden = shown[shown["status"] == "suppressed"]
    assert "tiny" in set(hidden["group"])
    assert len(set(hidden["group"])) > 1  # and a partner, so that the whole does not give it away
    assert hidden[["value", "lower", "upper", "n", "n_positive", "n_negative", "bound", "beside"]].isna().all().all()
    assert "tiny (suppressed)" in result.sentence
    assert "tiny (suppressed)" in repr(result)
    assert audit_scores(frame).difference("roc_auc", reference="rest").published().to_frame()["status"].eq("suppressed").all()


def test_scores_that_are_no_probabilities(scored_people, audit_scores):
    whole = scored_people.assign(s=(10 * scored_people["s"]).astype(int))
    audit = audit_scores(whole, threshold=5)
    assert fl.measure_scores(audit).to_frame()["metric"].unique().tolist() == ["roc_auc", "average_precision"]
    for name in PROBABLE:
        with pytest.raises(BadValue, match="whole numbers") as told:
            fl.measure_scores(audit, metrics=name)
        assert told.value.role == "y_score"
    wide = audit_scores(scored_people.assign(s=10 * scored_people["s"]), threshold=5.0, score_range=(0.0, 10.0))
    with pytest.raises(BadValue, match="numbers from 0 to 10"):
        wide.by_group("brier_score_loss")


def test_what_is_refused(scored_people, audit_scores):
    audit = audit_scores(scored_people)
    with pytest.raises(MetricNotFound, match="Hint: fl.measure_scores"):
        fl.measure_scores(audit, metrics="auc_roc")
    for metrics in (3, [], [3]):
        with pytest.raises(WrongKind):
            fl.measure_scores(audit, metrics=metrics)
    with pytest.raises(OutOfRange):
        fl.measure_scores(audit, confidence=1.0)
    with pytest.raises(WrongKind, match="It asks an audit"):
        fl.measure_scores(scored_people)
    with pytest.raises(RoleNeeded, match="y_true"):
        fl.measure_scores(audit_scores(scored_people.drop(columns="y"), y_true=None))
    decided = fl.audit(scored_people.assign(p=1), y_true="y", y_pred="p", sensitive_features="group")
    with pytest.raises(RoleNeeded, match="y_score"):
        fl.measure_scores(decided)
    with pytest.raises(BadValue, match="overall"):
        audit.difference("roc_auc", reference="overall")
    with pytest.raises(LevelNotFound):
        audit.difference("roc_auc", by="group", reference="nobody")
    with pytest.raises(RoleNeeded, match="best near one"):
        audit.difference("calibration_slope", reference="best")
    with pytest.raises(BadValue, match="ratio"):
        audit.ratio("roc_auc")


def test_best_is_told_to_be_chosen_after_looking(scored_people, audit_scores):
    audit = audit_scores(scored_people)
    highest = audit.by_group("roc_auc").to_frame().set_index("group")["value"].idxmax()
    pairs = audit.difference("roc_auc", reference="best").to_frame()
    assert highest not in pairs["group"].tolist()
    assert (pairs["difference"] < 0).all()
    assert pairs["reason"].eq("the reference was chosen after looking").all()


def test_compas_areas_and_their_errors(compas):
    """DeLong: African-American .69183 (.00856), Caucasian .69315 (.01080), Hispanic .63793 (.02264); z = -.095."""
    audit = fl.audit(compas, y_true="two_year_recid", y_score="decile_score", threshold=5, sensitive_features="race", favorable=0)
    rows = {row.group[0]: row for row in fl.measure_scores(audit, metrics="roc_auc").rows}
    shown = {race: (round(rows[race].value, 5), round(rows[race].error, 5)) for race in ("African-American", "Caucasian", "Hispanic")}
    assert shown == {"African-American": (0.69183, 0.00856), "Caucasian": (0.69315, 0.0108), "Hispanic": (0.63793, 0.02264)}
    pair = audit.difference("roc_auc", reference="Caucasian").to_frame().set_index("race").loc["African-American"]
    z = pair["difference"] / math.hypot(rows["African-American"].error, rows["Caucasian"].error)
    assert round(z, 3) == -0.095
    assert round(pair["p_value"], 2) == 0.92
    assert fl.measure_scores(audit).published().to_frame()["bound"].dropna().eq(0).all()  # ten deciles are ten steps


def test_people_who_left_the_published_universe_are_not_shown(scored_people, audit_scores):
    """Four people without a group leave the published tables; asked for by name, they are suppressed and not an error."""
    frame = scored_people.assign(group=scored_people["group"].where(scored_people.index > 3))
    audit = audit_scores(frame, sensitive_features=["group", "sex"]).where(group=fl.MISSING)
    assert fl.measure_scores(audit, by="sex", metrics="roc_auc").to_frame()["n"].sum() == 4
    for ask in (fl.measure_scores, fl.rank_across, fl.choose_thresholds):
        shown = ask(audit, by="sex").published().to_frame()
        assert set(shown["status"]) == {"suppressed"}


def test_groups_known_as_probabilities(scored_people, audit_scores):
    """Half of everybody in each of two groups: the numbers of everybody, with intervals of half as many people."""
    shares = pd.DataFrame({"one": np.full(1200, 0.5), "two": np.full(1200, 0.5)})
    audit = audit_scores(scored_people, sensitive_features={"side": fl.membership(shares)})
    rows = fl.measure_scores(audit, metrics="roc_auc").to_frame()
    whole = roc_auc_score(scored_people["y"], scored_people["s"])
    assert rows["value"].tolist() == pytest.approx([whole, whole])
    assert rows["n"].tolist() == [600, 600]


def test_what_cannot_be_told_is_told_of_the_group_nearest_to_it():
    """The largest difference of areas is that of 24 people, of whom the data say least."""
    rng = np.random.default_rng(1)
    sizes = {"a": 3000, "b": 1200, "tiny": 24}
    group = np.repeat(list(sizes), list(sizes.values()))
    y = rng.integers(0, 2, len(group))
    shift = np.select([group == "a", group == "b"], [0.15, 0.13], 0.12)
    s = np.clip(0.4 + shift * y + rng.normal(0, 0.15, len(group)), 0, 1)
    audit = fl.audit(y_true=y, y_score=s, threshold=0.5, sensitive_features={"g": group})
    table = fl.measure_scores(audit, metrics=["roc_auc"])
    size = {pair.row.group[0]: abs(pair.change) for pair in table.pairs}
    near = {pair.row.group[0]: abs(pair.change) / (pair.upper - pair.lower) for pair in table.pairs}
    assert size["tiny"] > size["b"]
    assert near["b"] > near["tiny"]
    assert "Cannot tell: of 100 pairs of b people" in table.sentence
