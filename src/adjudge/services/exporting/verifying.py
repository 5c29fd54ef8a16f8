"""Verify a dataset directory: work everything out again, name the first difference.

It needs no store: rows, lineage, card and manifest have to agree with each other.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from itertools import zip_longest
from pathlib import Path
from typing import TYPE_CHECKING, Any

from adjudge import __version__
from adjudge.domain.dataset import row_id
from adjudge.domain.words import count_of
from adjudge.errors import RefusedError
from adjudge.formats import dataset_dir, parquet
from adjudge.formats.card import card
from adjudge.formats.columns import columns_of
from adjudge.formats.shards import line_of, rows_of
from adjudge.services.exporting.quality import Quality

if TYPE_CHECKING:
    from collections.abc import Iterator

Place = tuple[str, int]  # file inside the directory, line or row


@dataclass(frozen=True)
class Verified:
    """What was found to hold."""

    digest: str
    files: int
    rows: int

    def as_json(self) -> dict[str, Any]:
        """Write what ``verify --json`` prints."""
        return {"digest": self.digest, "files": self.files, "rows": self.rows}


def verify(folder: str) -> Verified:
    """Work a dataset directory out again.

    Raises:
        InvalidInputError: If it is no dataset of ours.
        RefusedError: With the first difference, its file and line.
    """
    place = Path(folder)
    manifest = dataset_dir.read_manifest(place)
    try:
        return _Verifying(place, manifest).run()
    except (KeyError, TypeError, AttributeError, ValueError) as error:
        raise RefusedError(
            f"{place / dataset_dir.MANIFEST}: not as it was written: {error!r}"
        ) from error


class _Verifying:
    def __init__(self, place: Path, manifest: dict[str, Any]) -> None:
        self._place = place
        self._manifest = manifest
        self._quality = Quality()
        self._rows = 0

    def run(self) -> Verified:
        """Look at every part; the first that differs ends it."""
        manifest = self._manifest
        self._check_names()
        for name in manifest["rows"]:
            config, _, split = name.rpartition("/")
            if config != "lineage" and not config.startswith("lineage/"):
                self._check_rows(config, split)
        for name, said in manifest["rows"].items():
            if name.startswith("lineage"):
                self._check_lines(name, said)
        for path, said in manifest["files"].items():
            self._check_bytes(path, said)
        self._check_manifest()
        self._check_card()
        return Verified(manifest["digest"], len(manifest["files"]), self._rows)

    def _differs(self, path: str, line: int | None, what: str) -> RefusedError:
        at = f":{line}" if line is not None else ""
        return RefusedError(
            f"{self._place / path}{at}: {what}",
            hint="this is not what was exported; take it from where it came",
        )

    # --- files -------------------------------------------------------------------
    def _check_names(self) -> None:
        """Nothing may lack, nothing may be there beside, nothing may point outside."""
        listed = set(self._manifest["files"])
        found = set()
        for path in sorted(self._place.rglob("*")):
            name = path.relative_to(self._place).as_posix()
            if path.is_symlink():
                raise self._differs(name, None, "a symbolic link was never exported")
            if not path.is_dir() and not dataset_dir.is_left(path):
                found.add(name)
        for name in sorted(listed | {"README.md"}):
            if name not in found:
                raise self._differs(name, None, "the file is missing")
        for name in sorted(found - listed - {"README.md", dataset_dir.MANIFEST}):
            raise self._differs(name, None, "the file was never exported")

    def _files(self, name: str) -> list[str]:
        return [f for f in sorted(self._manifest["files"]) if f.startswith(f"{name}-")]

    def _check_bytes(self, path: str, said: dict[str, Any]) -> None:
        with (self._place / path).open("rb") as file:
            found = hashlib.file_digest(file, "sha256").hexdigest()
        if found != said["sha256"]:
            raise self._differs(path, None, "the bytes are not those of the manifest")

    # --- rows --------------------------------------------------------------------
    def _check_rows(self, config: str, split: str) -> None:
        """Hold every row against its lineage and its id."""
        name = f"{config}/{split}"
        whole = hashlib.sha256()
        n = 0
        last: Place = (f"{name}-00000-of-00001", 0)
        rows = self._read(name, config)
        for row, trace in zip_longest(rows, self._read(f"lineage/{name}", None)):
            if row is None or trace is None:
                lacking = "lineage" if trace is None else "row"
                path, number = row[0] if row is not None else trace[0]
                raise self._differs(
                    path, number, f"no {lacking} stands beside this line"
                )
            last = row[0]
            self._check_row(config, last, row[1], trace[1])
            whole.update(line_of(row[1]))
            n += 1
        said = self._manifest["rows"][name]
        if (n, whole.hexdigest()) != (said["rows"], said["sha256"]):
            raise self._differs(*last, "the rows up to here are not those exported")
        self._rows += n

    def _check_row(
        self, config: str, place: Place, row: dict[str, Any], trace: dict[str, Any]
    ) -> None:
        id = row.get("row_id")
        if id != trace.get("row_id"):
            raise self._differs(*place, f"row_id {id} is not {trace.get('row_id')}")
        values = {k: v for k, v in row.items() if k != "row_id"}
        if row_id(config, trace["key"], values, trace["judgments"]) != id:
            raise self._differs(*place, f"the row is not the one that {id} names")
        self._quality.take(config, values, trace)

    def _read(
        self, name: str, config: str | None
    ) -> Iterator[tuple[Place, dict[str, Any]]]:
        for path in self._files(name):
            if path.endswith(".parquet"):
                present = self._manifest["messages"].get(config, ())
                columns = columns_of(config or "", present)
                for number, row in parquet.read(self._place / path, columns):
                    yield (path, number), row
                continue
            for number, line, row in rows_of(self._place / path):
                if line_of(row) != line:
                    raise self._differs(path, number, "the line is not canonical JSON")
                yield (path, number), row

    def _check_lines(self, name: str, said: dict[str, Any]) -> None:
        whole = hashlib.sha256()
        n = 0
        last: Place = (name, 0)
        for place, row in self._read(name, None):
            last = place
            whole.update(line_of(row))
            n += 1
        if (n, whole.hexdigest()) != (said["rows"], said["sha256"]):
            raise self._differs(*last, "the lines up to here are not those exported")

    # --- what is said of them -------------------------------------------------------
    def _check_manifest(self) -> None:
        manifest, path = self._manifest, dataset_dir.MANIFEST
        for config, splits in manifest["configs"].items():
            for split, n in splits.items():
                found = manifest["rows"].get(f"{config}/{split}", {"rows": 0})["rows"]
                if n != found:
                    at = self._line_of(path, f'"{config}": {{')
                    raise self._differs(
                        path,
                        at,
                        f"{config} has {count_of(found, 'row')} in {split}, not {n}",
                    )
        if self._quality.report() != manifest["quality"]:
            at = self._line_of(path, '"quality": {')
            raise self._differs(path, at, "the quality report is not that of the rows")
        found_digest = dataset_dir.digest_of(manifest)
        if found_digest != manifest["digest"]:
            at = self._line_of(path, '"digest": ')
            raise self._differs(
                path,
                at,
                f"the digest is {manifest['digest']}, worked out {found_digest}",
            )

    def _line_of(self, path: str, start: str) -> int | None:
        lines = (self._place / path).read_text().splitlines()
        return next(
            (
                i
                for i, line in enumerate(lines, start=1)
                if line.strip().startswith(start)
            ),
            None,
        )

    def _check_card(self) -> None:
        written = (self._place / "README.md").read_bytes()
        run = self._manifest["run"]
        if run["adjudge"] != __version__:
            # Another version had other words: there the card's hash has to do.
            if hashlib.sha256(written).hexdigest() != run.get("card"):
                raise self._differs("README.md", None, "the card was changed")
            return
        wanted, found = card(self._manifest).encode().split(b"\n"), written.split(b"\n")
        for number, (a, b) in enumerate(zip_longest(wanted, found), start=1):
            if a != b:
                raise self._differs("README.md", number, "the card was changed")
