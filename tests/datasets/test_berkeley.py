"""The Berkeley admissions: the published totals, and the data sheet."""

import re

import pytest

import fairlens as fl
from fairlens.datasets import data_sheet, load_berkeley


def test_totals_are_the_published_ones():
    people = load_berkeley()
    assert list(people.columns) == ["dept", "gender", "admitted"]
    assert people.index.tolist() == list(range(4526))
    counted = people.groupby("gender")["admitted"].agg(["sum", "size"])
    assert counted.loc["Male"].tolist() == [1198, 2691]
    assert counted.loc["Female"].tolist() == [557, 1835]
    assert people.groupby("dept").size().to_dict() == {"A": 933, "B": 585, "C": 918, "D": 792, "E": 584, "F": 714}
    assert people["admitted"].sum() == 1755


def test_chi_square_of_the_whole_is_that_of_r():
    from scipy.stats import chi2_contingency

    table = load_berkeley().groupby("gender")["admitted"].agg(yes="sum", all="size")
    table["no"] = table["all"] - table["yes"]
    assert chi2_contingency(table[["yes", "no"]]).statistic == pytest.approx(91.6096, abs=1e-4)
    assert chi2_contingency(table[["yes", "no"]], correction=False).statistic == pytest.approx(92.2053, abs=1e-4)


def test_the_frame_is_the_callers_own():
    first = load_berkeley()
    first["dept"] = "Z"
    assert load_berkeley()["dept"].nunique() == 6
    assert load_berkeley().equals(load_berkeley())


def test_the_sheet_describes_every_column_and_says_what_matters():
    people, sheet = load_berkeley(), data_sheet("berkeley")
    assert sheet.n == len(people)
    assert [column.name for column in sheet.columns] == list(people.columns)
    assert sheet.to_frame()["missing"].tolist() == [0, 0, 0]
    text = re.sub(r"<[^>]+>", "", sheet._repr_html_())
    for said in ("4,526", "Science 187", "neither the crude nor the adjusted", "past human decision", "UCBAdmissions"):
        assert said in text.replace("\n", " ")
        assert said in repr(sheet)


def test_it_can_be_audited():
    audit = fl.audit(load_berkeley(), y_pred="admitted", sensitive_features="gender", control_features="dept", favorable=1)
    rates = audit.by_group("selection_rate").to_frame()
    assert rates["value"].tolist() == pytest.approx([557 / 1835, 1198 / 2691])
