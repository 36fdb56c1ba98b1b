"""Partial dependence by group: its means are those of a model asked directly, and readers see no small group."""

import json
import pickle

import numpy as np
import pandas as pd
import polars as pl
import pytest

import fairlens as fl
from fairlens import exceptions

N = 400


def people(tiny: int = 0) -> tuple[pd.DataFrame, pd.DataFrame]:
    rng = np.random.default_rng(4)
    race = np.array(["Black"] * 160 + ["white"] * (N - 160), dtype=object)
    race[:tiny] = "tiny"
    X = pd.DataFrame(
        {"income": np.round(rng.gamma(4, 12, N) + 10 * (race == "white"), 1), "zip": rng.choice(["e", "n", "s"], N), "kids": rng.integers(0, 4, N)}
    )
    return X, pd.DataFrame({"race": race, "sex": rng.choice(["f", "m"], N)})


def score(rows: pd.DataFrame) -> np.ndarray:
    return (1 / (1 + np.exp(-(rows["income"] - 50) / 20 + (rows["zip"] == "n") - 0.2 * rows["kids"]))).to_numpy()


def audit_of(tiny: int = 0, **more: object) -> fl.Audit:
    X, groups = people(tiny)
    return fl.audit(X, model=score, sensitive_features=groups, **more)


def test_means_are_those_of_the_model_asked_directly():
    X, groups = people()
    found = fl.dependence(audit_of(), "income", by="race", grid=[80, 20], progress=False)
    assert found.values == (20.0, 80.0)
    for race in ("Black", "white"):
        some = X[groups["race"] == race]
        for point in found.of((race,)):
            direct = score(some.assign(income=point.value))
            assert point.mean == pytest.approx(direct.mean(), abs=1e-12)
            assert point.n == len(some)
            assert point.upper - point.mean == pytest.approx(1.975 * direct.std(ddof=1) / np.sqrt(len(some)), rel=5e-3)


def test_levels_are_set_by_name_and_rows_keep_their_kind():
    X, groups = people()
    found = fl.dependence(audit_of(), "zip", by="race", progress=False)
    assert found.values == ("e", "n", "s")
    assert not found.is_number
    point = found.of(("white",))[1]
    assert point.mean == pytest.approx(score(X[groups["race"] == "white"].assign(zip="n")).mean(), abs=1e-12)
    assert point.near == int(((X["zip"] == "n") & (groups["race"] == "white")).sum())


def test_few_values_are_the_grid_and_many_become_round_numbers():
    assert fl.dependence(audit_of(), "kids", progress=False).values == (0.0, 1.0, 2.0, 3.0)
    values = fl.dependence(audit_of(), "income", progress=False).values
    assert 8 <= len(values) <= 17
    steps = np.diff(values)
    assert steps == pytest.approx(steps[0])
    assert all(value % steps[0] == pytest.approx(0) for value in values)


def test_near_counts_the_people_around_a_value():
    X, groups = people()
    found = fl.dependence(audit_of(), "income", by="race", grid=[20, 40, 60], progress=False)
    own = X.loc[groups["race"] == "Black", "income"]
    assert [point.near for point in found.of(("Black",))] == [int(((own >= low) & (own < high)).sum()) for low, high in ((10, 30), (30, 50), (50, 70 + 1e-9))]
    far = fl.dependence(audit_of(), "income", by="race", grid=[40, 5_000], progress=False).of(("Black",))[1]
    assert (far.near, far.held) == (0, False)


def test_groups_need_not_be_inputs_and_can_be_crossed():
    found = fl.dependence(audit_of(), "income", by=["race", "sex"], grid=[30], progress=False)
    assert len(found.groups) == 4
    assert sum(point.n for point in found.rows) == N
    assert set(fl.dependence(audit_of(), "income", grid=[30], progress=False).groups) == {
        ("Black", fl.ALL), ("white", fl.ALL), (fl.ALL, "f"), (fl.ALL, "m"),
    }  # fmt: skip


def test_rows_are_drawn_per_group_and_the_seed_decides_which():
    ask = {"by": "race", "grid": [30], "rows": 50, "progress": False}
    one, same, other = (fl.dependence(audit_of(), "income", random_state=seed, **ask) for seed in (1, 1, 2))
    assert [point.n for point in one.rows] == [50, 50]
    assert one == same
    assert one.rows[0].mean != other.rows[0].mean


def test_decisions_have_intervals_even_where_all_are_decided_alike():
    point = fl.dependence(audit_of(), "income", by="race", output="decision", grid=[500], progress=False).rows[0]
    assert point.mean == 1.0
    assert point.upper == pytest.approx(1.0)
    assert 0.9 < point.lower < 0.99


def test_polars_rows_give_the_same():
    X, groups = people()
    model = lambda rows: score(rows.to_pandas())  # noqa: E731
    found = fl.dependence(fl.audit(pl.from_pandas(X), model=model, sensitive_features={"race": groups["race"].tolist()}), "zip", progress=False)
    plain = fl.dependence(fl.audit(X, model=score, sensitive_features=groups[["race"]]), "zip", progress=False)
    assert [point.mean for point in found.rows] == pytest.approx([point.mean for point in plain.rows])


def test_readers_see_no_small_group_and_no_counts_per_value():
    found = fl.dependence(audit_of(tiny=5), "income", by="race", grid=[20, 80], progress=False)
    assert not np.isnan(found.of(("tiny",))[0].mean)
    shown = found.published()
    assert all(point.near is None for point in shown.rows)
    assert {point.group for point in shown.rows if point.status == "suppressed"} >= {("tiny",)}
    assert all(np.isnan(point.mean) and point.n is None for point in shown.of(("tiny",)))
    for text in (repr(found), found.html(), found.plot().alt):
        assert "n=5" not in text
        assert "suppressed" in text


def test_readers_do_not_hear_of_a_rare_level():
    X, groups = people()
    X.loc[0, "zip"] = "far north"
    audit = fl.audit(X, model=score, sensitive_features=groups)
    found = fl.dependence(audit, "zip", by="race", grid=["e", "far north"], progress=False)
    assert found.values == ("e", "far north")
    assert found.published().values == ("e",)
    assert "far north" not in found.html() + found.sentence + found.plot().alt
    assert fl.dependence(audit, "zip", progress=False).values == ("e", "n", "s")


def test_readers_see_decisions_at_declared_thresholds_only():
    found = fl.dependence(audit_of().at(0.31), "income", by="race", output="decision", grid=[50], progress=False)
    assert not np.isnan(found.rows[0].mean)
    assert all(point.status == "suppressed" for point in found.published().rows)


def test_is_plain_data_and_pickles():
    found = fl.dependence(audit_of(), "zip", by="race", progress=False)
    frame = found.to_frame()
    assert list(frame) == ["race", "value", "mean", "lower", "upper", "n", "near", "held", "status", "reason"]
    told = json.loads(json.dumps(found.to_dict()))
    assert (told["kind"], told["feature"], told["output"]) == ("Dependence", "zip", "score")
    assert pickle.loads(pickle.dumps(found)) == found


def test_sentence_says_how_far_each_group_moves():
    found = fl.dependence(audit_of(), "income", by="race", grid=[20, 80], progress=False)
    first = found.of(("Black",))
    assert found.sentence.startswith("As income alone is set from 20 to 80, the mean score goes, on average, for Black (n=160) from ")
    assert f"from {100 * first[0].mean:.1f} % (" in found.sentence
    assert found.caution in repr(found)


@pytest.mark.parametrize(
    ("arguments", "kind", "says"),
    [
        ({"feature": "wage"}, exceptions.ColumnNotFound, "'income', 'zip', 'kids'"),
        ({"feature": "income", "grid": ["high"]}, exceptions.BadValue, "column of numbers"),
        ({"feature": "income", "grid": [float("nan")]}, exceptions.BadValue, "nan"),
        ({"feature": "income", "grid": []}, exceptions.BadValue, "empty"),
        ({"feature": "zip", "grid": ["x"]}, exceptions.BadValue, "'x'"),
        ({"feature": "income", "output": "log_odds"}, exceptions.BadValue, "'decision'"),
        ({"feature": "income", "max_predictions": 100}, exceptions.TooManyPredictions, "predictions"),
        ({"feature": "income", "rows": 0}, exceptions.OutOfRange, "rows"),
        ({"feature": "income", "rows": 29}, exceptions.OutOfRange, "fewer than 30 people"),
        ({"feature": "income", "grid": 3}, exceptions.WrongKind, "a list of values"),
        ({"feature": "income", "grid": "abc"}, exceptions.WrongKind, "a list of values"),
        ({"feature": "zip", "grid": "n"}, exceptions.WrongKind, "a list of values"),
        ({"feature": "income", "grid": np.array(3.0)}, exceptions.WrongKind, "a list of values"),
    ],
)
def test_refuses_by_name(arguments, kind, says):
    with pytest.raises(kind, match=says) as caught:
        fl.dependence(audit_of(), **arguments, progress=False)
    assert "Hint:" in str(caught.value)


def test_hints_write_the_call_that_was_made():
    audits = {
        "audit = fl.audit(X, model=model, ...); fl.dependence(audit, 'income')": (audit_of().protect(), {}),
        """fl.dependence(audit.at(0.5), 'income', output="decision"), or output="score\"""": (audit_of(y_pred=np.resize([0, 1], N)), {"output": "decision"}),
        """fl.dependence(audit, 'income', output="score")""": (audit_of(), {"output": "log_odds"}),
    }
    for hint, (audit, more) in audits.items():
        with pytest.raises(exceptions.FairlensError) as caught:
            fl.dependence(audit, "income", progress=False, **more)
        assert caught.value.hint == hint
    with pytest.raises(exceptions.BadValue) as caught:
        fl.explain(audit_of(y_pred=np.resize([0, 1], N)), output="decision", progress=False)
    assert caught.value.hint == """fl.explain(audit.at(0.5), output="decision"), or output="score\""""
    again = fl.dependence(audit_of(y_pred=np.resize([0, 1], N)).at(0.5), "income", output="decision", progress=False)
    assert again.what == "selection rate"


def test_refuses_a_random_model():
    X, groups = people()
    rng = np.random.default_rng(0)
    audit = fl.audit(X, model=lambda rows: rng.random(len(rows)), sensitive_features=groups)
    with pytest.raises(exceptions.BadValue, match="differently"):
        fl.dependence(audit, "income", progress=False)


def test_the_sentence_speaks_of_values_that_people_have():
    found = fl.dependence(audit_of(), "income", by="race", grid=[20, 30, 40, 50, 60, 5_000], progress=False)
    first = [point for point in found.of(("Black",)) if point.held]
    assert 5_000 not in [point.value for point in first]
    assert found.write(first[-1].mean, first[-1].lower, first[-1].upper) in found.sentence
    far = found.of(("Black",))[-1]
    assert not far.held
    assert found.write(far.mean, far.lower, far.upper) not in found.sentence
    assert "5000" not in found.sentence


def test_the_sentence_says_where_each_line_ends_where_groups_differ():
    X = pd.DataFrame({"x": np.concatenate([np.linspace(0, 10, 100), np.linspace(0, 20, 100)])})
    audit = fl.audit(X, model=lambda rows: rows["x"] / 40, sensitive_features={"g": ["a"] * 100 + ["b"] * 100})
    found = fl.dependence(audit, "x", grid=[2, 6, 10, 14, 18], progress=False)
    assert found.sentence.startswith("As x alone is set from low to high, the mean score goes, on average, for a (n=100) from 5.0 % (5.0 to 5.0) at 2 to 25.0 %")
    assert "at 10; for b" in found.sentence
    assert found.sentence.endswith("at 18.")


def test_nobody_near_is_said():
    found = fl.dependence(audit_of(), "income", by="race", grid=[5_000, 6_000], progress=False)
    assert "At no value that income is set to are there 10 people of Black, white." in found.sentence


@pytest.mark.parametrize(("feature", "value"), [("kids", 2), ("zip", "n")])
def test_one_value_is_set_and_leads_nowhere(feature, value):
    found = fl.dependence(audit_of(), feature, by="race", grid=[value], progress=False)
    point = found.of(("Black",))[0]
    assert found.sentence.startswith(f"With {feature} alone set to {value}, the mean score is, on average, for Black (n=160) ")
    assert found.write(point.mean, point.lower, point.upper) in found.sentence
    assert " from " not in found.sentence


def test_readers_get_the_rates_of_the_groups_beside():
    found = fl.dependence(audit_of(tiny=5, threshold=0.5), "income", progress=False)
    assert found.rates is None
    rates = found.published().rates
    assert {row.group for row in rates.rows} >= {("white", fl.ALL), (fl.ALL, "f")}
    assert next(row for row in rates.rows if row.group[0] == "tiny").status == "suppressed"


def test_the_hint_of_a_budget_names_only_arguments_that_there_are():
    with pytest.raises(exceptions.TooManyPredictions) as caught:
        fl.dependence(audit_of(), "income", max_predictions=100, progress=False)
    assert caught.value.hint.endswith(", or fewer rows: rows=40")
    with pytest.raises(exceptions.TooManyPredictions) as caught:
        fl.explain(audit_of(), "occlusion", max_predictions=100, progress=False)
    assert caught.value.hint.endswith(", or fewer rows: rows=40, background=50")


def test_refuses_a_group_column_called_like_one_of_the_table():
    X, groups = people()
    audit = fl.audit(X, model=score, sensitive_features={"near": groups["race"]})
    with pytest.raises(exceptions.BadValue, match="the column 'near'") as caught:
        fl.dependence(audit, "income", progress=False)
    assert "Hint: fl.audit(" in str(caught.value)
