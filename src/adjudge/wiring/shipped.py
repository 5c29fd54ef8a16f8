"""Where the sample campaign and the guidelines lie, installed or in a checkout."""

from __future__ import annotations

from pathlib import Path

import adjudge


def folder(name: str) -> Path:
    """Find ``fixtures`` or ``guidelines``."""
    package = Path(adjudge.__file__).parent
    installed = package / "_shipped" / name
    return installed if installed.is_dir() else package.parents[1] / name
