"""Real Jupyter servers on the loopback interface, for tests that click: private folders, ended by their handle."""

from __future__ import annotations

import json
import os
import re
import secrets
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from pages import Watch

LOOPBACK = re.compile(r"(https?|wss?)://127\.0\.0\.1[:/]|data:|blob:")
_SETTINGS = {
    "notebook-extension/tracker": {"windowingMode": "none"},
    "apputils-extension/notification": {"fetchNews": "false", "checkForUpdates": False, "doNotDisturbMode": True},
    "docmanager-extension/plugin": {"autosave": False},
}


class Server:
    """A server with settings of its own."""

    module = ""
    status = "/api/status"
    keeps_kernels = True
    """Whether it can be asked which kernels it runs."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.token = secrets.token_hex(16)
        self.home = Path(tempfile.mkdtemp(prefix=f"{self.module}-"))
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]

    def options(self) -> list[str]:
        """The arguments after the name of the module."""
        raise NotImplementedError

    def __enter__(self) -> Any:
        for name, values in _SETTINGS.items():
            self._write(self.home / "settings" / "@jupyterlab" / f"{name}.jupyterlab-settings", values)
        folders = {f"JUPYTER_{kind}_DIR": str(self.home / kind.lower()) for kind in ("CONFIG", "DATA", "RUNTIME")}
        folders |= {f"JUPYTERLAB_{kind}_DIR": str(self.home / kind.lower()) for kind in ("SETTINGS", "WORKSPACES")}
        self.log = (self.home / "log").open("w")
        self.process = subprocess.Popen(
            [sys.executable, "-m", self.module, *self.options()],
            env={**os.environ, **folders, "IPYTHONDIR": str(self.home / "ipython")},
            stdout=self.log, stderr=subprocess.STDOUT, cwd=self.root,
        )  # fmt: skip
        deadline = time.monotonic() + 90
        while not self._answers():
            if self.process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError((self.home / "log").read_text()[-3000:])
            try:
                self.process.wait(0.1)
            except subprocess.TimeoutExpired:
                continue
        return self

    def __exit__(self, *error: object) -> None:
        for kernel in json.loads(self._ask("GET", "/api/kernels") or "[]") if self.keeps_kernels else ():
            self._ask("DELETE", f"/api/kernels/{kernel['id']}")
        self.process.terminate()
        try:
            self.process.wait(15)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.log.close()
        shutil.rmtree(self.home, ignore_errors=True)

    @contextmanager
    def without(self, extension: str) -> Iterator[None]:
        """Switch a front-end extension off, for pages that are opened meanwhile."""
        path = self.home / "config" / "labconfig" / "page_config.json"
        self._write(path, {"disabledExtensions": {extension: True}})
        yield
        path.unlink()

    @staticmethod
    def _write(path: Path, values: Any) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(values))

    def _answers(self) -> bool:
        try:
            return bool(self._ask("GET", self.status))
        except (urllib.error.URLError, ConnectionError, TimeoutError):
            return False

    def _ask(self, method: str, path: str) -> bytes:
        request = urllib.request.Request(
            f"http://127.0.0.1:{self.port}{path}", method=method, headers={"Authorization": f"token {self.token}"}
        )
        with urllib.request.urlopen(request, timeout=10) as answer:
            return bytes(answer.read())


class OwnErrors(Watch):
    """Errors and warnings of our program alone: it is run from blob URLs, and a front end has many of its own."""

    def __init__(self, page: Any) -> None:
        self.ours: list[str] = []
        super().__init__(page)
        page.on("pageerror", lambda error: self._keep(str(error.stack or error), ""))
        page.on("console", lambda line: self._keep(line.text, line.location.get("url", "")) if line.type in ("error", "warning") else None)

    def _keep(self, text: str, url: str) -> None:
        if "blob:" in text or url.startswith("blob:"):
            self.ours.append(text)


def loopback_page(context: Any) -> tuple[Any, list[str], OwnErrors]:
    """Open a page that reaches this machine only; with what it asked for outside, and the errors of our program."""
    page = context.new_page()
    foreign: list[str] = []

    def loopback_only(route: Any) -> None:
        if LOOPBACK.match(route.request.url):
            route.continue_()
        else:
            foreign.append(route.request.url)
            route.abort()

    context.route("**/*", loopback_only)
    return page, foreign, OwnErrors(page)
