"""Nothing that readers are shown of an explanation depends on how many people a hidden group has."""

import json
import re

import numpy as np
import pandas as pd
import pytest
from sklearn.ensemble import RandomForestClassifier

import fairlens as fl
from fairlens.exceptions import BadValue, TooManyPredictions
from fairlens.explanations import LimeAttributor, ShapAttributor
from fairlens.explanations._cache import CACHE

SHOWN = 600


@pytest.fixture(autouse=True)
def _empty_cache():
    CACHE.clear()


def score(rows: pd.DataFrame) -> np.ndarray:
    return (1 / (1 + np.exp(-(rows["income"] - 50) / 8 + rows["debt"] / 10))).to_numpy()


def audited(hidden: int, model: object = score, inputs: int = 2, **more: object) -> fl.Audit:
    """Three groups of 200 people, and one of few; each half women."""
    rng, n = np.random.default_rng(3), SHOWN + 100
    X = pd.DataFrame({"income": rng.normal(50, 10, n), "debt": rng.exponential(5, n), **{f"v{j}": rng.normal(size=n) for j in range(2, inputs)}})
    if model == "forest":
        model = RandomForestClassifier(5, max_depth=4, random_state=0).fit(X, X["income"] > 48 + X["debt"])
        more["pos_label"] = True
    groups = pd.DataFrame({"race": np.r_[np.repeat(["a", "b", "d"], SHOWN // 3), np.repeat("c", 100)], "sex": np.tile(["f", "m"], n // 2)})
    some = slice(SHOWN + hidden)
    return fl.audit(X.iloc[some], model=model, threshold=0.5, sensitive_features=groups.iloc[some], **more)  # type: ignore[arg-type]


def told(found: fl.Explanation) -> dict[str, object]:
    """Every text and number that readers are shown."""
    shown = found.published()
    plain = {key: value for key, value in shown.to_dict().items() if key not in ("versions", "made")}
    return {
        "sentence": found.sentence, "told": found.told, "published told": shown.told, "method": shown.method, "html": found.html(), "repr": repr(found),
        "rich": found._repr_html_(), "plain": json.dumps(plain, default=str), "warnings": shown.warnings, "notes": shown.notes, "against": shown.against,
        "diagnostics": shown.diagnostics, "alt": found.plot().alt,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("method", "model"),
    [("shap", score), ("shap", "forest"), (ShapAttributor(exact_inputs=1, permutations=2), score), ("occlusion", score), (LimeAttributor(n_samples=100), score)],
)
@pytest.mark.parametrize(("sizes", "floor"), [((6, 8), 10), ((64, 86), 100)])
def test_a_slice_that_is_hidden_looks_the_same_whatever_its_size(method, model, sizes, floor):
    found = [fl.explain(audited(size, model, suppress_below=floor).where(race="c"), method, "sex", progress=False) for size in sizes]
    assert [one.background_n for one in found] == list(sizes)
    assert {row.status for row in found[0].published().rows} == {"suppressed"}
    one, other = map(told, found)
    assert one == other
    for size in sizes:
        for name in ("sentence", "told", "method", "notes", "warnings", "alt"):
            assert not re.search(rf"\b{size}\b", str(one[name])), name


@pytest.mark.parametrize("model", [score, "forest"])
def test_the_background_is_told_where_readers_know_it(model):
    found = fl.explain(audited(0, model), "shap", "race", background=120, progress=False)
    assert "120" not in found.method
    assert "The mean answer for 120 background rows is" in found.told
    assert "The mean answer for 120 background rows is" in found.html()


class Uncounted:
    name = "uncounted"

    def attribute(self, f, Z, background, *, categorical, seed, progress):
        return np.repeat((f(Z) - f(background).mean())[:, None] / Z.shape[1], Z.shape[1], axis=1)


def refused(audit: fl.Audit, method: object, budget: int, **more: object) -> str:
    with pytest.raises(TooManyPredictions) as caught:
        fl.explain(audit, method, max_predictions=budget, progress=False, **more)  # type: ignore[arg-type]
    return str(caught.value)


@pytest.mark.parametrize("method", ["shap", "lime", "occlusion", Uncounted()])
@pytest.mark.parametrize("output", ["score", "log_odds"])
def test_a_refusal_does_not_count_the_people_who_are_hidden(method, output):
    texts = [refused(audited(size), method, 800, by="race", output=output) for size in (4, 7)]
    assert texts[0] == texts[1]
    assert not re.search(r"\b30[0-9] rows", texts[0])
    if isinstance(method, str):
        assert f"Up to 400 rows by {method!r}" in texts[0]
        needed = int(re.search(r"max_predictions=([\d_]+)", texts[0])[1].replace("_", ""))
        assert fl.explain(audited(7), method, "race", output=output, max_predictions=needed, progress=False).predictions <= needed
    else:
        assert "take more than 800 predictions" in texts[0].replace("takes", "take")


def test_a_refusal_of_a_hidden_slice_does_not_count_it():
    texts = [refused(audited(size).where(race="c"), "lime", 300, by="sex") for size in (6, 8)]
    assert texts[0] == texts[1]
    assert "Up to 200 rows" in texts[0]
    assert "up to 100 background rows" in texts[0]


def test_a_refusal_counts_where_nothing_is_hidden():
    assert "300 rows by 'lime', with 2 inputs and 100 background rows, take" in refused(audited(0), "lime", 800, by="race")


@pytest.mark.parametrize("method", ["shap", "lime", "occlusion", Uncounted(), ShapAttributor(exact_inputs=1)])
@pytest.mark.parametrize("budget", [800, 20_000, 20_000_000])
@pytest.mark.parametrize("only", [{}, {"race": "c"}])
def test_a_preview_does_not_count_the_people_who_are_hidden(method, budget, only):
    by = "sex" if only else "race"
    audits = [audited(size) for size in (6, 8)]
    found = [fl.preview_explanation(audit.where(**only) if only else audit, method, by, max_predictions=budget) for audit in audits]
    assert len({one.fits for one in found}) == 1
    assert found[0].background_n == (6 if only else 100)
    for shown in (repr, fl.explanations.ExplanationPreview._repr_html_, lambda one: one.published().to_dict(), lambda one: one.published().sentence):
        assert shown(found[0]) == shown(found[1])
    for one in found:
        assert one.published().fits == one.fits
        assert one.predictions is None or one.published().predictions >= one.predictions


def test_a_note_of_orderings_does_not_count_the_people_who_are_hidden():
    few = ShapAttributor(exact_inputs=10, permutations=1)
    audits = [audited(size, inputs=8) for size in (4, 7)]
    found = [fl.explain(one, few, "race", rows=30, background=20, max_predictions=100_000, progress=False) for one in audits]
    assert found[0].notes[0].startswith("All coalitions of the inputs would take more predictions, beyond the budget `max_predictions` of 100,000.")
    assert found[0].published().notes == found[1].published().notes
    previews = [fl.preview_explanation(one, few, "race", rows=30, background=20, max_predictions=100_000) for one in audits]
    assert repr(previews[0]) == repr(previews[1])
    assert previews[0].notes == found[0].notes[:1]


def test_a_model_that_changed_does_not_count_the_people_who_are_hidden():
    texts = []
    for size in (6, 8):
        shift = [0.0]
        audit = audited(size, lambda rows, shift=shift: np.clip(score(rows) + shift[0], 0, 1))
        shift[0] = 0.01
        with pytest.raises(BadValue, match="differently for some rows") as caught:
            fl.explain(audit.where(race="c"), "occlusion", "sex", progress=False)
        texts.append(str(caught.value))
    assert texts[0] == texts[1]


def test_a_refused_dependence_does_not_count_hidden_people():
    said = set()
    for hidden in (3, 5, 8):
        with pytest.raises(TooManyPredictions) as caught:
            fl.dependence(audited(hidden), "income", rows=60, max_predictions=100, progress=False)
        said.add(str(caught.value))
    assert len(said) == 1
    assert "more than 100 predictions" in said.pop()
