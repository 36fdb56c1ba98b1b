"""``fairlens doctor`` in environments made for it: real interpreters, with packages that are there as far as their metadata go."""

import json
import os
import shutil
import subprocess
import sys
import venv
from pathlib import Path

import click
import pytest

import fairlens
from fairlens._cli._asked import ask, interpreter_of, running

ROOT = Path(fairlens.__file__).parents[1]
MANAGER = "@jupyter-widgets/jupyterlab-manager"
KERNEL_SIDE = {"ipywidgets": "8.1.9", "anywidget": "0.11.0", "ipython": "9.0.0", "ipykernel": "7.0.0"}
SERVER_SIDE = {"jupyterlab": "4.6.0", "notebook": "7.6.0", "voila": "0.5.13", "jupyterlab_widgets": "3.0.0", "anywidget": "0.11.0"}
FRONT = {MANAGER: "5.0.16", "anywidget": "0.11.0"}
METADATA = "Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n"

pytestmark = pytest.mark.skipif(os.name != "posix", reason="the environments are made of scripts that start with #!")


class Environment:
    """An environment with an interpreter of its own and no packages but those it is given."""

    def __init__(self, folder):
        self.folder = folder
        venv.EnvBuilder(symlinks=True, with_pip=False).create(folder)
        self.python = folder / "bin" / "python"
        self.site = next(folder.glob("lib/python*/site-packages"))

    def has(self, **versions):
        for name, version in versions.items():
            self.record(name, version)
        return self

    def record(self, name, version, more="", record=""):
        info = self.site / f"{name.replace('-', '_')}-{version}.dist-info"
        info.mkdir()
        (info / "METADATA").write_text(METADATA.format(name=name, version=version) + more)
        (info / "RECORD").write_text(record)

    def has_fairlens(self, source=ROOT):
        (self.site / "fairlens_audit.pth").write_text(f"{source}\n")
        more = 'Provides-Extra: lab\nRequires-Dist: voila>=0.5; extra == "lab"\nRequires-Dist: numba>=0.60; extra == "fast"\n'
        self.record("fairlens-audit", fairlens.__version__, more)
        return self

    def has_foreign(self):
        """Another project of the same import name."""
        (self.site / "fairlens").mkdir()
        (self.site / "fairlens" / "__init__.py").write_text("class FairnessScorer: pass\n")
        self.record("fairlens", "0.1.0", record="fairlens/__init__.py,,\n")
        return self

    def has_click(self):
        (self.site / "click").symlink_to(Path(click.__file__).parent)
        return self

    def serves(self, *programs, front=FRONT):
        for name in programs:
            self.program(name, f"#!{self.python}\n")
        for name, version in front.items():
            folder = self.folder / "share" / "jupyter" / "labextensions" / name
            folder.mkdir(parents=True)
            (folder / "package.json").write_text(json.dumps({"name": name, "version": version}))
        return self

    def program(self, name, text):
        path = self.folder / "bin" / name
        path.write_text(text)
        path.chmod(0o755)
        return path

    def kernel(self, name, argv, **more):
        folder = self.folder / "share" / "jupyter" / "kernels" / name
        folder.mkdir(parents=True)
        text = argv if isinstance(argv, str) else json.dumps({"argv": [*argv, "-m", "ipykernel_launcher", "-f", "{connection_file}"], "language": "python", **more})
        (folder / "kernel.json").write_text(text)
        return self

    def doctor(self, **environ):
        """Run the command as a person does, with this environment on the PATH."""
        home = self.folder / "home"
        home.mkdir(exist_ok=True)
        clean = {"PATH": str(self.folder / "bin"), "HOME": str(home), "LANG": "C.UTF-8", **environ}
        program = self.program("fairlens", f"#!{self.python}\nfrom fairlens._cli import main\nmain()\n")
        return subprocess.run(
            [program, "doctor"],
            capture_output=True, text=True, env=clean, cwd=home, timeout=60,
        )  # fmt: skip


@pytest.fixture
def environment(tmp_path):
    def make(name="env"):
        return Environment(tmp_path / name)

    return make


@pytest.fixture
def whole(environment):
    """An environment in which the panel shows."""
    made = environment().has(**{**KERNEL_SIDE, **SERVER_SIDE}).has_fairlens().has_click()
    return made.serves("jupyter-lab", "jupyter-notebook", "voila").kernel("python3", ["python"])


def problems(done):
    """The numbered problems with their hints."""
    assert done.stderr == ""
    lines = done.stdout.splitlines()
    at = next((i for i, line in enumerate(lines) if line.endswith(("problem:", "problems:"))), len(lines))
    return lines[at + 1 : -1]


def test_nothing_is_missing(whole):
    done = whole.doctor()
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.endswith("Nothing is missing: the panel should show.\n")
    for line in (
        f"  jupyter-lab         run by {whole.python}",
        f"  import fairlens     fairlens {fairlens.__version__} from {ROOT / 'fairlens'}",
        "  ipywidgets          8.1.9",
        "  extra fast          without numba",
        "  extra lab           complete",
        f"  front end           {MANAGER}  5.0.16 in {whole.folder / 'share/jupyter/labextensions' / MANAGER}",
        f"  python3             fairlens {fairlens.__version__} from {ROOT / 'fairlens'}  ({whole.python})",
    ):
        assert line in done.stdout.splitlines()


def test_a_server_of_another_environment_lacks_the_extensions(environment):
    server = environment("server").has(jupyterlab="4.6.0").serves("jupyter-lab", front={})
    own = environment().has(**KERNEL_SIDE).has_fairlens().has_click()
    server.kernel("mine", [str(own.python)])
    done = own.doctor(PATH=str(server.folder / "bin"))
    assert done.returncode == 10
    told = problems(done)
    assert told == [
        f"1. The front-end extension {MANAGER} is missing in the server's environment; restart the server after installing it.",
        f"   Hint: {server.python} -m pip install 'jupyterlab_widgets>=3'",
        "2. The front-end extension anywidget is missing in the server's environment; restart the server after installing it.",
        f"   Hint: {server.python} -m pip install anywidget",
    ]
    assert f"  mine                fairlens {fairlens.__version__} from {ROOT / 'fairlens'}  ({own.python})" in done.stdout


def test_an_extension_that_is_switched_off(whole):
    settings = whole.folder / "etc" / "jupyter" / "labconfig" / "page_config.json"
    settings.parent.mkdir(parents=True)
    settings.write_text(json.dumps({"disabledExtensions": {MANAGER: True, "anywidget": False}}))
    done = whole.doctor()
    assert done.returncode == 10
    assert problems(done) == [
        f"1. The front-end extension {MANAGER} is disabled.",
        f"   Hint: {whole.python} -m jupyter labextension enable {MANAGER}",
    ]


def test_versions_that_are_too_old_or_do_not_match(environment):
    made = environment().has(**{**KERNEL_SIDE, **SERVER_SIDE, "ipywidgets": "7.8.1", "notebook": "6.5.7", "anywidget": "0.9.18"})
    made.has_fairlens().has_click().serves("jupyter-notebook").kernel("python3", ["python"])
    done = made.doctor()
    assert done.returncode == 10
    told = problems(done)
    assert f"   Hint: {made.python} -m pip install 'ipywidgets>=8'" in told
    assert f"   Hint: {made.python} -m pip install 'notebook>=7'" in told
    assert "ipywidgets 7.8.1 (too old)" in told[0]
    assert told[-2].endswith(f"{made.python} has anywidget 0.9.18, the server's front end is 0.11.0; both must have the same first two numbers.")
    assert told[-1] == f"   Hint: {made.python} -m pip install 'anywidget==0.9.*'"


def test_a_foreign_package_in_a_kernel(whole, environment):
    other = environment("other").has(**KERNEL_SIDE).has_foreign()
    whole.kernel("other", [str(other.python)])
    done = whole.doctor()
    assert done.returncode == 10
    assert f"  other               another package called fairlens, from {other.site / 'fairlens'}  ({other.python})" in done.stdout
    assert problems(done) == [
        "1. the kernel other has the distribution fairlens 0.1.0, another project that is imported as fairlens too; ours is fairlens-audit. "
        f"`import fairlens` gives it, or what it left: {other.site / 'fairlens'}.",
        f"   Hint: {other.python} -m pip uninstall fairlens",
        f"   Hint: {other.python} -m pip install --force-reinstall --no-deps fairlens-audit",
    ]


def test_a_foreign_package_that_overwrote_ours_does_not_stop_the_doctor(environment):
    """Both install into one folder, so that the file of the one that came last stands for both."""
    made = environment().has(**KERNEL_SIDE, **{name: SERVER_SIDE[name] for name in SERVER_SIDE if name != "anywidget"}).has_click()
    shutil.copytree(ROOT / "fairlens", made.site / "fairlens", ignore=shutil.ignore_patterns("__pycache__"))
    (made.site / "fairlens" / "__init__.py").write_text("class FairnessScorer: pass\n")
    made.record("fairlens-audit", "0.1.0", record="fairlens/__init__.py,,\n")
    made.record("fairlens", "0.1.0", record="fairlens/__init__.py,,\n")
    done = made.serves("jupyter-lab").kernel("python3", ["python"]).doctor()
    assert done.returncode == 10
    told = problems(done)
    assert "has the distribution fairlens 0.1.0" in told[0]
    assert "gives it, or what it left" in told[0]
    assert told[1] == f"   Hint: {made.python} -m pip uninstall fairlens"


def test_a_foreign_package_beside_an_import_that_is_still_ours(whole):
    whole.record("fairlens", "0.1.0", record="fairlens/__init__.py,,\n")
    told = problems(whole.doctor())
    assert "`import fairlens` gives our package" in told[0]


def test_a_file_of_the_same_name_beside_the_notebook(whole):
    (whole.folder / "home").mkdir()
    (whole.folder / "home" / "fairlens.py").write_text("")
    done = whole.doctor()
    assert done.returncode == 10
    assert "mv fairlens.py other_fairlens.py" in problems(done)[-1]


def test_a_folder_of_the_same_name_on_the_path_of_a_kernel(whole, environment, tmp_path):
    (tmp_path / "loose" / "fairlens").mkdir(parents=True)
    (tmp_path / "loose" / "fairlens" / "__init__.py").write_text("")
    other = environment("other").has(**KERNEL_SIDE)
    whole.kernel("other", [str(other.python)], env={"PYTHONPATH": str(tmp_path / "loose")})
    told = problems(whole.doctor())
    assert told[0] == f"1. `import fairlens` in the kernel other gives {tmp_path / 'loose' / 'fairlens'}, which is not fairlens-audit."
    assert told[1].startswith("   Hint: mv ")


def test_kernels_that_cannot_be_used_are_told_and_do_not_hide_one_that_can(whole, environment, tmp_path):
    empty = environment("empty")
    (whole.folder / "bin" / "crashing").mkdir()
    crashing = whole.program("crashing/python", "#!/bin/sh\necho 'it fell over' >&2\nexit 3\n")
    whole.kernel("unreadable", "{").kernel("odd", json.dumps({"argv": 3})).kernel("gone", [str(tmp_path / "gone" / "bin" / "python")])
    whole.kernel("r", ["R"], language="R").kernel("crashing", [str(crashing)]).kernel("empty", [str(empty.python)])
    done = whole.doctor()
    assert (done.returncode, done.stderr) == (0, "")
    rows = {line.split()[0]: line for line in done.stdout.split("Kernels\n")[1].splitlines() if line.strip()}
    assert "kernel.json cannot be read (JSONDecodeError" in rows["unreadable"]
    assert "kernel.json cannot be read (TypeError" in rows["odd"]
    assert f"its interpreter {tmp_path / 'gone' / 'bin' / 'python'} is missing" in rows["gone"]
    assert "a kernel of R, not asked" in rows["r"]
    assert "no answer: it fell over" in rows["crashing"]
    assert "no fairlens" in rows["empty"]
    assert f"{empty.python} -m pip install fairlens-audit" in done.stdout


def test_kernels_that_cannot_be_used_are_problems_where_no_other_can(environment):
    empty = environment("empty")
    own = environment().has(**KERNEL_SIDE).has_fairlens().has_click()
    server = environment("server").has(**SERVER_SIDE).serves("jupyter-lab").kernel("empty", [str(empty.python)]).kernel("broken", "")
    done = own.doctor(PATH=str(server.folder / "bin"))
    assert done.returncode == 10
    told = problems(done)
    assert "The kernel empty has no fairlens." in "\n".join(told)
    assert f"   Hint: {empty.python} -m pip install fairlens-audit" in told
    assert "   Hint: jupyter kernelspec remove broken" in told


def test_no_jupyter_at_all(environment):
    done = environment().has_fairlens().has_click().doctor()
    assert done.returncode == 10
    told = problems(done)
    assert "VS Code and Colab bring their own" in told[0]
    assert "'fairlens-audit[lab]'" in told[1]
    assert told[2].startswith("2. Missing in this Python: ipywidgets, anywidget, ipython, ipykernel.")
    assert "There is no kernel." in "\n".join(told)


def test_a_bare_python_is_the_one_of_the_server(environment):
    """As in jupyter_client: not the first one on the PATH."""
    server = environment("server").has(**KERNEL_SIDE, **{name: SERVER_SIDE[name] for name in ("jupyterlab", "jupyterlab_widgets")})
    server.serves("jupyter-lab").kernel("python3", ["python3"])
    own = environment().has(**KERNEL_SIDE).has_fairlens().has_click()
    done = own.doctor(PATH=f"{own.folder / 'bin'}:{server.folder / 'bin'}")
    assert f"  python3             no fairlens  ({server.python})" in done.stdout.splitlines()


def test_an_interpreter_that_does_not_end_is_not_waited_for(tmp_path):
    slow = tmp_path / "python"
    slow.write_text("#!/bin/sh\nexec sleep 60\n")
    slow.chmod(0o755)
    answer = ask((str(slow),), patience=0.2)
    assert (answer.found, answer.failed) == ({}, "it gave no answer within 0.2 seconds")


def test_an_interpreter_that_cannot_be_started_or_is_none(tmp_path):
    assert "cannot be started" in ask((str(tmp_path / "none"),)).failed
    plain = tmp_path / "python"
    plain.write_text("#!/bin/sh\necho hello\n")
    plain.chmod(0o755)
    assert "something else than Python" in ask((str(plain),)).failed


@pytest.mark.parametrize(
    ("head", "found"),
    [
        ("#!/opt/env/bin/python3.12\nimport re\n", "/opt/env/bin/python3.12"),
        ("#!/bin/sh\n'''exec' \"/opt/my env/bin/python\" \"$0\" \"$@\"\n' '''\n", "/opt/my env/bin/python"),
        ("#!/bin/sh\n'''exec' /opt/env/bin/python \"$0\" \"$@\"\n' '''\n", "/opt/env/bin/python"),
        ("#!/bin/bash\nexec something\n", None),
        ("no first line", None),
    ],
)
def test_the_interpreter_of_a_program(tmp_path, head, found):
    program = tmp_path / "jupyter-lab"
    program.write_text(head)
    assert interpreter_of(program) == (None if found is None else (found,))


def test_the_interpreter_of_a_program_that_is_looked_up(tmp_path, monkeypatch):
    program = tmp_path / "jupyter-lab"
    program.write_text("#!/usr/bin/env python3\n")
    monkeypatch.setenv("PATH", str(Path(sys.executable).parent))
    found = interpreter_of(program)
    assert found is not None
    assert Path(found[0]).name == "python3"


@pytest.mark.skipif(not Path("/proc/self/cmdline").exists(), reason="this system does not tell how a process was started")
def test_a_server_that_runs_is_asked_by_the_interpreter_that_runs_it(environment, tmp_path, monkeypatch):
    pytest.importorskip("jupyter_server", reason="jupyter_server is not installed")
    python = environment().python
    monkeypatch.setenv("JUPYTER_RUNTIME_DIR", str(tmp_path))
    with subprocess.Popen([python, "-c", "print('up', flush=True); input()"], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout.readline() == b"up\n"  # until it runs, its command line may still be empty
        (tmp_path / f"jpserver-{process.pid}.json").write_text(json.dumps({"pid": process.pid, "url": "http://127.0.0.1:8888/", "token": "secret"}))
        assert list(running()) == [("http://127.0.0.1:8888/", (str(python),))]
        process.communicate(b"\n")
    assert list(running()) == []
