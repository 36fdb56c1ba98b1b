"""binder/: what repo2docker reads from it, without building anything."""

import json
import re
import subprocess
import sys
import tomllib
from importlib.util import find_spec
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]


@pytest.fixture(scope="module")
def plan():
    if find_spec("repo2docker") is None:
        pytest.skip("jupyter-repo2docker is not installed")
    command = [sys.executable, "-m", "repo2docker", "--no-build", "--debug", str(ROOT)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout + done.stderr


def test_a_python_that_the_package_supports_is_chosen(plan):
    major, minor = re.search(r"environment for python=(\d+)\.(\d+)", plan).groups()
    needed = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["requires-python"]
    assert needed == ">=3.11"
    assert (int(major), int(minor)) >= (3, 11)


def test_the_package_is_installed_after_its_source_was_copied(plan):
    copied = re.search(r"^COPY .*src/ \$\{REPO_DIR\}/$", plan, re.MULTILINE)
    installed = re.search(r'pip install .*-r "?binder/requirements.txt', plan)
    assert copied
    assert installed
    assert copied.start() < installed.start() < plan.index("RUN ./binder/postBuild")


def test_the_requirements_are_the_package_with_a_lab():
    assert (ROOT / "binder" / "requirements.txt").read_text("utf-8").split() == [".[lab]"]


def test_it_opens_a_notebook_that_exists(tmp_path):
    script = ROOT / "binder" / "postBuild"
    subprocess.run(["bash", str(script)], env={"NB_PYTHON_PREFIX": str(tmp_path), "PATH": "/usr/bin:/bin"}, check=True)
    config = json.loads((tmp_path / "etc" / "jupyter" / "jupyter_server_config.json").read_text("utf-8"))
    for app in ("LabApp", "JupyterNotebookApp"):
        path = config[app]["default_url"].removeprefix("/lab/tree/")
        assert (ROOT / path).is_file()
