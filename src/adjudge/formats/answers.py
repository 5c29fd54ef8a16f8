"""Prompts as other programs take them; their answers, kept by prompt while read."""

from __future__ import annotations

import tempfile
from contextlib import contextmanager
from typing import IO, TYPE_CHECKING, Any

from adjudge.domain.prompts import Answer
from adjudge.formats import jsonl, native

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from adjudge.domain.conversation import Comparison
    from adjudge.errors import Fault


def prompt_row(id: str, comparison: Comparison) -> dict[str, Any]:
    """Write a prompt: its id, and the messages as a model takes them."""
    return {
        "id": id,
        "prompt": [
            {**m.model_dump(mode="json", exclude_defaults=True), "role": m.role}
            for m in comparison.prompt
        ],
    }


def comparison_row(comparison: Comparison) -> dict[str, Any]:
    """Write a comparison as files hold it."""
    return comparison.model_dump(mode="json", exclude_defaults=True)


class Spool:
    """Good lines of a file of answers, to be read again prompt by prompt.

    Only places are held in memory: the texts wait on disk.
    """

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self._places: dict[str, list[tuple[int, int]]] = {}

    def add(self, number: int, line: bytes, answer: Answer) -> None:
        """Keep a line under its prompt."""
        self._file.seek(0, 2)
        place = (number, self._file.tell())
        self._file.write(line + b"\n")
        self._places.setdefault(answer.prompt_id, []).append(place)

    @property
    def prompts(self) -> list[str]:
        """List the prompts in the order of their first answers."""
        return list(self._places)

    def numbers(self, prompt: str) -> list[int]:
        """Name the lines of a prompt."""
        return [number for number, _ in self._places[prompt]]

    def lines(self, prompt: str) -> Iterator[bytes]:
        """Read the lines of a prompt again."""
        for _, offset in self._places[prompt]:
            self._file.seek(offset)
            yield self._file.readline().rstrip(b"\n")

    def answers(self, prompt: str) -> list[Answer]:
        """Read the answers to a prompt again."""
        return [Answer.model_validate_json(line) for line in self.lines(prompt)]


@contextmanager
def spooled(
    source: jsonl.Source,
    *,
    refuse: Callable[[int, bytes, tuple[Fault, ...]], None],
    progress: Callable[[int, int], None],
) -> Iterator[tuple[Spool, int]]:
    """Read every answer of a file once; give them by prompt, and the lines read.

    Args:
        source: The file.
        refuse: Told number, bytes and faults of each line that is no answer.
        progress: Told bytes read and bytes in all.
    """
    with tempfile.TemporaryFile(prefix="adjudge-") as file:
        spool, read = Spool(file), 0
        for number, line in jsonl.lines(
            source, progress=lambda done: progress(done, source.size)
        ):
            read += 1
            place = f"{source.name}:{number}"
            try:
                answer = native.read(Answer, line, place=place)
            except native.FaultyLineError as error:
                refuse(number, line, error.faults)
            else:
                spool.add(number, line, answer)
        yield spool, read
