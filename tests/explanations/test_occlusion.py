"""Occlusion: a third method in one file, through the one door."""

import numpy as np
import pandas as pd
import pytest

import fairlens as fl
from fairlens.explanations import OcclusionAttributor

N = 60


def people() -> pd.DataFrame:
    rng = np.random.default_rng(0)
    return pd.DataFrame({"income": rng.normal(50, 10, N), "zip": rng.choice(["n", "s"], N), "owner": rng.random(N) < 0.5})


def audited(model, X=None) -> fl.Audit:
    X = people() if X is None else X
    return fl.audit(X, model=model, threshold=0.5, sensitive_features={"sex": ["f", "m"] * (N // 2)})


def added(rows):
    return rows["income"] / 200 + 0.2 * (rows["zip"] == "n") + 0.1 * rows["owner"]


def multiplied(rows):
    return rows["income"] / 200 * (rows["zip"] == "n") * (1 + rows["owner"])


def test_is_an_attributor():
    assert isinstance(OcclusionAttributor(), fl.Attributor)


def test_parts_as_by_definition():
    X = people()
    found = fl.explain(audited(multiplied), OcclusionAttributor(), background=X.iloc[:10], keep_values=True)
    for row in range(0, N, 7):
        for j, name in enumerate(X.columns):
            mixed = X.iloc[[row] * 10].reset_index(drop=True)
            mixed[name] = X[name].iloc[:10].to_numpy()
            wanted = multiplied(X.iloc[[row]]).item() - multiplied(mixed).mean()
            assert found.values.contributions[row, j] == pytest.approx(wanted, abs=1e-6)


def test_adds_up_where_inputs_act_by_themselves():
    found = fl.explain(audited(added), "occlusion")
    assert found.max_error < 1e-12
    assert found.notes == ()
    by_shap = fl.explain(audited(added), "shap")
    for one, other in zip(found.rows, by_shap.rows, strict=True):
        assert (one.mean, one.mean_abs) == pytest.approx((other.mean, other.mean_abs), abs=1e-12)


def test_says_what_is_left_over():
    found = fl.explain(audited(multiplied), "occlusion")
    assert found.max_error > 0.01
    assert "do not add up to the model's answer" in found.notes[0]
    assert f"{found.max_error:.3g}" in found.notes[0]
    assert "need not add up" in found.method
    assert found.published().notes[0] in repr(found)
    assert found.method_name == "occlusion"


def test_asks_as_often_as_it_says():
    audit = audited(added)
    found = fl.explain(audit, "occlusion", background=20)
    counted = OcclusionAttributor().predictions(N, 3, 20)
    assert counted == N * (1 + 3 * 20)
    assert found.predictions == counted + N + 20


def test_reports_progress():
    Z, background = np.ones((3, 2)), np.zeros((4, 2))
    seen = []
    OcclusionAttributor().attribute(lambda rows: rows[:, 0], Z, background, categorical=(), seed=0, progress=lambda *step: seen.append(step))
    assert seen == [(15, 27), (27, 27)]


def test_goes_in_parts_that_fit_in_memory(monkeypatch):
    from fairlens.explanations import _occlusion

    rng = np.random.default_rng(0)
    Z, background = rng.normal(size=(17, 3)), rng.normal(size=(5, 3))
    f = lambda rows: rows[:, 0] * rows[:, 1] + rows[:, 2]  # noqa: E731
    whole = OcclusionAttributor().attribute(f, Z, background, categorical=(), seed=0, progress=None)
    monkeypatch.setattr(_occlusion, "rows_per_call", lambda inputs: 12)
    parts = OcclusionAttributor().attribute(f, Z, background, categorical=(), seed=0, progress=None)
    np.testing.assert_array_equal(parts, whole)
