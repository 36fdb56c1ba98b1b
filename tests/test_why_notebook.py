"""Notebook 03: on COMPAS and Adult where their files are, and on mortgage applications where neither files nor network are."""

import os
import re

import nbformat
import pytest
from click.testing import CliRunner
from test_notebooks import FOLDER, tagged, text_of, texts

from fairlens._cli import main
from fairlens._cli._run import execute

WHY = FOLDER / "03_why.ipynb"
CLOSED = "http://127.0.0.1:9"
"""A port that nobody listens at."""
NUMBER = r"[+-]\d+\.\d"
GAP = rf"({NUMBER}) \(({NUMBER}) to ({NUMBER})\)"


@pytest.fixture(scope="module")
def offline(tmp_path_factory):
    """As on a machine without the files and without a network: executed and exported."""
    target = tmp_path_factory.mktemp("offline") / "why"
    with pytest.MonkeyPatch.context() as patch:
        for name in ("FAIRLENS_DATA", "NO_PROXY", "no_proxy"):
            patch.delenv(name, raising=False)
        for name in ("http_proxy", "https_proxy", "all_proxy"):
            patch.setenv(name, CLOSED)
            patch.setenv(name.upper(), CLOSED)
        patch.setenv("XDG_CACHE_HOME", str(target.parent / "cache"))
        patch.setenv("MPLCONFIGDIR", os.environ.get("MPLCONFIGDIR", str(target.parent)))
        result = CliRunner().invoke(main, ["run", str(WHY), "--to", str(target)])
    assert result.exit_code == 0, result.output
    return nbformat.read(target.with_suffix(".ipynb"), 4), target.with_suffix(".html").read_text("utf-8")


@pytest.fixture(scope="module")
def with_files(real_data):
    """With the files, and fewer of the adults, to be quick."""
    real_data("compas-scores-two-years.csv")
    real_data("adult.csv")
    node = nbformat.read(WHY, 4)
    cell = tagged(node, "cases")
    assert ".sample(6000," in cell.source
    cell.source = cell.source.replace(".sample(6000,", ".sample(4000,")
    assert execute(node, FOLDER) is None
    return node


@pytest.fixture(params=["offline", "with_files"])
def node(request):
    found = request.getfixturevalue(request.param)
    return found[0] if request.param == "offline" else found


def rows_of(node, tag):
    """Rows of the frame that a cell answers, by their label, as lists of cells."""
    (html,) = [output["data"]["text/html"] for output in tagged(node, tag).outputs if "text/html" in output.get("data", {})]
    lines = [re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", line, re.DOTALL) for line in re.findall(r"<tr.*?</tr>", html, re.DOTALL)]
    return {line[0]: line[1:] for line in lines}


def gap_in(text):
    return tuple(map(float, re.search(GAP, text).groups()))


def test_it_says_on_what_it_runs(offline):
    told = text_of(offline[0], "cases")
    assert told.startswith("COMPAS and Adult are not here and cannot be fetched.\nAll that follows is about mortgage applications")
    assert "Hint: put the file into a folder, and set FAIRLENS_DATA to it" in told
    assert "Boston mortgage applications" in told


def test_with_the_files_it_is_about_them(with_files):
    told = text_of(with_files, "cases")
    assert told.startswith("COMPAS scores in Broward County")
    assert "re-arrest, not re-offence" in told
    assert "African-American defendants are flagged" in text_of(with_files, "gap")
    assert "Parts of the gap between Female and Male" in text_of(with_files, "alike")


def test_parts_add_up_to_the_measured_gap_at_every_threshold(node):
    total, measured = re.search(r"Together the parts are (\S+) points; the audit measured (\S+)\.\n", text_of(node, "gap")).groups()
    assert total == measured
    assert abs(float(total)) > 5
    closed, asked = map(int, re.search(r"at (\d+) of (\d+) thresholds", text_of(node, "thresholds")).groups())
    assert closed == asked >= 20
    rows = rows_of(node, "thresholds")
    own = re.search(r"audit's own is (\S+)\.\n", text_of(node, "thresholds"))[1]
    assert any(float(label) == float(own) for label in rows if label.strip() not in ("", "threshold"))


def test_shap_and_lime_explain_few_people_and_are_compared(node):
    assert re.search(r"shap and lime: .* over n=\d+ means", text_of(node, "both"))
    explained = re.findall(r"n=(\d+) explained", texts(node))
    assert explained
    assert max(map(int, explained)) <= 40


def test_a_column_that_the_model_does_not_read_has_no_part_and_the_gap_is_there(node):
    told = text_of(node, "unused")
    assert "The part of race: +0.0 (+0.0 to +0.0) points" in told
    assert "exactly zero: True." in told
    _, low, high = gap_in(told[told.index("The gap:") :])
    assert low > 0 or high < 0


def test_inputs_that_overlap_split_what_they_carry_together(node):
    rows = {label: line for label, line in rows_of(node, "alike").items() if label}
    (both, one, other), (_, alone, _), (_, _, _, together) = (
        [gap_in(cell) if cell else None for cell in line[:-1]][:k] for line, k in zip(rows.values(), (3, 3, 4), strict=True)
    )
    assert one[0] * other[0] > 0
    assert abs(alone[0]) > abs(one[0])
    assert abs(together[0]) > max(abs(one[0]), abs(other[0]))
    assert abs(both[0]) > abs(together[0])


def test_without_the_input_the_gap_does_not_go_away(node):
    told = text_of(node, "away")
    before, after = told.index("With "), told.index("Fitted again without ")
    assert gap_in(told[before:after]) != gap_in(told[after:])
    _, low, high = gap_in(told[after:])
    assert low > 0 or high < 0


def test_other_labels_move_the_error_and_not_the_explanation(node):
    told = text_of(node, "label")
    changed, everybody = (int(number.replace(",", "")) for number in re.search(r"([\d,]+) of ([\d,]+) labels were changed", told).groups())
    assert 0 < changed < everybody
    assert "The largest change of any part of the gap: 0 points." in told
    recorded, later = (gap_in(line) for line in told.splitlines() if "labels as recorded" in line or "labels after" in line)
    assert recorded != later


def test_three_backgrounds_start_apart_and_end_together(node):
    rows = rows_of(node, "background")
    start, end = (next(line for label, line in rows.items() if label.startswith(word)) for word in ("start", "end"))
    assert len(set(start)) == 3
    assert len(set(end)) == 1


def test_pictures_say_the_same_in_words_and_nothing_is_left_of_progress(node):
    outputs = [output for cell in node.cells for output in cell.get("outputs", ())]
    alts = [output["metadata"]["image/png"]["alt"] for output in outputs if "image/png" in output.get("data", {})]
    assert len(alts) == 12
    assert all(alts)
    assert [output.text for output in outputs if output.get("name") == "stderr"] == []
    assert "Explaining" not in texts(node)


def test_the_exported_page_keeps_the_view_and_why(offline):
    page = offline[1]
    assert page.count("Recorded view") >= 1
    assert "Why: what the model used" in page
    assert len(page.encode()) < 3_000_000
