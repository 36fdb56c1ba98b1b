"""The cache of attributions: what it takes for the same question, and what it never keeps."""

import numpy as np
import pandas as pd
import pytest

import fairlens as fl
from fairlens._predict import predictor
from fairlens.explanations import Attribution
from fairlens.explanations import _cache as module
from fairlens.explanations._cache import CACHE, Cache, Key, content_of

N = 200


@pytest.fixture(autouse=True)
def _empty_cache():
    CACHE.clear()


def people() -> tuple[pd.DataFrame, pd.DataFrame]:
    rng = np.random.default_rng(1)
    X = pd.DataFrame({"income": rng.normal(50, 15, N), "debt": rng.exponential(5, N), "age": rng.integers(18, 80, N)})
    return X, pd.DataFrame({"sex": rng.choice(["f", "m"], N)})


class Formula:
    """A score with a factor, and a dent that nobody who was audited is in."""

    def __init__(self, factor: float = 1.0, dent: float = 0.0) -> None:
        self.factor, self.dent = factor, dent

    def predict_proba(self, rows):
        plain = np.clip(self.factor * (0.2 + 0.008 * rows["income"] - 0.02 * rows["debt"] + 0.002 * rows["age"]), 0, 1).to_numpy()
        scores = np.where((rows["age"] == 33) & (rows["income"] > 95), self.dent or plain, plain)
        return np.stack([1 - scores, scores], axis=1)


class Decider:
    """Decides at a threshold of its own."""

    def __init__(self, threshold: float) -> None:
        self.threshold = threshold

    def predict(self, rows):
        return (Formula().predict_proba(rows)[:, 1] >= self.threshold).astype(int)


class Holding(Formula):
    """Holds a function, which only pickles where it has a name."""

    def __init__(self, inner) -> None:
        super().__init__()
        self.inner = inner

    def predict_proba(self, rows):
        return self.inner(rows)


def audited(model: object = None, **more: object) -> fl.Audit:
    X, groups = people()
    return fl.audit(X, model=Formula() if model is None else model, sensitive_features=groups, **more)  # type: ignore[arg-type]


class Counting:
    name = "counting"
    cache_key = "1"

    def __init__(self) -> None:
        self.calls = 0

    def attribute(self, f, Z, background, *, categorical, seed, progress):
        self.calls += 1
        return Z - background.mean(axis=0)


def times(audit: fl.Audit | None = None, key: str = "1", **more: object) -> int:
    method = Counting()
    method.cache_key = key
    fl.explain(audit or audited(), method, background=more.pop("background", 20), **more)
    return method.calls


def test_an_answer_is_found_again_and_changes_with_what_it_depends_on():
    assert times() == 1
    assert times() == 0
    assert times(progress=False, confidence=0.9) == 0
    assert times(output="decision") == 1
    assert times(random_state=1) == 1
    assert times(rows=40) == 1
    assert times(background=30) == 1
    assert times(audited(Formula(0.99))) == 1
    assert times(key="2") == 1
    assert times() == 0
    CACHE.clear()
    assert times() == 1


def test_an_answer_about_a_score_is_the_same_at_every_threshold():
    assert times(audited(threshold=0.4)) == 1
    assert times(audited(threshold=0.6)) == 0


def test_every_threshold_has_its_own_answer():
    """Also where it decides alike about all rows and all that is tried."""
    scores = np.sort(Formula().predict_proba(people()[0])[:, 1])
    k = int(np.argmax(np.diff(scores[60:140]))) + 60
    middle = float(scores[k] + scores[k + 1]) / 2
    low, high = middle - 1e-9, middle + 1e-9
    audit = audited(threshold=[low, high])
    assert times(audit.at(low), output="decision") == 1
    assert times(audit.at(high), output="decision") == 1
    assert times(audit.at(low), output="decision") == 0


@pytest.mark.parametrize(("one", "other"), [(Formula(), Formula(dent=0.99)), (Decider(0.5), Decider(0.5 + 1e-12))], ids=["scores", "decisions"])
def test_models_that_answer_alike_about_all_rows_are_told_apart(one, other):
    assert times(audited(one)) == 1
    assert times(audited(other)) == 1
    assert times(audited(one)) == 0


def test_two_models_that_decide_alike_about_all_rows_are_explained_each_for_itself():
    class One:
        def __init__(self, name):
            self.name = name

        def predict(self, rows):
            return rows[self.name].to_numpy()

    X = pd.DataFrame({"a": [0, 1] * 50, "b": [0, 1] * 50})
    for name, other in (("a", "b"), ("b", "a")):
        found = fl.explain(fl.audit(X, model=One(name), sensitive_features={"sex": ["f", "m", "m", "f"] * 25}), "occlusion").by_feature()[("f",)]
        assert found[name].mean_abs > 0 == found[other].mean_abs


def test_functions_and_what_cannot_be_pickled_are_not_kept():
    inner = Formula().predict_proba
    for model in (lambda rows: inner(rows)[:, 1], Holding(lambda rows: inner(rows))):
        for _ in range(2):
            assert times(audited(model)) == 1
    assert len(CACHE) == 0


def test_a_method_without_a_key_is_not_kept():
    class Plain:
        name = "plain"

        def attribute(self, f, Z, background, *, categorical, seed, progress):
            return Z * 0.0

    fl.explain(audited(), Plain())
    assert len(CACHE) == 0
    fl.explain(audited(), "occlusion", background=10)
    assert len(CACHE) == 1


def test_a_class_that_was_written_anew_is_another(monkeypatch):
    before = Formula
    assert times(audited(Formula())) == 1
    again = type("Formula", (before,), {"__module__": before.__module__, "__qualname__": before.__qualname__})
    monkeypatch.setitem(globals(), "Formula", again)
    assert content_of(predictor(again(), 1, 1)).digest == content_of(predictor(again(), 1, 1)).digest
    assert times(audited(again())) == 1


def test_a_very_large_model_is_not_hashed(monkeypatch):
    assert content_of(predictor(Formula(), 1, 1)) is not None
    monkeypatch.setattr(module, "LARGEST_MODEL", 10)
    assert content_of(predictor(Formula(), 1, 1)) is None


def test_the_cache_lets_the_longest_unused_go():
    cache = Cache(largest=2_000)
    made = [Attribution(np.zeros((10, 10)), 0.0, "") for _ in range(4)]
    cache.put(Key("a"), made[0])
    cache.put(Key("b"), made[1])
    assert cache.get(Key("a")) is made[0]
    assert cache.get(Key("a", (int,))) is None
    cache.put(Key("c"), made[2])
    assert (cache.get(Key("a")), cache.get(Key("b")), cache.get(Key("c"))) == (made[0], None, made[2])
    cache.put(Key("large"), Attribution(np.zeros((100, 100)), 0.0, ""))
    assert cache.get(Key("large")) is None
    cache.put(None, made[3])
    assert len(cache) == 2
    assert not made[0].values.flags.writeable
