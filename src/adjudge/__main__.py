"""The program's entry: `adjudge` and `python -m adjudge`."""

from __future__ import annotations

import sys


def main() -> None:
    """Run the command line and leave with its exit code."""
    # Late, so that importing this module costs nothing.
    from adjudge.cli import run  # noqa: PLC0415

    sys.exit(run(sys.argv[1:]))


if __name__ == "__main__":
    main()
