"""LIME through the lime library: the same answer whenever a row is asked about, comparable with Shapley values, refusals by name."""

import copy
import math
import warnings
from itertools import combinations
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

import fairlens as fl
from fairlens.exceptions import (
    BadValue,
    EmptyData,
    MissingValues,
    OutOfRange,
    PackageMissing,
    ShapesDiffer,
    WrongKind,
)
from fairlens.explanations._attributor import Attribution, Attributor
from fairlens.explanations._lime import LimeAttributor

NAMES = ("income", "debt", "zip", "age", "children", "employed", "years")
CATEGORICAL = (2, 5)
KINDS = {"own": {}, "discretised": {"discretize": True}, "pool": {"pool": True}}
"""The three ways to run LIME."""


def make_rows(size: int, seed: int) -> np.ndarray:
    """Applicants: skewed income, zip areas, a truth value; numbers and codes."""
    rng = np.random.default_rng(seed)
    zone = rng.choice([0, 1, 2, 3], size, p=[0.4, 0.3, 0.2, 0.1])
    return np.column_stack(
        [
            rng.gamma(6, 9, size) + 6 * (zone == 0),
            rng.beta(2, 5, size),
            zone,
            rng.uniform(20, 70, size),
            rng.poisson(1.2, size),
            rng.random(size) < 0.8,
            rng.exponential(5, size),
        ]
    ).astype(float)


def approve(rows: np.ndarray) -> np.ndarray:
    """A score that is not linear, with an interaction."""
    zone = np.where(np.isnan(rows[:, 2]), 3, rows[:, 2])
    logit = 0.05 * (rows[:, 0] - 55) - 3 * (rows[:, 1] - 0.3) - 1.1 * np.isin(zone, (1, 3)) + 1.2 * (rows[:, 5] == 1)
    logit += 0.06 * np.minimum(rows[:, 6], 8) - 0.4 * (rows[:, 1] > 0.4) * (rows[:, 4] > 1) - 0.7
    return 1 / (1 + np.exp(-logit))


def linear(rows: np.ndarray) -> np.ndarray:
    return 0.01 * rows[:, 0] - 0.5 * rows[:, 1] + 0.3 * (rows[:, 2] == 1) - 0.2 * (rows[:, 2] == 2) + 0.15 * rows[:, 5] + 0.02 * rows[:, 6]


def brute_force(f, rows: np.ndarray, background: np.ndarray) -> np.ndarray:
    """Shapley values by their definition: every coalition, every background row."""
    n, d = rows.shape
    worth = {}
    for size in range(d + 1):
        for held in combinations(range(d), size):
            mixed = np.repeat(background[None], n, axis=0)
            mixed[:, :, list(held)] = rows[:, None, list(held)]
            worth[held] = f(mixed.reshape(-1, d)).reshape(n, -1).mean(axis=1)
    phi = np.zeros((n, d))
    for held, value in worth.items():
        for j in set(range(d)) - set(held):
            share = math.factorial(len(held)) * math.factorial(d - len(held) - 1) / math.factorial(d)
            phi[:, j] += share * (worth[tuple(sorted((*held, j)))] - value)
    return phi


def ask(lime: LimeAttributor, rows, f=approve, background=None, seed=0, progress=None, categorical=CATEGORICAL):
    base = make_rows(100, 9) if background is None else background
    return lime.attribute(f, rows, base, categorical=categorical, seed=seed, progress=progress)


def explained(lime: LimeAttributor, rows, f=approve, background=None, seed=0):
    base = make_rows(100, 9) if background is None else background
    question = SimpleNamespace(
        f=f, Z=rows, background=base, fx=f(rows), fb=f(base), base=float(f(base).mean()), names=NAMES, categorical=CATEGORICAL, seed=seed, marks=None
    )  # fmt: skip
    return lime.explain(question)


def test_it_is_an_attributor():
    assert isinstance(LimeAttributor(), Attributor)
    assert LimeAttributor().name == "lime"
    assert LimeAttributor() == LimeAttributor(n_samples=2_000, discretize=False, repeats=3, pool=False)


@pytest.mark.parametrize("kind", KINDS)
def test_neither_order_nor_company_matters(kind):
    rows = make_rows(8, 1)
    lime = LimeAttributor(n_samples=80, repeats=2, **KINDS[kind])
    together = ask(lime, rows)
    order = np.random.default_rng(0).permutation(len(rows))
    np.testing.assert_allclose(ask(lime, rows[order]), together[order], rtol=0, atol=1e-9)
    np.testing.assert_allclose(np.concatenate([ask(lime, rows[:5]), ask(lime, rows[5:])]), together, rtol=0, atol=1e-9)
    np.testing.assert_allclose(ask(lime, rows), together, rtol=0, atol=1e-9)
    assert np.abs(ask(lime, rows, seed=1) - together).max() > 1e-4


@pytest.mark.parametrize("kind", ["own", "discretised"])
def test_a_row_gets_the_same_perturbations_in_any_company(kind):
    rows = make_rows(6, 1)

    def seen_for(Z):
        calls = []
        ask(LimeAttributor(n_samples=80, repeats=2, **KINDS[kind]), Z, f=lambda X: (calls.append(X.copy()), approve(X))[1])
        runs = np.concatenate(calls).reshape(-1, 80, 7)
        return {(run[0].tobytes(), k % 2): run for k, run in enumerate(runs)}

    forward, backward = seen_for(rows), seen_for(rows[::-1])
    assert len(forward) == 12
    assert forward.keys() == backward.keys()
    for key, perturbed in forward.items():
        np.testing.assert_array_equal(perturbed, backward[key])
    first, second = (forward[rows[0].tobytes(), k] for k in (0, 1))
    assert (first[1:] != second[1:]).any()


def test_rows_of_equal_value_get_equal_answers():
    rows = make_rows(2, 1)
    rows[1] = rows[0]
    rows[:, 4] = [0.0, -0.0]
    found = ask(LimeAttributor(n_samples=80, repeats=1), rows)
    np.testing.assert_array_equal(found[0], found[1])


@pytest.mark.parametrize("kind", KINDS)
def test_the_global_random_state_is_left_as_found(kind):
    np.random.seed(7)  # noqa: NPY002 - the state that must not move
    before = copy.deepcopy(np.random.get_state())  # noqa: NPY002
    ask(LimeAttributor(n_samples=60, repeats=1, **KINDS[kind]), make_rows(2, 1))
    after = np.random.get_state()  # noqa: NPY002
    assert before[0] == after[0]
    np.testing.assert_array_equal(before[1], after[1])
    assert before[2:] == after[2:]


@pytest.mark.parametrize("kind", ["own", "pool"])
def test_of_a_linear_model_the_contributions_are_shapley_values(kind):
    rows, background = make_rows(25, 1), make_rows(100, 9)
    found = explained(LimeAttributor(**KINDS[kind]), rows, linear, background)
    phi = brute_force(linear, rows, background)
    assert np.abs(phi).max() > 0.3
    np.testing.assert_allclose(found.values, phi, atol=0.025)
    assert np.abs(found.values - phi).mean() < 0.02 * np.abs(phi).mean() + 0.002
    assert found.max_error < 0.05
    slope = explained(LimeAttributor(n_samples=200, **KINDS[kind]), rows[:5], lambda X: 0.01 * X[:, 0] - X[:, 1], background)
    assert slope.fidelity.min() > 0.95


@pytest.mark.parametrize("kind", ["own", "pool"])
def test_signs_agree_with_shapley_values(kind):
    rows, background = make_rows(40, 1), make_rows(60, 9)
    phi = brute_force(approve, rows, background)
    found = ask(LimeAttributor(n_samples=1_000, **KINDS[kind]), rows, background=background)
    clear = np.abs(phi) > 0.02
    assert clear.sum() > 100
    assert (np.sign(found) == np.sign(phi))[clear].mean() > 0.85
    assert np.corrcoef(found.ravel(), phi.ravel())[0, 1] > 0.9


def test_weights_that_are_not_centred_do_not_agree():
    """Why contributions are centred: lime's own weights have the sign of Shapley values like a coin, where numbers are concerned."""
    from lime.lime_tabular import LimeTabularExplainer

    rows, background = make_rows(25, 1), make_rows(60, 9)
    phi = brute_force(approve, rows, background)
    explainer = LimeTabularExplainer(
        background, mode="regression", categorical_features=list(CATEGORICAL), discretize_continuous=False, random_state=0
    )  # fmt: skip
    weights = np.zeros(rows.shape)
    for i, row in enumerate(rows):
        for j, weight in explainer.explain_instance(row, approve, num_features=7, num_samples=500).as_map()[1]:
            weights[i, j] = weight
    numbers = np.array([0, 1, 6])
    clear = np.abs(phi[:, numbers]) > 0.02
    agree = np.sign(weights[:, numbers]) == np.sign(phi[:, numbers])
    assert agree[clear].mean() < 0.75


@pytest.mark.parametrize("kind", KINDS)
def test_a_planted_category_is_found(kind):
    rows = make_rows(40, 1)
    background = make_rows(100, 9)
    planted = lambda X: np.where(X[:, 2] == 1, 0.2, 0.8)  # noqa: E731
    found = ask(LimeAttributor(n_samples=500, repeats=2, **KINDS[kind]), rows, f=planted, background=background)
    share = (background[:, 2] == 1).mean()
    inside, others = rows[:, 2] == 1, rows[:, 2] == 0
    assert found[inside, 2] == pytest.approx(-0.6 * (1 - share), abs=0.02)
    assert found[others, 2].min() > 0.05
    assert np.abs(np.delete(found, 2, axis=1)).max() < 0.05


def test_more_perturbations_are_more_stable():
    rows = make_rows(8, 1)
    numbers = [dict(explained(LimeAttributor(n_samples=size), rows).diagnostics) for size in (100, 1_600)]
    key = "standard deviation of a repeat / mean size"
    assert numbers[1][key] < 0.5 * numbers[0][key]
    assert numbers[1]["correlation of two repeats"] > numbers[0]["correlation of two repeats"] > 0.5


@pytest.mark.parametrize("kind", KINDS)
def test_an_attribution_says_how_far_to_trust_it(kind):
    rows = make_rows(9, 1)
    found = explained(LimeAttributor(n_samples=300, **KINDS[kind]), rows)
    assert isinstance(found, Attribution)
    assert found.values.shape == found.spread.shape == rows.shape
    np.testing.assert_allclose(found.residual, found.base + found.values.sum(axis=1) - approve(rows))
    assert found.max_error == np.abs(found.residual).max() > 0
    assert ((found.fidelity > 0) & (found.fidelity < 1)).all()
    assert (found.spread > 0).mean() > 0.9
    assert all(math.isfinite(value) for _, value in found.diagnostics)
    assert "300 perturbations" in found.method
    notes = " ".join(found.notes)
    assert "do not add up exactly" in notes
    assert "two repeats correlate" in notes
    assert "local R2" in notes
    assert ("share one pool" in notes) == (kind == "pool")


def test_one_repeat_has_no_stability():
    found = explained(LimeAttributor(n_samples=100, repeats=1), make_rows(3, 1))
    assert np.isnan(found.spread).all()
    assert math.isnan(dict(found.diagnostics)["correlation of two repeats"])
    assert any("not known" in note for note in found.notes)


def test_little_faith_is_said():
    rough = lambda X: ((X[:, 0] * 7).astype(int) % 2).astype(float)  # noqa: E731
    found = explained(LimeAttributor(n_samples=100), make_rows(3, 1), rough)
    assert dict(found.diagnostics)["median local R2"] < 0.5
    notes = " ".join(found.notes)
    assert "Under one half" in notes
    assert "n_samples=400" in notes


@pytest.mark.parametrize("kind", KINDS)
def test_a_model_that_never_moves(kind):
    found = explained(LimeAttributor(n_samples=60, **KINDS[kind]), make_rows(3, 1), lambda X: np.full(len(X), 0.3))
    np.testing.assert_array_equal(found.values, 0)
    assert np.isnan(found.fidelity).all()
    assert found.max_error == pytest.approx(0, abs=1e-12)
    assert any("no input does anything" in note for note in found.notes)


@pytest.mark.parametrize("kind", KINDS)
def test_perturbed_numbers_stay_within_the_background(kind):
    background = make_rows(100, 9)
    rows = make_rows(3, 1)
    rows[0, 0] = 10_000.0
    calls = []
    ask(LimeAttributor(n_samples=200, repeats=1, **KINDS[kind]), rows, f=lambda X: (calls.append(X.copy()), approve(X))[1], background=background)
    perturbed = calls[-1] if kind == "pool" else np.concatenate(calls).reshape(-1, 200, 7)[:, 1:].reshape(-1, 7)
    assert (perturbed >= background.min(axis=0)).all()
    assert (perturbed <= background.max(axis=0)).all()
    assert any((call[:, 0] == 10_000).any() for call in calls)


@pytest.mark.parametrize("kind", KINDS)
def test_constant_inputs_do_nothing(kind):
    background, rows = make_rows(100, 9), make_rows(5, 1)
    background[:, 3] = rows[:, 3] = 5.5
    background[:, 5] = rows[:, 5] = 1
    calls = []
    found = ask(LimeAttributor(n_samples=100, **KINDS[kind]), rows, f=lambda X: (calls.append(X.copy()), approve(X))[1], background=background)
    np.testing.assert_array_equal(found[:, [3, 5]], 0)
    assert {value for call in calls for value in call[:, 3]} == {5.5}


@pytest.mark.parametrize("kind", ["own", "pool"])
def test_a_row_that_differs_from_a_constant_background(kind):
    background, rows = make_rows(60, 9), make_rows(4, 1)
    background[:, 3] = 5.0
    rows[:, 3] = [5.0, 6.0, 5.0, 8.0]
    step = lambda X: 0.4 * (X[:, 3] > 5) + 0.001 * X[:, 0]  # noqa: E731
    found = explained(LimeAttributor(**KINDS[kind]), rows, step, background)
    assert found.values[[0, 2], 3] == pytest.approx(0, abs=1e-12)
    assert found.values[[1, 3], 3] == pytest.approx(0.4, abs=0.12)
    assert any("background lacks" in note and "'age'" in note for note in found.notes)


@pytest.mark.parametrize("kind", KINDS)
def test_everything_constant(kind):
    background = np.tile(make_rows(1, 9), (20, 1))
    found = ask(LimeAttributor(n_samples=60, **KINDS[kind]), background[:2], background=background)
    np.testing.assert_array_equal(found, 0)


@pytest.mark.parametrize("kind", KINDS)
def test_a_category_that_the_background_lacks(kind):
    background, rows = make_rows(100, 9), make_rows(40, 1)
    background[background[:, 2] == 3, 2] = 0
    rows = np.concatenate([rows[rows[:, 2] == 3][:3], rows[rows[:, 2] != 3][:3]])
    new = rows[:, 2] == 3
    assert new.tolist() == [True] * 3 + [False] * 3
    f = lambda X: 0.5 - 0.4 * (X[:, 2] == 3) + 0.001 * X[:, 0]  # noqa: E731
    found = explained(LimeAttributor(repeats=2, **KINDS[kind]), rows, f, background)
    assert found.values[new, 2] == pytest.approx(-0.4, abs=0.15)
    assert np.abs(found.values[~new, 2]).max() < 0.02
    assert any("background lacks" in note and "'zip'" in note for note in found.notes)


@pytest.mark.parametrize("kind", KINDS)
def test_a_missing_category_is_a_category(kind):
    background, rows = make_rows(100, 9), make_rows(6, 1)
    background[:20, 2] = rows[:2, 2] = np.nan
    rows[:, [0, 1, 3, 4, 6]] = np.median(background, axis=0)[[0, 1, 3, 4, 6]]  # the ridge pulls those far away towards 0
    codes = set()
    f = lambda X: (codes.update(X[~np.isnan(X[:, 2]), 2]), np.where(np.isnan(X[:, 2]), 0.9, 0.2))[1]  # noqa: E731
    found = explained(LimeAttributor(n_samples=500, **KINDS[kind]), rows, f, background)
    assert codes == {0.0, 1.0, 2.0, 3.0}
    assert found.values[:2, 2] == pytest.approx(0.7 * 0.8, abs=0.03)
    assert found.values[2:, 2].max() < 0
    assert any("category of its own, in 'zip'" in note for note in found.notes)


def test_a_quartile_of_one_value_is_drawn_as_this_value():
    """lime itself gives the model 0 where a quartile holds one value only: most of these people have -3."""
    background, rows = make_rows(100, 9), make_rows(2, 1)
    background[:, 4] = np.where(np.arange(100) < 60, -3.0, background[:, 4] + 2.5)
    rows[:, 4] = -3.0
    calls = []
    ask(LimeAttributor(n_samples=400, repeats=1, discretize=True), rows, f=lambda X: (calls.append(X.copy()), approve(X))[1], background=background)
    drawn = np.concatenate(calls)[:, 4]
    assert (drawn == 0).sum() == 0
    assert (drawn == -3).mean() == pytest.approx(0.6, abs=0.06)


@pytest.mark.parametrize("kind", KINDS)
def test_progress_counts_predictions(kind):
    told, asked = [], []
    lime = LimeAttributor(n_samples=60, repeats=2, **KINDS[kind])
    rows = make_rows(4, 1)
    ask(lime, rows, f=lambda X: (asked.append(len(X)), approve(X))[1], progress=lambda done, total: told.append((done, total)))
    assert [done for done, _ in told] == np.cumsum(asked).tolist()
    assert told[-1][0] == told[-1][1]
    assert told[-1][1] == lime.predictions(4, 7, 100) + (4 if kind == "pool" else 0)


def test_no_rows():
    for settings in KINDS.values():
        found = explained(LimeAttributor(n_samples=60, **settings), make_rows(0, 1))
        assert found.values.shape == (0, 7)
        assert found.max_error == 0


def test_cache_keys_tell_settings_apart():
    keys = {lime.cache_key for lime in (LimeAttributor(), LimeAttributor(n_samples=100), LimeAttributor(repeats=1), LimeAttributor(pool=True), LimeAttributor(discretize=True))}
    assert len(keys) == 5


@pytest.mark.parametrize(
    ("settings", "kind", "told"),
    [
        ({"n_samples": 10}, OutOfRange, "from 50 on"),
        ({"n_samples": 99.5}, OutOfRange, "`n_samples` is 99.5"),
        ({"repeats": 0}, OutOfRange, "`repeats` is 0"),
        ({"repeats": True}, OutOfRange, "`repeats` is True"),
        ({"pool": True, "discretize": True}, BadValue, "`pool` is True"),
    ],
)
def test_nonsense_settings_are_refused(settings, kind, told):
    with pytest.raises(kind) as caught:
        LimeAttributor(**settings)
    assert told in str(caught.value)
    assert "\nHint: LimeAttributor(" in str(caught.value)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("where", ["rows", "background"])
@pytest.mark.parametrize(("value", "word"), [(np.nan, "missing"), (np.inf, "infinite")])
def test_missing_and_infinite_numbers_are_refused_by_name(kind, where, value, word):
    data = {"rows": make_rows(4, 1), "background": make_rows(30, 9)}
    data[where][1, [0, 3]] = value
    with pytest.raises(MissingValues) as caught:
        explained(LimeAttributor(**KINDS[kind]), data["rows"], lambda X: np.nan_to_num(X[:, 1]), data["background"])
    assert f"numbers are {word}, in 'income', 'age'" in str(caught.value)
    assert "\nHint: method=\"shap\"" in str(caught.value)
    X = pd.DataFrame(data[where], columns=NAMES)
    left = eval(caught.value.hint.split("without: ")[1], {"X": X, "np": np})
    assert len(left) == len(X) - 1
    assert np.isfinite(left[["income", "age"]].to_numpy()).all()


@pytest.mark.parametrize(
    ("rows", "background", "kind"),
    [
        (np.zeros((2, 3)), np.zeros((5, 4)), ShapesDiffer),
        (np.zeros(3), np.zeros((5, 3)), ShapesDiffer),
        (np.zeros((2, 0)), np.zeros((5, 0)), ShapesDiffer),
        (np.zeros((2, 3)), np.zeros((0, 3)), EmptyData),
    ],
)
def test_matrices_that_do_not_fit_are_refused(rows, background, kind):
    with pytest.raises(kind, match="Hint: background="):
        ask(LimeAttributor(), rows, f=lambda X: X[:, 0], background=background, categorical=())


@pytest.mark.parametrize("settings", KINDS.values(), ids=KINDS)
@pytest.mark.parametrize(
    ("f", "kind", "told"),
    [
        (lambda X: np.column_stack([approve(X)] * 2), WrongKind, "one number per row"),
        (lambda X: np.where(X[:, 0] > 40, np.inf, 1.0), MissingValues, "no finite number"),
        (lambda X: np.where(X[:, 0] > 40, np.nan, 1.0), MissingValues, "no finite number"),
    ],
)
def test_answers_that_are_no_numbers_are_refused(settings, f, kind, told):
    with pytest.raises(kind, match=told) as caught:
        ask(LimeAttributor(**settings), make_rows(4, 1), f=f)
    assert "\nHint: " in str(caught.value)


def test_without_lime_the_pool_is_named(monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "lime.lime_tabular", None)
    with pytest.raises(PackageMissing, match=r"Hint: pip install lime, or LimeAttributor\(pool=True\)"):
        ask(LimeAttributor(n_samples=60), make_rows(1, 1))
    assert ask(LimeAttributor(n_samples=60, pool=True), make_rows(1, 1)).shape == (1, 7)


def test_warnings_of_the_model_are_passed_on():
    def complaining(X):
        warnings.warn("the model is old", UserWarning, stacklevel=1)
        return X[:, 0]

    with pytest.warns(UserWarning, match="the model is old"):
        ask(LimeAttributor(n_samples=60, repeats=1), make_rows(1, 1), f=complaining)


def make_audit(lacking: bool = False):
    """An audit of a model of text, categories, truth values and numbers."""
    rng = np.random.default_rng(3)
    X = pd.DataFrame(
        {
            "income": rng.normal(50, 10, 200),
            "area": rng.choice(["north", "south", None], 200, p=[0.6, 0.3, 0.1]),
            "home": pd.Categorical(rng.choice(["own", "rent"], 200), categories=["rent", "own", "other"]),
            "works": rng.random(200) < 0.7,
            "children": rng.integers(0, 4, 200),
        }
    )
    if lacking:
        X.loc[5:90, "income"] = np.nan

    def score(rows: pd.DataFrame) -> np.ndarray:
        assert isinstance(rows["home"].dtype, pd.CategoricalDtype)
        assert set(rows["works"].unique()) <= {True, False}
        found = 0.5 + 0.008 * (rows["income"].fillna(50) - 50) - 0.2 * (rows["area"] == "south") + 0.1 * (rows["home"] == "own")
        return np.clip(found.to_numpy(dtype=float), 0, 1)

    return fl.audit(X, model=score, threshold=0.5, sensitive_features={"sex": rng.choice(["f", "m"], 200)})


@pytest.mark.parametrize("kind", KINDS)
def test_through_explain(kind):
    found = fl.explain(make_audit(), LimeAttributor(n_samples=200, repeats=2, **KINDS[kind]), rows=30, progress=False)
    frame = found.to_frame().set_index(["sex", "feature"])
    assert set(frame["n"]) == {30}
    assert frame.loc[("f", "income"), "mean_abs"] == pytest.approx(0.064, abs=0.025)
    assert frame.loc[("m", "home"), "mean_abs"] == pytest.approx(0.05, abs=0.015)
    assert frame.loc[("f", "area"), "mean_abs"] > 0.05
    assert frame.xs("works", level="feature")["mean_abs"].max() < 0.015
    assert "200 perturbations" in found.method
    assert any("do not add up exactly" in note for note in found.notes)
    assert not any("left over" in note for note in found.notes)
    assert dict(found.diagnostics)["correlation of two repeats"] > 0.9


def test_explain_refuses_missing_numbers_by_name():
    with pytest.raises(MissingValues, match="numbers are missing, in 'income'"):
        fl.explain(make_audit(lacking=True), LimeAttributor(n_samples=100), rows=60, progress=False)
