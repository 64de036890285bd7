"""``sbyt doctor``: whether this installation is sound, and what is to be mended."""

from __future__ import annotations

import datetime as dt
import enum
import os
import shutil
import sqlite3
import tempfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import typer
from django.conf import settings
from django.db import DatabaseError, connection
from rich.console import Console
from rich.table import Table
from rich.text import Text

from sbyt.cli.readiness import database_name, is_out_of_reach, sqlite_file, unknown_migrations, waiting_migrations
from sbyt.core.periods import Period
from sbyt.core.settings import ChannelSettings, ChannelState, Settings
from sbyt.messaging.statuses import current_channels
from sbyt.readings.models import Reading
from sbyt.usecases.channels import differences
from sbyt.usecases.find_gaps import Gaps, find_gaps

#: What Django 5.2 and our SQL ask of a database.
OLDEST_SQLITE = (3, 35)
OLDEST_POSTGRESQL = 15

_LEAST_FREE_MEGABYTES = 200


class State(enum.Enum):
    """How serious it is, by word and sign, not by colour alone."""

    WELL = ("✓ в порядке", "green")
    NOTICE = ("! внимание", "yellow")
    MEND = ("✗ исправить", "red")
    UNKNOWN = ("– не проверено", "dim")

    @property
    def words(self) -> str:
        return self.value[0]

    @property
    def colour(self) -> str:
        return self.value[1]


@dataclass(frozen=True)
class Finding:
    """What was looked at, how it is, and what to do about it."""

    subject: str
    state: State
    said: str


def examine() -> None:
    """Print every finding; end with status 1 if anything must be mended."""
    findings = list(examined(settings.SBYT, settings.SBYT_FILE, dt.datetime.now(dt.UTC)))
    _print(findings)
    to_mend = sum(finding.state is State.MEND for finding in findings)
    typer.echo(f"\nИсправить: {to_mend}." if to_mend else "\nМожно работать.")
    if to_mend:
        raise typer.Exit(1)


def _print(findings: list[Finding]) -> None:
    console = Console(highlight=False, emoji=False)
    if not console.is_terminal:  # a pipe has no width to break lines at
        for finding in findings:
            typer.echo(f"{finding.subject:<11}{finding.state.words:<15}{finding.said}")
        return
    table = Table("что", "как", "подробности", box=None, pad_edge=False, header_style="bold")
    for finding in findings:
        table.add_row(finding.subject, Text(finding.state.words, style=finding.state.colour), Text(finding.said))
    console.print(table)


def examined(sbyt: Settings, file: Path | None, now: dt.datetime) -> Iterator[Finding]:
    """Look at the installation, part by part. What a broken part would have told is left out as not checked."""
    yield Finding("настройки", State.WELL, f"файл {file}" if file else "встроенные; свои пишут в sbyt.toml")
    yield _company(sbyt)
    yield _secrets()
    yield _time_zone(sbyt, now)
    yield _channels(sbyt, _current(sbyt, now))
    yield from _connections()
    yield from _database(sbyt, now)


def _company(sbyt: Settings) -> Finding:
    company = sbyt.company
    missing = [
        name
        for name, value in (
            ("phones", company.phones),
            ("email", company.email),
            ("site", company.site),
            ("bank", company.bank),
        )
        if not value
    ]
    if not missing:
        return Finding("компания", State.WELL, company.name)
    return Finding("компания", State.NOTICE, f"{company.name}; в [company] нет: {', '.join(missing)}")


def _secrets() -> Finding:
    if os.environ.get("SBYT_SECRET_KEY"):
        return Finding("секреты", State.WELL, "SBYT_SECRET_KEY задан")
    return Finding("секреты", State.NOTICE, "SBYT_SECRET_KEY не задан; он нужен для sbyt serve и кодов квитанций")


def _time_zone(sbyt: Settings, now: dt.datetime) -> Finding:
    local = now.astimezone(sbyt.zone)
    said = f"{sbyt.time_zone}, сейчас {local:%d.%m.%Y %H:%M} (UTC{local:%z})"
    return Finding("время", State.WELL, said)


def _current(sbyt: Settings, now: dt.datetime) -> Mapping[str, ChannelSettings]:
    """The channels as they are today; by the file alone where there is no table yet to ask."""
    file = sqlite_file()
    if file and not file.exists():
        return sbyt.channels
    try:
        return current_channels(sbyt, now.astimezone(sbyt.zone).date())
    except DatabaseError:
        return sbyt.channels


def _channels(sbyt: Settings, channels: Mapping[str, ChannelSettings]) -> Finding:
    window = f"приём с {sbyt.window.first_day} по {sbyt.window.last_day} число"
    by_state = {
        state: [channel.title for channel in channels.values() if channel.is_named and channel.state is state]
        for state in ChannelState
    }
    words = {
        ChannelState.OPEN: "открыты",
        ChannelState.UNSTABLE: "с перебоями",
        ChannelState.PLANNED: "скоро",
        ChannelState.WITHDRAWN: "закрыты",
    }
    said = [f"{word}: {', '.join(by_state[state])}" for state, word in words.items() if by_state[state]]
    usable = by_state[ChannelState.OPEN] + by_state[ChannelState.UNSTABLE]
    if not usable:
        return Finding("каналы", State.MEND, f"{window}; ни один не открыт: откройте, sbyt channels open …")
    return Finding("каналы", State.WELL, "; ".join([window, *said]))


def _connections() -> Iterator[Finding]:
    """Whether the channels can be connected as they are set up, and which are none; nothing where all is as usual."""
    try:
        connected = settings.CONNECTED_CHANNELS()
    except ValueError as error:
        yield Finding("подключения", State.MEND, str(error).replace("\n", "; "))
        return
    if named := [settings.SBYT.channels[code].title for code, channel in connected.items() if channel.simulated]:
        said = f"это демонстрация, никому ничего не уходит: {', '.join(named)}; для работы уберите [demo] из sbyt.toml"
        yield Finding("имитация", State.NOTICE, said)


def _database(sbyt: Settings, now: dt.datetime) -> Iterator[Finding]:
    file = sqlite_file()
    if file:
        yield _folder(file.parent)
        if not file.exists():
            yield Finding("база", State.MEND, f"файла {file} ещё нет; создайте: sbyt migrate")
            return
    try:
        yield _version()
        migrations = _migrations()
        yield migrations
        if migrations.state is State.WELL:
            yield from _data(sbyt, now)
        else:
            yield Finding("данные", State.UNKNOWN, "сначала приведите базу в порядок")
    except DatabaseError as error:
        if not is_out_of_reach(error):
            raise
        yield Finding("база", State.MEND, f"{database_name()} не отвечает: {str(error).strip().partition(chr(10))[0]}")


def _folder(folder: Path) -> Finding:
    there = next(path for path in (folder, *folder.absolute().parents) if path.exists())
    try:
        with tempfile.TemporaryFile(dir=there):
            pass
    except OSError as error:
        return Finding(
            "папка", State.MEND, f"в {there} нельзя писать ({error.strerror}); дайте права или смените папку"
        )
    free = shutil.disk_usage(there).free // 2**20
    state = State.WELL if free >= _LEAST_FREE_MEGABYTES else State.MEND
    return Finding(
        "папка", state, f"{folder}, свободно {free} МБ" + ("" if state is State.WELL else ": освободите место")
    )


def _version() -> Finding:
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            return _sqlite_version(cursor.execute("PRAGMA journal_mode").fetchone()[0])
        cursor.execute("SHOW server_version_num")
        number = int(cursor.fetchone()[0])
    said = f"PostgreSQL {number // 10_000}.{number % 10_000}, {database_name()}"
    if number // 10_000 < OLDEST_POSTGRESQL:
        return Finding("база", State.MEND, f"{said}; нужен PostgreSQL {OLDEST_POSTGRESQL} или новее")
    return Finding("база", State.WELL, said)


def _sqlite_version(journal: str) -> Finding:
    said = f"SQLite {sqlite3.sqlite_version}, {database_name()}"
    if sqlite3.sqlite_version_info < OLDEST_SQLITE:
        return Finding("база", State.MEND, f"{said}; нужен SQLite 3.35 или новее")
    if journal != "wal":
        return Finding("база", State.MEND, f"{said}; журнал {journal}, а не WAL: положите базу на обычный диск")
    return Finding("база", State.WELL, said)


def _migrations() -> Finding:
    if unknown := unknown_migrations():
        return Finding(
            "таблицы", State.MEND, f"база от более новой версии sbyt: {', '.join(unknown)}; обновите программу"
        )
    if waiting := waiting_migrations():
        return Finding("таблицы", State.MEND, f"не применено изменений: {len(waiting)}; примените: sbyt migrate")
    return Finding("таблицы", State.WELL, "все изменения применены")


def _differences(sbyt: Settings, now: dt.datetime) -> Iterator[Finding]:
    found = differences(sbyt, now.astimezone(sbyt.zone).date())
    if found:
        named = "; ".join(f"{one.code}.{one.key}: {one.in_file}, действует {one.in_table}" for one in found)
        said = f"каналы меняли командой, sbyt.toml говорит другое: {named}; поправьте его или верните: sbyt channels"
        yield Finding("отличия", State.NOTICE, said)


def _data(sbyt: Settings, now: dt.datetime) -> Iterator[Finding]:
    from sbyt.cli.doctor_messages import examined_messages  # it speaks in findings, as this module does

    yield from _differences(sbyt, now)
    yield from examined_messages(sbyt, now)
    newest = Reading.objects.order_by("-id").values_list("loaded_at", flat=True).first()
    if newest and newest > now + dt.timedelta(hours=1):
        said = f"последнее показание записано в {newest:%d.%m.%Y %H:%M} UTC, это впереди наших часов: проверьте часы"
        yield Finding("часы", State.NOTICE, said)
    gaps = find_gaps(Period.of(now.astimezone(sbyt.zone).date()))
    if not gaps.meters:
        yield Finding("данные", State.NOTICE, "счётчиков ещё нет; загрузите файлы: sbyt import ПАПКА")
        return
    for look in _GAPS:
        yield look(gaps)


def _prices(gaps: Gaps) -> Finding:
    if not gaps.prices:
        return Finding("цены", State.WELL, "есть для всех счётчиков")
    missing = "; ".join(f"{resource}, {category}, зон {zones}" for resource, category, zones in gaps.prices)
    return Finding("цены", State.NOTICE, f"нет на этот месяц: {missing}; загрузите tariffs.csv")


def _norms(gaps: Gaps) -> Finding:
    if not gaps.norms:
        return Finding("нормативы", State.WELL, "есть для всех счётчиков")
    missing = "; ".join(f"{resource}, {category}" for resource, category in gaps.norms)
    return Finding("нормативы", State.NOTICE, f"нет на этот месяц: {missing}; загрузите norms.csv")


def _start_indexes(gaps: Gaps) -> Finding:
    count = gaps.meters_without_start_count
    if not count:
        return Finding("счётчики", State.WELL, f"{gaps.meters}, у всех есть начальные показания")
    named = ", ".join(gaps.meters_without_start) + (" и другие" if count > len(gaps.meters_without_start) else "")
    return Finding("счётчики", State.NOTICE, f"без начальных показаний {count} из {gaps.meters}: {named}")


_GAPS: tuple[Callable[[Gaps], Finding], ...] = (_prices, _norms, _start_indexes)
