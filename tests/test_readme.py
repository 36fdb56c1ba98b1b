"""README: its code runs as it is pasted, its links lead somewhere, and what it promises is there."""

import contextlib
import io
import re
from pathlib import Path

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text("utf-8")


def test_the_code_runs_and_says_what_it_found():
    (code,) = re.findall(r"```python\n(.*?)```", README, re.DOTALL)
    assert len([line for line in code.splitlines() if line.strip()]) <= 15
    said, space = io.StringIO(), {}
    with contextlib.redirect_stdout(said):
        exec(compile(code, "README.md", "exec"), space)
    sentence, why = said.getvalue().splitlines()
    assert re.match(r"Of 100 Black applicants [\d.]+ are approved, of 100 white [\d.]+: [\d.]+ fewer", sentence)
    assert "credit_met carries" in why
    assert why.startswith("Black applicants are approved")
    assert type(eval(code.splitlines()[-1], space)).__name__ == "Panel"


def test_links_within_the_repository_lead_somewhere():
    links = [link for link in re.findall(r"\]\(([^)#]+)\)", README) if not link.startswith("http")]
    assert len(links) >= 4
    missing = [link for link in links if not (ROOT / link).exists()]
    assert missing == []


def test_the_commands_are_targets():
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE))
    named = set(re.findall(r"\bmake ([a-z]+)\b", README)) - {"it"}
    assert {"audit", "lab", "test"} <= named <= targets
