"""Gaps of scores, errors and losses, of weighted people, and of inputs that count as one: against exact Shapley values."""

import json
import math

import numpy as np
import pandas as pd
import pytest
from shapley import exact_parts
from sklearn.metrics import brier_score_loss, log_loss

import fairlens as fl
from fairlens.exceptions import BadValue, RoleNeeded
from fairlens.stats import student_means

N = 90
NAMES = ["income", "debt", "zip", "noise"]
LOSSES = {
    "mean_error": lambda s, y: s - y,
    "brier_score_loss": lambda s, y: (s - y) ** 2,
    "log_loss": lambda s, y: -np.log(np.where(y == 1, s, 1 - s)),
}


def people(seed: int = 3, n: int = N) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    group = np.arange(n) % 3 == 0
    X = rng.normal(size=(n, 4))
    X[:, 0] += np.where(group, -0.8, 0.3)
    X[:, 1] += 0.6 * X[:, 0]
    y = (rng.random(n) < score(X)).astype(int)
    return X, group, y, rng.gamma(2.0, 1.0, n)


def score(X: np.ndarray) -> np.ndarray:
    return 1 / (1 + np.exp(-(X[:, 0] + X[:, 1] * X[:, 2] - 0.2)))


def audited(**changes: object) -> fl.Audit:
    X, group, y, _ = people()
    roles = {"y_true": y, "model": lambda rows: score(rows.to_numpy()), "threshold": 0.5, "sensitive_features": {"g": np.where(group, "a", "b")}, **changes}
    return fl.audit(pd.DataFrame(X, columns=NAMES), **roles)  # type: ignore[arg-type]


def by_name(gap: fl.GapDecomposition) -> dict[str, float]:
    return {part.feature: part.contribution for part in gap.parts}


def agrees(gap: fl.GapDecomposition, exact: np.ndarray, names: list[str]) -> None:
    """Every part lies within five of its own errors of the exact one."""
    assert gap.closes
    parts = {part.feature: part for part in gap.parts}
    for name, truth in zip(names, exact, strict=True):
        assert abs(parts[name].contribution - truth) <= 5 * parts[name].monte_carlo_se + 1e-9, name


def test_mean_scores_against_every_coalition():
    X, group, _, _ = people()
    gap = fl.decompose_gap(audited(), "a", output="score", n_rounds=40)
    assert abs(gap.gap - (score(X)[group].mean() - score(X)[~group].mean())) <= 1e-12
    parts, _ = exact_parts(lambda rows, labels: score(rows), X, np.zeros(N), X)
    agrees(gap, parts[group].mean(axis=0) - parts[~group].mean(axis=0), NAMES)
    assert (gap.metric, gap.output, gap.threshold) == ("mean_score", "score", None)
    assert by_name(gap)["noise"] == 0


@pytest.mark.parametrize(("metric", "label"), [("true_positive_rate", 1), ("false_positive_rate", 0)])
def test_mean_scores_of_the_people_of_one_label(metric, label):
    X, group, y, _ = people()
    gap = fl.decompose_gap(audited(), "a", metric=metric, output="score", n_rounds=10)
    inside = y == label
    assert abs(gap.gap - (score(X)[group & inside].mean() - score(X)[~group & inside].mean())) <= 1e-12
    assert gap.closes
    assert gap.n == inside.sum()
    told = " who are labelled positive" if label else " who are not labelled positive"
    assert told in gap.sentence


@pytest.mark.parametrize("metric", LOSSES)
def test_losses_close_with_the_label_mix(metric):
    X, group, y, _ = people()
    loss = LOSSES[metric]
    gap = fl.decompose_gap(audited(), "a", metric=metric, n_rounds=40)
    own = loss(score(X), y)
    assert abs(gap.gap - (own[group].mean() - own[~group].mean())) <= 1e-12
    parts, base = exact_parts(lambda rows, labels: loss(score(rows), labels), X, y, X)
    agrees(gap, parts[group].mean(axis=0) - parts[~group].mean(axis=0), NAMES)
    mix = gap.label_mix
    assert mix.feature == "(label mix)"
    assert mix.contribution == pytest.approx(base[group].mean() - base[~group].mean(), abs=1e-12)
    assert gap.to_frame()["feature"].iloc[-1] == "(label mix)"
    assert math.fsum(by_name(gap).values()) == pytest.approx(gap.gap, abs=1e-12)
    assert mix not in gap.supported
    assert "the labels themselves" in gap.sentence or "Cannot tell" in gap.sentence
    assert "(label mix) is what the labels" in gap.method


def test_losses_are_those_of_scikit_learn_and_of_difference():
    X, group, y, _ = people()
    audit = audited()
    for metric, theirs in (("brier", brier_score_loss), ("log_loss", log_loss)):
        gap = fl.decompose_gap(audit, "a", metric=metric, n_rounds=1)
        assert abs(gap.group_rate.value - theirs(y[group], score(X)[group])) <= 1e-12
        assert abs(gap.reference_rate.value - theirs(y[~group], score(X)[~group])) <= 1e-12
    row = audit.difference("brier_score_loss", by="g", reference="b").rows[0]
    gap = fl.decompose_gap(audit, "a", reference="b", metric="brier_score_loss", n_rounds=1)
    assert abs(gap.gap - row.change) <= 1e-12
    large = audit.difference("calibration_in_the_large", by="g", reference="b").rows[0]
    error = fl.decompose_gap(audit, "a", reference="b", metric="mean_error", n_rounds=1)
    assert abs(error.gap + large.change) <= 1e-12


def test_people_without_a_label_have_no_loss():
    X, group, y, _ = people()
    labels = pd.Series(y, dtype=float).where(np.arange(N) % 4 != 0)
    gap = fl.decompose_gap(audited(y_true=labels), "a", metric="brier", n_rounds=2)
    known = labels.notna().to_numpy()
    own = (score(X) - y) ** 2
    assert abs(gap.gap - (own[group & known].mean() - own[~group & known].mean())) <= 1e-12
    assert gap.n == known.sum()
    assert gap.closes


def test_a_certain_and_wrong_score_has_a_finite_log_loss():
    X = np.array([[0.0], [1.0]] * 30)
    audit = fl.audit(X, y_true=[1, 1, 0] * 20, model=lambda rows: rows[:, 0], threshold=0.5, sensitive_features={"g": ["a", "b", "b"] * 20})
    gap = fl.decompose_gap(audit, "a", metric="log_loss")
    assert gap.group_rate.value == pytest.approx(-math.log(1e-15) / 2)
    assert gap.closes


def test_scores_that_are_all_alike_still_have_an_interval():
    X = np.arange(60.0)[:, None]
    audit = fl.audit(X, model=lambda rows: np.full(len(rows), 0.25), threshold=0.5, sensitive_features={"g": ["a", "b"] * 30})
    gap = fl.decompose_gap(audit, "a", output="score")
    assert gap.gap == 0
    assert gap.is_alike
    assert gap.gap_lower < 0 < gap.gap_upper
    assert "there is no difference to decompose" in gap.sentence


@pytest.mark.parametrize("metric", ["selection_rate", "mean_score", "brier_score_loss"])
def test_weighted_people_against_every_coalition(metric):
    X, group, y, w = people()
    f = {
        "selection_rate": lambda rows, labels: (score(rows) >= 0.5).astype(float),
        "mean_score": lambda rows, labels: score(rows),
        "brier_score_loss": lambda rows, labels: (score(rows) - labels) ** 2,
    }[metric]
    audit = audited(sample_weight=w)
    gap = fl.decompose_gap(audit, "a", metric=metric, n_rounds=60)
    own = f(X, y)
    assert abs(gap.gap - (np.average(own[group], weights=w[group]) - np.average(own[~group], weights=w[~group]))) <= 1e-12
    parts, base = exact_parts(f, X, y, X, w)
    mean = lambda values: np.average(values[group], axis=0, weights=w[group]) - np.average(values[~group], axis=0, weights=w[~group])  # noqa: E731
    agrees(gap, mean(parts), NAMES)
    if metric == "brier_score_loss":
        assert gap.label_mix.contribution == pytest.approx(mean(base), abs=1e-12)
    if metric != "mean_score":
        row = audit.difference(metric, by="g", reference="b").rows[0]
        assert abs(gap.gap - row.change) <= 1e-12
    assert (gap.to_frame()["n"] == N).all()


def test_equal_weights_change_nothing():
    plain, same = (fl.decompose_gap(audit, "a", n_rounds=3) for audit in (audited(), audited(sample_weight=np.ones(N))))
    assert same.gap == pytest.approx(plain.gap, abs=1e-12)
    assert same.closes
    assert {part.feature: part.n for part in same.parts} == {part.feature: part.n for part in plain.parts}
    errors = [{part.feature: part.se for part in gap.parts} for gap in (plain, same)]
    assert errors[1]["income"] == pytest.approx(errors[0]["income"], rel=0.25)


def test_people_of_weight_zero_tell_nothing():
    X, group, y, w = people()
    gone = np.arange(N) % 5 == 1
    gap = fl.decompose_gap(audited(sample_weight=np.where(gone, 0.0, w)), "a", n_rounds=30)
    parts, _ = exact_parts(lambda rows, labels: (score(rows) >= 0.5).astype(float), X[~gone], y[~gone], X[~gone], w[~gone])
    left, v = group[~gone], w[~gone]
    exact = np.average(parts[left], axis=0, weights=v[left]) - np.average(parts[~left], axis=0, weights=v[~left])
    agrees(gap, exact, NAMES)
    alone = fl.decompose_gap(audited(sample_weight=np.where(group & (np.arange(N) > 0), 0.0, 1.0)), "a")
    assert not alone.has_parts
    assert alone.reason


def test_inputs_that_count_as_one_are_the_players():
    X, group, y, _ = people()
    gap = fl.decompose_gap(audited(), "a", output="score", players={"money": ["debt", "income"]}, n_rounds=40)
    parts, _ = exact_parts(lambda rows, labels: score(rows), X, y, X, players=[[0, 1], [2], [3]])
    agrees(gap, parts[group].mean(axis=0) - parts[~group].mean(axis=0), ["money", "zip", "noise"])
    assert gap.players == (("money", ("income", "debt")),)
    assert "money is income + debt together" in gap.method
    assert json.loads(json.dumps(gap.to_dict()))["players"] == [["money", ["income", "debt"]]]
    assert gap.published().players == gap.players
    assert gap.predictions == N + 40 * 2 * 2 * N


def test_one_player_needs_no_sampling():
    gap = fl.decompose_gap(audited(), "a", players={"everything": NAMES})
    assert [part.feature for part in gap.parts] == ["everything"]
    assert gap.parts[0].contribution == pytest.approx(gap.gap, abs=1e-12)
    assert gap.predictions == N


def test_scores_need_scores_probabilities_and_labels():
    X, group, y, _ = people()
    groups = {"g": np.where(group, "a", "b")}
    decides = fl.audit(X, y_true=y, model=lambda rows: (score(rows) > 0.5).astype(int), sensitive_features=groups)
    with pytest.raises(RoleNeeded, match="gives no scores"):
        fl.decompose_gap(decides, "a", output="score")
    with pytest.raises(RoleNeeded, match="gives no scores"):
        fl.decompose_gap(decides, "a", thresholds=[0.5])
    wide = fl.audit(X, y_true=y, model=lambda rows: 10 * score(rows), threshold=5.0, score_range=(0.0, 10.0), sensitive_features=groups)
    assert fl.decompose_gap(wide, "a", output="score", n_rounds=1).closes
    with pytest.raises(BadValue, match="probabilities"):
        fl.decompose_gap(wide, "a", metric="log_loss")
    with pytest.raises(RoleNeeded, match="y_true"):
        fl.decompose_gap(audited(y_true=None), "a", metric="brier")


def test_whose_interval_a_gap_of_brier_scores_has():
    """As the docstring says: the gap of `audit.difference`, and limits put together from Student's of the two means, not its bootstrap."""
    X, group, y, _ = people()
    gap, row = (
        fl.decompose_gap(audited(), "a", metric="brier_score_loss", reference="b", n_rounds=1),
        audited().difference("brier_score_loss", by="g", reference="b").rows[0],
    )
    losses = LOSSES["brier_score_loss"](score(X), y)
    own, other = (student_means(losses[some][:, None]) for some in (group, ~group))
    low = math.hypot(own.mean[0] - own.lower[0], other.upper[0] - other.mean[0])
    high = math.hypot(own.upper[0] - own.mean[0], other.mean[0] - other.lower[0])
    assert abs(gap.gap - row.change) <= 1e-12
    assert (gap.gap - gap.gap_lower, gap.gap_upper - gap.gap) == pytest.approx((low, high), abs=1e-12)
    assert gap.gap_lower != row.lower
    told = " ".join(fl.GapDecomposition.__doc__.split())
    assert "For the Brier score `audit.difference` gives the same gap with another interval: its own is from a bootstrap." in told
    assert "as `audit.difference` gives it" not in told


def test_a_gap_of_scores_needs_no_decision_of_the_model():
    """Decisions as they were taken stand beside the scores of the model, and only the scores are explained."""
    X, group, y, _ = people()
    audit = audited(y_pred=1 - y)
    gap = fl.decompose_gap(audit, "a", output="score", n_rounds=2)
    assert abs(gap.gap - (score(X)[group].mean() - score(X)[~group].mean())) <= 1e-12
    assert gap.closes
    assert gap.published().closes


def test_a_gap_of_scores_does_not_depend_on_the_threshold():
    audit = audited(threshold=[0.5, 0.31])
    one, two = (fl.decompose_gap(asked, "a", output="score", n_rounds=2) for asked in (audit, audit.at(0.31)))
    assert one == two
    assert two.published().status == "ok"
    assert not two.sentence.startswith("Deciding")


@pytest.mark.parametrize("metric", ["mean_score", *LOSSES])
def test_published_gaps_of_scores_hide_what_others_hide(metric):
    rng = np.random.default_rng(2)
    n = 300
    X = rng.normal(size=(n, 4))
    race = np.array(["green"] * 5 + ["b"] * 145 + ["w"] * 150)
    y = (rng.random(n) < score(X)).astype(int)
    missing = pd.Series(rng.choice(["x", "y"], n), dtype=object)
    missing[:4] = None
    audit = fl.audit(X, y_true=y, model=score, threshold=0.5, sensitive_features={"race": race, "area": missing})
    for group, by in (("green", "race"), ("b", "race")):
        shown = fl.decompose_gap(audit, group, by=by, metric=metric, n_rounds=1).published()
        assert shown.status == "suppressed"
        assert shown.to_frame().drop(columns="feature").isna().all(axis=None)
        assert "uppressed" in shown.sentence
    gap = fl.decompose_gap(audit, "x", metric=metric, n_rounds=1)
    shown = gap.published()
    kept = missing.notna().to_numpy()
    f = LOSSES.get(metric, lambda s, labels: s)(score(X), y)
    wanted = f[kept & (missing == "x")].mean() - f[kept & (missing == "y")].mean()
    assert abs(shown.gap - wanted) <= 1e-12
    assert shown.closes
    assert (gap.n, shown.n) == (n, n - 4)


def test_a_gap_of_scores_says_numbers_not_points():
    gap = fl.decompose_gap(audited(), "a", output="score", n_rounds=5)
    assert gap.sentence.startswith(f"Mean score of a people is {abs(gap.gap):.3f} lower than that of others (")
    assert "points" not in gap.sentence + gap.html()
    assert f"{gap.gap:.3f}" in gap.html()
    picture = gap.plot()
    assert "pts" not in picture.alt
    assert "%" not in "".join(label.get_text() for label in picture.ax_.get_xticklabels())
    assert picture.alt.startswith("Mean score of a people")


def test_the_bridge_of_a_loss_ends_with_the_label_mix():
    gap = fl.decompose_gap(audited(), "a", metric="log_loss", n_rounds=5)
    labels = [label.get_text() for label in gap.plot().ax_.get_yticklabels()]
    assert labels[-2] == "(label mix)"
    assert sorted(labels[1:-2]) == sorted(NAMES)
