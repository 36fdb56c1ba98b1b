"""What an explanation takes is told before the model is asked."""

import json

import numpy as np
import pandas as pd
import pytest
from sklearn.ensemble import RandomForestClassifier

import fairlens as fl
from fairlens.exceptions import BadValue, OutOfRange, RowsNotHeld, TooManyPredictions, WrongKind
from fairlens.explanations import LimeAttributor, ShapAttributor

N = 600


def people(inputs: int = 10, small: int = 0) -> tuple[pd.DataFrame, dict[str, np.ndarray]]:
    rng = np.random.default_rng(0)
    sex = rng.choice(["f", "m"], N).astype(object)
    sex[:small] = "x"
    return pd.DataFrame(rng.normal(size=(N, inputs)), columns=[f"v{j}" for j in range(inputs)]), {"sex": sex}


class Counted:
    """A model that counts what it is asked."""

    def __init__(self) -> None:
        self.asked = 0

    def __call__(self, rows):
        self.asked += len(rows)
        return 1 / (1 + np.exp(-rows["v0"] * (1 + 0.5 * rows["v1"])))


def audited(model: object = None, inputs: int = 3, small: int = 0) -> fl.Audit:
    X, groups = people(inputs, small)
    return fl.audit(X, model=model or Counted(), threshold=0.5, sensitive_features=groups)


@pytest.mark.parametrize("method", ["shap", "lime", "occlusion", LimeAttributor(n_samples=100, pool=True), ShapAttributor(exact_inputs=2, permutations=3)])
def test_it_is_a_bound_and_the_model_is_not_asked(method):
    model = Counted()
    audit = audited(model)
    model.asked = 0
    preview = fl.preview_explanation(audit, method, rows=30, background=20)
    assert model.asked == 0
    found = fl.explain(audit, method, rows=30, background=20, progress=False)
    assert found.predictions <= preview.predictions <= found.predictions + 64 + 40
    assert preview.rows[0].explained == found.sampled[0][1] == 30
    assert (preview.background_n, preview.inputs, preview.fits) == (20, 3, True)
    fl.explain(audit, method, rows=30, background=20, max_predictions=preview.predictions, progress=False)
    with pytest.raises(TooManyPredictions):
        fl.explain(audit, LimeAttributor(), max_predictions=fl.preview_explanation(audit, LimeAttributor()).predictions - 1)


def test_beyond_the_budget():
    preview = fl.preview_explanation(audited(), "lime", max_predictions=1_000)
    assert not preview.fits
    assert "beyond max_predictions=1_000: fl.explain would refuse it" in preview.sentence


def test_a_method_that_cannot_count():
    class Plain:
        name = "plain"

        def attribute(self, f, Z, background, *, categorical, seed, progress):
            return Z * 0.0

    preview = fl.preview_explanation(audited(), Plain())
    assert (preview.predictions, preview.fits) == (None, True)
    assert "is not known before" in preview.sentence


def test_a_model_of_trees_takes_little_and_says_what_if():
    X, groups = people(3)
    model = RandomForestClassifier(5, max_depth=3, random_state=0).fit(X, X["v0"] > 0)
    audit = fl.audit(X, model=model, pos_label=True, sensitive_features=groups)
    preview = fl.preview_explanation(audit)
    assert preview.predictions < 1_000
    assert "explained as any function, by up to 200,000 predictions more" in preview.notes[0]
    assert preview.notes[0] in repr(preview)


def test_frame_and_plain_data():
    preview = fl.preview_explanation(audited(), rows=40)
    assert list(preview.to_frame()) == ["sex", "explained", "people", "reason"]
    assert preview.to_frame()["explained"].tolist() == [40, 40]
    told = json.loads(json.dumps(preview.to_dict()))
    assert (told["kind"], told["predictions"], told["fits"]) == ("ExplanationPreview", preview.predictions, True)
    assert preview.html().count("<tr>") == 3


def test_groups_that_readers_do_not_see():
    preview = fl.preview_explanation(audited(small=4))
    shown = preview.published()
    assert {row.group: row.explained for row in preview.rows}[("x",)] == 4
    hidden = [row for row in shown.rows if row.explained is None]
    assert ("x",) in [row.group for row in hidden]
    assert hidden[0].reason == "fewer than 10 people, or needed to hide such a group"
    assert shown.predictions > preview.predictions
    assert str(shown.predictions).strip("0") in "123456789"
    assert f"{preview.predictions:,}" not in repr(preview) + preview._repr_html_()


def test_ordinary_audits_are_not_refused():
    """All coalitions of 10 inputs are beyond the budget there: orderings take their place, and that is said."""
    audit = audited(inputs=10)
    preview = fl.preview_explanation(audit)
    assert preview.fits
    assert "All coalitions of the inputs would take 20,480,000 predictions, beyond the budget" in preview.notes[0]
    few = fl.explain(audit, rows=30, background=20, max_predictions=300_000, progress=False)
    assert "10 random orderings of 10 inputs per row" in few.method
    assert few.notes[0].startswith("All coalitions of the inputs would take 1,228,800 predictions, beyond the budget `max_predictions` of 300,000.")
    assert few.notes[0] in few.published().notes
    assert few.max_error < 1e-9
    assert few.predictions <= 300_000
    with pytest.raises(TooManyPredictions, match="252,"):
        fl.explain(audit, rows=30, background=20, max_predictions=100_000)


def test_bad_arguments_are_those_of_explain():
    with pytest.raises(BadValue, match="`method`"):
        fl.preview_explanation(audited(), "shapp")
    with pytest.raises(OutOfRange, match="`rows`"):
        fl.preview_explanation(audited(), rows=0)
    with pytest.raises(RowsNotHeld):
        fl.preview_explanation(fl.audit(y_pred=[0, 1] * 20, sensitive_features={"sex": ["f", "m"] * 20}))
    with pytest.raises(WrongKind, match="preview_explanation"):
        fl.preview_explanation(people()[0])
