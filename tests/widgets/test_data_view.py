"""The view of the data in Python: what is sent, what is written, what is refused."""

import json

import numpy as np
import pandas as pd
import pytest
from bs4 import BeautifulSoup

import fairlens as fl
from fairlens.exceptions import BadValue, LevelNotFound
from fairlens.texts import texts_of
from fairlens.widgets import _data_view
from fairlens.widgets._code import code_of
from fairlens.widgets._kinds import kind_of

POPULATION = {"race": {"a": 0.5, "b": 0.3, "c": 0.15, "d": 0.05}}


@pytest.fixture(scope="module")
def rows():
    rng = np.random.default_rng(0)
    n = 900
    return pd.DataFrame(
        {
            "race": rng.choice(["a", "b", "c"], n, p=[0.7, 0.295, 0.005]),
            "sex": rng.choice(np.array(["f", "m", None], object), n, p=[0.5, 0.45, 0.05]),
            "y": rng.choice([0.0, 1.0, np.nan], n, p=[0.5, 0.4, 0.1]),
            "income": np.where(rng.random(n) < 0.2, np.nan, 1.0),
            "age": np.where(rng.random(n) < 0.1, np.nan, 1.0),
            "whole": 1.0,
        }
    )


@pytest.fixture(scope="module")
def audit(rows):
    return fl.audit(
        rows[["income", "age", "whole"]], y_true=rows["y"], model=lambda X: np.full(len(X), 0.7), threshold=0.5, favorable=1,
        sensitive_features=rows[["race", "sex"]], words={"person": "applicant"},
    )  # fmt: skip


def section_of(panel):
    return next(one for one in json.loads(panel._text)["views"] if one["name"] == "data")


def test_the_section_holds_protected_counts_only(audit, rows):
    data = json.loads(fl.panel(audit)._text)
    section = section_of(fl.panel(audit))
    assert section["columns"] == ["income", "age"]
    assert len(section["missing"]) == len(data["tables"])
    for table, columns in zip(data["tables"], section["missing"], strict=True):
        for counts in columns:
            assert len(counts) == len(table["codes"])
            assert all(count is None for count, shown in zip(counts, table["counts"], strict=True) if shown is None)
    assert section["missing"][0] == [[int(rows[name].isna().sum())] for name in section["columns"]]
    assert section["unknown"] == [-1, 2]


def test_the_static_part_is_the_sentence_and_the_table_of_describe(audit):
    panel = fl.panel(audit, population=POPULATION)
    panel.show(view="data", by="race")
    found = BeautifulSoup(kind_of("data").static(panel.view), "html.parser")
    answer = fl.describe(audit.protect(), by="race", population=POPULATION)
    assert found.find("p", class_="fl-sentence").text == answer.sentence
    assert str(found.find("table")) == str(BeautifulSoup(answer.html(), "html.parser").find("table"))
    assert panel._make_record().alt.startswith(answer.sentence)


def test_a_population_is_about_everybody_and_its_own_groups(audit):
    panel = fl.panel(audit, population=POPULATION)
    said = texts_of()["data"]
    for state, line in (({"by": "race", "where": {"sex": "f"}}, "everybody"), ({"by": "sex", "where": {}}, "other_groups")):
        panel.show(**state, view="data")
        html = kind_of("data").static(panel.view)
        assert said[line] in html
        assert said["representation"] not in html
    panel.show(by="race", where={})
    assert said["everybody"] not in kind_of("data").static(panel.view)


@pytest.mark.parametrize(("population", "kind"), [({"race": {"a": 1.0}}, LevelNotFound), ({"race": {"a": 0.5, "b": 0.2, "c": 0.1}}, BadValue)])
def test_a_population_that_does_not_fit_is_refused_when_the_panel_opens(audit, population, kind):
    with pytest.raises(kind, match="population"):
        fl.panel(audit, population=population)


def test_spanish_numbers_and_words(audit):
    panel = fl.panel(audit, population=POPULATION, language="es")
    panel.show(view="data", by="race")
    html = kind_of("data").static(panel.view)
    assert "Proporción del total" in html
    assert "De cada 100 applicants" in html
    assert ", 0." not in html.split("</table>")[0].split("<table")[0]
    assert "70," in html or "71," in html or "69," in html


def test_both_languages_have_the_same_places():
    import re

    english, spanish = (texts_of(language)["data"] for language in ("en", "es"))
    assert list(english) == list(spanish)
    for name, text in english.items():
        assert sorted(re.findall(r"\{\w+\}", text)) == sorted(re.findall(r"\{\w+\}", spanish[name])), name


def test_of_too_many_inputs_those_that_most_people_lack_are_sent(audit, monkeypatch):
    monkeypatch.setattr(_data_view, "MOST_CELLS", 20)
    panel = fl.panel(audit)
    section = section_of(panel)
    assert (section["columns"], section["left"]) == (["income"], 1)
    panel.show(view="data")
    html = kind_of("data").static(panel.view)
    assert "1 more of the model's inputs" in html.replace("&#x27;", "'")
    assert "No age" not in html


def test_a_slice_is_described_beside_everybody_else(audit):
    panel = fl.panel(audit, population=POPULATION)
    panel.show(view="data").show(slice=fl.Slice("women", {"sex": "f"}))
    html = kind_of("data").static(panel.view)
    assert "women" in html
    assert texts_of()["data"]["other_groups"] in html


def test_columns_that_are_suppressed_for_every_group_are_named_in_one_line():
    groups = np.repeat(["x", "y", "z"], [60, 40, 5])
    inputs = pd.DataFrame({"few": np.where(np.arange(105) < 3, np.nan, 1.0)})
    audit = fl.audit(inputs, model=lambda X: np.full(len(X), 0.7), threshold=0.5, favorable=1, sensitive_features={"g": groups})
    html = fl.describe(audit).html()
    assert "Missing values, suppressed for every group: few." in html
    assert "No few" not in html


def test_the_code_names_the_population_where_the_table_does(audit):
    panel = fl.panel(audit, population=POPULATION)
    for state, named in (({"by": "race", "where": {}}, True), ({"by": "sex", "where": {}}, False), ({"by": "race", "where": {"sex": "f"}}, False)):
        panel.show(**state, view="data")
        code = code_of(panel._choices, panel.view.state)
        assert ("population=population" in next(line for line in code.splitlines() if "fl.describe(" in line)) is named
        known = {"fl": fl, "audit": audit, "population": POPULATION}
        exec("\n".join(line for line in code.splitlines() if not line.startswith("panel")), known)
        assert known["people"].has_population is named
