"""Two explanations side by side: their agreement is counted, and readers see what both may show."""

import numpy as np
import pandas as pd
import pytest

import fairlens as fl
from fairlens import exceptions

N = 600


class Linear:
    method = "A straight line."

    def __init__(self, name, *slopes):
        self.name, self.slopes = name, slopes

    def attribute(self, f, Z, background, *, categorical, seed, progress):
        return (Z - background.mean(axis=0)) * self.slopes


def explained(name, *slopes, tiny=0, by="race", **more):
    rng = np.random.default_rng(2)
    race = np.resize(np.array(["Black", "white"], dtype=object), N)
    X = pd.DataFrame({name: rng.normal(size=N) for name in ("income", "debt", "noise")})
    X["income"] -= 1.0 * (race == "Black")
    X["debt"] += 1.0 * (race == "Black")
    race[:tiny] = "tiny"
    audit = fl.audit(X, model=lambda rows: 1 / (1 + np.exp(-rows["income"])), sensitive_features={"race": race, "sex": rng.choice(["f", "m"], N)})
    return fl.explain(audit, Linear(name, *slopes), by, rows=N, background=50, progress=False, **more)


def test_agreement_is_counted_over_supported_signs():
    one, two = explained("first", 0.1, 0.1, 0.0), explained("second", 0.2, -0.1, 0.0)
    both = fl.compare_explanations(one, two)
    assert both.sign_agreement == (2, 4)
    assert len(both.known) == 6
    assert fl.compare_explanations(one, one).sign_agreement == (4, 4)
    assert "of 4 means whose sign both support, 2 have the same" in both.sentence
    assert "n=6" in both.sentence


def test_rank_correlation_is_spearmans():
    one, two = explained("first", 0.1, 0.1, 0.05), explained("second", 0.2, -0.04, 0.07)
    frame = fl.compare_explanations(one, two).to_frame()
    expected = frame["mean_1"].rank().corr(frame["mean_2"].rank())
    assert fl.compare_explanations(one, two).rank_correlation == pytest.approx(expected)
    assert fl.compare_explanations(one, one).rank_correlation == pytest.approx(1.0)
    assert np.isnan(fl.compare_explanations(one, explained("none", 0, 0, 0)).rank_correlation)


def test_readers_see_no_small_group():
    both = fl.compare_explanations(explained("first", 0.1, 0.1, 0.0, tiny=4), explained("second", 0.1, 0.1, 0.0, tiny=4))
    assert ("tiny",) in {row.group for row in both.known}
    assert ("tiny",) not in {row.group for row in both.published().known}
    for text in (both.html(), both.plot().alt):
        assert "suppressed" in text
        assert "n=4" not in text
    assert both.caution in repr(both)


def test_refuses_answers_to_other_questions():
    one = explained("first", 0.1, 0.1, 0.0)
    with pytest.raises(exceptions.WrongKind, match="`two` is a str") as caught:
        fl.compare_explanations(one, "lime")
    assert "Hint:" in str(caught.value)
    for other, what in ((explained("first", 0.1, 0.1, 0.0, by="sex"), "attributes"), (explained("first", 0.1, 0.1, 0.0, output="decision"), "output")):
        with pytest.raises(exceptions.BadValue, match=what):
            fl.compare_explanations(one, other)
