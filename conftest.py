"""Say at the end of a run what was skipped and why; with FAIRLENS_REQUIRE_ALL set, a skipped test is a failure."""

import os
from collections import Counter

import pytest


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    reasons = _skipped(terminalreporter)
    if not reasons:
        return
    n = sum(reasons.values())
    told = "; ".join(f"{count} because {reason}" for reason, count in reasons.most_common())
    terminalreporter.write_line(f"Skipped {n} test{'s' if n > 1 else ''}: {told}.")
    if _require_all():
        terminalreporter.write_line("FAIRLENS_REQUIRE_ALL is set, so this run failed.", red=True)


@pytest.hookimpl(tryfirst=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    if _require_all() and reporter is not None and _skipped(reporter) and session.exitstatus == pytest.ExitCode.OK:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def _require_all() -> bool:
    return os.environ.get("FAIRLENS_REQUIRE_ALL", "") not in ("", "0")


def _skipped(reporter: pytest.TerminalReporter) -> Counter[str]:
    reports = reporter.stats.get("skipped", [])
    return Counter(report.longrepr[2].removeprefix("Skipped: ") for report in reports)
