"""Where a published file is looked for, in which order, and what is said when it is nowhere or another one. No network is used."""

import hashlib
import os

import pooch
import pytest
import requests

import fairlens as fl
from fairlens.datasets._fetch import Published, find
from fairlens.exceptions import BadValue, DataDiffers, DataNotFound

TEXT = b"a,b\n1,2\n"
FILE = Published("small.csv", "https://example.org/pinned/small.csv", hashlib.sha256(TEXT).hexdigest())


@pytest.fixture
def cache(tmp_path, monkeypatch):
    """An empty cache, and no folder."""
    folder = tmp_path / "cache"
    monkeypatch.delenv("FAIRLENS_DATA", raising=False)
    monkeypatch.setattr(pooch, "os_cache", lambda name: folder / name)
    return folder / "fairlens"


@pytest.fixture
def served(monkeypatch):
    """What the network answers, and what it was asked."""

    class Network:
        answer: bytes | Exception = requests.ConnectionError("no route")
        asked: list[str] = []  # noqa: RUF012

        def __init__(self, **_):
            pass

        def __call__(self, url, output_file, pooch):
            Network.asked.append(url)
            if isinstance(Network.answer, Exception):
                raise Network.answer
            with open(output_file, "wb") as opened:
                opened.write(Network.answer)

    monkeypatch.setattr(pooch, "HTTPDownloader", Network)
    return Network


def test_the_folder_comes_first_and_nothing_is_written_or_asked(tmp_path, monkeypatch, cache, served):
    folder = tmp_path / "mine"
    folder.mkdir()
    path = folder / FILE.name
    path.write_bytes(TEXT)
    path.chmod(0o444)
    folder.chmod(0o555)
    before = path.stat().st_mtime_ns
    monkeypatch.setenv("FAIRLENS_DATA", str(folder))
    try:
        assert find(FILE) == path
        assert sorted(os.listdir(folder)) == [FILE.name]
    finally:
        folder.chmod(0o755)
    assert path.read_bytes() == TEXT
    assert path.stat().st_mtime_ns == before
    assert served.asked == []
    assert not cache.exists()


@pytest.mark.parametrize("changed", [TEXT.replace(b"\n", b"\r\n"), TEXT + b"3,4\n", b""])
def test_another_file_in_the_folder_is_an_error(tmp_path, monkeypatch, cache, served, changed):
    served.answer = TEXT
    (tmp_path / FILE.name).write_bytes(changed)
    monkeypatch.setenv("FAIRLENS_DATA", str(tmp_path))
    with pytest.raises(DataDiffers, match=rf"small\.csv(.|\n)*FAIRLENS_DATA(.|\n)*{FILE.sha256}(.|\n)*Hint: replace it by {FILE.url}") as error:
        find(FILE)
    assert hashlib.sha256(changed).hexdigest() in str(error.value)
    assert isinstance(error.value, BadValue)
    assert error.value.role == "FAIRLENS_DATA"
    assert served.asked == []
    assert (tmp_path / FILE.name).read_bytes() == changed


def test_it_is_fetched_once_into_the_cache_and_says_nothing(cache, served, capfd):
    served.answer = TEXT
    assert find(FILE) == find(FILE) == cache / FILE.name
    assert served.asked == [FILE.url]
    assert (cache / FILE.name).read_bytes() == TEXT
    assert capfd.readouterr() == ("", "")


def test_a_spoilt_copy_in_the_cache_is_fetched_again(cache, served):
    served.answer = TEXT
    cache.mkdir(parents=True)
    (cache / FILE.name).write_bytes(b"spoilt")
    assert find(FILE).read_bytes() == TEXT


def test_another_file_from_the_network_is_an_error_and_is_not_kept(cache, served):
    served.answer = b"<html>sign in</html>"
    with pytest.raises(DataDiffers, match=rf"fetched from {FILE.url}(.|\n)*{FILE.sha256}(.|\n)*Hint: ") as error:
        find(FILE)
    assert not (cache / FILE.name).exists()
    assert isinstance(error.value.__cause__, ValueError)


@pytest.mark.parametrize(
    ("folder", "said"),
    [(None, "FAIRLENS_DATA names no folder"), ("empty", "FAIRLENS_DATA names, has no such file"), ("nowhere", "FAIRLENS_DATA names, is no folder")],
)
def test_without_file_and_network_the_error_says_what_to_do(tmp_path, monkeypatch, cache, served, folder, said):
    (tmp_path / "empty").mkdir()
    if folder:
        monkeypatch.setenv("FAIRLENS_DATA", str(tmp_path / folder))
    with pytest.raises(DataNotFound, match=said) as error:
        find(FILE)
    text = str(error.value)
    assert FILE.url in text
    assert "ConnectionError" in text
    assert str(cache) in text
    assert text.splitlines()[-1] == (
        "Hint: put the file into a folder, and set FAIRLENS_DATA to it; or use fl.datasets.load_mortgage(), which needs no network"
    )
    assert isinstance(error.value, FileNotFoundError)
    assert isinstance(error.value.__cause__, requests.ConnectionError)


def test_a_cache_that_cannot_be_written_is_said_too(cache, served):
    served.answer = TEXT
    cache.parent.mkdir()
    cache.write_text("a file, where a folder should be")
    with pytest.raises(DataNotFound, match="could not be fetched"):
        find(FILE)


def test_the_level_of_the_log_is_left_as_it_was(cache, served):
    level = pooch.get_logger().level
    with pytest.raises(DataNotFound):
        find(FILE)
    assert pooch.get_logger().level == level


@pytest.mark.parametrize("name", ["compas", "adult"])
def test_loaders_and_sheets_pass_the_error_on(cache, served, name):
    with pytest.raises(DataNotFound):
        getattr(fl.datasets, f"load_{name}")()
    with pytest.raises(DataNotFound):
        fl.datasets.data_sheet(name)
