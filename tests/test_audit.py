"""One practice, however it is passed in, is one audit."""

import pickle

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from sklearn.linear_model import LinearRegression, LogisticRegression, RidgeClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

import fairlens as fl
from fairlens import MISSING, Spec
from fairlens.exceptions import (
    BadValue,
    ColumnNotFound,
    CubesDiffer,
    LevelNotFound,
    NotTwoValues,
    OutOfRange,
    RoleNeeded,
    RowsNotHeld,
    ShapesDiffer,
    ThresholdNotHeld,
    WrongKind,
)


@pytest.fixture(scope="module")
def inputs(people):
    rng = np.random.default_rng(5)
    return pd.DataFrame({"x": people["s"] + rng.normal(0, 0.1, len(people)), "z": rng.normal(size=len(people))})


@pytest.fixture(scope="module")
def model(inputs, people):
    return make_pipeline(StandardScaler(), LogisticRegression()).fit(inputs, people["y"])


@pytest.fixture(scope="module")
def expected(inputs, people, model):
    """Counts of the model's decisions at 0.5, by plain pandas."""
    rows = people.assign(p=(model.predict_proba(inputs)[:, 1] >= 0.5).astype(int))
    return rows.groupby(["race", "y", "p"]).size()


def counts_of(audit):
    """Counts of race x label x decision at the audit's own threshold."""
    found = {}
    for race, six in zip(*(getattr(audit._view(("race",)), name) for name in ("groups", "counts")), strict=True):
        found |= {(race[0], y, p): int(six[2 * y + p]) for y in (0, 1) for p in (0, 1) if six[2 * y + p]}
    return found


def test_column_names_and_every_kind_of_values_are_one_audit(people):
    by_name = fl.audit(people, y_true="y", y_pred="p", sensitive_features=["race"])
    y, p, race = people["y"], people["p"], people["race"]
    others = [
        fl.audit(people, y_true=y, y_pred=p, sensitive_features="race"),
        fl.audit(y_true=y, y_pred=p, sensitive_features=race),
        fl.audit(y_true=y, y_pred=p, sensitive_features=people[["race"]]),
        fl.audit(y_true=y.to_numpy(), y_pred=p.tolist(), sensitive_features={"race": race.to_numpy()}),
        fl.audit(y_true=people[["y"]], y_pred=p.to_numpy().reshape(-1, 1), sensitive_features={"race": tuple(race)}),
        fl.audit(y_true=pl.Series(y), y_pred=pa.array(p), sensitive_features={"race": pa.chunked_array([race.tolist()])}),
        fl.audit(y_true=y, y_pred=p, sensitive_features=pl.DataFrame({"race": race.tolist()})),
        fl.audit(pa.Table.from_pandas(people), y_true="y", y_pred="p", sensitive_features="race"),
        fl.audit(pl.from_pandas(people).lazy(), y_true="y", y_pred=p.to_numpy(), sensitive_features="race"),
        fl.audit(y_true=y, y_pred=p, sensitive_features={"race": race}, pos_label=np.int64(1), favorable=True),
    ]
    for other in others:
        assert other.cube == by_name.cube
        assert other.by_group().to_frame().equals(by_name.by_group().to_frame())


def test_values_without_a_name_get_one(people):
    race, both = people["race"].to_numpy(), people[["race", "sex"]].to_numpy()
    assert fl.audit(y_pred=people["p"], sensitive_features=race).spec.sensitive_features == ("sensitive_feature_0",)
    assert fl.audit(y_pred=people["p"], sensitive_features=both).spec.sensitive_features == ("sensitive_feature_0", "sensitive_feature_1")
    named = fl.audit(y_pred=people["p"], sensitive_features=race, control_features=people["sex"], slice_features=race)
    assert named.spec.groups == ("sensitive_feature_0", "sex", "slice_feature_0")


def test_matching_by_position_is_said(people):
    assert fl.audit(people, y_pred="p", sensitive_features="race").notes == ()
    assert fl.audit(y_pred=people["p"], sensitive_features=people["race"]).notes == ()
    assert "position" in fl.audit(people, y_pred=people["p"].to_numpy(), sensitive_features="race").notes[0]
    assert "position" in str(fl.audit(y_pred=people["p"].tolist(), sensitive_features=people["race"]))


def test_every_form_of_model_is_one_audit(people, inputs, model, expected):
    class Decides:
        def predict(self, rows):
            return (model.predict_proba(rows)[:, 1] >= 0.5).astype(int)

    more = {"y_true": people["y"], "sensitive_features": people[["race"]]}
    audits = {
        "proba": fl.audit(inputs, model=model, **more),
        "predict": fl.audit(inputs, model=Decides(), **more),
        "score": fl.audit(inputs, model=lambda rows: model.predict_proba(rows)[:, 1], threshold=0.5, **more),
        "decision": fl.audit(inputs, model=lambda rows: Decides().predict(rows), **more),
        "flags": fl.audit(inputs, model=lambda rows: Decides().predict(rows) == 1, **more),
        "scores passed": fl.audit(y_score=model.predict_proba(inputs)[:, 1], threshold=0.5, **more),
        "column": fl.audit(y_pred=Decides().predict(inputs).reshape(-1, 1), **more),
    }
    for name, audit in audits.items():
        assert counts_of(audit) == expected.to_dict(), name


@pytest.mark.parametrize("form", ["predict_proba", "predict", "call"])
def test_models_of_text_classes(people, inputs, expected, model, form):
    labels = people["y"].map({1: "good", 0: "bad"})
    fitted = make_pipeline(StandardScaler(), LogisticRegression()).fit(inputs, labels)

    class Decides:
        def predict(self, rows):
            return np.where(fitted.predict_proba(rows)[:, 1] >= 0.5, "good", "bad")

    forms = {"predict_proba": fitted, "predict": Decides(), "call": lambda rows: Decides().predict(rows) == "good"}
    audit = fl.audit(
        inputs, model=forms[form], y_true=labels, pos_label="good", favorable="good", sensitive_features=people[["race"]]
    )
    assert counts_of(audit) == expected.to_dict()
    opposite = fl.audit(
        inputs, model=forms["predict_proba"], y_true=labels, pos_label="bad", favorable="good", sensitive_features=people[["race"]]
    )
    assert opposite.spec.event_is_favorable is False
    assert opposite.overall("prevalence").to_frame()["value"][0] == 1 - people["y"].mean()


def test_a_model_that_does_not_know_the_event_is_refused(people, inputs, model):
    with pytest.raises(BadValue, match=r"classes_ are: 0, 1") as caught:
        fl.audit(inputs, model=model, y_true=people["y"], pos_label="good", sensitive_features=people[["race"]])
    assert caught.value.role == "pos_label"


def test_decisions_of_a_model_that_are_no_two_values_are_refused(people, inputs):
    class Three:
        def predict(self, rows):
            return np.arange(len(rows)) % 3

    class Other:
        def predict(self, rows):
            return np.resize(["a", "b"], len(rows))

    for wrong, role in ((Three(), "model"), (Other(), "y_pred")):
        with pytest.raises(NotTwoValues, match=role):
            fl.audit(inputs, model=wrong, sensitive_features=people[["race"]])


def test_a_regressor_is_told_to_be_a_function_with_a_threshold(people, inputs):
    reg = LinearRegression().fit(inputs, people["y"])
    with pytest.raises(NotTwoValues, match="LinearRegression whose predict gave") as caught:
        fl.audit(inputs, model=reg, sensitive_features=people[["race"]])
    hint = str(caught.value).splitlines()[-1].removeprefix("Hint: ")
    found = reg.predict(inputs)
    assert hint == f"model=lambda X: reg.predict(X), threshold=..., score_range=({found.min().item()!r}, {found.max().item()!r})"
    chosen = eval(f"dict({hint.replace('...', '0.5')})", {"reg": reg})
    audit = fl.audit(inputs, sensitive_features=people[["race"]], **chosen)
    assert audit.overall("selection_rate").to_frame()["numerator"][0] == (found >= 0.5).sum()


def test_a_classifier_of_three_numbers_is_told_to_name_its_event(people, inputs):
    clf = RidgeClassifier().fit(inputs, np.arange(len(inputs)) % 3)
    with pytest.raises(NotTwoValues) as caught:
        fl.audit(inputs, model=clf, sensitive_features=people[["race"]])
    hint = str(caught.value).splitlines()[-1].removeprefix("Hint: ")
    audit = fl.audit(inputs, sensitive_features=people[["race"]], **eval(f"dict({hint})", {"clf": clf}))
    assert audit.overall("selection_rate").to_frame()["numerator"][0] == (clf.predict(inputs) == 1).sum()


def test_a_model_of_three_classes_says_what_is_compared(people, inputs):
    clf = LogisticRegression().fit(inputs, np.arange(len(inputs)) % 3)
    audit = fl.audit(inputs, model=clf, threshold=0.3, sensitive_features=people[["race"]])
    assert audit.notes == ("The model has 3 classes; pos_label 1 is compared with all others.",)
    assert audit.notes[0] in audit.protect().remarks


@pytest.mark.parametrize("form", ["column", "predict_proba"])
def test_scores_of_32_bits_that_round_to_below_the_threshold_are_told(form):
    scores = np.array([0.1, 0.7, 0.9] * 20, "float32")

    class Proba:
        classes_ = (0, 1)

        def predict_proba(self, rows):
            return np.column_stack([1 - rows[:, 0], rows[:, 0]]).astype("float32")

    def made(threshold, **options):
        given = {"sensitive_features": {"g": ["a", "b"] * 30}, "threshold": threshold, **options}
        return fl.audit(scores[:, None], model=Proba(), **given) if form == "predict_proba" else fl.audit(y_score=scores, **given)

    assert (scores >= 0.7).sum() == 40  # as NumPy compares them, in 32 bits
    told = "Scores are compared as 64-bit numbers: those of {} people are 0.7 rounded to 32 bits, which is below the threshold."
    assert made(0.7).notes[-1] == told.format(20)
    assert made(0.7).overall("selection_rate").to_frame()["numerator"][0] == 20
    assert made(0.7, suppress_below=30).notes[-1] == told.format("fewer than 30")
    for threshold in (0.5, float(np.float32(0.7))):
        assert not any("bit" in note for note in made(threshold).notes)


def test_scores_keep_the_thresholds_that_were_declared(people):
    audit = fl.audit(people, y_true="y", y_score="s", threshold=[0.45, 0.333], sensitive_features="race")
    assert (audit.threshold, audit.spec.declared) == (0.45, (0.333, 0.45))
    for threshold in (0.45, 0.333, 0.2, 0.99, 0, 1):
        found = audit.at(threshold).by_group("selection_rate").to_frame().set_index("race")["numerator"].to_dict()
        assert found == (people["s"] >= threshold).groupby(people["race"]).sum().to_dict()
    assert audit.threshold == 0.45


@pytest.mark.parametrize("threshold", [0.4567, 0.005, -0.01, 1.01, np.nextafter(0.45, 1)])
def test_a_threshold_between_two_edges_is_refused(people, threshold):
    audit = fl.audit(people, y_score="s", threshold=0.45, sensitive_features="race")
    with pytest.raises(ThresholdNotHeld, match="nearest edges") as caught:
        audit.at(threshold)
    assert str(caught.value).splitlines()[-1].startswith("Hint: declare it: fl.audit(..., threshold=[0.45, ")


@pytest.mark.parametrize("threshold", ["0.5", [0.5], float("nan"), float("inf"), True, 1j], ids=repr)
def test_a_threshold_is_one_number(people, threshold):
    with pytest.raises(WrongKind, match="threshold"):
        fl.audit(people, y_score="s", threshold=0.45, sensitive_features="race").at(threshold)


def test_what_was_not_given_cannot_be_asked(people):
    with pytest.raises(RoleNeeded, match="no scores"):
        fl.audit(people, y_pred="p", sensitive_features="race").at(0.5)
    with pytest.raises(RoleNeeded, match="no `y_pred`"):
        fl.audit(people, y_score="s", threshold=0.45, sensitive_features="race").at(None)


@pytest.mark.parametrize("scores", [[0.1, 0.2, 0.3, 0.4], [0.1, 0.2, 0.3], [0.5, 0.5, 0.5], [1.0, 1.0, 0.2], [1, 2, 3, 4], [7, 7, 9]])
def test_the_median_selects_who_is_above_it(scores):
    """New York City's rule: the scoring rate counts scores above the median of the full sample."""
    audit = fl.audit(y_score=scores, threshold="median", sensitive_features={"g": ["a"] * len(scores)})
    assert audit.overall("selection_rate").to_frame()["numerator"][0] == sum(one > np.median(scores) for one in scores)


def test_decisions_and_scores_together(people):
    audit = fl.audit(people, y_true="y", y_pred="p", y_score="s", threshold=0.5, sensitive_features="race")
    decided = people["s"] >= 0.45
    assert audit.threshold is None
    assert audit.disagreements == int((decided != (people["s"] >= 0.5)).sum()) > 0
    assert audit.overall("selection_rate").to_frame()["numerator"][0] == decided.sum()
    assert audit.at(0.5).overall("selection_rate").to_frame()["numerator"][0] == (people["s"] >= 0.5).sum()
    assert audit.at(0.5).at(None).overall("selection_rate").to_frame()["numerator"][0] == decided.sum()
    assert fl.audit(people, y_pred="p", sensitive_features="race").disagreements is None


def test_a_decision_in_the_opposite_sense_is_declared(people):
    approved = people.assign(approve=1 - people["p"])
    plain = fl.audit(approved, y_true="y", y_pred="p", favorable=0, sensitive_features="race")
    turned = fl.audit(approved, y_true="y", y_pred="approve", pos_pred=0, favorable=1, sensitive_features="race")
    assert turned.cube == plain.cube
    assert turned.spec.event_is_favorable is plain.spec.event_is_favorable is False
    texts = approved.assign(approve=np.where(people["p"] == 1, "refuse", "approve"))
    named = fl.audit(texts, y_true="y", y_pred="approve", pos_pred="refuse", favorable="approve", sensitive_features="race")
    assert named.cube == plain.cube
    assert named.sentence == turned.sentence == plain.sentence


@pytest.mark.parametrize("favorable", ["yess", 1, 0, 2, "Yes"])
def test_favorable_is_a_value_that_is_predicted(favorable):
    data = pd.DataFrame({"g": ["a", "b"] * 20, "p": ["yes", "no"] * 20})
    with pytest.raises(OutOfRange, match="'no', 'yes'"):
        fl.audit(data, y_pred="p", pos_label="yes", favorable=favorable, sensitive_features="g")
    for said, event in (("yes", True), ("no", False)):
        spec = fl.audit(data, y_pred="p", pos_label="yes", favorable=said, sensitive_features="g").spec
        assert spec.event_is_favorable is event


def test_an_index_in_another_order_is_no_match(people):
    shuffled = people.sample(frac=1, random_state=1)
    with pytest.raises(ShapesDiffer, match="the same labels in another order") as caught:
        fl.audit(people, y_pred="p", sensitive_features=shuffled["race"])
    message = str(caught.value)
    assert f"row 0: 0 and {shuffled.index[0]}" in message
    assert message.splitlines()[-1] == "Hint: sensitive_features=sensitive_features.loc[X_test.index], so that each row is one person"
    same = fl.audit(people, y_pred="p", sensitive_features=shuffled["race"].loc[people.index])
    assert same.cube == fl.audit(people, y_pred="p", sensitive_features="race").cube


def test_an_index_with_other_labels_is_no_match(people):
    with pytest.raises(ShapesDiffer, match="other labels"):
        fl.audit(y_pred=people["p"], sensitive_features=people["race"].reset_index(drop=True).set_axis(range(1, len(people) + 1)))
    with pytest.raises(ShapesDiffer, match=r"`y_true` has 899 values"):
        fl.audit(people, y_true=people["y"][:-1], y_pred="p", sensitive_features="race")


def test_where_keeps_people(people):
    audit = fl.audit(people, y_true="y", y_pred="p", sensitive_features=["race", "sex"])
    one = audit.where(race="Black")
    rows = people[people["race"] == "Black"]
    assert one.overall("accuracy").to_frame()["value"][0] == (rows["y"] == rows["p"]).mean()
    assert one.by_group("accuracy", by="sex").to_frame()["n"].tolist() == rows.groupby("sex").size().tolist()
    several = audit.where(race=["Black", "Asian"])
    assert several.overall("accuracy").to_frame()["n"][0] == people["race"].isin(["Black", "Asian"]).sum()
    assert several.by_group("accuracy", by="race").to_frame()["race"].tolist() == ["Asian", "Black"]
    both = audit.where(race=["Black", "Asian"]).where(race=["Asian", "white"], sex="f")
    assert both.overall("accuracy").to_frame()["n"][0] == ((people["race"] == "Asian") & (people["sex"] == "f")).sum()
    assert audit.selection == ()


def test_missing_people_are_a_group_that_can_be_kept():
    data = pd.DataFrame({"g": ["a", None] * 20, "p": [1, 0, 1, 1] * 10})
    audit = fl.audit(data, y_pred="p", sensitive_features="g")
    assert audit.where(g=MISSING).overall("selection_rate").to_frame()["value"][0] == 0.5
    with pytest.raises(WrongKind, match="fl.MISSING"):
        audit.where(g=None)


def test_where_nobody_is_left_is_refused(people):
    audit = fl.audit(people, y_pred="p", sensitive_features=["race", "sex"])
    with pytest.raises(LevelNotFound, match="nobody is in both"):
        audit.where(sex="f").where(sex="m")
    with pytest.raises(LevelNotFound, match="'f', 'm'"):
        audit.where(sex="x")
    with pytest.raises(LevelNotFound, match="group columns"):
        audit.where(y_true=1)


def test_audits_of_different_people_add_up(people):
    roles = {"y_true": "y", "y_score": "s", "threshold": 0.45, "sensitive_features": ["race", "sex"]}
    whole, first, second = (fl.audit(part, **roles) for part in (people, people[:300], people[300:]))
    added = first + second
    assert added.by_group().to_frame().equals(whole.by_group().to_frame())
    assert added.cube.n == 900
    with pytest.raises(BadValue, match="selections or thresholds"):
        first.where(sex="f") + second
    with pytest.raises(BadValue, match="selections or thresholds"):
        first.at(0.5) + second
    with pytest.raises(CubesDiffer, match="favorable"):
        first + fl.audit(people[300:], **roles, favorable=1)
    with pytest.raises(TypeError, match="unsupported operand"):
        first + 1


def test_the_handle_stays_in_the_process(people, inputs, model):
    audit = fl.audit(inputs, model=model, y_true=people["y"], sensitive_features=people[["race"]])
    assert audit.handle.inputs is inputs
    assert audit.where(race="Black").handle is audit.at(0.6).handle is audit.handle
    back = pickle.loads(pickle.dumps(audit))
    assert back.cube == audit.cube
    assert back.by_group().to_frame().equals(audit.by_group().to_frame())
    copies = [back, audit + back, fl.audit(audit.cube), pickle.loads(pickle.dumps(audit.by_group())).query.source]
    for copy in copies:
        with pytest.raises(RowsNotHeld, match="model"):
            _ = copy.handle
    assert b"LogisticRegression" not in pickle.dumps(audit)
    assert b"LogisticRegression" not in pickle.dumps(audit.by_group())
    assert "LogisticRegression" not in str(audit.to_dict())


def test_the_users_data_are_not_changed(people, inputs, model):
    before = people.copy(deep=True), inputs.copy(deep=True)
    words, bins = {"person": "applicant"}, {"s": [0.5]}
    fl.audit(people, y_true="y", y_pred="p", sensitive_features=["race", "s"], bins=bins, words=words, favorable=1).sentence
    fl.audit(inputs, model=model, y_true=people["y"], sensitive_features=people[["race"]]).by_group()
    pd.testing.assert_frame_equal(people, before[0])
    pd.testing.assert_frame_equal(inputs, before[1])
    assert (words, bins) == ({"person": "applicant"}, {"s": [0.5]})


def test_a_spec_reads_the_next_month(people, tmp_path):
    first = fl.audit(
        people.assign(income=people["s"]), y_true="y", y_pred="p", y_score="s", threshold=[0.45, 0.333], favorable=1,
        sensitive_features=["race", "sex"], slice_features="income", bins={"income": 4},
        words={"decision": "approved", "person": "Bewerber:in"}, suppress_below=5,
    )  # fmt: skip
    path = tmp_path / "spec.yaml"
    first.spec.save(path)
    assert Spec.load(path) == first.spec
    next_month = people.sample(400, random_state=2).assign(income=-1.0)
    second = fl.audit(next_month, spec=Spec.load(path))
    assert second.spec == first.spec
    assert second.cube.levels_of("income") == (first.spec.bin_names("income")[0],)
    assert (first + second).cube.n == 1300


def test_a_spec_of_a_model_reads_the_next_rows(people, inputs, model):
    more = {"y_true": people["y"], "sensitive_features": people[["race"]]}
    first = fl.audit(inputs, model=model, threshold=0.333, **more)
    again = fl.audit(inputs, model=model, spec=first.spec, **more)
    assert again.cube == first.cube
    assert again.threshold == 0.333

    class Decides:
        def predict(self, rows):
            return model.predict(rows)

    decided = fl.audit(inputs, model=Decides(), **more)
    assert fl.audit(inputs, model=Decides(), spec=decided.spec, **more).cube == decided.cube


@pytest.mark.parametrize(
    ("more", "role"),
    [({"threshold": 0.9}, "threshold"), ({"favorable": 0}, "favorable"), ({"bins": {"race": 2}}, "bins"), ({"pos_label": 0}, "pos_label"), ({"suppress_below": 3}, "suppress_below")],
)
def test_a_spec_is_not_silently_overruled(people, more, role):
    spec = fl.audit(people, y_score="s", threshold=0.45, favorable=1, sensitive_features="race").spec
    with pytest.raises(BadValue, match=f"`{role}` was given beside a `spec`") as caught:
        fl.audit(people, spec=spec, **more)
    assert caught.value.role == role
    assert fl.audit(people, spec=spec, threshold=0.45, favorable=1).spec == spec


@pytest.mark.parametrize("spec", ["spec.yaml", {"y_pred": "p"}, 5], ids=repr)
def test_a_spec_is_a_spec(people, spec):
    with pytest.raises(WrongKind, match="spec"):
        fl.audit(people, spec=spec)


def test_a_spec_may_read_other_columns(people):
    spec = fl.audit(people, y_pred="p", sensitive_features="race").spec
    other = fl.audit(people.rename(columns={"p": "hired"}), spec=spec, y_pred="hired")
    assert other.cube == fl.audit(people, y_pred="p", sensitive_features="race").cube
    with pytest.raises(ColumnNotFound, match="'p'"):
        fl.audit(people.drop(columns="p"), spec=spec)


def test_a_cube_is_an_audit(people):
    audit = fl.audit(people, y_true="y", y_score="s", threshold=0.45, favorable=1, sensitive_features="race")
    back = fl.audit(audit.cube)
    assert back.threshold == 0.45
    assert back.sentence == audit.sentence
    assert back.by_group().to_frame().equals(audit.by_group().to_frame())
    decided = fl.audit(fl.tally(people, Spec(("race",), y_pred="p")))
    assert decided.threshold is None
    for more in ({"y_pred": "p"}, {"sensitive_features": "race"}, {"threshold": 0.5}, {"bins": {"race": 2}}):
        with pytest.raises(BadValue, match="beside a Cube"):
            fl.audit(audit.cube, **more)


def test_results_answer_the_same_in_every_form(people):
    audit = fl.audit(people, y_true="y", y_pred="p", sensitive_features=["race", "sex"], favorable=1)
    for result in (audit.by_group(), audit.overall(), audit.difference("accuracy"), audit.ratio("accuracy", reference="rest")):
        frame = result.to_frame()
        plain = result.to_dict()
        assert plain["columns"] == list(frame.columns)
        assert len(plain["rows"]) == len(frame)
        assert all(value == value for row in plain["rows"] for value in row)
        assert result.sentence in repr(result)
        assert result.published().to_frame().equals(result.published().published().to_frame())


def test_an_audit_is_the_same_on_every_engine(frame):
    columns = {
        "g": ["a", "b", "c", None] * 30,
        "y": [1, 0, 0, 1, 1, None] * 20,
        "s": [k / 119 for k in range(120)],
    }
    audit = fl.audit(frame(columns), y_true="y", y_score="s", threshold="median", favorable=1, sensitive_features="g")
    plain = fl.audit(pd.DataFrame(columns), y_true="y", y_score="s", threshold="median", favorable=1, sensitive_features="g")
    assert audit.spec == plain.spec
    assert audit.sentence == plain.sentence
    assert audit.by_group().to_frame().equals(plain.by_group().to_frame())


@pytest.mark.parametrize(("levels", "asked"), [([1, 2, 3], True), ([True, False], 1)])
def test_true_and_one_are_two_levels(levels, asked):
    audit = fl.audit(y_pred=[0, 1] * 30, favorable=1, sensitive_features={"site": (levels * 30)[:60]})
    with pytest.raises(LevelNotFound, match="does not occur"):
        audit.where(site=asked)
    with pytest.raises(LevelNotFound):
        audit.protect().where(site=asked)
    with pytest.raises(LevelNotFound):
        audit.cube.where(site=asked)
    with pytest.raises(LevelNotFound):
        fl.panel(audit).show(where={"site": asked})
