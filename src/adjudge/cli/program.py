"""The program: every command, and what becomes of every failure."""

from __future__ import annotations

import os
import sys
from contextlib import suppress
from functools import cache, partial
from typing import TYPE_CHECKING, Annotated, Any

import typer
from typer.main import get_command_name

from adjudge.cli import (
    appeals,
    campaigns,
    datasets,
    gold,
    guidelines,
    imports,
    incidents,
    lead,
    lineage,
    log,
    numbers,
    people,
    privacy,
    prompts,
    queues,
    rewrites,
    second_looks,
    store,
    work,
)
from adjudge.cli.session import AsOption, DbOption, JsonOption, Session
from adjudge.errors import AdjudgeError, BadFileError, InvalidInputError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from typer.core import TyperGroup
    from typer.models import CommandInfo

INTERRUPTED = 130
_MOST_FAULTS = 10
_IN_OUR_WORDS = (
    ("Input should be", "expected"),
    ("a valid integer, unable to parse string as an integer", "a whole number"),
    ("a valid number, unable to parse string as a number", "a number"),
)

app = typer.Typer(
    name="adjudge",
    help=(
        "Judge what language models say: compare responses, measure agreement, "
        "export preference datasets whose every row can prove where it comes from."
    ),
    epilog=(
        "Start with `adjudge demo`. Exit codes: 0 ok, 1 refused, 2 bad usage or "
        "input, 3 not found, 4 conflict, 130 interrupted."
    ),
    rich_markup_mode=None,
    add_completion=False,
    no_args_is_help=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


@app.callback(invoke_without_command=True)
def main(
    context: typer.Context,
    db: DbOption = None,
    as_name: AsOption = None,
    json: JsonOption = False,
    version: Annotated[
        bool, typer.Option("--version", help="Print the version.", is_eager=True)
    ] = False,
) -> None:
    """Open the workbench at its home screen when no command is given."""
    context.obj = Session(
        db=db, as_name=as_name, json=json, on_close=context.call_on_close
    )
    if version:
        from adjudge import __version__

        typer.echo(f"adjudge {__version__}")
        raise typer.Exit
    if context.invoked_subcommand is None:
        work.home(context.obj)


for module in (
    work,
    imports,
    numbers,
    lead,
    second_looks,
    datasets,
    lineage,
    privacy,
    store,
):
    module.register(app)
app.add_typer(log.app, name="log")
app.add_typer(queues.app, name="queue")
app.add_typer(people.app, name="people")
app.add_typer(incidents.app, name="incidents")
app.add_typer(appeals.app, name="appeals")
app.add_typer(guidelines.app, name="guideline")
app.add_typer(campaigns.app, name="campaign")
app.add_typer(prompts.app, name="prompts")
app.add_typer(gold.app, name="gold")
app.add_typer(rewrites.app, name="rewrite")
app.add_typer(privacy.consent_app, name="consent")


class _Commands(dict[str, Any]):
    """The commands by name, each built when it is asked for.

    To build them all takes longer than most of them run.
    """

    def __init__(self, of: typer.Typer) -> None:
        self._makers: dict[str, Callable[[], Any]] = {}
        for command in of.registered_commands:
            name = command.name or get_command_name(command.callback.__name__)  # type: ignore[union-attr]
            self._makers[name] = partial(_alone, command)
        for group in of.registered_groups:
            if group.typer_instance is not None and group.name:
                make = partial(_lazy, group.typer_instance, group.name)
                self._makers[group.name] = make
        super().__init__(dict.fromkeys(self._makers))

    def __getitem__(self, name: str) -> Any:
        if name in self._makers:
            self[name] = self._makers.pop(name)()
        return super().__getitem__(name)

    def get(self, name: str, default: Any = None) -> Any:
        return self[name] if name in self else default  # noqa: SIM401 - it is `get`


def _alone(command: CommandInfo) -> Any:
    """Build one command as if it were the only one."""
    alone = typer.Typer(rich_markup_mode=None, add_completion=False)
    alone.registered_commands = [command]
    return typer.main.get_command(alone)


def _lazy(whole: typer.Typer, name: str | None = None) -> TyperGroup:
    """Build a group without its commands, which come when they are called."""
    bare = typer.Typer(
        rich_markup_mode=None, add_completion=False, pretty_exceptions_enable=False
    )
    bare.info, bare.registered_callback = whole.info, whole.registered_callback
    group = typer.main.get_group(bare)
    group.name = name or group.name
    group.commands = _Commands(whole)
    return group


@cache
def program() -> TyperGroup:
    """Give the whole command line."""
    return _lazy(app)


def run(arguments: Sequence[str]) -> int:
    """Run the command line; give the exit code. Only here are failures shown."""
    try:
        _check_words(arguments)
        code = _invoke(list(arguments))
        sys.stdout.flush()
    except AdjudgeError as error:
        _say(error)
        return error.exit_code
    except KeyboardInterrupt as error:
        words = str(error) or "interrupted; what was acknowledged is kept"
        _words(f"adjudge: {words}")
        return INTERRUPTED
    except BrokenPipeError:
        return _closed_pipe()
    except Exception as error:  # noqa: BLE001 - the last line of the face
        return _usage(error)
    return code


def _check_words(arguments: Sequence[str]) -> None:
    """Refuse words that are no text: no store, file or document could hold them."""
    own = [(f"${k}", v) for k, v in os.environ.items() if k.startswith("ADJUDGE_")]
    for name, word in (*zip(arguments, arguments, strict=True), *own):
        try:
            word.encode()
        except UnicodeEncodeError:
            raise InvalidInputError(
                f"{name} is not UTF-8",
                hint="give another name; a file can be given as `-`, by `< FILE`",
            ) from None


def _invoke(arguments: list[str]) -> int:
    """Run a command; its own `main` would swallow closed pipes and Ctrl-C."""
    try:
        with program().make_context("adjudge", arguments) as context:
            program().invoke(context)
    except typer.Exit as left:
        return left.exit_code
    return 0


def _say(error: AdjudgeError) -> None:
    _words(f"adjudge: {error.message}")
    if isinstance(error, BadFileError):
        for fault in error.faults[1:_MOST_FAULTS]:
            _words(f"  also {fault}")
        if (n := len(error.faults) - _MOST_FAULTS) > 0:
            _words(f"  and {n} more that are not listed")
    if error.hint:
        _words(f"  {error.hint}")


def _closed_pipe() -> int:
    # Python flushes stdout once more at exit; give it somewhere to go.
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    _words("adjudge: the output was closed before everything was written")
    return 1


def _usage(error: Exception) -> int:
    """Show a usage error of the command line; anything else is a defect of ours."""
    shown: Any = error
    if type(error).__name__ == "Abort":
        _words("adjudge: interrupted")
        return INTERRUPTED
    if hasattr(shown, "format_message") and hasattr(shown, "exit_code"):
        context = getattr(shown, "ctx", None)
        path = context.command_path if context is not None else "adjudge"
        said = shown.format_message()
        for theirs, ours in _IN_OUR_WORDS:
            said = said.replace(theirs, ours)
        _words(f"adjudge: {said}")
        _words(f"  see `{path} --help`")
        return 2
    if isinstance(error, OSError):
        name = f"{error.filename}: " if error.filename else ""
        _words(f"adjudge: {name}{error.strerror or error}")
        return 1
    raise error


def _words(text: str) -> None:
    from adjudge.domain.safe_text import safe_text

    # Where nobody is listening, the exit code still tells; Python flushes at exit once
    # more, and would leave with a code of its own.
    try:
        sys.stderr.write(safe_text(text) + "\n")
        sys.stderr.flush()
    except OSError:
        with suppress(OSError):
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stderr.fileno())
