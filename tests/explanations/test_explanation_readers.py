"""What readers see of how an explanation was found: nothing of one person, and every warning."""

import numpy as np
import pandas as pd
import pytest
from sklearn.ensemble import HistGradientBoostingClassifier, RandomForestClassifier

import fairlens as fl
from fairlens.explanations import Attribution, LimeAttributor, ShapAttributor
from fairlens.explanations import _shap as module
from fairlens.explanations._attributor import Warned, at_most
from fairlens.explanations._cache import CACHE
from fairlens.explanations._trees import Unread

N = 300
TRAINING = "the training rows, as the branches of the trees weigh them"


@pytest.fixture(autouse=True)
def _empty_cache():
    CACHE.clear()


def people() -> tuple[pd.DataFrame, pd.DataFrame]:
    rng = np.random.default_rng(3)
    X = pd.DataFrame({"income": rng.normal(50, 10, N), "debt": rng.exponential(5, N)})
    return X, pd.DataFrame({"sex": pd.Series(rng.choice(["f", "m"], N), dtype=object)})


def score(rows: pd.DataFrame) -> np.ndarray:
    return (1 / (1 + np.exp(-(rows["income"] - 50) / 8 + rows["debt"] / 10))).to_numpy()


def audited(model: object = score, X: pd.DataFrame | None = None, groups: pd.DataFrame | None = None, **more: object) -> fl.Audit:
    rows, given = people()
    return fl.audit(rows if X is None else X, model=model, sensitive_features=given if groups is None else groups, **more)  # type: ignore[arg-type]


def trees(kind: str = "forest") -> tuple[pd.DataFrame, object]:
    X, _ = people()
    model = RandomForestClassifier(5, max_depth=4, random_state=0) if kind == "forest" else HistGradientBoostingClassifier(max_iter=5)
    return X, model.fit(X, X["income"] > 48 + X["debt"])


class Left:
    """Leaves a lot over for one person, and a little for everybody else."""

    name = "left"

    def attribute(self, f, Z, background, *, categorical, seed, progress):
        parts = np.zeros(Z.shape)
        parts[:, 0] = f(Z) - f(background).mean() + 0.001 * (Z[:, 0] / 100) + 0.7 * (Z[:, 0] > 300)
        return parts


@pytest.mark.parametrize("rows", [1, 9])
def test_a_background_of_few_rows_is_not_published(rows):
    X, _ = people()
    for background in (rows, X.iloc[:rows]):
        found = fl.explain(audited(), Left(), background=background)
        shown = found.published()
        assert found.background_n == rows
        assert (shown.background_n, shown.notes) == (None, ())
        assert np.isnan([shown.base, shown.max_error]).all()
        assert {(row.status, row.reason) for row in shown.rows} == {("suppressed", "the background has fewer than 10 rows")}
        for text in (repr(found), found.html(), found.plot().alt):
            assert f"{100 * found.base:.1f}" not in text
    assert fl.explain(audited(), Left(), background=10).published().background_n == 10
    assert fl.explain(audited(suppress_below=4), Left(), background=5).published().background_n == 5
    assert fl.explain(audited(suppress_below=120), Left()).published().background_n == 120


def test_the_background_is_drawn_from_people_whom_readers_are_told_about():
    X, groups = people()
    groups.loc[:5, "sex"] = None
    X.loc[:5, "income"] = 1_000.0
    audit = audited(X=X, groups=groups)
    found = fl.explain(audit, Left(), background=N)
    assert found.background_n == N - 6
    assert found.published().base == found.base == pytest.approx(score(X.iloc[6:]).mean(), abs=1e-12)


def test_quality_is_that_of_the_people_who_are_shown():
    X, groups = people()
    X.loc[0, "income"], groups.loc[0, "sex"] = 400.0, None
    background = X.iloc[1:80]
    found = fl.explain(audited(X=X, groups=groups), Left(), rows=N, background=background)
    shown = found.published()
    assert found.max_error > 0.7
    assert "up to 0.7" in found.notes[0]
    assert shown.max_error < 0.002
    assert shown.max_error == at_most(shown.max_error)
    assert "0.7" not in "".join((*shown.notes, shown.told))
    without = fl.explain(audited(X=X.iloc[1:], groups=groups.iloc[1:]), Left(), rows=N, background=background).published()
    assert (without.max_error, without.notes) == (shown.max_error, shown.notes)


def test_notes_of_lime_tell_of_the_people_who_are_shown():
    X, groups = people()
    X["zip"] = np.resize(["n", "s"], N)
    X.loc[0, ["income", "zip"]], groups.loc[0, "sex"] = [90.0, None], None
    X.loc[1, "zip"], groups.loc[1, "sex"] = "rare", None
    background = X.iloc[2:80]
    lime = LimeAttributor(n_samples=100)
    found = fl.explain(audited(X=X, groups=groups), lime, rows=N, background=background)
    shown = found.published()
    assert any("'zip'" in note for note in found.notes)
    assert not any("'zip'" in note for note in shown.notes)
    without = fl.explain(audited(X=X.iloc[2:], groups=groups.iloc[2:]), lime, rows=N, background=background).published()
    assert shown.notes == without.notes
    np.testing.assert_allclose([value for _, value in shown.diagnostics], [value for _, value in without.diagnostics], rtol=1e-9)
    assert shown.diagnostics != found.diagnostics
    assert "at most" not in shown.notes[0]


def test_clipped_probabilities_are_not_counted_for_readers():
    sure = lambda rows: (rows["income"] > 50) * 1.0  # noqa: E731
    found = fl.explain(audited(sure, threshold=0.5), "occlusion", output="log_odds", background=20)
    assert " of " in found.notes[-1]
    assert found.published().notes[-1].startswith("Some probabilities were 0 or 1")


@pytest.mark.parametrize(("value", "bound"), [(0.0, 0.0), (0.0432, 0.05), (0.05, 0.05), (3.1e-16, 4e-16), (99.0, 100.0), (1e-9, 1e-9)])
def test_a_bound_has_one_digit(value, bound):
    assert at_most(value) == pytest.approx(bound, rel=1e-12, abs=0)
    assert np.isnan(at_most(float("nan")))


def test_what_the_base_stands_for_is_said():
    X, model = trees()
    audit = audited(model, X, pd.DataFrame({"side": np.where(X["income"] > 50, "right", "left")}), pos_label=True)
    for tables in (True, False):
        with pytest.MonkeyPatch.context() as patch:
            CACHE.clear()
            if not tables:
                patch.setattr(module, "exact_trees", lambda *_, **__: Unread("they were not looked at"))
            found = fl.explain(audit, ShapAttributor(tree_path_dependent=True), background=30)
        assert ("tables of their leaves" in found.method) == tables
        assert (found.base_of, found.background_n) == (TRAINING, None)
        assert f"The mean answer for {TRAINING} is " in found.told
        assert found.to_dict()["base_of"] == TRAINING
        assert found.sentence.startswith(f"Compared with {TRAINING}, ")
        alt = found.plot().alt
        assert f"for {TRAINING}; darker" in " ".join(alt.split())
        assert "background" not in found.sentence + found.told + alt
    plain = fl.explain(audit, background=30)
    assert (plain.base_of, plain.background_n, plain.against) == ("", 30, "30 background rows")
    with pytest.raises(fl.exceptions.BadValue, match="background"):
        fl.compare_explanations(plain, found)


def test_warnings_are_in_the_sentence_and_in_the_picture(monkeypatch):
    class Odd(Left):
        def explain(self, question):
            values = self.attribute(question.f, question.Z, question.background, categorical=(), seed=0, progress=None)
            text = "The best explainer was replaced by another: it failed."
            return Attribution(values, question.base, "Odd.", ("A plain note.", text), warnings=(Warned(text, "the best explainer was replaced"),))

    found = fl.explain(audited(), Odd(), background=20)
    assert found.notes[:2] == ("The best explainer was replaced by another: it failed.", "A plain note.")
    assert found.warnings == found.notes[:1]
    assert found.sentence.endswith(" Mind: the best explainer was replaced.")
    alt = " ".join(found.plot().alt.split())
    assert "The best explainer was replaced by another: it failed." in alt
    assert "A plain note" not in alt
    assert found.to_dict()["warnings"] == list(found.warnings)
    calm = fl.explain(audited(), Left(), background=20)
    assert (calm.warnings, "Mind: " in calm.sentence) == ((), False)


def test_what_lime_cannot_tell_is_a_warning():
    wild = lambda rows: (np.sin(rows["income"].to_numpy() * 3) + 1) / 2  # noqa: E731
    found = fl.explain(audited(wild, threshold=0.5), LimeAttributor(n_samples=200), rows=30, background=100)
    assert any("the contributions say little about this model" in text for text in found.warnings)
    assert any("That is a lot" in text for text in found.warnings)
    assert "LIME's line accounts for only" in found.sentence
    assert "LIME's repeats differ a lot" in found.sentence
    assert fl.explain(audited(), LimeAttributor(n_samples=2_000), rows=30, background=100).warnings == ()


def test_trees_that_were_not_looked_up_say_why(monkeypatch):
    X, model = trees("boosted")
    audit = audited(model, X, pos_label=True)
    assert "Tables of the leaves of its trees were not used: the trees of HistGradientBoostingClassifier" in fl.explain(audit, background=10).method
    monkeypatch.setattr(module, "exact_trees", lambda *_, **__: Unread("they are too deep"))
    assert fl.explain(audit, background=11, output="log_odds").method.endswith("Tables of the leaves of its trees were not used: they are too deep.")
    assert "Tables" not in fl.explain(audited(), background=10).method
