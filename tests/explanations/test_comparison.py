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


def explained(name, *slopes, tiny=0, by="race", seed=2, background=50, **more):
    rng = np.random.default_rng(seed)
    race = np.resize(np.array(["Black", "white"], dtype=object), N)
    X = pd.DataFrame({name: rng.normal(size=N) for name in ("income", "debt", "noise")})
    X["income"] -= 1.0 * (race == "Black")
    X["debt"] += 1.0 * (race == "Black")
    race[:tiny] = "tiny"
    audit = fl.audit(X, model=lambda rows: 1 / (1 + np.exp(-rows["income"])), sensitive_features={"race": race, "sex": rng.choice(["f", "m"], N)})
    return fl.explain(audit, Linear(name, *slopes), by, rows=N, background=background, progress=False, **more)


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


@pytest.mark.parametrize(
    ("asked", "what"),
    [
        ({"seed": 3}, "of two audits"),
        ({"random_state": 1}, "in their background"),
        ({"confidence": 0.5}, "confidence: 0.95 and 0.5"),
        ({"tiny": 60}, "in their groups"),
    ],
)
def test_refuses_what_is_not_about_the_same_people_or_background(asked, what):
    one, two = explained("first", 0.1, 0.1, 0.0), explained("second", 0.1, 0.1, 0.0, **asked)
    with pytest.raises(exceptions.BadValue, match=what) as caught:
        fl.compare_explanations(one, two)
    assert "Hint: fl.compare_explanations(" in str(caught.value)


def test_published_answers_are_compared_by_what_they_hold():
    one = explained("first", 0.1, 0.1, 0.0)
    assert one.published().marks == ("", "")
    assert "marks" not in one.to_dict()
    assert len(fl.compare_explanations(one.published(), explained("second", 0.1, 0.1, 0.0).published()).known) == 6
    with pytest.raises(exceptions.BadValue, match="in their background"):
        fl.compare_explanations(one.published(), explained("second", 0.1, 0.1, 0.0, random_state=1).published())


def test_how_many_rows_were_drawn_may_differ():
    rng = np.random.default_rng(2)
    X = pd.DataFrame({name: rng.normal(size=N) for name in ("income", "debt", "noise")})
    audit = fl.audit(X, model=lambda rows: 1 / (1 + np.exp(-rows["income"])), sensitive_features={"race": np.resize(["a", "b"], N)})
    one, two = (fl.explain(audit, Linear("x", 0.1, 0.1, 0.0), rows=rows, background=X[:40], progress=False) for rows in (30, 90))
    assert [row.one.n for row in fl.compare_explanations(one, two).rows] == [30] * 6
