"""The questions that `fairlens doctor` asks: a copy of this file is run by the interpreter that is asked.

That may be any Python of any environment, so it uses the standard library only, and answers line by line: what was answered before
something breaks is known.
"""

from __future__ import annotations

import importlib.util
import json
import os
import sys
from typing import Any

MARK = "fairlens-doctor:"
NAMES = ["fairlens-audit", "ipywidgets", "anywidget", "ipython", "ipykernel", "jupyterlab", "notebook", "voila", "jupyterlab_widgets"]


def say(**answers: Any) -> None:
    """Write one line of answers."""
    print(MARK + json.dumps(answers), flush=True)


def versions() -> tuple[dict[str, str], dict[str, str]]:
    """Give the versions of `NAMES`, and the distributions that install an import `fairlens`."""
    from importlib import metadata

    found: dict[str, str] = {}
    owners: dict[str, str] = {}
    for one in metadata.distributions():
        name = (one.metadata["Name"] or "").lower().replace("_", "-")
        for wanted in NAMES:
            if name == wanted.replace("_", "-"):
                found.setdefault(wanted, one.version)
        record = one.read_text("RECORD") or ""
        top = (one.read_text("top_level.txt") or "").split()
        if name == "fairlens-audit" or "fairlens" in top or "\nfairlens/" in "\n" + record:
            owners.setdefault(name, one.version)
    return found, owners


def extras() -> dict[str, list[str]]:
    """Give what each extra of ours brings, and what of it is absent."""
    import re
    from importlib import metadata

    absent: dict[str, list[str]] = {}
    for line in metadata.requires("fairlens-audit") or []:
        matched = re.match(r"([\w.-]+).*;.*\bextra\s*==\s*['\"]([\w-]+)['\"]", line)
        if matched:
            missing = absent.setdefault(matched.group(2), [])
            if not list(metadata.distributions(name=matched.group(1))):
                missing.append(matched.group(1))
    return absent


def folders() -> dict[str, list[str]]:
    """Give the folders in which Jupyter, as it is installed here, looks for front-end extensions, kernels and settings."""
    if importlib.util.find_spec("jupyter_core") is not None:
        from jupyter_core.paths import jupyter_config_path, jupyter_path

        return {"data": jupyter_path(), "config": jupyter_config_path()}
    home = os.path.expanduser("~")
    own = {"darwin": ["Library", "Jupyter"], "win32": ["AppData", "Roaming", "jupyter"]}.get(sys.platform, [".local", "share", "jupyter"])
    named = [path for path in os.environ.get("JUPYTER_PATH", "").split(os.pathsep) if path]
    data = [*named, os.environ.get("JUPYTER_DATA_DIR") or os.path.join(home, *own), os.path.join(sys.prefix, "share", "jupyter")]
    return {"data": [*data, "/usr/local/share/jupyter", "/usr/share/jupyter"], "config": [os.path.join(sys.prefix, "etc", "jupyter")]}


def main() -> None:
    """Answer everything; the import itself comes last, since a foreign package may do anything then."""
    say(python=".".join(map(str, sys.version_info[:3])), executable=sys.executable, prefix=sys.prefix)
    found, owners = versions()
    say(versions=found, owners=owners)
    if "fairlens-audit" in found:
        say(extras=extras())
    say(**folders())
    spec = importlib.util.find_spec("fairlens")
    say(origin=None if spec is None else spec.origin or str(list(spec.submodule_search_locations or [])))
    if spec is not None:
        import fairlens

        say(ours="panel" in dir(fairlens) and "audit" in dir(fairlens), version=getattr(fairlens, "__version__", None))


if __name__ == "__main__":
    main()
