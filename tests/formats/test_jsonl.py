"""The bytes of JSON Lines: plain, packed, piped, damaged."""

from __future__ import annotations

import gzip
import io
import os
import sys
import threading

import pytest

from adjudge.errors import InvalidInputError, UnknownError
from adjudge.formats import jsonl


def read(path):
    with jsonl.opened(str(path)) as source:
        return list(jsonl.lines(source))


@pytest.fixture
def file(tmp_path):
    def make(data, name="f.jsonl"):
        path = tmp_path / name
        path.write_bytes(data)
        return path

    return make


@pytest.mark.parametrize(
    ("data", "wanted"),
    [
        (b"a\nb\n", [(1, b"a"), (2, b"b")]),
        (b"a\nb", [(1, b"a"), (2, b"b")]),
        (b"a\r\nb\r\n", [(1, b"a"), (2, b"b")]),
        (b"\n\na\n  \nb\n\n", [(3, b"a"), (5, b"b")]),
        (b"\xef\xbb\xbfa\n", [(1, b"a")]),
        (b"a\n\xef\xbb\xbfb\n", [(1, b"a"), (2, b"\xef\xbb\xbfb")]),
        (b"", []),
        (b"\n \r\n", []),
    ],
)
def test_lines_are_numbered_as_an_editor_numbers_them(file, data, wanted):
    assert read(file(data)) == wanted


def test_gzip_is_known_by_its_bytes_not_by_its_name(file):
    assert read(file(gzip.compress(b"a\nb\n"), "f.jsonl")) == [(1, b"a"), (2, b"b")]
    assert read(file(b"a\n", "f.jsonl.gz")) == [(1, b"a")]


def test_a_file_that_grows_while_it_is_read_is_refused(file):
    path = file(b"a\nb\n")
    with jsonl.opened(str(path)) as source:
        found = jsonl.lines(source)
        assert next(found) == (1, b"a")
        path.write_bytes(b"a\nb\nc\n")
        with pytest.raises(InvalidInputError, match="was written to while it was read"):
            list(found)


@pytest.mark.parametrize(
    "damage",
    [
        lambda packed: packed[:-4],
        lambda packed: packed[:40],
        lambda packed: packed[:-8] + bytes(8),
        lambda packed: packed[:20] + bytes(range(60)) + packed[80:],
    ],
)
def test_damaged_gzip_says_after_which_line(file, damage):
    lines = b"".join(
        b'{"n":%d,"h":"%s"}\n' % (i, os.urandom(20).hex().encode()) for i in range(3000)
    )
    with pytest.raises(InvalidInputError, match=r"gzip data is damaged after line \d+"):
        read(file(damage(gzip.compress(lines))))


def test_an_endless_line_is_refused_without_being_read_whole(file, monkeypatch):
    monkeypatch.setattr(jsonl, "MAX_LINE", 1000)
    bomb = gzip.compress(b"ok\n" + b"x" * 100_000)
    with pytest.raises(InvalidInputError, match=r":2: the line is longer than"):
        read(file(bomb))


def test_progress_is_told_in_bytes_on_disk(file):
    told = []
    path = file(b"a\n" * 2500)
    with jsonl.opened(str(path)) as source:
        list(jsonl.lines(source, progress=told.append))
    assert told[-1] == 5000
    assert len(told) == 3


def test_standard_input_is_read_as_often_as_needed(monkeypatch):
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"a\nb\n")))
    with jsonl.opened("-") as source:
        assert source.name == "standard input"
        assert list(jsonl.lines(source)) == list(jsonl.lines(source))
        kept = source.path
    assert not kept.exists()


def test_a_pipe_is_read_like_a_file(tmp_path):
    """As in ``adjudge import comparisons <(zcat …)``, which can be read only once."""
    path = tmp_path / "pipe"
    os.mkfifo(path)
    writer = threading.Thread(target=path.write_bytes, args=(b"a\nb\n",))
    writer.start()
    assert read(path) == [(1, b"a"), (2, b"b")]
    writer.join()


def test_what_is_no_file_is_refused(tmp_path):
    with pytest.raises(UnknownError, match="there is no file"):
        read(tmp_path / "none.jsonl")
    with pytest.raises(InvalidInputError, match="is a directory"):
        read(tmp_path)
    with pytest.raises(InvalidInputError, match="cannot be read"):
        read("x" * 300)


def test_rows_are_written_canonically_and_hashed(tmp_path):
    path = tmp_path / "deep" / "rows.jsonl"
    writer = jsonl.Writer(path)
    writer.add({"b": "é", "a": None})
    written = writer.close()
    assert path.read_bytes() == '{"a":null,"b":"é"}\n'.encode()
    assert (written.rows, written.size) == (1, path.stat().st_size)
    with jsonl.opened(str(path)) as source:
        assert source.sha256 == written.sha256 == written.digest


def test_a_file_is_never_overwritten(tmp_path):
    (tmp_path / "f").write_text("mine")
    with pytest.raises(FileExistsError):
        jsonl.Writer(tmp_path / "f")
