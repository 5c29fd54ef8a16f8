"""Settings: flag, then environment, then adjudge.toml, then default."""

from __future__ import annotations

import getpass
import json
import os
import re
import secrets
import tomllib
from pathlib import Path
from typing import Annotated, Any, ClassVar, Literal, get_origin

import platformdirs
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from adjudge.errors import InvalidInputError

FILE = "adjudge.toml"


class Settings(BaseModel):
    """Everything that can be set from outside."""

    model_config = ConfigDict(extra="ignore", frozen=True)
    file: ClassVar[Path] = Path(FILE)

    db: str = Field("adjudge.db", description="SQLite file or postgresql:// URL")
    user: str = Field("", description="who acts")
    secret: str = Field("", description="key of the pseudonyms in exports")
    theme: str = Field("adjudge-dark", description="theme of the workbench")
    glyphs: Literal["unicode", "ascii"] = Field("unicode", description="signs")
    density: Literal["comfortable", "compact"] = Field(
        "comfortable", description="room around what is read"
    )
    animations: Literal["none", "basic", "full"] = Field(
        "none", description="whether anything glides"
    )
    sync_scroll: bool = Field(True, description="responses scroll together at first")
    idle_cap: float = Field(60.0, gt=0, description="seconds a gap counts at most")
    redactor: Literal["shapes", "presidio"] = Field(
        "shapes", description="shapes (our own), or presidio: names and places too"
    )
    signal_weights: dict[str, Annotated[float, Field(ge=0, le=1)]] = Field(
        default_factory=dict,
        description="weights of implicit signals by kind, for example taken_up",
    )
    break_after: float = Field(
        50.0, ge=0, description="minutes at work until a break is offered; 0 never"
    )
    confirm_fast: float = Field(
        0.0, ge=0, description="seconds of work under which signing asks again; 0 never"
    )
    blink: bool = Field(False, description="whether cursors blink")
    sound: bool = Field(False, description="a bell with whatever is refused")
    editor: str = Field("", description="command of the editor, before $VISUAL")
    keys: dict[str, str] = Field(
        default_factory=dict, description="keys by action, for example submit"
    )


def personal_file() -> Path:
    """Name the file of a person's own settings."""
    return Path(platformdirs.user_config_dir("adjudge")) / "settings.toml"


def read_file(path: Path) -> dict[str, Any]:
    """Read a settings file; nothing where there is none.

    Raises:
        InvalidInputError: If it is not TOML.
    """
    try:
        with path.open("rb") as file:
            return tomllib.load(file)
    except FileNotFoundError:
        return {}
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, OSError) as error:
        raise InvalidInputError(
            f"{path} cannot be read: {error}", hint="it is a TOML file, see the manual"
        ) from None


_TABLE = re.compile(r"^[ \t]*\[", re.MULTILINE)


def keep(name: str, value: str | float | bool) -> Path:
    """Write one setting into a person's own file; all else in it stays as it is.

    Raises:
        InvalidInputError: If the file cannot be read or written.
    """
    path = personal_file()
    read_file(path)  # what is no TOML is not made worse
    try:
        before = path.read_text(encoding="utf-8") if path.exists() else ""
        after = _with(before, name, value)
        if not _holds(after, name, value):
            raise InvalidInputError(
                f"{path}: {name} stands there in a way that only you can change",
                hint=f"write `{name} = {_toml(value)}` into it yourself",
            )
        path.parent.mkdir(parents=True, exist_ok=True)
        draft = path.with_name(f"{path.name}.{secrets.token_hex(8)}")
        draft.write_text(after, encoding="utf-8")
        draft.replace(path)
    except OSError as error:
        raise InvalidInputError(
            f"{path} cannot be written: {error.strerror}",
            hint="the setting holds until you leave",
        ) from None
    return path


def _holds(text: str, name: str, value: str | float | bool) -> bool:
    try:
        return bool(tomllib.loads(text).get(name) == value)
    except tomllib.TOMLDecodeError:
        return False


def _with(text: str, name: str, value: str | float | bool) -> str:
    """Set a key of the top table; TOML wants it before the first other table."""
    line = f"{name} = {_toml(value)}"
    table = _TABLE.search(text)
    end = table.start() if table else len(text)
    top, rest = text[:end], text[end:]
    found = re.search(rf"^[ \t]*{name}[ \t]*=.*$", top, re.MULTILINE)
    if found:
        return f"{top[: found.start()]}{line}{top[found.end() :]}{rest}"
    if top and not top.endswith("\n"):
        top += "\n"
    return f"{top}{line}\n{rest}"


def _toml(value: str | float | bool) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return json.dumps(value, ensure_ascii=False)


def load(**flags: Any) -> Settings:
    """Load the settings; a flag that was not given is ``None``.

    Raises:
        InvalidInputError: With the setting and what was expected.
    """
    given = {k: v for k, v in flags.items() if v is not None}
    farther = (read_file(personal_file()), read_file(Settings.file), _environment())
    try:
        return Settings.model_validate(_nearest(*farther, given))
    except ValidationError as error:
        first = error.errors()[0]
        name = ".".join(str(p) for p in first["loc"])
        raise InvalidInputError(
            f"setting {name}: {first['msg']}",
            hint="flags, ADJUDGE_* variables and adjudge.toml set it",
        ) from None


def _environment() -> dict[str, Any]:
    """Read the variables; of a table, as ADJUDGE_KEYS is, they hold JSON."""
    found: dict[str, Any] = {}
    for name, field in Settings.model_fields.items():
        variable = _variable(name)
        if variable not in os.environ:
            continue
        value = os.environ[variable]
        try:
            is_table = get_origin(field.annotation) is dict
            found[name] = json.loads(value) if is_table else value
        except ValueError as error:
            raise InvalidInputError(
                f"{variable} is not JSON: {error}",
                hint="it is JSON, or a table in adjudge.toml",
            ) from None
    return found


def _nearest(*sources: dict[str, Any]) -> dict[str, Any]:
    """Let each source win over those before it, in tables key by key."""
    found: dict[str, Any] = {}
    for source in sources:
        for name, value in source.items():
            known = found.get(name)
            if isinstance(known, dict) and isinstance(value, dict):
                found[name] = {**known, **value}
            else:
                found[name] = value
    return found


def _variable(name: str) -> str:
    return f"ADJUDGE_{name.upper()}"


def origins(flags: dict[str, Any]) -> dict[str, tuple[str, str]]:
    """Tell each setting's value and where it came from; secrets stay unsaid."""
    settings = load(**flags)
    files = {FILE: read_file(Settings.file), "personal": read_file(personal_file())}
    found = {}
    for name in Settings.model_fields:
        value = getattr(settings, name)
        if flags.get(name) is not None:
            origin = "flag"
        elif _variable(name) in os.environ:
            origin = _variable(name)
        else:
            origin = next((f for f, read in files.items() if name in read), "default")
        hidden = name == "secret" and value
        found[name] = ("set, not shown" if hidden else _without_password(value), origin)
    return found


def _without_password(value: Any) -> str:
    text = str(value)
    head, at, tail = text.rpartition("@")
    if "://" in head and at:
        scheme, _, rest = head.partition("://")
        return f"{scheme}://{rest.partition(':')[0]}:***@{tail}"
    return text


def operating_system_user() -> str:
    """Name the user of this process."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return f"uid-{os.getuid()}"


def pseudonym_key(settings: Settings) -> bytes:
    """Give the key of pseudonyms: set, or made once for this user and kept private."""
    if settings.secret:
        return settings.secret.encode()
    path = Path(platformdirs.user_config_dir("adjudge")) / "pseudonym.key"
    try:
        return bytes.fromhex(path.read_text())
    except FileNotFoundError:
        pass
    except ValueError:
        raise InvalidInputError(
            f"{path} is damaged: expected 64 hexadecimal digits",
            hint="restore it from a backup; a new key makes new pseudonyms",
        ) from None
    key = secrets.token_bytes(32)
    path.parent.mkdir(parents=True, exist_ok=True)
    # Linked into place whole, so that two first starts agree on one key.
    draft = path.with_name(f"{path.name}.{secrets.token_hex(8)}")
    descriptor = os.open(draft, os.O_CREAT | os.O_WRONLY | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(key.hex())
    try:
        os.link(draft, path)
    except FileExistsError:
        key = bytes.fromhex(path.read_text())
    finally:
        draft.unlink()
    return key
