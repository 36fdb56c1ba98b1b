"""COMPAS and Adult: read again by hand, the published counts, and their data sheets. They need the files of FAIRLENS_DATA."""

import doctest
import hashlib
import re
from importlib import import_module

import pandas as pd
import pytest

import fairlens as fl
from fairlens.datasets import DataSheet, data_sheet, load_adult, load_compas
from fairlens.datasets._adult import FILE as ADULT
from fairlens.datasets._compas import FILE as COMPAS

LOADERS = {"compas": (load_compas, COMPAS), "adult": (load_adult, ADULT)}


@pytest.fixture(autouse=True)
def files(real_data):
    return {name: real_data(file.name) for name, (_, file) in LOADERS.items()}


def compas_by_hand(path):
    raw = pd.read_csv(path, keep_default_na=False)
    days = pd.to_numeric(raw["days_b_screening_arrest"], errors="coerce")
    return raw, (days <= 30) & (days >= -30) & (raw["is_recid"] != -1) & (raw["c_charge_degree"] != "O") & (raw["score_text"] != "N/A")


def test_compas_is_the_file_and_the_filter_is_propublicas(files):
    raw, kept = compas_by_hand(files["compas"])
    for filtered, rows, n in ((False, raw, 7214), (True, raw[kept], 6172)):
        people = load_compas(filtered)
        assert len(people) == n
        assert people.index.tolist() == list(range(n))
        for name, source in (
            ("race", "race"), ("sex", "sex"), ("two_year_recid", "two_year_recid"), ("decile_score", "decile_score"),
            ("violence_decile_score", "v_decile_score"), ("age", "age"), ("priors", "priors_count"), ("juvenile_felonies", "juv_fel_count"),
            ("juvenile_misdemeanors", "juv_misd_count"), ("juvenile_other", "juv_other_count"),
        ):  # fmt: skip
            assert people[name].tolist() == rows[source].tolist(), name
        assert people["charge_degree"].str[0].str.upper().tolist() == rows["c_charge_degree"].tolist()
        assert people["screened"].dt.strftime("%Y-%m-%d").tolist() == rows["compas_screening_date"].tolist()
        assert (people["age_group"] == "under 25").tolist() == (rows["age_cat"] == "Less than 25").tolist()
        assert (people["age_group"] == "over 45").tolist() == (rows["age_cat"] == "Greater than 45").tolist()
    assert load_compas().equals(load_compas(filtered=True))


def test_compas_has_the_published_counts():
    assert load_compas()["race"].value_counts().to_dict() == {
        "African-American": 3175, "Caucasian": 2103, "Hispanic": 509, "Other": 343, "Asian": 31, "Native American": 11,
    }  # fmt: skip
    audit = fl.audit(
        load_compas(filtered=False), y_true="two_year_recid", y_score="decile_score", threshold=5, sensitive_features="race", favorable=0
    )
    table = audit.by_group("false_positive_rate").to_frame().set_index("race")["value"]
    assert (100 * table[["African-American", "Caucasian"]]).round(2).tolist() == [44.85, 23.45]


def test_compas_names_nobody(files):
    raw, _ = compas_by_hand(files["compas"])
    secret = set(raw["name"]) | set(raw["last"]) | set(raw["dob"]) | set(raw["c_case_number"])
    people = load_compas(filtered=False).select_dtypes(exclude=["number", "datetime"])
    assert len(people.columns) == 4
    for column in people:
        assert not set(people[column].astype(str)) & secret, column


def test_adult_is_the_file(files):
    people = load_adult()
    raw = pd.read_csv(files["adult"], skipinitialspace=True, keep_default_na=False)
    assert len(people) == len(raw) == 32561
    assert people["high_income"].tolist() == (raw["income-per-year"] == ">50K").astype(int).tolist()
    renamed = {"weight": "fnlwgt", "education_level": "education-num"}
    for name in people.columns.drop("high_income"):
        source = raw[renamed.get(name, name.replace("_", "-"))]
        missing = source == "?"
        assert people[name].isna().tolist() == missing.tolist(), name
        assert people[name][~missing].tolist() == source[~missing].tolist(), name
    assert (people["education"].cat.codes + 1).tolist() == people["education_level"].tolist()


def test_adult_has_the_published_counts():
    counted = load_adult().groupby("sex")["high_income"].agg(["sum", "size"])
    assert counted.T.to_dict("list") == {"Female": [1179, 10771], "Male": [6662, 21790]}


@pytest.mark.parametrize("name", LOADERS)
def test_the_pinned_hash_is_that_of_the_file(files, name):
    file = LOADERS[name][1]
    assert hashlib.sha256(files[name].read_bytes()).hexdigest() == file.sha256
    assert re.search(r"/[0-9a-f]{40}/", file.url)
    assert file.url.endswith(file.name)


@pytest.mark.parametrize("name", LOADERS)
def test_the_frame_is_the_callers_own(name):
    load = LOADERS[name][0]
    first = load()
    first["race"] = "white"
    first.loc[0, "age"] = -1
    assert load()["race"].nunique() >= 5
    assert load()["age"].min() >= 17
    assert load().equals(load())


@pytest.mark.parametrize("name", LOADERS)
def test_the_sheet_describes_every_column_and_counts_what_is_missing(name):
    people, sheet = LOADERS[name][0](), data_sheet(name)
    assert sheet.n == len(people)
    assert [column.name for column in sheet.columns] == list(people.columns)
    assert {column.name: column.missing for column in sheet.columns} == people.isna().sum().to_dict()
    assert all(column.meaning for column in sheet.columns)
    assert all(re.fullmatch(r"[a-z]+(_[a-z]+)*", column.name) for column in sheet.columns)
    kinds = dict(sheet.to_frame().set_index("column")["kind"])
    assert kinds["age"] == "whole number"
    assert kinds[{"compas": "two_year_recid", "adult": "high_income"}[name]] == "0 or 1"


def test_the_sheet_accounts_for_every_column_of_compas(files):
    raw = pd.read_csv(files["compas"])
    left_out = [name for names, _ in data_sheet("compas").left_out for name in names.split(", ")]
    assert len(set(left_out)) == len(left_out)
    assert set(left_out) <= set(raw.columns)
    assert len(left_out) + len(load_compas().columns) == len(raw.columns)


SAID = {
    "compas": ("6,172 of the 7,214", "re-arrest, not re-offence", "screened before 2014-04-01", "99.7 in 100 of these 875 people", "ProPublica", "names no licence"),
    "adult": ("32,561", "1994", "above 50,000 dollars", "not merit", "Leaving sex out of a model does not keep it out", "CC BY 4.0", "10.24432/C5XW20"),
}


@pytest.mark.parametrize("write", [repr, DataSheet._repr_html_], ids=["text", "html"])
@pytest.mark.parametrize("name", LOADERS)
def test_the_sheet_says_what_matters(name, write):
    text = re.sub(r"<[^>]+>|`", "", write(data_sheet(name)))
    for said in SAID[name]:
        assert said in text


@pytest.mark.parametrize("name", LOADERS)
def test_the_example_in_the_docstring_runs(name):
    """It is skipped where all examples run, which need no files."""
    load = LOADERS[name][0]
    module = import_module(load.__module__)
    source = load.__doc__.replace("# doctest: +SKIP", "")
    test = doctest.DocTestParser().get_doctest(source, dict(vars(module)), load.__name__, None, 0)
    result = doctest.DocTestRunner(verbose=False).run(test)
    assert result.attempted == 3
    assert result.failed == 0
