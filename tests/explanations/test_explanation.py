"""The answer itself: its frame, its sentence, its table, and what readers see of it."""

import json
import pickle

import numpy as np
import pandas as pd
import pytest

import fairlens as fl

N = 600


def people(missing: int = 0, small: int = 0) -> tuple[pd.DataFrame, pd.DataFrame]:
    rng = np.random.default_rng(2)
    race = pd.Series(rng.choice(["Black", "white"], N, p=[0.4, 0.6]), dtype=object)
    race[:missing] = None
    race[missing : missing + small] = "green"
    sex = pd.Series(rng.choice(["f", "m"], N), dtype=object)
    X = pd.DataFrame({"income": rng.normal(size=N) - 0.8 * (race == "Black"), "debt": rng.normal(size=N), "noise": rng.normal(size=N)})
    return X, pd.DataFrame({"race": race, "sex": sex})


def score(rows: pd.DataFrame) -> np.ndarray:
    return (1 / (1 + np.exp(-rows["income"] + 0.3 * rows["debt"]))).to_numpy()


class Linear:
    """Contributions of the log-odds of `score`, scaled to be no larger than a probability."""

    name = "linear"
    method = "A straight line."

    def attribute(self, f, Z, background, *, categorical, seed, progress):
        return (Z - background.mean(axis=0)) * (0.1, -0.03, 0)


def explained(missing: int = 0, small: int = 0, **more: object) -> fl.Explanation:
    audit_more = {key: more.pop(key) for key in ("words", "suppress_below", "threshold") if key in more}
    X, groups = people(missing, small)
    audit = fl.audit(X, model=score, sensitive_features=groups, **audit_more)
    where = more.pop("where", None)
    return fl.explain(audit.where(**where) if where else audit, Linear(), **{"rows": N, "background": 50, **more})


def groups_of(found: fl.Explanation) -> set:
    return set(found.groups)


def test_frame_has_one_row_per_group_and_input():
    found = explained(by="race")
    frame = found.to_frame()
    assert list(frame) == ["race", "feature", "mean", "lower", "upper", "mean_abs", "abs_lower", "abs_upper", "n", "status", "reason"]
    assert frame[["race", "feature"]].to_numpy().tolist() == [[race, name] for race in ("Black", "white") for name in ("income", "debt", "noise")]
    assert frame["n"].dtype == int
    assert (frame["mean_abs"] >= frame["mean"].abs() - 1e-12).all()
    assert (frame["abs_lower"] >= 0).all()
    assert found.by_feature()[("Black",)]["income"].mean == frame["mean"][0]


def test_is_plain_data_and_pickles():
    found = explained(by="race", keep_values=True)
    told = json.loads(json.dumps(found.to_dict()))
    assert told["kind"] == "Explanation"
    assert told["sampled"] == [[["Black"], 242, 242], [["white"], 358, 358]] or sum(n for _, n, _ in told["sampled"]) == N
    assert (told["method"], told["method_name"], told["output"], told["background_n"]) == ("A straight line.", "linear", "score", 50)
    assert "values" not in told
    again = pickle.loads(pickle.dumps(found))
    assert again == found
    np.testing.assert_array_equal(again.values.contributions, found.values.contributions)
    assert explained(by="race").values is None


def test_undefined_is_none_in_plain_data():
    found = explained(small=1, by="race")
    row = next(row for row in found.to_dict()["rows"] if row[0] == "green")
    assert row[2] is not None
    assert row[3] is None


def test_sentence_names_the_signed_means_that_the_data_support():
    found = explained(by="race")
    row = found.by_feature()[("Black",)]["income"]
    assert f"for Black income {100 * row.mean:.1f} (" in found.sentence
    assert "for white income +" in found.sentence
    assert "noise" not in found.sentence
    assert found.sentence.startswith("Compared with the background, what the model used moves the score on average, in points of the score: ")
    assert {row.feature for row in found.supported} == {"income"}


def test_sentence_where_nothing_is_supported():
    X, groups = people()
    found = fl.explain(fl.audit(X, model=lambda rows: np.full(len(rows), 0.5), sensitive_features=groups), background=X)
    assert found.sentence == "Cannot tell which inputs move the score in any group."
    assert found.supported == ()


def test_sentence_is_short_where_groups_are_many():
    X, groups = people()
    groups["cell"] = [f"c{k % 8}" for k in range(N)]
    X["income"] += np.arange(N) % 8
    found = fl.explain(fl.audit(X, model=score, sensitive_features=groups[["cell"]]), Linear(), background=50)
    assert found.sentence.count("for c") == 4
    assert "more groups are in the table." in found.sentence


def test_table_has_every_row_with_its_interval_and_n():
    found = explained(by="race", small=15)
    page = found.html()
    assert page.count("<tr>") == 1 + 3 * 3
    row = found.by_feature()[("green",)]["income"]
    assert f'data-value="{row.mean!r}"' in page
    assert "mean contribution in points of the score (95 % interval)" in page
    for text in (found.caution, "A straight line.", "50 background rows", "The intervals hold for this model and this background."):
        assert text in page
    assert found.caution in repr(found)
    assert "note</th>" not in page


def test_method_says_how_far_parts_are_from_adding_up():
    found = explained()
    assert found.published().max_error == pytest.approx(0.3)
    assert 0.2 < found.max_error <= 0.3
    assert "are up to 0.3 away from the model" in found.told
    assert "do not add up to the model's answer" in found.notes[0]
    exact = fl.explain(fl.audit(people()[0], model=score, sensitive_features=people()[1]), background=10, rows=30)
    assert "a person's contributions add up to the model's answer less this" in exact.told


def test_names_are_escaped():
    X, groups = people()
    X, groups = X.rename(columns={"income": "<b>income"}), groups.replace({"Black": "<i>a"})
    found = fl.explain(fl.audit(X, model=lambda rows: score(rows.rename(columns={"<b>income": "income"})), sensitive_features=groups), Linear())
    for page in (found.html(), found._repr_html_()):
        assert "<b>income" not in page
        assert "<i>a" not in page
        assert "&lt;b&gt;income" in page


def test_published_is_raw_where_nothing_is_hidden():
    found = explained(keep_values=True)
    shown = found.published()
    pd.testing.assert_frame_equal(shown.to_frame(), found.to_frame())
    assert shown.published() is shown
    assert shown.values is None
    assert (shown.base, shown.background_n, shown.predictions, shown.sampled) == (found.base, found.background_n, found.predictions, found.sampled)


def test_small_groups_are_hidden_with_their_partners():
    found = explained(small=5, by="race")
    shown = found.published()
    by_group = found.query is None and explained(small=5, by="race").spec
    X, groups = people(0, 5)
    suppressed = {row.group for row in fl.audit(X, model=score, sensitive_features=groups).protect().by_group("selection_rate", by="race").rows if row.status == "suppressed"}
    assert by_group
    assert ("green",) in suppressed
    assert len(suppressed) > 1
    hidden = {row.group for row in shown.rows if row.status == "suppressed"}
    assert hidden == suppressed
    for row in shown.rows:
        if row.group in hidden:
            assert np.isnan([row.mean, row.lower, row.upper, row.mean_abs, row.abs_lower, row.abs_upper, row.se]).all()
            assert (row.n, row.reason) == (None, "fewer than 10 people, or needed to hide such a group")
    assert {group: n for group, n, total in shown.sampled if group in hidden} == dict.fromkeys(hidden)
    assert shown.predictions is None
    raw = found.by_feature()[("green",)]["income"]
    assert (raw.n, raw.status) == (5, "small")
    for text in (repr(found), found._repr_html_(), found.sentence, str(shown.to_dict())):
        assert f"{raw.mean!r}" not in text
        assert f"{100 * raw.mean:.1f} (" not in text
    assert "Left out: " in found.sentence


def test_people_without_a_level_leave_the_published_explanation():
    found = explained(missing=6)
    shown = found.published()
    assert (fl.MISSING, fl.ALL) in groups_of(found)
    assert (fl.MISSING, fl.ALL) not in groups_of(shown)
    X, groups = people(6)
    kept = groups["race"].notna()
    for sex in ("f", "m"):
        n = int((kept & (groups["sex"] == sex)).sum())
        row = shown.by_feature()[(fl.ALL, sex)]["income"]
        assert row.n == n < found.by_feature()[(fl.ALL, sex)]["income"].n
        base = X.loc[kept & (groups["sex"] == sex), "income"].mean()
        whole = X.loc[groups["sex"] == sex, "income"].mean()
        raw = found.by_feature()[(fl.ALL, sex)]["income"]
        assert row.mean - raw.mean == pytest.approx(0.1 * (base - whole), abs=1e-9)
    assert dict((group, (n, total)) for group, n, total in shown.sampled)[("Black", fl.ALL)] == (int((groups["race"] == "Black").sum()),) * 2


def test_nothing_is_shown_of_too_few_people():
    X, groups = people()
    audit = fl.audit(X.iloc[:8], model=score, sensitive_features=groups.iloc[:8])
    found = fl.explain(audit, Linear())
    shown = found.published()
    assert all(row.status == "suppressed" for row in shown.rows)
    assert np.isnan(shown.base)
    assert (shown.background_n, shown.predictions, shown.notes) == (None, None, ())
    assert found.sentence.startswith("There is no group whose explanation can be shown.")
    assert repr(found.base) not in repr(found)
    assert found.html()


def test_decisions_at_a_threshold_that_readers_do_not_see():
    X, groups = people()
    audit = fl.audit(X, model=score, threshold=[0.5, 0.47], sensitive_features=groups)
    seen = fl.explain(audit.at(0.47), Linear(), output="decision")
    assert all(row.status == "ok" for row in seen.published().rows)
    hidden = fl.explain(audit.at(0.33), Linear(), output="decision").published()
    assert all(row.status == "suppressed" for row in hidden.rows)
    assert "readers see decisions at declared thresholds only, and 0.33 is not one" in hidden.rows[0].reason
    score_only = fl.explain(audit.at(0.33), Linear())
    assert all(row.status == "ok" for row in score_only.published().rows)
    assert score_only.setting == ""


def test_a_selection_is_said():
    found = explained(where={"sex": "f"}, by="race", output="decision", threshold=0.5)
    assert found.setting.startswith("among sex = f")
    assert found.sentence.startswith("Among sex = f: ")
    assert "moves the decision on average, in points: " in found.sentence


def test_is_frozen():
    found = explained()
    with pytest.raises(AttributeError):
        found.base = 0.0
    with pytest.raises(AttributeError):
        found.rows[0].mean = 0.0


def test_log_odds_are_written_as_numbers():
    found = explained(by="race", output="log_odds")
    row = found.by_feature()[("white",)]["income"]
    assert f"for white income +{row.mean:.3f} (+{row.lower:.3f} to +{row.upper:.3f})" in found.sentence
    assert "mean contribution in log-odds" in found.html()
