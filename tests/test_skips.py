"""What the conftest.py at the root promises about skipped tests."""

from pathlib import Path

import pytest

pytest_plugins = ["pytester"]
SOURCE = (Path(__file__).parents[1] / "conftest.py").read_text("utf-8")
SKIPPED = """
import pytest

def test_runs(): pass

@pytest.mark.skip(reason="there is no browser")
def test_one(): pass

@pytest.mark.parametrize("k", [1, 2])
def test_more(k): pytest.skip("there are no data")
"""


@pytest.fixture
def session(pytester, monkeypatch):
    monkeypatch.delenv("FAIRLENS_REQUIRE_ALL", raising=False)
    pytester.makeconftest(SOURCE)
    pytester.makepyfile(SKIPPED)
    return pytester


def test_the_end_says_how_many_were_skipped_and_why(session):
    result = session.runpytest()
    assert result.ret == pytest.ExitCode.OK
    result.stdout.fnmatch_lines(["Skipped 3 tests: 2 because there are no data; 1 because there is no browser."])


def test_where_all_are_required_a_skip_is_a_failure(session, monkeypatch):
    monkeypatch.setenv("FAIRLENS_REQUIRE_ALL", "1")
    result = session.runpytest()
    assert result.ret == pytest.ExitCode.TESTS_FAILED
    result.stdout.fnmatch_lines(["FAIRLENS_REQUIRE_ALL is set, so this run failed."])


def test_a_file_that_skips_itself_counts(session, monkeypatch):
    session.makepyfile(test_whole="import pytest\npytest.importorskip('no_such_package')")
    monkeypatch.setenv("FAIRLENS_REQUIRE_ALL", "1")
    assert session.runpytest("test_whole.py").ret != pytest.ExitCode.OK


def test_without_skips_nothing_is_said(session, monkeypatch):
    monkeypatch.setenv("FAIRLENS_REQUIRE_ALL", "1")
    result = session.runpytest("-k", "runs")
    assert result.ret == pytest.ExitCode.OK
    result.stdout.no_fnmatch_line("*Skipped*")
