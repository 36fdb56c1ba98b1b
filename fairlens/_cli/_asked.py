"""Interpreters, and what they answer: of this Python, of Jupyter programs, of kernels."""

from __future__ import annotations

import importlib.util
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from ._probe import MARK

PROGRAMS = ("jupyter-lab", "jupyter-notebook", "voila")
_PATIENCE = 30.0
_PYTHON = re.compile(r"(python|pypy)[\d.]*(\.exe)?", re.I)
_SHELL_EXEC = re.compile(r"""^'''exec' (?:"([^"]+)"|(\S+))""", re.M)
"""How pip starts a program whose interpreter has a space in its path, or a path too long for a first line."""

Command = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Answer:
    """What one interpreter said; `failed` says why it stopped, where it did."""

    command: Command
    found: Mapping[str, Any]
    failed: str = ""

    @property
    def versions(self) -> Mapping[str, str]:
        """The versions of the distributions that matter."""
        return dict(self.found.get("versions", {}))

    @property
    def foreign(self) -> Mapping[str, str]:
        """Other distributions that install an import `fairlens`."""
        return {name: version for name, version in self.found.get("owners", {}).items() if name != "fairlens-audit"}

    @property
    def ours(self) -> bool:
        """Whether `import fairlens` gives this package."""
        return bool(self.found.get("ours"))

    @property
    def origin(self) -> str:
        """Where `import fairlens` comes from; empty where it comes from nowhere."""
        return str(self.found.get("origin") or "")


def ask(command: Command, environ: Mapping[str, str] | None = None, patience: float = _PATIENCE) -> Answer:
    """Let an interpreter answer in a process of its own, in an empty folder."""
    with TemporaryDirectory(prefix="fairlens-doctor-") as folder:
        probe = Path(folder) / "probe.py"
        probe.write_text(Path(__file__).with_name("_probe.py").read_text("utf-8"), "utf-8")
        try:
            done = subprocess.run(
                [*command, str(probe)], cwd=folder, env={**os.environ, **(environ or {})}, stdin=subprocess.DEVNULL,
                capture_output=True, timeout=patience,
            )  # fmt: skip
        except subprocess.TimeoutExpired as late:
            return Answer(command, _read(late.stdout), f"it gave no answer within {patience:g} seconds")
        except OSError as error:
            return Answer(command, {}, f"it cannot be started: {error.strerror or error}")
    told = done.stderr.decode("utf-8", "replace").strip().splitlines()
    failed = (told[-1].strip() if told else f"it ended with code {done.returncode}") if done.returncode else ""
    found = _read(done.stdout)
    return Answer(command, found, failed or ("" if "origin" in found else "it answered with something else than Python would"))


def _read(output: bytes | None) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for line in (output or b"").decode("utf-8", "replace").splitlines():
        if line.startswith(MARK):
            try:
                found.update(json.loads(line.removeprefix(MARK)))
            except ValueError:  # cut off when the process was ended
                return found
    return found


def interpreter_of(program: Path) -> Command | None:
    """Read in a program of an environment which interpreter runs it; None where that cannot be told."""
    try:
        with program.open("rb") as file:
            head = file.read(4096)
    except OSError:
        return None
    if head.startswith(b"MZ"):  # Windows: a launcher beside, or one below, its interpreter
        beside = [folder / "python.exe" for folder in (program.parent, program.parent.parent)]
        return next(((str(path),) for path in beside if path.exists()), None)
    text = head.decode("utf-8", "replace")
    if not text.startswith("#!"):
        return None
    line = text.splitlines()[0].removeprefix("#!").strip()
    if line == "/bin/sh" and (found := _SHELL_EXEC.search(text)):
        return (found[1] or found[2],)
    words = line.split()
    if words and Path(words[0]).name == "env":
        named = [word for word in words[1:] if not word.startswith("-")]
        return (shutil.which(named[0]) or named[0],) if named else None
    return (words[0],) if words and _PYTHON.fullmatch(Path(words[0]).name) else None


def programs() -> dict[str, Command | None]:
    """Find the programs that serve notebooks, on the PATH and then beside this Python, with the interpreter that runs each."""
    places = os.pathsep.join([os.environ.get("PATH", os.defpath), str(Path(sys.executable).parent)])
    found = {name: shutil.which(name, path=places) for name in PROGRAMS}
    return {name: interpreter_of(Path(path)) for name, path in found.items() if path}


def running() -> Iterator[tuple[str, Command | None]]:
    """Give the address of each Jupyter server of this user that runs now, with its interpreter where the system tells it."""
    if importlib.util.find_spec("jupyter_server") is None:
        return
    from jupyter_server.serverapp import list_running_servers  # type: ignore[import-not-found, unused-ignore]

    for server in list_running_servers():
        try:
            line = Path(f"/proc/{server['pid']}/cmdline").read_bytes()
        except OSError:  # another system, or it has just ended
            line = b""
        first = Path(os.fsdecode(line.split(b"\0")[0]))
        yield str(server["url"]), (str(first),) if first.is_absolute() and _PYTHON.fullmatch(first.name) else None


@dataclass(frozen=True, slots=True)
class Kernel:
    """One way to start a kernel; `command` is None where it cannot be asked, and `trouble` says why."""

    name: str
    folder: Path | None
    command: Command | None
    environ: Mapping[str, str] = field(default_factory=dict)
    trouble: str = ""
    broken: bool = False


def kernels(server: Answer) -> list[Kernel]:
    """Read the kernels that one server offers; its own Python is one, unless another has that name."""
    found: dict[str, Kernel] = {}
    for path in server.found.get("data", []):
        folder = Path(path) / "kernels"
        if folder.is_dir():
            for one in sorted(folder.iterdir()):
                if (one / "kernel.json").exists():
                    found.setdefault(one.name.lower(), _kernel(one, server))
    if "ipykernel" in server.versions:
        found.setdefault("python3", Kernel("python3", None, server.command))
    return list(found.values())


def _kernel(folder: Path, server: Answer) -> Kernel:
    try:
        read = json.loads((folder / "kernel.json").read_text("utf-8"))
        argv, language = [str(word) for word in read["argv"]], str(read.get("language", "python"))
        environ = {str(name): str(value) for name, value in (read.get("env") or {}).items()}
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        return Kernel(folder.name, folder, None, {}, f"its kernel.json cannot be read ({type(error).__name__}: {error})", broken=True)
    if language.lower() != "python":
        return Kernel(folder.name, folder, None, environ, f"a kernel of {language}, not asked")
    command = _interpreter(argv, folder, server)
    if command is None:
        return Kernel(folder.name, folder, None, environ, f"started by {' '.join(argv[:2])!r}, which is no Python that can be asked")
    if shutil.which(command[0]) is None:
        return Kernel(folder.name, folder, None, environ, f"its interpreter {command[0]} is missing", broken=True)
    return Kernel(folder.name, folder, command, environ)


def _interpreter(argv: Sequence[str], folder: Path, server: Answer) -> Command | None:
    """Give what stands before ``-m ipykernel_launcher``: the interpreter, and what starts it.

    As in jupyter_client, a bare ``python``, ``python3`` or ``python3.x`` of the server's own version is the server's interpreter, not
    the first one on the PATH.
    """
    places = {"{resource_dir}": str(folder), "{prefix}": str(server.found.get("prefix", sys.prefix))}
    words = [_fill(word, places) for word in argv]
    words = words[: words.index("-m")] if "-m" in words else words[:1]
    plain = [word for word in words if not word.startswith("-")]
    if not plain or not _PYTHON.fullmatch(Path(plain[-1]).name):
        return None
    major, minor = str(server.found.get("python", "3.11.0")).split(".")[:2]
    if words[0] in ("python", f"python{major}", f"python{major}.{minor}"):
        words[0] = str(server.found.get("executable") or server.command[0])
    return tuple(words)


def _fill(word: str, places: Mapping[str, str]) -> str:
    for name, value in places.items():
        word = word.replace(name, value)
    return word
