"""A dataset directory: written beside its place, moved there when it is whole."""

from __future__ import annotations

import hashlib
import os
import shutil
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import orjson

from adjudge.domain.record import canonical
from adjudge.errors import ConflictError, InvalidInputError

if TYPE_CHECKING:
    from collections.abc import Iterator

MANIFEST = "manifest.json"


@contextmanager
def fresh(out: Path) -> Iterator[Path]:
    """Give a private folder that becomes ``out`` when everything went well.

    Raises:
        ConflictError: If ``out`` exists and is not an empty directory.
        InvalidInputError: If its parent cannot be written.
    """
    if out.is_symlink():
        raise ConflictError(f"{out} is a symbolic link", hint="name a real directory")
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise ConflictError(
            f"{out} exists and is not empty",
            hint="a dataset is never overwritten; name a new directory",
        )
    parent = out.absolute().parent
    try:
        parent.mkdir(parents=True, exist_ok=True)
        draft = Path(tempfile.mkdtemp(prefix=f".{out.name}.", dir=parent))
    except OSError as error:
        raise InvalidInputError(
            f"{parent} cannot be written: {error.strerror}"
        ) from error
    try:
        yield draft
        draft.chmod(0o755)
        if out.exists():
            out.rmdir()
        draft.rename(out)
    except BaseException:
        shutil.rmtree(draft, ignore_errors=True)
        raise


def shard(config: str, split: str) -> str:
    """Name a split's file inside the directory."""
    return f"{config}/{split}-00000-of-00001.jsonl"


def write_text(path: Path, text: str) -> str:
    """Write a text file; give its SHA-256."""
    path.parent.mkdir(parents=True, exist_ok=True)
    data = text.encode()
    with path.open("xb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    return hashlib.sha256(data).hexdigest()


def write_manifest(folder: Path, manifest: dict[str, Any], run: dict[str, Any]) -> None:
    """Write the manifest; clock and host stand under ``run``, outside its digest."""
    whole = {**manifest, "digest": digest_of(manifest), "run": run}
    data = orjson.dumps(whole, option=orjson.OPT_SORT_KEYS | orjson.OPT_INDENT_2)
    write_text(folder / MANIFEST, data.decode() + "\n")


def digest_of(manifest: dict[str, Any]) -> str:
    """Hash a manifest without its digest and its run."""
    core = {k: v for k, v in manifest.items() if k not in {"digest", "run"}}
    return hashlib.sha256(canonical(core)).hexdigest()
