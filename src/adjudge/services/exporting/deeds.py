"""Export a dataset directory, or one file in a trainer's own shape."""

from __future__ import annotations

import gc
import platform
from contextlib import contextmanager
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from adjudge import __version__
from adjudge.domain.people import Act, Actor
from adjudge.domain.words import count_of
from adjudge.errors import InvalidInputError, RefusedError, UnknownError
from adjudge.formats import adapters, dataset_dir, parquet
from adjudge.formats.card import card
from adjudge.formats.columns import columns_of
from adjudge.formats.shards import rows_of
from adjudge.services import auditlog
from adjudge.services.exporting.collecting import Collecting
from adjudge.services.exporting.manifest import manifest_of
from adjudge.services.exporting.options import CONFIGS, FORMATS, Exported, ExportOptions
from adjudge.services.exporting.writing import Writing
from adjudge.services.measuring.resolving import check_method
from adjudge.storage import batches, datasets

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from adjudge.domain.dataset import Config
    from adjudge.services.bench import Bench
    from adjudge.services.exporting.facts import Facts
    from adjudge.storage.engine.store import Unit

_NAMED = 20  # batches that are named when one is unknown


def export(
    bench: Bench,
    actor: Actor,
    out: str,
    options: ExportOptions,
    *,
    progress: Callable[[int, int], None] = lambda _done, _all: None,
) -> Exported:
    """Write a dataset directory from one unchanging state of the store.

    Args:
        bench: The bench.
        actor: Who acts.
        out: The directory; it must not exist, or be empty.
        options: What to export.
        progress: Told comparisons done and in all.

    Raises:
        ConflictError: If ``out`` is not empty.
        RefusedError: If a queue's alpha is below 0.2 and nobody accepted that, or
            labels were asked for and there is only one.
        InvalidInputError: If a config, format or method does not exist.
        NoSpaceError: If the disk is full; nothing stays.
    """
    actor.must(Act.EXPORT)
    options.check()
    check_method(options.method)
    if options.written_as == "parquet":
        parquet.check_installed()
    place = Path(out)
    with (
        dataset_dir.staged(place) as draft,
        _rows(bench, draft.folder, options, progress) as made,
    ):
        if options.written_as == "parquet":
            made.writing.as_parquet()
        manifest = manifest_of(made.writing, made.facts, options)
        identity = dataset_dir.digest_of(manifest)
        told = dataset_dir.write_text(draft.folder / "README.md", card(manifest))
        run = {**_run(bench, actor), "card": told}
        dataset_dir.write_manifest(draft.folder, manifest, run)
        _record(bench, actor, made, options, identity=identity, draft=draft)
    return _told(made, options, str(place), identity)


def export_file(
    bench: Bench,
    actor: Actor,
    out: str,
    form: str,
    options: ExportOptions,
    *,
    progress: Callable[[int, int], None] = lambda _done, _all: None,
) -> Exported:
    """Write one file in the shape of a config or of somebody else's trainer.

    Args:
        bench: The bench.
        actor: Who acts.
        out: The file; it must not exist.
        form: A config or the name of an adapter.
        options: What to export; configs are chosen by ``form``.
        progress: Told comparisons done and in all.

    Raises:
        ConflictError: If the file exists.
        InvalidInputError: If there is no such form, or the rows are to be split.
        RefusedError: If no row has this form.
    """
    actor.must(Act.EXPORT)
    if form not in FORMATS:
        raise InvalidInputError(
            f"there is no format {form!r}", hint=f"formats: {', '.join(FORMATS)}"
        )
    if not any(share == 1 for _, share in options.splits):
        raise InvalidInputError(
            "one file cannot hold several splits", hint="export a directory instead"
        )
    config: Config = form if form in CONFIGS else adapters.config_of(form)
    options = replace(options, configs=(config,), shard_bytes=1 << 62)
    options.check()
    check_method(options.method)
    place = Path(out)
    with (
        dataset_dir.staged_files(place, *adapters.beside(form)) as draft,
        _rows(bench, draft.folder / ".rows", options, progress) as made,
    ):
        source = _only_file(made, config)
        left = _translate(made, source, draft.folder / draft.out.name, form, options)
        made.facts.excluded[config].update(left)
        manifest = manifest_of(made.writing, made.facts, options)
        identity = dataset_dir.digest_of({**manifest, "form": form})
        _record(bench, actor, made, options, identity=identity, draft=draft)
    done = _told(made, options, str(place), identity)
    lost = sum(left.values())
    (split, _), *_ = ((s, n) for s, n in done.rows[config].items() if n)
    done.rows = {form: {split: done.rows[config][split] - lost}}
    done.excluded = {form: done.excluded.get(config, {})}
    return done


def preview(
    bench: Bench,
    actor: Actor,
    options: ExportOptions,
    *,
    progress: Callable[[int, int], None] = lambda _done, _all: None,
    n: int = 3,
) -> tuple[Exported, list[dict[str, Any]]]:
    """Make the rows and throw them away: what would be written, and the first few.

    Args:
        bench: The bench.
        actor: Who acts.
        options: What to export.
        progress: Told comparisons done and in all; what it raises ends the making.
        n: How many rows to show, of the first config that has any.

    Raises:
        RefusedError: As ``export`` would.
        InvalidInputError: As ``export`` would.
    """
    actor.must(Act.EXPORT)
    options.check()
    check_method(options.method)
    with (
        TemporaryDirectory(prefix="adjudge-") as folder,
        _rows(bench, Path(folder) / "rows", options, progress) as made,
    ):
        rows = list(islice(_rows_in_order(made, options), n))
        return _told(made, options, "", ""), rows


def _rows_in_order(made: _Made, options: ExportOptions) -> Iterator[dict[str, Any]]:
    """Read what was written, config after config."""
    for config in options.wanted:
        for (name, _), written in made.writing.written.items():
            for file in written.files if name == config else ():
                for _, _, row in rows_of(made.writing.folder / file.path):
                    yield row


@dataclass
class _Made:
    """The rows of an export, written and counted."""

    writing: Writing
    facts: Facts


@contextmanager
def _rows(
    bench: Bench,
    folder: Path,
    options: ExportOptions,
    progress: Callable[[int, int], None],
) -> Iterator[_Made]:
    """Write all rows and their lineage as JSON Lines."""
    writing = Writing(folder, options)
    try:
        with bench.store.read() as unit, _no_search_for_circles():
            _check_batch(unit, options)
            facts = Collecting(bench, unit, writing, options, progress).collect()
        _check_labels(writing, facts, options)
        writing.close()
        yield _Made(writing, facts)
    finally:
        writing.abandon()


def _check_batch(unit: Unit, options: ExportOptions) -> None:
    """Refuse a batch that no task came in: nothing would be written, and no word."""
    if options.batch is None:
        return
    known = batches.names(unit, options.queues)
    if options.batch not in known:
        named = ", ".join(known[:_NAMED]) + (", …" if len(known) > _NAMED else "")
        queues = f" of {' and '.join(options.queues)}" if options.queues else ""
        raise UnknownError(
            f"no task{queues} came in a batch {options.batch!r}",
            hint=f"batches: {named}" if known else "leave --batch out: there is none",
        )


@contextmanager
def _no_search_for_circles() -> Iterator[None]:
    """Pause the search for objects that hold each other: rows do not.

    It would look at everything alive again and again, for a tenth of the time.
    """
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


def _check_labels(writing: Writing, facts: Facts, options: ExportOptions) -> None:
    """Refuse labels of one kind when they were asked for, else leave them away."""
    if "kto" not in options.wanted:
        return
    wanted, unwanted = writing.labels()
    if wanted and unwanted:
        return
    problem = (
        f"kto would have {wanted} wanted and {count_of(unwanted, 'unwanted answer')} "
        f"in {options.splits[0][0]}: a trainer needs both"
    )
    if "kto" in options.configs:
        raise RefusedError(problem, hint="leave kto out, or judge more")
    if wanted or unwanted:
        facts.warnings.append(f"{problem}; left away")
        facts.excluded["kto"]["one_label"] += wanted + unwanted
    writing.drop("kto")


def _only_file(made: _Made, config: str) -> Path:
    files = [
        file.path
        for (name, _), written in made.writing.written.items()
        if name == config
        for file in written.files
    ]
    if not files:
        reasons = ", ".join(
            f"{n} {reason}" for reason, n in sorted(made.facts.excluded[config].items())
        )
        raise RefusedError(
            f"there is no row to write as {config}",
            hint=f"left out: {reasons}" if reasons else "judge comparisons first",
        )
    return made.writing.folder / files[0]


def _translate(
    made: _Made, source: Path, target: Path, form: str, options: ExportOptions
) -> dict[str, int]:
    """Write the one file; give how many rows did not fit its shape, by reason."""
    if form in CONFIGS:
        if options.written_as == "parquet" or target.suffix == ".parquet":
            parquet.check_installed()
            columns = columns_of(form, made.writing.present[form])
            parquet.write(source, target, columns, name=target.name)
        else:
            source.rename(target)
        return {}
    rows = (row for _, _, row in rows_of(source))
    found = adapters.write(form, rows, target)
    if not found.rows:
        reasons = ", ".join(f"{n} {why}" for why, n in sorted(found.left_out.items()))
        raise RefusedError(
            f"no row has the shape of {form}", hint=f"left out: {reasons}"
        )
    return found.left_out


def _record(
    bench: Bench,
    actor: Actor,
    made: _Made,
    options: ExportOptions,
    *,
    identity: str,
    draft: dataset_dir.Draft,
) -> None:
    """Remember the version and what each of its rows stands on, and let it be seen.

    The store knows the version before its files have their names, and learns
    afterwards that they have: nothing leaves that it does not know. Whoever is killed
    in between leaves a version that is known as unfinished.
    """
    at = bench.now()
    with bench.store.write() as unit, _no_search_for_circles():
        is_new = datasets.begin(
            unit,
            id=identity,
            name=options.name or draft.out.name,
            options=options.as_json(),
            counts=made.writing.counts(options.wanted),
            stretches=made.writing.stretches(),
            by=actor.name,
            at=at,
        )
    try:
        draft.publish()
        with bench.store.write() as unit:
            datasets.place(unit, identity)
            auditlog.keep(bench, unit, actor, "export", identity)
    except BaseException:
        # First the files: what is there has to be known.
        draft.withdraw()
        if is_new:
            with bench.store.write() as unit:
                datasets.forget(unit, identity, at=at)
        raise


def _run(bench: Bench, actor: Actor) -> dict[str, Any]:
    return {
        "at": bench.now(),
        "by": bench.pseudonym(actor.name),
        "adjudge": __version__,
        "python": platform.python_version(),
    }


def _told(made: _Made, options: ExportOptions, path: str, identity: str) -> Exported:
    rows = made.writing.counts(options.wanted)
    warnings = list(made.facts.warnings)
    if not any(n for counts in rows.values() for n in counts.values()):
        warnings.append("the dataset has no rows")
    return Exported(
        path=path,
        digest=identity,
        rows=rows,
        excluded={k: dict(sorted(v.items())) for k, v in made.facts.excluded.items()},
        warnings=warnings,
    )
