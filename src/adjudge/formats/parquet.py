"""Parquet out of JSON Lines, a batch at a time; the only module that knows pyarrow."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

from adjudge.errors import InvalidInputError, RefusedError
from adjudge.formats.columns import Kind, arrow_schema
from adjudge.formats.shards import File, rows_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_ROWS, _BYTES = 10_000, 16 << 20  # of one batch, whichever comes first


def check_installed() -> None:
    """Refuse before any work when the library is not there.

    Raises:
        RefusedError: With what to install.
    """
    try:
        import pyarrow  # noqa: F401, PLC0415 - an extra
    except ImportError:
        raise RefusedError(
            "Parquet needs the library pyarrow, which is not installed",
            hint="pip install 'adjudge[parquet]', or --format jsonl",
        ) from None


def write(
    source: Path, target: Path, columns: tuple[tuple[str, Kind], ...], *, name: str
) -> File:
    """Write the rows of a JSON Lines file as Parquet, typed and compressed.

    Args:
        source: A file of rows.
        target: The file to be written.
        columns: Of every row.
        name: What the manifest calls the file.
    """
    import pyarrow as pa  # noqa: PLC0415 - an extra
    import pyarrow.parquet as pq  # noqa: PLC0415

    schema = arrow_schema(columns)
    rows = 0
    with pq.ParquetWriter(target, schema, compression="zstd") as writer:
        for batch in _batches(source):
            writer.write_batch(pa.RecordBatch.from_pylist(batch, schema=schema))
            rows += len(batch)
    with target.open("rb") as file:
        sha256 = hashlib.file_digest(file, "sha256").hexdigest()
    return File(name, rows, target.stat().st_size, sha256)


def _batches(source: Path) -> Iterator[list[dict[str, Any]]]:
    batch: list[dict[str, Any]] = []
    size = 0
    for _, line, row in rows_of(source):
        batch.append(row)
        size += len(line)
        if len(batch) == _ROWS or size >= _BYTES:
            yield batch
            batch, size = [], 0
    if batch:
        yield batch


def read(
    path: Path, columns: tuple[tuple[str, Kind], ...] | None = None
) -> Iterator[tuple[int, dict[str, Any]]]:
    """Read the numbered rows of a Parquet file as they were written.

    Raises:
        InvalidInputError: If it is no Parquet file, or has other columns.
    """
    check_installed()
    import pyarrow as pa  # noqa: PLC0415 - an extra
    import pyarrow.parquet as pq  # noqa: PLC0415

    try:
        with pq.ParquetFile(path) as file:
            if columns is not None and not file.schema_arrow.equals(
                arrow_schema(columns)
            ):
                raise InvalidInputError(
                    f"{path}: the columns are not those of the card"
                )
            number = 0
            for batch in file.iter_batches(batch_size=1000):
                for row in batch.to_pylist():
                    number += 1
                    yield number, bare(row)
    except UnicodeDecodeError:
        # What it says would quote the text.
        raise InvalidInputError(
            f"{path}: the file is damaged: a text is no UTF-8"
        ) from None
    except (pa.ArrowException, OSError) as error:
        raise InvalidInputError(f"{path}: the file is damaged: {error}") from None


def bare(row: dict[str, Any]) -> dict[str, Any]:
    """Drop the optional keys that Parquet fills with nulls in messages."""
    return {name: _bare(value) for name, value in row.items()}


_OPTIONAL = ("name", "tool_calls", "tool_call_id")


def _bare(value: Any) -> Any:
    if isinstance(value, list):
        return [_bare(v) for v in value]
    if isinstance(value, dict):
        said = "content" in value and "role" in value
        return {
            k: _bare(v)
            for k, v in value.items()
            if not (said and v is None and k in _OPTIONAL)
        }
    return value
