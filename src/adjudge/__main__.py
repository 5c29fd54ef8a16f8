"""The program's entry: `adjudge` and `python -m adjudge`."""

from __future__ import annotations

import gc
import os
import sys

# Loading makes objects that stay; to look through them after every 700 new ones took a
# sixth of the time that it takes to load.
_COLLECT_EVERY = 20_000


def main() -> None:
    """Run the command line and leave with its exit code."""
    gc.set_threshold(_COLLECT_EVERY, 20, 20)
    # Its threads wait by spinning: a tenth of a second for what one does in no time.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    try:
        # Late, so that importing this module costs nothing.
        from adjudge.cli import run  # noqa: PLC0415

        code = run(sys.argv[1:])
    except KeyboardInterrupt:
        # While it loads nobody has begun anything; later ``run`` says more.
        sys.stderr.write("adjudge: interrupted\n")
        code = 130
    # What is left goes with the process: to look through it all once more before that
    # took a sixth of the time of a short command.
    gc.freeze()
    sys.exit(code)


if __name__ == "__main__":
    main()
