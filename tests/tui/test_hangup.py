"""How a terminal is given back where the app itself cannot do it any more."""

from __future__ import annotations

import os
import pty
import sys
import termios
import tty
from pathlib import Path

import pytest

from adjudge.tui.hangup import Watch


@pytest.fixture
def terminal(monkeypatch):
    """The far end of a terminal that this process stands on; the near end is a file."""
    far, near = pty.openpty()
    os.set_blocking(far, False)
    with os.fdopen(near, "r+b", buffering=0) as file:
        monkeypatch.setattr(sys, "__stdin__", file)
        monkeypatch.setattr(sys, "__stderr__", file)
        yield far, file
    os.close(far)


@pytest.fixture
def watch():
    return Watch(lambda: None, lambda code: code, lambda: False)


def test_a_terminal_that_was_changed_is_given_back_as_it_was(terminal, watch):
    far, near = terminal
    before = termios.tcgetattr(near)
    with watch:
        tty.setraw(near)
        watch._restore()
    assert termios.tcgetattr(near) == before
    written = os.read(far, 4096)
    for mode in (b"?1049l", b"?25h", b"?1000l", b"?2004l", b"<u"):
        assert b"\x1b[" + mode in written


def test_a_terminal_that_is_as_it_was_gets_nothing_more(terminal, watch):
    far, _ = terminal
    with watch:
        watch._restore()
    with pytest.raises(BlockingIOError):
        os.read(far, 4096)


def test_a_terminal_that_is_gone_is_left_alone(terminal, watch):
    far, near = terminal
    with watch:
        tty.setraw(near)
    with Path(os.devnull).open("rb") as nothing:
        os.dup2(nothing.fileno(), far)  # its last far end closes
    watch._restore()
    with pytest.raises(termios.error):
        termios.tcgetattr(near)
