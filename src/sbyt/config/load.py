"""Reads ``sbyt.toml`` and says what is wrong with it: file, line, key, what was found, what is allowed."""

from __future__ import annotations

import json
import re
import tomllib
import types
import typing
import zoneinfo
from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from pathlib import Path
from typing import Any, NamedTuple

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from sbyt.config.channels import DEFAULT_CHANNELS, DEFAULT_ENGLISH, ONLY_IF_WANTED, options_schema
from sbyt.config.database import database_settings
from sbyt.config.problems import Problem, UnableToStart
from sbyt.config.toml_lines import lines_of_keys
from sbyt.core.settings import Settings

DEFAULT_FILE = "sbyt.toml"

Key = tuple[str, ...]

_SECRET = re.compile(r"password|passwd|secret|token|api_?key|private_?key", re.IGNORECASE)

#: What is allowed, by pydantic's kind of error, where the schema's own description does not say it.
_ALLOWED = {
    "string_type": "текст в кавычках",
    "string_too_short": "непустой текст",
    "model_type": "раздел с ключами",
    "dict_type": "раздел с ключами",
    "tuple_type": "список в квадратных скобках",
    "date_type": "дата, например 2026-11-01",
    "date_parsing": "дата, например 2026-11-01",
    "date_from_datetime_parsing": "дата, например 2026-11-01",
    "date_from_datetime_inexact": "дата без времени, например 2026-11-01",
}


def settings_file(environ: Mapping[str, str]) -> Path | None:
    """The file of this installation: ``SBYT_CONFIG``, else ``./sbyt.toml`` if it is there, else none."""
    named = environ.get("SBYT_CONFIG")
    if named:
        return Path(named)
    return Path(DEFAULT_FILE) if Path(DEFAULT_FILE).exists() else None


class Configuration(NamedTuple):
    """What an installation is made of: its settings, Django's description of its database, its file if it has one."""

    settings: Settings
    database: dict[str, Any]
    file: Path | None


def load_configuration(environ: Mapping[str, str]) -> Configuration:
    """Read the file and the environment of this installation.

    :raises UnableToStart: with everything that is wrong with either.
    """
    problems: list[Problem] = []
    settings, database = Settings(), {}
    try:
        settings = load_settings(environ)
    except UnableToStart as error:
        problems += error.problems
    try:
        database = database_settings(environ)
    except UnableToStart as error:
        problems += error.problems
    if problems:
        raise UnableToStart(problems)
    return Configuration(settings, database, settings_file(environ))


def load_settings(environ: Mapping[str, str]) -> Settings:
    """The settings of this installation: those of its file over the built-in defaults.

    :raises UnableToStart: with everything that is wrong with the file.
    """
    path = settings_file(environ)
    return parse_settings(_read(path), str(path)) if path else parse_settings("", DEFAULT_FILE)


def _read(path: Path) -> str:
    try:
        content = path.read_bytes()
    except OSError as error:
        said = f"файл не прочитан ({error.strerror}); SBYT_CONFIG называет файл настроек, без неё это ./{DEFAULT_FILE}"
        raise UnableToStart([Problem(str(path), said)]) from error
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise UnableToStart([Problem(_place(str(path), line), "это не UTF-8; сохраните файл в UTF-8")]) from error


def parse_settings(text: str, file: str) -> Settings:
    """The settings that the text of a file gives. ``file`` is what messages call it.

    :raises UnableToStart: with everything that is wrong with the text.
    """
    try:
        found = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        line, said = _syntax_error(str(error))
        raise UnableToStart([Problem(_place(file, line), said)]) from error
    lines = lines_of_keys(text)
    told = sorted((_line(key, lines), said) for key, said in _problems(found))
    if told:
        raise UnableToStart([Problem(_place(file, line), said) for line, said in told])
    return Settings.model_validate(_over_defaults(found))


def _syntax_error(said: str) -> tuple[int, str]:
    """``Invalid value (at line 3, column 5)`` taken apart into line and words; line 0 where it names none."""
    match = re.search(r" \(at line (\d+), column (\d+)\)", said)
    return int(match[1]) if match else 0, f"это не TOML: {said}"


def _over_defaults(found: dict[str, Any]) -> dict[str, Any]:
    """What a file says, laid over the defaults table by table: it need only name what differs."""
    defaults = Settings().model_dump()
    defaults["channels"] = {name: channel.model_dump() for name, channel in DEFAULT_CHANNELS.items()}
    for name in set(ONLY_IF_WANTED).difference(_names(found.get("channels"))):
        defaults["channels"][name]["public"] = False
    defaults["notice"]["english"] = dict(DEFAULT_ENGLISH)
    return _laid_over(defaults, found)


def _laid_over(below: dict[str, Any], above: dict[str, Any]) -> dict[str, Any]:
    merged = dict(below)
    for key, value in above.items():
        known = below.get(key)
        merged[key] = _laid_over(known, value) if isinstance(known, dict) and isinstance(value, dict) else value
    return merged


def _problems(found: dict[str, Any]) -> Iterator[tuple[Key, str]]:
    """Everything wrong, in the order of the schema: secrets, channels that don't exist, wrong and missing keys."""
    secrets = list(_secrets(found))
    for key in secrets:
        yield key, f"{_written(key)}: секретам в файле не место; задайте переменной окружения, а этот смените"
    unknown = [("channels", name) for name in _names(found.get("channels")) if name not in DEFAULT_CHANNELS]
    for key in unknown:
        yield key, _unknown(key, list(DEFAULT_CHANNELS))
    told = [*secrets, *unknown]
    try:
        Settings.model_validate(_over_defaults(found))
    except ValidationError as error:
        for detail in error.errors():
            key = tuple(map(str, detail["loc"]))
            if not any(key[: len(above)] == above for above in told):
                yield key, _explained(key, detail)
    else:
        for key, said in _wrong_options(found):
            if not any(key[: len(above)] == above for above in told):
                yield key, said


def _wrong_options(found: dict[str, Any]) -> Iterator[tuple[Key, str]]:
    """What is wrong with the options of channels, each by the schema of its own."""
    for code, channel in found.get("channels", {}).items():
        options, schema = channel.get("options"), options_schema(code)
        above = ("channels", code, "options")
        if not options:
            continue
        if schema is None:
            yield above, f"{_written(above)}: такого канала ещё нет в программе, ключей у него нет; уберите раздел"
            continue
        try:
            schema.model_validate(options)
        except ValidationError as error:
            for detail in error.errors():
                key = (*above, *map(str, detail["loc"]))
                yield key, _explained(key, detail)


def _secrets(value: Any, above: Key = ()) -> Iterator[Key]:
    for name in _names(value):
        key = (*above, name)
        if _SECRET.search(name):
            yield key
        else:
            yield from _secrets(value[name], key)


def _names(value: Any) -> list[str]:
    return list(value) if isinstance(value, dict) else []


def _explained(key: Key, detail: ErrorDetails) -> str:
    kind, found = detail["type"], detail["input"]
    if kind == "extra_forbidden":
        return _unknown(key, _keys_beside(key))
    if kind == "missing":
        return f"не хватает {_written(key)}; нужно: {_description(key) or 'текст'}"
    if kind == "value_error" and isinstance(found, dict):
        return f"{_written(key)}: {detail['ctx']['error']}"  # two keys that don't fit each other
    return f"{_written(key)} = {_shown(found)}; нужно: {_allowed(key, detail)}{_nearest_zone(key, found)}"


def _allowed(key: Key, detail: ErrorDetails) -> str:
    """What would be right, in the words of the schema, else of the error, else as the list of values."""
    context = detail.get("ctx", {})
    if said := _description(key) or _ALLOWED.get(detail["type"]):
        return said
    return str(context.get("error") or context.get("expected") or detail["msg"]).replace(" or ", " или ")


def _nearest_zone(key: Key, found: object) -> str:
    near = get_close_matches(str(found), zoneinfo.available_timezones(), n=1) if key == ("time_zone",) else []
    return f"; может быть, {near[0]}?" if near else ""


def _unknown(key: Key, known: list[str]) -> str:
    near = get_close_matches(key[-1], known, n=1)
    hint = f"; может быть, {near[0]}?" if near else ""
    return f"нет такого ключа: {_written(key)}{hint}; здесь бывают: {', '.join(known)}"


def _keys_beside(key: Key) -> list[str]:
    model = _model_at(key[:-1])
    return list(model.model_fields) if model else []


def _description(key: Key) -> str | None:
    """What the schema says of the field that the key names."""
    model = _model_at(key[:-1])
    field = model.model_fields.get(key[-1]) if model else None
    return field.description if field else None


def _model_at(key: Key) -> type[BaseModel] | None:
    """The section of the schema at this key, if there is one."""
    at: Any = Settings
    if len(key) >= 3 and key[0] == "channels" and key[2] == "options":
        at, key = options_schema(key[1]), key[3:]
    for name in key:
        if _is_section(at):
            at = _required(at.model_fields[name].annotation) if name in at.model_fields else None
        else:
            at = typing.get_args(at)[1] if typing.get_origin(at) is dict else None
    return at if _is_section(at) else None


def _is_section(annotation: Any) -> bool:
    return isinstance(annotation, type) and issubclass(annotation, BaseModel)


def _required(annotation: Any) -> Any:
    """``Bank`` of ``Bank | None``."""
    if isinstance(annotation, types.UnionType):
        return next(arm for arm in typing.get_args(annotation) if arm is not type(None))
    return annotation


def _line(key: Key, lines: Mapping[Key, int]) -> int:
    """The line of the key, or of the nearest table above it that the file has; 0 where it has none."""
    return next((lines[key[:length]] for length in range(len(key), 0, -1) if key[:length] in lines), 0)


def _place(file: str, line: int) -> str:
    return f"{file}, строка {line}" if line else file


def _written(key: Key) -> str:
    return ".".join(key)


def _shown(value: object) -> str:
    written = json.dumps(value, ensure_ascii=False, default=str)
    return written if len(written) <= 60 else f"{written[:57]}…"
