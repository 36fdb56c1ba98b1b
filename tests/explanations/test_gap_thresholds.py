"""All thresholds at once: one pass of predictions, parts that close at each."""

import json

import numpy as np
import pandas as pd
import pytest
from shapley import exact_parts

import fairlens as fl
from fairlens.exceptions import BadValue, ThresholdNotHeld

N = 240


def people(seed: int = 4) -> tuple[pd.DataFrame, np.ndarray]:
    rng = np.random.default_rng(seed)
    group = np.arange(N) % 3 == 0
    X = pd.DataFrame({"income": rng.normal(size=N) - 0.8 * group, "debt": rng.normal(size=N) + 0.4 * group, "noise": rng.normal(size=N)})
    return X, np.where(group, "a", "b")


def score(X: pd.DataFrame) -> np.ndarray:
    return 1 / (1 + np.exp(-(X["income"] - 0.5 * X["debt"] + 0.5 * X["income"] * X["debt"]).to_numpy()))


def audited(threshold: object = (0.5, 0.37), **changes: object) -> fl.Audit:
    X, group = people()
    return fl.audit(X, model=score, **{"threshold": list(threshold), "sensitive_features": {"g": group}, **changes})  # type: ignore[arg-type,call-overload]


def test_every_threshold_is_that_of_difference_and_closes():
    audit = audited()
    gap = fl.decompose_gap(audit, "a", thresholds=True, n_rounds=3)
    assert gap.thresholds == audit.protect().tables.published_edges
    assert len(gap.thresholds) == 22
    for threshold in gap.thresholds:
        at = gap.at(threshold)
        row = audit.at(threshold).difference("selection_rate", by="g", reference="rest").rows[0]
        assert at.threshold == threshold
        assert abs(at.gap - row.change) <= 1e-12
        assert (at.gap_lower, at.gap_upper) == (row.lower, row.upper)
        assert abs(sum(part.contribution for part in at.parts) - at.gap) <= 1e-12
        assert at.published().closes
        assert gap.published().at(threshold) == at.published()
    assert gap.at(0.0).is_alike


def test_one_pass_gives_what_each_threshold_gives_by_itself():
    audit = audited()
    gap = fl.decompose_gap(audit, "a", thresholds=[0.3, 0.37, 0.62], n_rounds=4)
    assert gap.threshold == 0.5
    assert (gap.gap, gap.parts[0].feature) == (fl.decompose_gap(audit, "a", n_rounds=4).gap, "income")
    for threshold in (0.3, 0.37, 0.5, 0.62):
        alone = fl.decompose_gap(audit.at(threshold), "a", n_rounds=4)
        at = gap.at(threshold)
        assert at.predictions == alone.predictions == gap.predictions
        assert {part.feature: part.contribution for part in at.parts} == pytest.approx({part.feature: part.contribution for part in alone.parts}, abs=1e-12)
        assert {part.feature: part.se for part in at.parts} == pytest.approx({part.feature: part.se for part in alone.parts}, abs=1e-12)
        assert at.within == alone.within


def test_parts_are_the_exact_ones_at_each_threshold():
    X, group = people()
    gap = fl.decompose_gap(audited(), "a", thresholds=[0.2, 0.5, 0.8], n_rounds=40)
    own = group == "a"
    for threshold in gap.thresholds:
        decide = lambda rows, labels, t=threshold: (score(pd.DataFrame(rows, columns=X.columns)) >= t).astype(float)  # noqa: E731
        parts, _ = exact_parts(decide, X.to_numpy(), np.zeros(N), X.to_numpy())
        exact = dict(zip(X.columns, parts[own].mean(axis=0) - parts[~own].mean(axis=0), strict=True))
        for part in gap.at(threshold).parts:
            assert abs(part.contribution - exact[part.feature]) <= 5 * part.monte_carlo_se + 1e-12


def test_the_method_says_that_limits_are_for_one_threshold():
    """Of shuffled groups about half have an input that stands out at one threshold of twenty: a reader must know."""
    audit, told = audited(), "excludes 0, at this threshold alone: it does not allow for looking at 3 thresholds."
    gap = fl.decompose_gap(audit, "a", thresholds=[0.3, 0.6], n_rounds=1)
    table = fl.decompose_gap(audit, thresholds=[0.3, 0.6], n_rounds=1)
    for one in (gap, gap.at(0.3), gap.published().at(0.5), *table, *table.at(0.6)):
        assert told in one.method
        assert told in one.html()
        assert told in one.plot().alt
    for one in (fl.decompose_gap(audit, "a", n_rounds=1), fl.decompose_gap(audit, "a", thresholds=[0.5], n_rounds=1)):
        assert "threshold alone" not in one.method


def test_other_rates_and_crossings_follow_the_threshold():
    X, group = people()
    y = (score(X) + np.random.default_rng(0).normal(0, 0.3, N) > 0.5).astype(int)
    audit = audited(y_true=y, sensitive_features={"g": group, "h": np.where(np.arange(N) % 2 == 0, "x", "y")})
    for metric in ("true_positive_rate", "false_positive_rate"):
        gap = fl.decompose_gap(audit, ("a", "x"), by=["g", "h"], metric=metric, thresholds=[0.2, 0.7], n_rounds=2)
        for threshold in gap.thresholds:
            row = next(
                pair for pair in audit.at(threshold).difference(metric, by=["g", "h"], reference="rest").rows if pair.row.group == ("a", "x")
            )  # fmt: skip
            assert abs(gap.at(threshold).gap - row.change) <= 1e-12
            assert gap.at(threshold).closes


def test_a_threshold_that_was_not_asked_for_is_an_error_with_the_nearest():
    gap = fl.decompose_gap(audited(), "a", thresholds=[0.3, 0.7], n_rounds=1)
    with pytest.raises(ThresholdNotHeld) as caught:
        gap.at(0.4)
    assert "It was decomposed at 0.3, 0.5 and others." in str(caught.value)
    assert "Hint: fl.decompose_gap(audit, ..., thresholds=[0.4])" in str(caught.value)
    plain = fl.decompose_gap(audited(), "a", n_rounds=1)
    assert plain.at(0.5) is plain
    assert plain.thresholds == (0.5,)
    with pytest.raises(ThresholdNotHeld, match=r"decomposed at 0\.5\."):
        plain.at(0.7)
    with pytest.raises(ThresholdNotHeld, match="no gap of decisions"):
        fl.decompose_gap(audited(), "a", output="score", n_rounds=1).at(0.5)


def test_thresholds_that_readers_may_not_see_are_hidden_one_by_one():
    gap = fl.decompose_gap(audited(), "a", thresholds=[0.42, 0.45], n_rounds=1)
    assert gap.at(0.42).closes
    assert gap.published().at(0.42).status == "suppressed"
    assert "0.42" in gap.published().at(0.42).reason
    assert gap.published().at(0.45).status == "ok"


def test_decisions_as_they_were_taken_need_a_threshold_first():
    X, group = people()
    audit = fl.audit(X, y_pred=np.arange(N) % 2, model=score, threshold=0.5, sensitive_features={"g": group})
    with pytest.raises(BadValue, match=r"audit\.at\(0\.5\)"):
        fl.decompose_gap(audit, "a", thresholds=[0.4])
    assert fl.decompose_gap(audit.at(0.5), "a", thresholds=[0.4], n_rounds=1).at(0.4).closes


def test_the_bridge_follows_the_threshold():
    gap = fl.decompose_gap(audited(), "a", thresholds=[0.3], n_rounds=2)
    picture = gap.at(0.3).plot()
    assert picture.alt.startswith("Deciding at a score of 0.3 or more: ")
    step = gap.at(0.3).group_rate
    assert f"{100 * step.value:.1f} %" in picture.alt
    assert not gap.plot().alt.startswith("Deciding")


def test_plain_data_hold_every_threshold():
    gap = fl.decompose_gap(audited(), "a", thresholds=[0.3, 0.7], n_rounds=1)
    plain = json.loads(json.dumps(gap.to_dict(), allow_nan=False))
    assert [step["threshold"] for step in plain["thresholds"]] == [0.3, 0.5, 0.7]
    assert [step["gap"][0] for step in plain["thresholds"]] == [gap.at(threshold).gap for threshold in (0.3, 0.5, 0.7)]


def test_memory_does_not_grow_with_rows_times_thresholds(monkeypatch):
    """Blocks of rows are summed up one after the other, whatever the number of thresholds."""
    from fairlens.explanations import _sampling

    held: list[int] = []
    draw = _sampling.Sums.draw

    def watched(self: _sampling.Sums, *args: object) -> None:
        held.append(self.parts.size)
        draw(self, *args)  # type: ignore[arg-type]

    monkeypatch.setattr(_sampling, "_CHUNK_PARTS", 3 * 22 * 50)
    monkeypatch.setattr(_sampling.Sums, "draw", watched)
    gap = fl.decompose_gap(audited(), "a", thresholds=True, n_rounds=2)
    assert max(held) <= 3 * 22 * 50
    assert len(held) == 2 * 5
    assert all(step.closes for step in gap.steps)
