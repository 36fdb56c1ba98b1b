"""Published files: looked for in a folder of the user's, then in a cache, then fetched; each is checked by its SHA-256."""

from __future__ import annotations

import hashlib
import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from ..exceptions import DataDiffers, DataNotFound

FOLDER = "FAIRLENS_DATA"
_TIMEOUT = 30.0


@dataclass(frozen=True, slots=True)
class Published:
    """A file as somebody published it: its name, a pinned address, and the SHA-256 of its bytes as hexadecimal digits."""

    name: str
    url: str
    sha256: str


def find(file: Published) -> Path:
    """Give the path of a published file, whose bytes are those that were published. Nothing is written but into the cache.

    The folder that the environment variable ``FAIRLENS_DATA`` names is looked in first, then the user's cache; only then is the file
    fetched.

    Raises
    ------
    DataDiffers
        If a file of this name is there, or was fetched, and its bytes are others.
    DataNotFound
        If the file is nowhere, and cannot be fetched.
    """
    folder = os.environ.get(FOLDER)
    own = Path(folder) / file.name if folder else None
    if own is not None and own.is_file():
        _check(file, own)
        return own
    return _fetched(file)


def _check(file: Published, path: Path) -> None:
    with path.open("rb") as opened:
        found = hashlib.file_digest(opened, "sha256").hexdigest()
    if found != file.sha256:
        raise DataDiffers(
            f"The file {file.name} was looked for in the folder that {FOLDER} names, and {path} is another one.",
            f"Its SHA-256 is {found}; that of the published file is {file.sha256}.",
            hint=f"replace it by {file.url}, byte for byte, or take it away",
            role=FOLDER,
            value=str(path),
        )


def _fetched(file: Published) -> Path:
    import pooch

    cache = pooch.os_cache("fairlens")
    try:
        with _quiet(pooch.get_logger()):
            path = pooch.retrieve(
                file.url, f"sha256:{file.sha256}", file.name, cache, downloader=pooch.HTTPDownloader(timeout=_TIMEOUT)
            )
    except ValueError as error:  # what pooch raises where the bytes are others
        raise DataDiffers(
            f"The file {file.name} was fetched from {file.url}.",
            f"Its bytes are not those that were published: their SHA-256 should be {file.sha256}.",
            hint=f"try again from another network; or put the file into a folder, and set {FOLDER} to it",
            role=FOLDER,
            value=file.url,
        ) from error
    except OSError as error:  # no network, no such page, or a cache that cannot be written
        raise DataNotFound(
            f"The file {file.name} was asked for, which is not part of fairlens and is fetched once.",
            f"{_where()}, the cache {cache} does not hold it, and it could not be fetched from {file.url} ({type(error).__name__}).",
            hint=f"put the file into a folder, and set {FOLDER} to it; or use fl.datasets.load_mortgage(), which needs no network",
            role=FOLDER,
            value=file.name,
        ) from error
    return Path(path)


def _where() -> str:
    folder = os.environ.get(FOLDER)
    if not folder:
        return f"The environment variable {FOLDER} names no folder"
    kind = "has no such file" if Path(folder).is_dir() else "is no folder"
    return f"{folder}, which {FOLDER} names, {kind}"


@contextmanager
def _quiet(logger: logging.Logger) -> Iterator[None]:
    """Keep addresses and paths of the machine out of notebooks: pooch would log them as the output of a cell."""
    level = logger.level
    logger.setLevel(logging.WARNING)
    try:
        yield
    finally:
        logger.setLevel(level)
