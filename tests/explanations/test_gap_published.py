"""What readers see: the gap of the published people, or no number; and the sentence about it."""

import json

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
    black = race == "Black"
    X = pd.DataFrame({"income": rng.normal(size=N) - 0.8 * black, "debt": rng.normal(size=N) + 0.5 * black, "noise": rng.normal(size=N)})
    return X, pd.DataFrame({"race": race, "sex": sex})


def decide(rows: pd.DataFrame) -> np.ndarray:
    return (rows["income"] + 0.4 * rows["debt"] > 0).to_numpy()


def audited(missing: int = 0, small: int = 0, **changes: object) -> fl.Audit:
    X, groups = people(missing, small)
    roles = {"model": decide, "words": {"decision": "approved", "person": "applicant"}, "sensitive_features": groups, **changes}
    return fl.audit(X, **roles)  # type: ignore[arg-type]


def change(measured: object, by: str, group: str, reference: str) -> float:
    table = measured.difference("selection_rate", by=by, reference=reference).to_frame()  # type: ignore[attr-defined]
    return table[table[by] == group]["difference"].item()


def test_published_is_raw_where_nothing_is_hidden():
    gap = fl.decompose_gap(audited(), "Black", n_rounds=3)
    shown = gap.published()
    assert shown.for_readers is None
    assert shown.published() is shown
    pd.testing.assert_frame_equal(shown.to_frame(), gap.to_frame())
    assert (shown.predictions, shown.background_n) == (gap.predictions, gap.background_n)
    assert shown.background_shares == gap.background_shares


@pytest.mark.parametrize(("group", "by"), [("Black", "race"), ("f", "sex")])
def test_published_leaves_out_the_few_without_a_level(group, by):
    audit = audited(missing=6)
    protected = audit.protect()
    assert dict(protected.tables.left_out) == {"race": 6}
    gap = fl.decompose_gap(audit, group, n_rounds=3)
    shown = gap.published()
    wanted = {"race": ("white", "rest"), "sex": ("m", "rest")}[by]
    assert abs(gap.gap - change(audit, by, group, "rest")) <= 1e-12
    assert abs(shown.gap - change(protected, by, group, wanted[1])) <= 1e-12
    assert gap.gap != shown.gap
    assert gap.closes
    assert shown.closes
    assert (gap.n, shown.n) == (N, N - 6)
    assert (gap.to_frame()["n"] == N).all()
    assert (shown.to_frame()["n"] == N - 6).all()
    assert (gap.background_n, shown.background_n) == (N, N - 6)
    assert (gap.predictions, shown.predictions) == (N + 3 * 4 * N, (N - 6) * 13)
    assert fl.MISSING not in dict(shown.background_shares)


@pytest.mark.parametrize(("group", "reference"), [(fl.MISSING, "rest"), (fl.MISSING, "white"), ("Black", fl.MISSING)])
def test_people_left_out_have_no_published_gap(group, reference):
    gap = fl.decompose_gap(audited(missing=6), group, reference=reference, n_rounds=1)
    assert gap.closes
    hidden(gap)


@pytest.mark.parametrize(("group", "reference"), [("green", "rest"), ("green", "white"), ("white", "green"), ("white", "rest")])
def test_suppressed_groups_have_no_published_numbers(group, reference):
    gap = fl.decompose_gap(audited(small=5), group, reference=reference, n_rounds=1)
    assert gap.closes
    hidden(gap)


def hidden(gap: fl.GapDecomposition) -> None:
    shown = gap.published()
    assert shown.status == "suppressed"
    assert shown.reason
    assert shown.to_frame()["feature"].tolist() == ["income", "debt", "noise"]
    assert shown.to_frame().drop(columns="feature").isna().all(axis=None)
    assert np.isnan([shown.gap, shown.gap_lower, shown.gap_upper]).all()
    assert (shown.n, shown.rounds, shown.predictions, shown.background_n, shown.background_shares) == (None, 0, 0, None, ())
    assert not shown.closes
    assert shown.method == ""
    for text in (gap.sentence, repr(gap), gap.html(), gap._repr_html_()):
        assert "uppressed" in text
        assert shown.reason in text
        for value in gap.to_frame()["contribution"]:
            assert f"{100 * value:.1f}" not in text or value == 0


def test_one_group_left_is_suppressed():
    X, groups = people(missing=6)
    groups["race"] = groups["race"].where(groups["race"].isna(), "all")
    gap = fl.decompose_gap(fl.audit(X, model=decide, sensitive_features=groups["race"]), "all", n_rounds=1)
    assert gap.published().reason == "too few people to show"


def test_thresholds_that_readers_may_not_see_are_suppressed():
    X, groups = people()
    score = lambda rows: 1 / (1 + np.exp(-rows["income"] - rows["debt"]))  # noqa: E731
    audit = fl.audit(X, model=score, threshold=0.5, sensitive_features=groups["race"])
    gap = fl.decompose_gap(audit.at(0.37), "Black", n_rounds=1)
    assert gap.closes
    assert gap.threshold == 0.37
    assert "0.37" in gap.published().reason
    assert fl.decompose_gap(audit.at(0.35), "Black", n_rounds=1).published().status == "ok"


def test_shares_of_a_small_group_in_a_background_are_not_published():
    audit = audited()
    X, groups = people()
    few = X[(groups["race"] == "white") | (X.index < 10)]
    gap = fl.decompose_gap(audit, "Black", background=few, n_rounds=1)
    assert dict(gap.background_shares)["Black"] > 0
    assert gap.published().background_shares == ()
    assert gap.published().background_n == len(few)


def test_shares_of_a_suppressed_partner_in_a_background_are_not_published():
    X, groups = people(small=5)
    groups.loc[10:44, "race"] = "blue"
    audit = fl.audit(X, model=decide, sensitive_features=groups["race"])
    rates = audit.protect().by_group("selection_rate").to_frame().set_index("race")["status"]
    assert rates[["blue", "green"]].eq("suppressed").all()
    gap = fl.decompose_gap(audit, "Black", reference="white", background=X[groups["race"].isin(["blue", "white"])], n_rounds=1)
    assert set(dict(gap.background_shares)) == {"blue", "white"}
    assert gap.published().status == "ok"
    assert gap.published().background_shares == ()


def test_plain_data_are_json():
    gap = fl.decompose_gap(audited(small=5), "green", n_rounds=1)
    for one in (gap, gap.published()):
        assert json.loads(json.dumps(one.to_dict(), allow_nan=False))["status"] == one.status
    crossed = fl.decompose_gap(audited(), ("Black", "f"), by=["race", "sex"], n_rounds=1)
    assert json.loads(json.dumps(crossed.to_dict()))["group"] == ["Black", "f"]


def test_sentence_says_the_gap_and_who_carries_it():
    gap = fl.decompose_gap(audited(), "Black", reference="white")
    parts = {part.feature: part for part in gap.parts}
    income, debt = parts["income"], parts["debt"]
    assert gap.sentence == (
        f"Black applicants are approved {-100 * gap.gap:.1f} points less often than white"
        f" ({-100 * gap.gap_upper:.1f} to {-100 * gap.gap_lower:.1f});"
        f" income carries {-100 * income.contribution:.1f} of the points ({-100 * income.upper:.1f} to {-100 * income.lower:.1f});"
        f" the other way: debt {100 * debt.contribution:.1f} ({100 * debt.lower:.1f} to {100 * debt.upper:.1f})."
    )
    other = fl.decompose_gap(audited(), "white", reference="rest")
    assert other.sentence.startswith("white applicants are approved ")
    assert " points more often than others (" in other.sentence


def test_sentence_cannot_tell():
    gap = fl.decompose_gap(audited(), "f", n_rounds=2)
    assert gap.gap_lower < 0 < gap.gap_upper
    assert gap.sentence.startswith("Cannot tell whether f applicants are approved more or less often than others (")
    assert gap.sentence.endswith("; the contributions below explain a difference that may be noise.")


def test_sentence_says_when_no_input_stands_out():
    """Thirty inputs of the same weight: the gap is clear and no part of it is."""
    rng = np.random.default_rng(0)
    group = np.arange(400) % 2 == 0
    X = rng.normal(size=(400, 30)) - 0.07 * group[:, None]
    audit = fl.audit(X, model=lambda rows: (rows.sum(axis=1) > 0).astype(int), sensitive_features={"g": np.where(group, "a", "b")})
    gap = fl.decompose_gap(audit, "a", n_rounds=1)
    assert not gap.supported
    assert gap.sentence.endswith("; the data cannot tell which inputs carry it.")


def test_sentence_names_five_inputs_at_most():
    rng = np.random.default_rng(0)
    group = np.arange(6000) % 2 == 0
    X = rng.normal(size=(6000, 7)) - 0.4 * group[:, None]
    audit = fl.audit(X, model=lambda rows: (rows.sum(axis=1) > 0).astype(int), sensitive_features={"g": np.where(group, "a", "b")})
    gap = fl.decompose_gap(audit, "a", n_rounds=2)
    assert len(gap.supported) == 7
    assert gap.sentence.endswith(_together(gap.parts[5:]))


def _together(rest):
    value, low, high = (-100 * sum(getattr(part, name) for part in rest) for name in ("contribution", "upper", "lower"))
    return f"; the other {len(rest)} inputs together add {value:.1f} (at most {low:.1f} to {high:.1f})."


def test_sentence_sums_the_inputs_that_it_does_not_name():
    """One input with much and several with little: what is named and what is summed add up to the gap."""
    rng = np.random.default_rng(0)
    group = np.arange(600) % 2 == 0
    X = rng.normal(size=(600, 8)) - np.r_[0.8, [0.05] * 7] * group[:, None]
    audit = fl.audit(X, model=lambda rows: (rows.sum(axis=1) > 0).astype(int), sensitive_features={"g": np.where(group, "a", "b")})
    gap = fl.decompose_gap(audit, "a", n_rounds=2)
    rest = [part for part in gap.parts if part not in gap.supported]
    assert 1 < len(rest) < 8
    total = -sum(part.contribution for part in rest)
    verb, sign = ("add", 1) if total >= 0 else ("take off", -1)
    assert f"; the other {len(rest)} inputs together {verb} {100 * sign * total:.1f} (at most " in gap.sentence
    assert "together" not in gap.plot().alt.splitlines()[0]


def test_sentence_names_the_one_input_that_is_left():
    rng = np.random.default_rng(3)
    group = np.arange(400) % 2 == 0
    X = pd.DataFrame({"pay": rng.normal(size=400) - group, "zip": rng.normal(size=400)})
    model = lambda rows: (rows["pay"] + 0.1 * rows["zip"] > 0).astype(int)  # noqa: E731
    gap = fl.decompose_gap(fl.audit(X, model=model, sensitive_features={"g": np.where(group, "a", "b")}), "a", n_rounds=2)
    (left,) = [part for part in gap.parts if part not in gap.supported]
    assert left.feature == "zip"
    verb, sign = ("adds", -100) if left.contribution <= 0 else ("takes off", 100)
    low, high = sorted((sign * left.lower, sign * left.upper))
    assert gap.sentence.endswith(f"; the other input, zip, {verb} {sign * left.contribution:.1f} ({low:.1f} to {high:.1f}).")


@pytest.mark.parametrize("decision", [0, 1])
def test_sentence_of_a_model_that_decides_about_everybody_alike(decision):
    X, groups = people()
    audit = fl.audit(X, model=lambda rows: np.full(len(rows), decision), sensitive_features=groups["race"])
    gap = fl.decompose_gap(audit, "Black", n_rounds=1)
    assert gap.is_alike
    assert "about as often as others in these data (difference " in gap.sentence
    assert gap.sentence.endswith(": there is no difference to decompose.")
    assert gap.plot().alt.splitlines()[0] == gap.sentence


def test_best_reference_is_told():
    gap = fl.decompose_gap(audited(favorable=1), "Black", reference="best", n_rounds=1)
    assert gap.reference == "white"
    assert gap.sentence.endswith(" Note: the reference was chosen after looking.")


def test_html_shows_every_part_with_interval_and_n_and_escapes():
    X, groups = people()
    X = X.rename(columns={"noise": "<b>noise</b>"})
    audit = fl.audit(X, model=decide, sensitive_features={"race": groups["race"].replace("Black", "<i>")})
    gap = fl.decompose_gap(audit, "<i>", n_rounds=2)
    shown = gap._repr_html_()
    assert "&lt;b&gt;noise&lt;/b&gt;" in shown
    assert "<i>" not in shown
    assert "<b>" not in shown
    assert shown.count(f'data-value="{N}"') == 4
    assert gap.html().count("<tr>") == 5
    assert fl.GapDecomposition.caution in shown
    assert fl.GapDecomposition.caution in repr(gap)
    assert "2 rounds over 600 people against 600 background rows" in gap.method


def test_a_gap_among_some_people_says_among_whom():
    rng = np.random.default_rng(5)
    rows = pd.DataFrame({"x": rng.normal(size=400)})
    groups = {"sex": rng.choice(["f", "m"], 400), "area": rng.choice(["n", "s"], 400)}
    audit = fl.audit(rows, model=lambda frame: (frame["x"] > 0).astype(int), sensitive_features=groups)
    gap = fl.decompose_gap(audit.where(area="n"), "f", reference="m", progress=False)
    assert gap.sentence.startswith("Among area = n: ")
    assert gap.plot().alt.startswith("Among area = n: ")
    assert not fl.decompose_gap(audit, "f", reference="m", progress=False).sentence.startswith("Among")
