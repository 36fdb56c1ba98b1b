"""Rows become the same counts on every engine."""

import datetime

import narwhals.stable.v2 as nw
import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

import fairlens as fl
from fairlens import MISSING, UNLABELLED, Spec, _tally, tally
from fairlens.exceptions import (
    BinsNeeded,
    ColumnNotFound,
    EmptyData,
    MissingValues,
    NotTwoValues,
    OutOfRange,
    ReservedLevel,
    TooManyCells,
    WrongKind,
)

NONE = float("nan")
COLUMNS = {
    "sex": ["f", "m", None, "m", "f", "m"],
    "wing": ["1", "10", "2", "10", "1", "2"],
    "floor": [1.0, 2.0, 1.0, 2.0, 1.5, 1.0],
    "remote": [True, False, True, True, False, False],
    "age": [24, 25, 44, 45, 70, 18],
    "y": [1, 0, None, 1, 1, 0],
    "p": [1, 0, 1, 1, 0, 0],
    "decile": [1, 5, 10, 5, 1, 7],
    "s": [0.29, 0.3, 0.995, 0.0, 1.0, 0.5],
}
SPEC = Spec(
    ("sex", "wing"), ("floor",), ("remote", "age"), y_true="y", y_pred="p", y_score="s",
    declared=(0.29,), bins=(("age", (25.0, 45.0)),),
)  # fmt: skip


def counted(cube, *axes):
    table = cube.rollup(axes)
    levels = [[table.levels_of(axis)[code] for axis, code in zip(table.axes, codes, strict=True)] for codes in table.codes]
    return {tuple(cell): int(n) for cell, n in zip(levels, table.sums["n"], strict=True)}


def test_every_engine_gives_the_same_cube(frame):
    cube, plain = tally(frame(COLUMNS), SPEC), tally(pd.DataFrame(COLUMNS), SPEC)
    assert cube == plain
    assert [[type(level) for level in levels] for levels in cube.levels] == [[type(level) for level in levels] for levels in plain.levels]


def test_levels_are_normalised(frame):
    cube = tally(frame(COLUMNS), SPEC)
    assert cube.levels_of("sex") == ("f", "m", MISSING)
    assert cube.levels_of("wing") == ("1", "10", "2")
    assert cube.levels_of("floor") == (1, 1.5, 2)
    assert [type(level) for level in cube.levels_of("floor")] == [int, float, int]
    assert cube.levels_of("remote") == (False, True)
    assert [type(level) for level in cube.levels_of("remote")] == [bool, bool]
    assert cube.levels_of("y_true") == (0, 1, UNLABELLED)
    assert counted(cube, "sex") == {("f",): 2, ("m",): 3, (MISSING,): 1}


def test_numbers_get_bins_in_order(frame):
    cube = tally(frame(COLUMNS), SPEC)
    assert cube.levels_of("age") == ("<25", "[25, 45)", ">=45")
    assert counted(cube, "age") == {("<25",): 2, ("[25, 45)",): 2, (">=45",): 2}


def test_quantile_bins_write_their_edges(frame):
    columns = {"income": [10.0, 20.0, 30.0, 40.0, 50.0, None], "p": [0, 1] * 3}
    audit = fl.audit(frame(columns), y_pred="p", sensitive_features="income", bins={"income": 2})
    assert audit.spec.bins == (("income", (30.0,)),)
    assert counted(audit.cube, "income") == {("<30",): 2, (">=30",): 3, (MISSING,): 1}


def test_quantiles_skip_infinite_and_missing_values():
    data = pd.DataFrame({"x": [np.inf, -np.inf, 1.0, 2.0, 3.0, np.nan], "p": [0, 1] * 3})
    audit = fl.audit(data, y_pred="p", sensitive_features="x", bins={"x": 2})
    assert counted(audit.cube, "x") == {("<2",): 2, (">=2",): 3, (MISSING,): 1}


def test_edges_are_written_as_the_user_would():
    spec = Spec(("x",), bins=(("x", (1000000.0, 1234567.0)),))
    assert spec.bin_names("x") == ("<1000000", "[1000000, 1234567)", ">=1234567")


def test_edges_that_agree_in_six_digits_stay_apart():
    data = pd.DataFrame({"x": [0.1, 0.12345672, 0.123456725, 0.2], "p": [0, 1, 0, 1]})
    cube = tally(data, Spec(("x",), y_pred="p", bins=(("x", (0.12345671, 0.12345672, 0.12345673)),)))
    assert counted(cube, "x") == {("<0.12345671",): 1, ("[0.12345672, 0.12345673)",): 2, (">=0.12345673",): 1}


def test_a_number_with_many_values_needs_bins(frame):
    columns = {"age": list(range(21)), "p": [0, 1, 1] * 7}
    with pytest.raises(BinsNeeded, match="21 different values") as caught:
        tally(frame(columns), Spec(("age",), y_pred="p"))
    assert "bins={'age':" in str(caught.value).splitlines()[-1]
    few = {"age": list(range(20)), "p": [0, 1] * 10}
    assert len(tally(frame(few), Spec(("age",), y_pred="p")).levels_of("age")) == 20


def test_integer_scores_are_kept(frame):
    cube = tally(frame(COLUMNS), Spec(("sex",), y_score="decile", declared=(5.0,)))
    assert cube.spec.score_kind == "integer"
    assert cube.levels_of("score_bin") == (1, 5, 7, 10)
    assert float(cube.sums["score"].sum()) == 29
    assert float(cube.sums["score2"].sum()) == 1 + 25 + 100 + 25 + 1 + 49


def test_float_scores_get_a_grid_that_the_data_do_not_move(frame):
    cube = tally(frame(COLUMNS), SPEC)
    assert cube.spec.score_kind == "grid"
    assert cube.levels_of("score_bin") == (0, 0.29, 0.3, 0.5, 0.99, 1)
    assert cube.spec.edges == tuple(k / 100 for k in range(101))


def test_declared_thresholds_are_edges():
    spec = Spec((), y_score="s", score_kind="grid", declared=(0.333, 0.29, float(np.nextafter(0.5, 1))))
    assert {0.333, 0.29, float(np.nextafter(0.5, 1))} <= set(spec.edges)
    wide = Spec((), y_score="s", score_kind="grid", score_range=(300.0, 850.0), declared=(620.0,))
    assert wide.edges[0] == 300
    assert wide.edges[-1] == 850
    assert 620.0 in wide.edges
    assert len(wide.edges) == 102


@pytest.mark.parametrize("kind", [np.float64, np.float32])
@pytest.mark.parametrize("threshold", [0.29, 0.57, 0.58, 0.333, 0.07, 0.1, 1 / 3, 0.0, 1.0])
def test_decisions_are_those_of_a_plain_comparison(kind, threshold):
    rng = np.random.default_rng(7)
    near = [np.nextafter(threshold, 0), threshold, np.nextafter(threshold, 1), np.float32(threshold)]
    scores = np.concatenate([rng.random(500), np.arange(101) / 100, near]).astype(kind)
    sex = np.resize(["f", "m"], len(scores))
    data = pd.DataFrame({"s": scores, "sex": sex})
    rates = fl.audit(data, y_score="s", threshold=threshold, sensitive_features="sex").by_group("selection_rate").to_frame()
    for level, selected in zip(rates["sex"], rates["numerator"], strict=True):
        assert selected == int((scores[sex == level].astype(float) >= threshold).sum())


def test_every_edge_of_the_grid_is_decided_as_a_plain_comparison():
    scores = np.concatenate([np.arange(101) / 100, np.nextafter(np.arange(1, 101) / 100, 0)])
    audit = fl.audit(pd.DataFrame({"s": scores, "g": "a"}), y_score="s", threshold=0.5, sensitive_features="g")
    for edge in audit.spec.edges:
        selected = audit.at(edge).overall("selection_rate").to_frame()["numerator"][0]
        assert selected == int((scores >= edge).sum())


def test_a_real_value_spelled_like_ours_is_refused(frame):
    with pytest.raises(ReservedLevel, match="control_features"):
        tally(frame({"g": ["(missing)", "b"], "p": [0, 1]}), Spec((), ("g",), y_pred="p"))


@pytest.mark.parametrize("nothing", [None, float("nan"), pd.NA, pd.NaT, np.nan])
def test_every_kind_of_nothing_is_missing(nothing):
    data = pd.DataFrame({"g": pd.Series(["a", nothing], dtype=object), "p": [0, 1]})
    assert counted(tally(data, Spec(("g",), y_pred="p")), "g") == {("a",): 1, (MISSING,): 1}


@pytest.mark.parametrize("kind", ["Int64", "Float64", "boolean", "string", "category", "int64[pyarrow]", "string[pyarrow]"])
def test_pandas_nullable_columns(kind):
    values = {"boolean": [True, None, False], "string": ["1", None, "2"], "string[pyarrow]": ["1", None, "2"]}.get(kind, [1, None, 2])
    data = pd.DataFrame({"g": pd.Series(values, dtype=kind), "p": [0, 1, 1]})
    levels = tally(data, Spec(("g",), y_pred="p")).levels_of("g")
    assert levels[-1] == MISSING
    assert len(levels) == 3


@pytest.mark.parametrize("engine", ["polars", "pyarrow"])
def test_null_and_nan_are_one_level(engine):
    values = [1.0, float("nan"), None]
    data = {"g": values, "p": [0, 1, 1]}
    table = pl.DataFrame(data) if engine == "polars" else pa.table(data)
    assert counted(tally(table, Spec(("g",), y_pred="p")), "g") == {(1,): 1, (MISSING,): 2}


def test_a_dictionary_column_of_arrow_is_text():
    table = pa.table({"g": pa.array(["a", "b", None]).dictionary_encode(), "p": [0, 1, 1]})
    assert tally(table, Spec(("g",), y_pred="p")).levels_of("g") == ("a", "b", MISSING)


def test_dates_and_times_are_levels_by_their_text():
    days = [datetime.date(2020, 1, 1), datetime.date(2021, 1, 1)]
    zoned = pd.to_datetime(["2020-01-01", None]).tz_localize("Asia/Tokyo")
    data = pd.DataFrame({"d": pd.Series(days, dtype=object), "z": zoned, "p": [0, 1]})
    cube = tally(data, Spec(("d", "z"), y_pred="p"))
    assert cube.levels_of("d") == ("2020-01-01", "2021-01-01")
    assert cube.levels_of("z") == ("2020-01-01 00:00:00+09:00", MISSING)


def test_labels_may_be_missing_and_decisions_may_not(frame):
    cube = tally(frame(COLUMNS), SPEC)
    assert counted(cube, "y_true") == {(0,): 2, (1,): 3, (UNLABELLED,): 1}
    with pytest.raises(MissingValues, match=r"`y_pred`.*missing for 1 of 6"):
        tally(frame(COLUMNS), Spec(("wing",), y_pred="y"))
    with pytest.raises(MissingValues, match=r"`y_score`.*missing for 1 of 6"):
        tally(frame(COLUMNS), Spec(("wing",), y_score="y", declared=(0.5,)))
    with pytest.raises(EmptyData, match="y_true"):
        tally(frame({"g": ["a", "b"], "y": [NONE, NONE], "p": [0, 1]}), Spec(("g",), y_true="y", y_pred="p"))


@pytest.mark.parametrize(
    ("values", "event", "expected"),
    [
        (["yes", "no", "no"], "yes", [1, 0, 0]),
        ([True, False, False], 1, [1, 0, 0]),
        ([True, False, False], True, [1, 0, 0]),
        ([2, 1, 1], 2, [1, 0, 0]),
        ([-1, 1, -1], -1, [1, 0, 1]),
        ([1.0, 0.0, 1.0], 1, [1, 0, 1]),
        (["no", "no", "no"], "yes", [0, 0, 0]),
    ],
)
def test_the_event_is_what_was_named(frame, values, event, expected):
    cube = tally(frame({"g": ["a", "b", "c"], "p": values}), Spec(("g",), y_pred="p", pos_label=event))
    assert counted(cube, "g", "y_pred") == {(g, one): 1 for g, one in zip("abc", expected, strict=True)}


@pytest.mark.parametrize(("values", "event"), [([0, 1, 2], 1), (["a", "b", "a"], 1), ([0, 2, 0], 1), ([0, 1, 0], "1")])
def test_anything_but_two_values_with_the_event_is_refused(frame, values, event):
    with pytest.raises(NotTwoValues, match="y_pred"):
        tally(frame({"g": ["a", "b", "c"], "p": values}), Spec(("g",), y_pred="p", pos_label=event))


def test_the_budget_names_the_widest_axis(monkeypatch, frame):
    monkeypatch.setattr(_tally, "MAX_CELLS", 5)
    with pytest.raises(TooManyCells, match=r"6 cells; the budget is 5") as caught:
        tally(frame(COLUMNS), SPEC)
    assert caught.value.role == "score_bin"
    columns = {"id": [str(i) for i in range(12)], "sex": ["f", "m"] * 6, "p": [0, 1, 1] * 4}
    with pytest.raises(TooManyCells, match="widest axis is 'id'") as caught:
        tally(frame(columns), Spec(("sex", "id"), y_pred="p"))
    assert caught.value.role == "id"


def test_scores_out_of_range_name_the_range(frame):
    with pytest.raises(OutOfRange, match=r"1 of 2 scores are outside") as caught:
        tally(frame({"g": ["a", "b"], "s": [0.5, 620.0]}), Spec(("g",), y_score="s"))
    assert str(caught.value).endswith("Hint: score_range=(0.0, 620.0)")


def test_integer_scores_beyond_exact_doubles_are_refused():
    data = pd.DataFrame({"g": ["a", "b"], "s": [2**62, 2**62 + 1]})
    with pytest.raises(OutOfRange, match="y_score"):
        tally(data, Spec(("g",), y_score="s"))


@pytest.mark.parametrize("values", [[["a"], ["b"]], [{"a": 1}, {"a": 2}]])
def test_nested_values_are_no_levels(frame, values):
    with pytest.raises(WrongKind, match="sensitive_features"):
        tally(frame({"g": values, "p": [0, 1]}), Spec(("g",), y_pred="p"))


def test_objects_without_a_name_are_no_levels():
    with pytest.raises(WrongKind, match="object"):
        tally(pd.DataFrame({"g": [object(), object()], "p": [0, 1]}), Spec(("g",), y_pred="p"))


def test_the_frame_is_not_changed(frame):
    data = frame(COLUMNS)
    before = nw.from_native(data).lazy().collect().to_dict(as_series=False)
    tally(data, SPEC)
    after = nw.from_native(data).lazy().collect().to_dict(as_series=False)
    assert str(before) == str(after)


@pytest.mark.parametrize("index", [range(100, 106), [5, 4, 3, 2, 1, 0], [0] * 6, list("abcdef")], ids=str)
def test_an_index_of_pandas_moves_nobody(index):
    data = pd.DataFrame(COLUMNS)
    assert tally(data.set_axis(index), SPEC) == tally(data, SPEC)
    assert tally(data[3:], SPEC) == tally(data[3:].reset_index(drop=True), SPEC)


def test_rows_and_columns_there_must_be(frame):
    with pytest.raises(EmptyData, match="no rows"):
        tally(frame({"g": [], "p": []}), Spec(("g",), y_pred="p"))
    with pytest.raises(ColumnNotFound, match=r"`slice_features` names the column 'zz'"):
        tally(frame({"g": ["a"], "p": [1]}), Spec((), (), ("zz",), y_pred="p"))


@pytest.mark.parametrize("spec", ["sex", None, Spec(())])
def test_a_spec_names_a_column(spec):
    with pytest.raises(WrongKind, match="spec"):
        tally(pd.DataFrame({"sex": ["f"]}), spec)


@pytest.mark.parametrize("data", [5, "people.csv", {"sex": ["f"]}, [["f"]], None])
def test_data_are_a_frame(data):
    with pytest.raises(WrongKind, match="data frame"):
        tally(data, Spec(("sex",)))
