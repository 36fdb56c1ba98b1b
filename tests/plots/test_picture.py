"""Picture: what a notebook gets, what a file holds, and that nothing global is touched."""

from __future__ import annotations

import subprocess
import sys
import textwrap

import matplotlib as mpl
import numpy as np
import pytest
from matplotlib.figure import Figure

import fairlens as fl
from fairlens import plots
from fairlens.exceptions import WrongKind
from fairlens.plots._text import clean, extent, fit, short
from fairlens.plots._theme import theme

GROUPS = {"white": (200, 160), "Black": (80, 40)}


@pytest.fixture
def table(audit_of):
    return audit_of(GROUPS).by_group("selection_rate")


def test_a_notebook_gets_an_image_with_its_text(table):
    picture = table.plot()
    data, metadata = picture._repr_mimebundle_()
    assert data["text/plain"] == picture.alt
    assert data["image/png"].startswith(b"\x89PNG")
    assert metadata["image/png"]["alt"] == picture.alt
    width, height = metadata["image/png"]["width"], metadata["image/png"]["height"]
    assert int.from_bytes(data["image/png"][16:20], "big") == pytest.approx(2 * width, abs=2)
    assert int.from_bytes(data["image/png"][20:24], "big") == pytest.approx(2 * height, abs=2)


def test_a_callers_figure_shows_itself(table):
    picture = table.plot(ax=Figure().subplots())
    assert picture._repr_mimebundle_() == ({"text/plain": picture.alt}, {})
    assert picture.png().startswith(b"\x89PNG")


def test_a_figure_inside_a_figure_is_found(table):
    figure = Figure()
    ax = figure.subfigures(1, 2)[0].subplots()
    assert table.plot(ax=ax).figure_ is figure


@pytest.mark.parametrize(("suffix", "start"), [("png", b"\x89PNG"), ("svg", b"<?xml"), ("pdf", b"%PDF")])
def test_files_carry_the_text_and_no_date(table, tmp_path, suffix, start):
    path = tmp_path / f"picture.{suffix}"
    table.plot().save(path)
    written = path.read_bytes()
    assert written.startswith(start)
    if suffix != "pdf":
        assert b"Of 100 Black applicants 50 are approved" in written
    assert b"CreationDate" not in written
    assert b"dc:date" not in written


def test_the_same_picture_is_the_same_bytes(table):
    assert table.plot().png() == table.plot().png()


def test_a_picture_is_its_text_where_there_are_no_images(table):
    assert repr(table.plot()) == table.plot().alt


def test_settings_of_the_user_are_neither_changed_nor_followed(table):
    before = dict(mpl.rcParams)
    plain = table.plot().png()
    assert dict(mpl.rcParams) == before
    loud = {
        "axes.facecolor": "black",
        "axes.grid": True,
        "font.size": 30,
        "text.color": "red",
        "axes.spines.top": True,
        "lines.linewidth": 9,
    }
    with mpl.rc_context(loud):
        assert table.plot().png() == plain


def test_pyplot_is_not_loaded_and_knows_no_figure():
    program = """
        import sys
        import fairlens as fl
        assert "matplotlib" not in sys.modules
        audit = fl.audit(y_pred=[1, 0, 1, 1] * 10, sensitive_features={"sex": ["f", "m"] * 20})
        picture = audit.by_group("selection_rate").plot()
        picture.png()
        assert "matplotlib.pyplot" not in sys.modules
        assert "seaborn" not in sys.modules
        assert "shap" not in sys.modules
        import matplotlib.pyplot as plt
        assert plt.get_fignums() == []
    """
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", textwrap.dedent(program)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr


def test_what_cannot_be_drawn_is_an_error_with_a_hint(table):
    with pytest.raises(WrongKind, match=r"Hint: audit\.by_group"):
        plots.draw(_Other())
    with pytest.raises(WrongKind, match="It must be one matplotlib axes"):
        table.plot(ax=np.array([1, 2]))


class _Other:
    def published(self):
        return self


def test_lines_are_balanced_and_keep_intervals_whole():
    text = "Of 100 Black applicants 68 are approved, of 100 white 91: 23 fewer (17 to 30), to the disadvantage of Black."
    lines = fit(text, 7.0, 13, "bold").split("\n")
    assert " ".join(lines) == text
    assert any("(17 to 30)" in line for line in lines)
    assert max(extent(line, 13, "bold")[0] for line in lines) <= 7.0
    assert min(map(len, lines)) > 0.6 * max(map(len, lines))
    cut = fit("w" * 400, 3.0, 10)
    assert cut.replace("\n", "") == "w" * 400
    assert max(extent(line, 10)[0] for line in cut.split("\n")) <= 3.0


@pytest.mark.parametrize("whole", ["25 %", "1,000 %", "n = 12"])
def test_a_number_is_not_parted_from_its_unit(whole):
    text = f"of those who were asked {whole} said so, and {whole} did not say so at all"
    for inches in np.arange(0.8, 5.0, 0.05):
        lines = fit(text, float(inches), 10).split("\n")
        assert sum(line.count(whole) for line in lines) == 2, (inches, lines)
        assert " ".join(lines) == text
        assert max(extent(line, 10)[0] for line in lines) <= max(inches, extent(whole, 10)[0])


def test_a_name_from_the_right_does_not_turn_the_line_around():
    assert fit("of 100 عربى 89; more", 9.0, 10).replace("\u200e", "") == "of 100 عربى 89; more"
    assert "\u200e" not in fit("of 100 Arabic 89", 9.0, 10)


def test_names_lose_what_steers_a_layout_and_nothing_else():
    assert clean("a\u202eb\n\tc") == "ab c"
    assert clean("می\u200cخواهم") == "می\u200cخواهم"
    assert short("") == ""
    assert short("one two") == "one two"


def test_measuring_does_not_depend_on_the_users_font():
    with mpl.rc_context({"font.family": ["serif"]}), theme():
        inside = extent("measured once", 9.5)
    extent.cache_clear()
    assert extent("measured once", 9.5) == inside


def test_every_result_answers_plot(audit_of):
    audit = audit_of(GROUPS)
    for result in (
        audit.by_group(),
        audit.overall(),
        audit.difference("selection_rate"),
        audit.ratio("selection_rate"),
    ):
        assert isinstance(result.plot(), plots.Picture)
    assert fl.GapDecomposition is not None
