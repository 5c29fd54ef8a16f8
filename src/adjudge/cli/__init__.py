"""The command line: flags in, one service call, words or JSON out."""

from __future__ import annotations

from adjudge.cli.program import run

__all__ = ["run"]
