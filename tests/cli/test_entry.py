"""How the program begins and ends, before and after any command."""

from __future__ import annotations

import pytest

from adjudge import __main__, cli


def test_ctrl_c_while_it_loads_is_a_word_and_no_traceback(monkeypatch, capsys):
    def interrupted(_arguments):
        raise KeyboardInterrupt

    monkeypatch.setattr(cli, "run", interrupted)
    monkeypatch.setattr(__main__.gc, "set_threshold", lambda *_: None)
    with pytest.raises(SystemExit) as left:
        __main__.main()
    assert left.value.code == 130
    assert capsys.readouterr().err == "adjudge: interrupted\n"
