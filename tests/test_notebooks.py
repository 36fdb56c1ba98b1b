"""The notebooks as a reader gets them, and notebook 01 with its story taken away."""

import re
from pathlib import Path

import nbformat
import pytest
from click.testing import CliRunner

from fairlens._cli import main
from fairlens._cli._run import execute, summary

FOLDER = Path(__file__).parents[1] / "notebooks"
AUDIT = FOLDER / "01_mortgage_audit.ipynb"
SURE = FOLDER / "02_how_sure_are_you.ipynb"
NOTEBOOKS = sorted(FOLDER.glob("*.ipynb"))


def texts(node) -> str:
    """Everything that code cells printed or answered, as plain text: alt texts and sentences are in it."""
    outputs = [output for cell in node.cells for output in cell.get("outputs", ())]
    return "\n".join(output.get("text") or output.get("data", {}).get("text/plain", "") for output in outputs)


def tagged(node, tag):
    (cell,) = [cell for cell in node.cells if tag in cell.metadata.get("tags", ())]
    return cell


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """What `make audit` makes."""
    target = tmp_path_factory.mktemp("build") / "mortgage-audit"
    result = CliRunner().invoke(main, ["run", str(AUDIT), "--to", str(target)])
    assert result.exit_code == 0, result.output
    return target, result.stdout, nbformat.read(target.with_suffix(".ipynb"), 4)


@pytest.fixture(scope="module")
def permuted():
    """Notebook 01 with races dealt out at random."""
    node = nbformat.read(AUDIT, 4)
    cell = tagged(node, "parameters")
    assert "PERMUTE = False" in cell.source
    cell.source = cell.source.replace("PERMUTE = False", "PERMUTE = True")
    assert execute(node, FOLDER) is None
    return node


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_notebooks_are_kept_without_outputs(path):
    node = nbformat.read(path, 4)
    nbformat.validate(node)
    assert "widgets" not in node.metadata
    for cell in node.cells:
        if cell.cell_type == "code":
            assert cell.outputs == []
            assert cell.execution_count is None


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_no_finding_is_typed_into_markdown(path):
    prose = "\n".join(cell.source for cell in nbformat.read(path, 4).cells if cell.cell_type == "markdown")
    assert re.findall(r"\d", prose) == []
    assert not re.search(r"\b(Black|Hispanic|less often than white|per cent)\b", prose)


def test_the_summary_names_groups_with_their_n_and_intervals(made):
    _, stdout, node = made
    told = summary(node)
    assert stdout.startswith(told)
    held_out = {"Black": 197 / 2, "Hispanic": 111 / 2, "white": 1681 / 2}
    for level, half in held_out.items():
        found = re.search(rf"{level} selection rate (\d+) % \((\d+) to (\d+), n=(\d+)\)", told)
        assert found, told
        rate, low, high, n = map(int, found.groups())
        assert low <= rate <= high
        assert abs(n - half) <= 7  # sex not recorded is a stratum of its own


def test_the_summary_says_the_gap_what_carries_it_and_how_it_varies(made):
    told = summary(made[2])
    assert re.search(r"Of 100 Black applicants \d+ are approved, of 100 white \d+: \d+ fewer \(\d+ to \d+\), to the disadvantage of Black", told)
    assert re.search(r"credit_guidelines carries [\d.]+ of the points \([\d.]+ to [\d.]+\)", told)
    low, high, times = re.search(r"Over 5 splits, .* from ([+-][\d.]+) to ([+-][\d.]+) points; .* zero in (\d) of them", told).groups()
    assert float(low) <= float(high) < 0
    assert 0 <= int(times) <= 5


def test_the_model_approves_the_share_that_lenders_did(made):
    code = "\n".join(cell.source for cell in made[2].cells if cell.cell_type == "code")
    space: dict = {}
    exec(code[: code.index("audit = audit_of(SEED)")].replace('fl.datasets.data_sheet("mortgage")', ""), space)
    for seed in range(2):
        audit = space["audit_of"](seed)
        frame = audit.overall(["selection_rate", "prevalence"]).to_frame().set_index("metric")["numerator"]
        assert abs(frame["selection_rate"] - frame["prevalence"]) <= 2
        by_group = audit.by_group("selection_rate", by="race").to_frame().set_index("race")["n"]
        assert abs(by_group - by_group.index.map({"Black": 98.5, "Hispanic": 55.5, "white": 840.5})).max() <= 3


def test_six_views_are_recorded_and_everything_fits_in_one_small_file(made):
    target, _, node = made
    page = target.with_suffix(".html").read_text("utf-8")
    assert texts(node).count("Recorded view") == 0  # it stands in the HTML of the record, not in its text alternative
    html = [output["data"].get("text/html", "") for cell in node.cells for output in cell.get("outputs", ()) if "data" in output]
    assert sum("Recorded view" in one for one in html) == 6
    assert page.count("Recorded view") >= 6
    assert len(page.encode()) < 1_000_000


def test_nothing_of_a_progress_line_or_a_warning_is_kept(made):
    for cell in made[2].cells:
        for output in cell.get("outputs", ()):
            assert output.get("name") != "stderr", output.text
    assert "Explaining the gap" not in texts(made[2])


def test_with_races_dealt_out_at_random_it_cannot_tell(made, permuted):
    told = summary(permuted)
    assert "Cannot tell: of 100" in told
    assert re.search(r"Cannot tell whether \w+ applicants are approved more or less often than white", told)
    assert int(re.search(r"excludes zero in (\d) of them", told)[1]) <= 1
    assert "disadvantage" not in texts(permuted)
    assert " of the points (" not in texts(permuted)
    assert not set(told.splitlines()[1:]) & set(summary(made[2]).splitlines()[1:])


def test_pictures_say_the_same_in_words(made, permuted):
    for node, first in ((made[2], "Of 100 Black applicants"), (permuted, "Cannot tell")):
        alts = [
            output["metadata"]["image/png"]["alt"]
            for cell in node.cells
            for output in cell.get("outputs", ())
            if "image/png" in output.get("data", {})
        ]
        assert len(alts) == 8
        assert sum(alt.startswith(first) for alt in alts) >= 2, alts


@pytest.fixture(scope="module")
def sure(tmp_path_factory):
    """Notebook 02 as it comes, executed and exported."""
    target = tmp_path_factory.mktemp("sure") / "how-sure"
    result = CliRunner().invoke(main, ["run", str(SURE), "--to", str(target)])
    assert result.exit_code == 0, result.output
    return nbformat.read(target.with_suffix(".ipynb"), 4), target.with_suffix(".html").read_text("utf-8")


def text_of(node, tag):
    return texts(nbformat.from_dict({"cells": [tagged(node, tag)]}))


def test_four_fifths_flags_worlds_without_disparity_and_the_screen_hardly_any(sure):
    told = text_of(sure[0], "curse")
    rule = float(re.search(r"four fifths of the best group\s+([\d.]+)", told)[1])
    screen = float(re.search(r"fl\.screen\s+([\d.]+)", told)[1])
    assert rule > 60
    assert screen <= 5 + 2 * 100 * (0.05 * 0.95 / 200) ** 0.5


def test_the_worst_group_comes_back_nearer_to_the_others(sure):
    low, back = map(float, re.search(r"in one half: ([\d.]+) % .* other half: ([\d.]+) %", text_of(sure[0], "halves")).groups())
    assert back - low > 5


def test_both_ratios_the_adjusted_number_and_the_verdict_are_told(sure):
    told = texts(sure[0])
    approvals, refusals = map(float, re.search(r"Black against white: ([\d.]+) times the approvals .*?, ([\d.]+) times the refusals", told).groups())
    assert approvals < 0.8 < 3 < refusals
    assert re.search(r"14\.2 fewer .* With the same mix of dept 43\.0 and 38\.7", told)
    assert "Exceeds: of 100 Black applicants" in told
    assert "Inconclusive for Black applicants" in told
    assert re.search(r"Collect \d+ more of Black", told)
    assert re.search(r"\d+ people per group for", told)
    assert "Recorded view" in sure[1]
