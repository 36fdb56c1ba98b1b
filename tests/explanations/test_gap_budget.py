"""Within a number of predictions: fewer rounds, then a stated sample of the people with what it leaves out, then an error."""

import json

import numpy as np
import pandas as pd
import pytest
from scipy.stats import chi2

import fairlens as fl
from fairlens.exceptions import TooManyPredictions

N, INPUTS = 900, 4


def audited(seed: int = 0, share: float = 0.2, **changes: object) -> fl.Audit:
    rng = np.random.default_rng(seed)
    group = rng.random(N) < share
    X = pd.DataFrame(rng.normal(size=(N, INPUTS)), columns=list("abcd"))
    X["a"] -= 0.8 * group
    y = (X["a"] + rng.normal(size=N) > 0).astype(int)
    roles = {"y_true": y, "model": score, "threshold": 0.5, "sensitive_features": {"g": np.where(group, "few", "many")}, **changes}
    return fl.audit(X, **roles)  # type: ignore[arg-type]


def score(X: pd.DataFrame) -> np.ndarray:
    return 1 / (1 + np.exp(-(X["a"] + X["b"] * X["c"]).to_numpy()))


EACH = 2 * (INPUTS - 1)


@pytest.mark.parametrize("metric", ["selection_rate", "true_positive_rate", "mean_score", "log_loss"])
def test_a_sample_closes_with_the_rows_not_explained(metric):
    audit = audited()
    budget = N + EACH * 150
    gap = fl.decompose_gap(audit, "few", metric=metric, max_predictions=budget)
    whole = fl.decompose_gap(audit, "few", metric=metric, n_rounds=1)
    assert gap.gap == whole.gap
    assert gap.closes
    assert gap.published().closes
    assert gap.predictions <= budget
    (left,) = [part for part in gap.parts if part.kind == "not_explained"]
    assert left.feature == "(rows not explained)"
    assert gap.to_frame()["feature"].iloc[-1] == left.feature
    some, everybody = gap.sampled
    assert some == gap.n <= 150
    assert everybody == whole.n
    assert left.n == everybody - some
    assert left.lower < left.contribution < left.upper
    assert f"contributions are those of {some:,} of {everybody:,} people" in gap.sentence
    assert f"{some:,} of {everybody:,} people, drawn by chance" in gap.method
    assert json.loads(json.dumps(gap.to_dict()))["sampled"] == [some, everybody]


def test_every_group_is_in_the_sample():
    audit = audited(share=0.05)
    gap = fl.decompose_gap(audit, "few", max_predictions=N + EACH * 100)
    few = audit.by_group("selection_rate", by="g").to_frame().set_index("g")["n"]["few"]
    assert few < 50
    assert gap.sampled == (100, N)
    sides = [part.n for part in gap.parts if part.kind == "input"]
    assert set(sides) == {100}
    small = fl.decompose_gap(audit, "few", max_predictions=N + EACH * 60)
    assert small.sampled == (60, N)
    assert small.parts[0].se > gap.parts[0].se


def test_no_sample_where_everybody_fits():
    gap = fl.decompose_gap(audited(), "few", max_predictions=N + EACH * N)
    assert gap.sampled is None
    assert gap.rounds == 1
    assert all(part.kind == "input" for part in gap.parts)


def test_a_fixed_number_of_rounds_is_kept():
    gap = fl.decompose_gap(audited(), "few", n_rounds=5, max_predictions=N + 5 * EACH * 200)
    assert gap.rounds == 5
    assert gap.sampled == (200, N)


def test_too_small_a_budget_says_what_would_do():
    with pytest.raises(TooManyPredictions) as caught:
        fl.decompose_gap(audited(), "few", max_predictions=N + EACH * 60 - 1)
    assert f"Hint: max_predictions={N + EACH * 60:_}" in str(caught.value)
    assert "1 round over 900 people and 4 inputs" in str(caught.value)
    assert fl.decompose_gap(audited(), "few", max_predictions=N + EACH * 60).closes
    with pytest.raises(TooManyPredictions, match="9 rounds over 900 people"):
        fl.decompose_gap(audited(), "few", n_rounds=9, max_predictions=N + EACH * 60)


def test_the_total_is_told_before_anything_is_asked():
    asked: list[int] = []
    audit = audited(model=lambda X: asked.append(len(X)) or score(X))  # type: ignore[func-returns-value]
    asked.clear()
    seen: list[tuple[int, int, int]] = []
    fl.decompose_gap(audit, "few", n_rounds=2, progress=lambda done, total: seen.append((done, total, len(asked))))
    assert seen[0] == (0, N + 2 * EACH * N, 0)


@pytest.mark.parametrize("weights", [None, np.random.default_rng(9).gamma(0.4, 1.0, N)])
def test_samples_are_right_on_average_and_their_errors_are_honest(weights):
    """Over many samples the parts scatter about those of everybody by no more than their errors say."""
    audit = audited(sample_weight=weights)
    truth = {part.feature: part.contribution for part in fl.decompose_gap(audit, "few", output="score", n_rounds=20).parts}
    off, rest = [], []
    for seed in range(60):
        gap = fl.decompose_gap(audit, "few", output="score", max_predictions=N + EACH * 120, random_state=seed, progress=False)
        off += [(part.contribution - truth[part.feature]) / part.se for part in gap.parts if part.kind == "input" and part.se > 0]
        left = gap.parts[-1]
        rest.append(left.contribution / left.se)
    assert abs(np.mean(off + rest)) < 0.25
    assert 0.4 < np.mean(np.square(off)) < 1.3
    low, high = chi2.ppf([0.001, 0.999], len(rest)) / len(rest)
    assert low < np.mean(np.square(rest)) < high


def test_weighted_people_and_several_groups_are_sampled_too():
    rng = np.random.default_rng(3)
    audit = audited(sample_weight=rng.gamma(2.0, 1.0, N), sensitive_features={"g": rng.choice(["x", "y", "z"], N), "h": rng.choice(["p", "q"], N)})
    table = fl.decompose_gap(audit, max_predictions=N + EACH * 300)
    assert table.closes
    for gap in table:
        assert gap.sampled == (300, N)
        wanted = audit.difference("selection_rate", by=gap.attributes, reference="rest").rows
        assert abs(gap.gap - next(pair.change for pair in wanted if pair.row.group == gap.pair.row.group)) <= 1e-12
    at = fl.decompose_gap(audit, "x", thresholds=[0.3, 0.6], max_predictions=N + EACH * 300)
    assert all(step.closes and step.sampled for step in at.steps)
