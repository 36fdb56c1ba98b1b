"""``fairlens run`` as a user calls it: what it writes, what it says, and how it fails."""

import importlib.metadata
import os
from pathlib import Path

import nbformat
import pytest
from click.testing import CliRunner, Result
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from fairlens import __version__
from fairlens._cli import _run, main
from fairlens.records import RecordExporter

SUMMARY = {"tags": ["summary"]}


def write(path: Path, *sources: str, metadata: dict | None = None) -> Path:
    """Write a notebook of code cells; the last one has `metadata`."""
    cells = [new_code_cell(source) for source in sources]
    cells[-1].metadata.update(metadata or {})
    nbformat.write(new_notebook(cells=[new_markdown_cell("# A notebook"), *cells]), path)
    return path


def run(*arguments: object) -> Result:
    return CliRunner().invoke(main, ["run", *map(str, arguments)])


def test_writes_both_files_and_repeats_the_summary(tmp_path):
    made = write(tmp_path / "a.ipynb", "n = 6 * 7", "print('found', n)\nn", metadata=SUMMARY)
    before = made.read_bytes()
    result = run(made, "--to", tmp_path / "build" / "new" / "a")
    assert result.exit_code == 0, result.output
    assert result.stdout.startswith("found 42\n42\n")
    assert made.read_bytes() == before
    kept, page = (tmp_path / "build" / "new" / f"a.{kind}" for kind in ("ipynb", "html"))
    assert str(kept) in result.stdout
    assert str(page) in result.stdout
    assert nbformat.read(kept, 4).cells[2].outputs[0].text == "found 42\n"
    assert "found 42" in page.read_text("utf-8")


def test_tells_each_cell_where_there_is_no_terminal(tmp_path):
    result = run(write(tmp_path / "a.ipynb", "1", "2"), "--to", tmp_path / "b")
    assert result.stderr.splitlines() == ["Running cell 1 of 2", "Running cell 2 of 2"]


@pytest.mark.parametrize("ending", ["", ".html", ".ipynb", ".v2"])
def test_the_target_may_have_an_ending(tmp_path, ending):
    run(write(tmp_path / "a.ipynb", "1"), "--to", tmp_path / f"b{ending}")
    stem = "b.v2" if ending == ".v2" else "b"
    assert {path.name for path in tmp_path.iterdir()} == {"a.ipynb", f"{stem}.ipynb", f"{stem}.html"}


def test_the_kernel_knows_that_nobody_watches_and_starts_in_the_notebooks_folder(tmp_path):
    folder = tmp_path / "notes"
    folder.mkdir()
    made = write(folder / "a.ipynb", "import os; print(os.environ['FAIRLENS_UNATTENDED'], os.getcwd())", metadata=SUMMARY)
    assert "FAIRLENS_UNATTENDED" not in os.environ
    assert run(made, "--to", tmp_path / "b").stdout.startswith(f"1 {folder.resolve()}\n")


def test_progress_of_long_work_is_not_kept(tmp_path):
    made = write(
        tmp_path / "a.ipynb",
        "from fairlens._progress import Progress\nwith Progress('Working') as progress:\n    progress(1, 2)\n    progress(2, 2)",
    )
    assert run(made, "--to", tmp_path / "b").exit_code == 0
    assert nbformat.read(tmp_path / "b.ipynb", 4).cells[1].outputs == []


def test_two_runs_give_the_same_bytes(tmp_path):
    made = write(tmp_path / "a.ipynb", "print(1)", "[2]")
    for name in "bc":
        run(made, "--to", tmp_path / name)
    assert (tmp_path / "b.ipynb").read_bytes() == (tmp_path / "c.ipynb").read_bytes()


def test_widget_state_is_kept(tmp_path):
    run(write(tmp_path / "a.ipynb", "import ipywidgets\nipywidgets.IntSlider(value=7)"), "--to", tmp_path / "b")
    states = nbformat.read(tmp_path / "b.ipynb", 4).metadata.widgets["application/vnd.jupyter.widget-state+json"]["state"]
    assert 7 in [model["state"].get("value") for model in states.values()]


def test_a_failing_cell_is_named_and_what_ran_is_kept(tmp_path):
    made = write(tmp_path / "a.ipynb", "print('before')", "def third(x):\n    return x / 0\nthird(1)", "print('after')")
    result = run(made, "--to", tmp_path / "b")
    assert result.exit_code == 1
    assert "code cell 2 of 3" in result.stderr
    assert "return x / 0" in result.stderr
    assert "ZeroDivisionError: division by zero" in result.stderr
    assert "\x1b" not in result.stderr
    assert result.stderr.splitlines()[-1] == f"Hint: jupyter lab {tmp_path / 'b.ipynb'}"
    kept = nbformat.read(tmp_path / "b.ipynb", 4)
    assert kept.cells[1].outputs[0].text == "before\n"
    assert kept.cells[3].outputs == []
    assert not (tmp_path / "b.html").exists()


def test_an_error_that_a_cell_may_raise_is_not_the_one_that_stops(tmp_path):
    made = write(tmp_path / "a.ipynb", "int('allowed')", "int('fatal')")
    node = nbformat.read(made, 4)
    node.cells[1].metadata["tags"] = ["raises-exception"]
    nbformat.write(node, made)
    result = run(made, "--to", tmp_path / "b")
    assert "code cell 2 of 2" in result.stderr
    assert "fatal" in result.stderr
    assert "allowed" not in result.stderr


def test_a_kernel_that_dies(tmp_path):
    result = run(write(tmp_path / "a.ipynb", "import os; os._exit(3)"), "--to", tmp_path / "b")
    assert result.exit_code == 1
    assert "ended its kernel" in result.stderr
    assert "Hint:" in result.stderr


def test_a_kernel_that_is_not_there(tmp_path):
    made = write(tmp_path / "a.ipynb", "1")
    node = nbformat.read(made, 4)
    node.metadata["kernelspec"] = {"name": "no-such-kernel", "display_name": "none"}
    nbformat.write(node, made)
    result = run(made, "--to", tmp_path / "b")
    assert result.exit_code == 1
    assert "no kernel 'no-such-kernel'" in result.stderr


def test_it_never_overwrites_the_notebook(tmp_path):
    made = write(tmp_path / "a.ipynb", "1")
    before = made.read_bytes()
    result = run(made, "--to", tmp_path / "a.html")
    assert result.exit_code == 1
    assert "would overwrite the notebook" in result.stderr
    assert "Hint: fairlens run" in result.stderr
    assert made.read_bytes() == before


@pytest.mark.parametrize("text", ["not json", "[1]", '{"cells": 3}', '{"cells": 3, "nbformat": 4, "nbformat_minor": 5, "metadata": {}}'])
def test_a_file_that_is_no_notebook(tmp_path, text):
    path = tmp_path / "a.ipynb"
    path.write_text(text)
    result = run(path, "--to", tmp_path / "b")
    assert result.exit_code == 1
    assert f"{path} is not a notebook" in result.stderr
    assert "Hint:" in result.stderr


def test_a_missing_extra(tmp_path, monkeypatch):
    monkeypatch.setattr(_run, "find_spec", lambda name: None if name == "nbclient" else object())
    result = run(write(tmp_path / "a.ipynb", "1"), "--to", tmp_path / "b")
    assert result.exit_code == 1
    assert "'nbclient'" in result.stderr
    assert result.stderr.splitlines()[-1] == 'Hint: pip install "fairlens-audit[lab]"'


@pytest.mark.parametrize("arguments", [[], ["a.ipynb"], ["absent.ipynb", "--to", "b"]])
def test_wrong_usage_exits_with_2(arguments, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    write(tmp_path / "a.ipynb", "1")
    assert run(*arguments).exit_code == 2


def test_version_and_entry_points():
    assert __version__ in CliRunner().invoke(main, ["--version"]).stdout
    for group, name, kind in (("console_scripts", "fairlens", main), ("nbconvert.exporters", "fairlens-record", RecordExporter)):
        (point,) = importlib.metadata.entry_points(group=group, name=name)
        assert point.load() is kind
