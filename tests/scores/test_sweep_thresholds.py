"""sweep_thresholds: rates are those of by_group at every published threshold; pictures and sentences are published."""

import numpy as np
import pandas as pd
import pytest

import fairlens as fl
from fairlens.exceptions import BadValue, RoleNeeded, WrongKind

YOUNG = fl.Slice("young women", {"sex": "f", "age": "young"})


@pytest.fixture(scope="module")
def audit():
    rng = np.random.default_rng(3)
    n = 1500
    people = pd.DataFrame(
        {
            "race": rng.choice(["Black", "white", "few"], n, p=[0.4, 0.597, 0.003]), "sex": rng.choice(["f", "m"], n),
            "age": rng.choice(["young", "old"], n), "s": rng.random(n), "y": rng.integers(0, 2, n), "w": rng.choice([0.5, 2.0], n),
        }
    )  # fmt: skip
    return fl.audit(people, y_true="y", y_score="s", threshold=0.437, favorable=1, sample_weight="w", sensitive_features=["race", "sex"], slice_features="age")


@pytest.mark.parametrize("by", [None, "race", ["race", "sex"], YOUNG])
@pytest.mark.parametrize("metric", ["selection_rate", "precision"])
def test_rates_are_those_of_by_group(audit, by, metric):
    for asked in (audit, audit.protect(), audit.protect().where(sex=["f"]).at(0.6)):
        found = fl.sweep_thresholds(asked, metric, by, 0.9).to_frame()
        grouping = list(asked._attributes(by))
        for cut, rows in found.groupby("threshold"):
            wanted = asked.at(cut).by_group(metric, by, 0.9).to_frame()
            pd.testing.assert_frame_equal(rows[wanted.columns].reset_index(drop=True), wanted, check_dtype=False, atol=1e-12)
            assert rows["current"].all() == (cut == asked.threshold)
        assert set(found["threshold"]) >= {0.05, 0.437, 0.95}
        assert not found.duplicated([*grouping, "threshold"]).any()


def test_what_is_drawn_and_said_is_published(audit):
    result = fl.sweep_thresholds(audit, "selection_rate", "race")
    raw, shown = result.to_frame(), result.published().to_frame()
    assert raw[raw["race"] == "few"]["value"].notna().all()
    assert shown[shown["race"] == "few"]["value"].isna().all()
    picture = result.plot()
    row = next(row for row in result.published().now if row.status == "ok")
    assert f"{row.group[0]}: {100 * row.value:.1f} % " in picture.alt
    assert "few:" not in picture.alt
    assert "now 0.437" in [text.get_text() for text in picture.ax_.texts]
    assert result.html().count("suppressed") == (shown["status"] == "suppressed").sum() > 0
    assert result.sentence == result.published().said
    assert "internal, nothing suppressed" in fl.sweep_thresholds(audit.protect("internal"), "selection_rate", "race").plot().alt.lower()


def test_groups_are_marked_where_they_are_decided_at(audit):
    split = audit.at({"f": 0.3}, by="sex")
    found = fl.sweep_thresholds(split, "selection_rate", "sex").to_frame()
    assert found[found["current"]].set_index("sex")["threshold"].to_dict() == {"f": 0.3, "m": 0.437}
    assert not fl.sweep_thresholds(split, "selection_rate", "race").to_frame()["current"].any()


def test_scores_without_labels_have_a_sweep():
    """Whole-number scores, whose threshold above all needed labels before."""
    audit = fl.audit(y_score=[1, 2, 3, 4] * 20, threshold=2, favorable=1, sensitive_features={"sex": ["f"] * 40 + ["m"] * 40})
    found = fl.sweep_thresholds(audit).to_frame()
    assert found[found["sex"] == "m"]["value"].tolist() == [1.0, 0.75, 0.5, 0.25, 0.0]
    assert fl.panel(audit).show(view="thresholds").view.html()


def test_a_slice_has_costs_at_every_threshold(audit):
    published = audit.protect()
    found = fl.choose_thresholds(published, YOUNG, 5, 2).to_frame()
    women = fl.choose_thresholds(published.where(sex="f", age="young"), "sex", 5, 2).to_frame()
    mine = found[found["slice"] == "young women"].reset_index(drop=True)
    theirs = women[women["sex"] == "f"].reset_index(drop=True)
    same = ["threshold", "cost", "lower", "upper", "n", "selection_rate", "current", "own"]
    pd.testing.assert_frame_equal(mine[same], theirs[same], atol=1e-9)
    assert set(found["slice"]) == {"young women", "others", fl.ALL}


def test_what_cannot_be_swept_is_refused(audit):
    for metric in ("f1_score", "roc_auc", ["selection_rate", "precision"]):
        with pytest.raises(BadValue, match="one proportion"):
            fl.sweep_thresholds(audit, metric)
    with pytest.raises(RoleNeeded, match="Hint"):
        fl.sweep_thresholds(fl.audit(y_pred=[0, 1] * 40, sensitive_features={"g": ["a", "b"] * 40}))
    with pytest.raises(WrongKind, match="asks an audit"):
        fl.sweep_thresholds(3)
