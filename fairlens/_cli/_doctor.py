"""``fairlens doctor``: which package is missing in which environment, and the command that mends it."""

from __future__ import annotations

import json
import shlex
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from ._asked import Answer, Command, Kernel, ask, kernels, programs, running

MISSING = 10
"""The exit code where something is missing."""

_MANAGER = "@jupyter-widgets/jupyterlab-manager"
_FRONT = {_MANAGER: "jupyterlab_widgets>=3", "anywidget": "anywidget"}
"""The front-end extensions that a panel needs in the environment of the server, and what brings each."""
_LEAST = {"ipywidgets": 8, "jupyterlab": 4, "notebook": 7}
"""The first major version that works."""


@dataclass
class Report:
    """What was found, line by line, and what is to be done about it."""

    lines: list[str] = field(default_factory=list)
    problems: list[tuple[str, tuple[str, ...]]] = field(default_factory=list)

    def part(self, title: str) -> None:
        """Begin a part."""
        self.lines += ["", title]

    def row(self, name: str, *words: str) -> None:
        """Add an aligned line."""
        self.lines.append("  ".join([f"  {name:<18}", *(word for word in words if word)]).rstrip())

    def problem(self, text: str, *mends: str) -> None:
        """Add something that is missing, with the commands that mend it."""
        if (text, mends) not in self.problems:
            self.problems.append((text, mends))

    @property
    def text(self) -> str:
        """All of it; the problems last, each with its hint."""
        if not self.problems:
            return "\n".join([*self.lines, "", "Nothing is missing: the panel should show."])
        told = [f"{len(self.problems)} problem{'s' if len(self.problems) > 1 else ''}:"]
        for nth, (text, mends) in enumerate(self.problems, 1):
            told += [f"{nth}. {text}", *(f"   Hint: {mend}" for mend in mends)]
        told.append("Until then, fl.panel(audit, as_html=True) needs no widgets in the browser, only fairlens in the kernel.")
        return "\n".join([*self.lines, "", *told])


def examine() -> Report:
    """Ask this Python, the Jupyter programs, and the kernels that they offer."""
    report = Report(["fairlens doctor"])
    asked: dict[tuple[Command, tuple[tuple[str, str], ...]], Answer] = {}

    def answer(command: Command, environ: Mapping[str, str] | None = None) -> Answer:
        key = (command, tuple(sorted((environ or {}).items())))
        if key not in asked:
            asked[key] = ask(command, environ)
        return asked[key]

    own = answer((sys.executable,))
    servers = {command: answer(command) for command in _commands(report)}
    found = _all_kernels(servers.values() or [own])
    answers = [answer(one.command, one.environ) if one.command else None for one in found]
    works = any(one is not None and _shows(one) for one in answers)
    _own(report, own, works)
    _folder(report, own)
    _servers(report, servers)
    _kernels(report, found, answers, works)
    _same_anywidget(report, servers.values(), [one for one in answers if one is not None and one.ours])
    return report


def _commands(report: Report) -> list[Command]:
    """Name the programs that serve notebooks, and give their interpreters."""
    report.part("Programs that serve notebooks")
    found: list[Command] = []
    for name, command in [*programs().items(), *((f"runs at {url}", command) for url, command in running())]:
        report.row(name, f"run by {command[0]}" if command else "its interpreter cannot be told, so it is not asked")
        if command and command not in found:
            found.append(command)
    if not found:
        report.row("none", "neither jupyter-lab nor jupyter-notebook nor voila is on the PATH")
        report.problem(
            "No program was found that shows notebooks. VS Code and Colab bring their own; for them this does not matter.",
            _pip((sys.executable,), "fairlens-audit[lab]"),
        )
    return found


def _all_kernels(servers: Iterable[Answer]) -> list[Kernel]:
    found: dict[tuple[Path | None, Command | None], Kernel] = {}
    for server in servers:
        for one in kernels(server):
            found.setdefault((one.folder, one.command), one)
    return list(found.values())


def _pip(command: Command, *wanted: str) -> str:
    return f"{shlex.join(command)} -m pip install {' '.join(map(shlex.quote, wanted))}"


def _major(version: str) -> int:
    first = version.split(".")[0]
    return int(first) if first.isdigit() else 0


def _old(answer: Answer, name: str) -> bool:
    return name in answer.versions and _major(answer.versions[name]) < _LEAST.get(name, 0)


def _shows(answer: Answer) -> bool:
    """Say whether a panel can be made in this kernel."""
    return answer.ours and not answer.foreign and not _absent(answer, "ipywidgets", "anywidget")


def _absent(answer: Answer, *names: str) -> list[str]:
    return [name for name in names if name not in answer.versions or _old(answer, name)]


def _named(answer: Answer, names: Sequence[str]) -> str:
    """Name what is absent, and what is too old."""
    return ", ".join(f"{name} {answer.versions[name]} (too old)" if name in answer.versions else name for name in names)


def _where(answer: Answer) -> str:
    return str(Path(answer.origin).parent) if answer.origin else ""


def _fairlens(answer: Answer) -> str:
    """Say in a few words what `import fairlens` gives."""
    if answer.ours:
        return f"fairlens {answer.found.get('version')} from {_where(answer)}"
    if not answer.origin:
        return "no fairlens"
    return f"another package called fairlens, from {_where(answer)}"


def _own(report: Report, own: Answer, works: bool) -> None:
    report.part(f"This Python, {own.found.get('python', '')}: {sys.executable}")
    report.row("import fairlens", _fairlens(own) if not own.failed or own.ours else own.failed)
    for name in ("ipywidgets", "anywidget", "ipython", "ipykernel"):
        report.row(name, own.versions.get(name, "missing"), "too old" if _old(own, name) else "")
    for name, absent in sorted(own.found.get("extras", {}).items()):
        report.row(f"extra {name}", f"without {', '.join(absent)}" if absent else "complete")
    if "extras" not in own.found:
        report.row("extras", "unknown: the distribution fairlens-audit is not installed here")
    _import(report, own, "this Python")
    absent = _absent(own, "ipywidgets", "anywidget", *(() if works else ("ipython", "ipykernel")))
    if absent:
        report.problem(f"Missing in this Python: {_named(own, absent)}.", _pip(own.command, *map(_wanted, absent)))


def _wanted(name: str) -> str:
    return f"{name}>={_LEAST[name]}" if name in _LEAST else name


def _import(report: Report, answer: Answer, place: str) -> None:
    """Tell a foreign package of the same import name, and an import that comes from nowhere known."""
    python = shlex.join(answer.command)
    gives = "our package" if answer.ours else "it, or what it left"
    for name, version in answer.foreign.items():
        report.problem(
            f"{place} has the distribution {name} {version}, another project that is imported as fairlens too; ours is fairlens-audit. "
            f"`import fairlens` gives {gives}: {_where(answer) or 'nothing'}.",
            f"{python} -m pip uninstall {name}",
            f"{python} -m pip install --force-reinstall --no-deps fairlens-audit",
        )
    if answer.foreign or answer.ours or not answer.origin:
        return
    if "fairlens-audit" in answer.found.get("owners", {}) and answer.failed:
        report.problem(f"`import fairlens` fails in {place}: {answer.failed}", f"{python} -m pip install --force-reinstall fairlens-audit")
        return
    report.problem(
        f"`import fairlens` in {place} gives {_where(answer)}, which is not fairlens-audit.",
        f"mv {shlex.quote(_where(answer))} {shlex.quote(_where(answer) + '-other')}",
        _pip(answer.command, "fairlens-audit"),
    )


def _folder(report: Report, own: Answer) -> None:
    """A notebook imports from its own folder first."""
    for path in (Path.cwd() / "fairlens.py", Path.cwd() / "fairlens" / "__init__.py"):
        if path.exists() and path.resolve() != Path(own.origin or ".").resolve():
            thing = path if path.name == "fairlens.py" else path.parent
            report.row("this folder", f"has {thing.name}, which notebooks in it would import")
            report.problem(f"Notebooks in {Path.cwd()} would import {thing} in place of the package.", f"mv {thing.name} other_{thing.name}")


def _servers(report: Report, servers: Mapping[Command, Answer]) -> None:
    for command, server in servers.items():
        report.part(f"Server, Python {server.found.get('python', '')}: {shlex.join(command)}")
        for name in ("jupyterlab", "notebook", "voila", "jupyterlab_widgets", "anywidget"):
            report.row(name, server.versions.get(name, "missing"), "too old" if _old(server, name) else "")
        if "versions" not in server.found:
            report.row("no answer", server.failed)
            report.problem(f"The server's interpreter {shlex.join(command)} could not be asked: {server.failed}.", _pip((sys.executable,), "fairlens-audit[lab]"))
            continue
        old = [name for name in ("jupyterlab", "notebook") if _old(server, name)]
        if old:
            report.problem(f"Too old in the server's environment: {_named(server, old)}.", _pip(command, *map(_wanted, old)))
        disabled = _disabled(server)
        for name, brings in _FRONT.items():
            at = _extension(server, name)
            report.row("front end", name, f"{at[0]} in {at[1]}" if at else "missing", "disabled" if name in disabled else "")
            if at is None:
                report.problem(
                    f"The front-end extension {name} is missing in the server's environment; restart the server after installing it.",
                    _pip(command, brings),
                )
            elif name in disabled:
                report.problem(f"The front-end extension {name} is disabled.", f"{shlex.join(command)} -m jupyter labextension enable {name}")


def _extension(server: Answer, name: str) -> tuple[str, str] | None:
    """Give the version of a front-end extension and where it lies."""
    for data in server.found.get("data", []):
        folder = Path(data) / "labextensions" / name
        if (folder / "package.json").exists():
            read = _json(folder / "package.json")
            return str(read.get("version", "of unknown version")), str(folder)
    return None


def _disabled(server: Answer) -> set[str]:
    """Read which extensions JupyterLab's own settings switch off; the first folder that has an opinion decides."""
    said: dict[str, bool] = {}
    for config in server.found.get("config", []):
        names = _json(Path(config) / "labconfig" / "page_config.json").get("disabledExtensions", {})
        for name, off in names.items() if isinstance(names, dict) else ():
            said.setdefault(name, bool(off))
    return {name for name, off in said.items() if off}


def _json(path: Path) -> Mapping[str, object]:
    try:
        read = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError):
        return {}
    return read if isinstance(read, dict) else {}


def _kernels(report: Report, found: Sequence[Kernel], answers: Sequence[Answer | None], works: bool) -> None:
    """Tell each kernel; one without fairlens is a problem only where no kernel has it."""
    report.part("Kernels")
    if not found:
        report.row("none", "no kernelspec was found")
        report.problem("There is no kernel.", _pip((sys.executable,), "ipykernel"))
    for one, answer in zip(found, answers, strict=True):
        if answer is None:
            report.row(one.name, one.trouble)
            if one.broken and not works:
                report.problem(f"The kernel {one.name} cannot start: {one.trouble}.", f"jupyter kernelspec remove {shlex.quote(one.name)}")
            continue
        python = shlex.join(answer.command)
        broken = answer.failed and not answer.origin
        report.row(one.name, _fairlens(answer) if not broken else f"no answer: {answer.failed}", f"({python})")
        _import(report, answer, f"the kernel {one.name}")
        absent = _absent(answer, "ipywidgets", "anywidget")
        if answer.ours and absent:
            report.problem(f"Missing in the kernel {one.name}: {_named(answer, absent)}.", _pip(answer.command, *map(_wanted, absent)))
        if broken and not works:
            report.problem(f"The interpreter of the kernel {one.name} does not answer: {answer.failed}.", f"jupyter kernelspec remove {shlex.quote(one.name)}")
        elif not answer.origin and not broken:
            mend = _pip(answer.command, "fairlens-audit")
            if works:
                report.row("", f"to use it there: {mend}")
            else:
                report.problem(f"The kernel {one.name} has no fairlens.", mend)


def _same_anywidget(report: Report, servers: Iterable[Answer], kernels: Iterable[Answer]) -> None:
    """The kernel's anywidget asks the page for a front end of the same minor version (``~0.9.*``)."""
    for kernel in kernels:
        wanted = kernel.versions.get("anywidget", "").split(".")[:2]
        for server in servers:
            at = _extension(server, "anywidget")
            if at and len(wanted) == 2 and at[0].split(".")[:2] != wanted:
                report.problem(
                    f"The kernel {shlex.join(kernel.command)} has anywidget {kernel.versions['anywidget']}, the server's front end is {at[0]}; "
                    "both must have the same first two numbers.",
                    _pip(server.command, f"anywidget=={'.'.join(wanted)}.*"),
                )
