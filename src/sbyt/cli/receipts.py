"""``sbyt receipts``: issues the bills of a month, puts them into files, hands them over to be sent."""

from __future__ import annotations

import datetime as dt
import os
import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib import resources
from pathlib import Path

from rich.console import Console
from rich.status import Status

from sbyt.accounts.tokens import UnableToMakeToken
from sbyt.cli.progress import Told
from sbyt.core.periods import Period, UnableToParsePeriod
from sbyt.core.settings import Settings
from sbyt.messaging.channel import Channel
from sbyt.notices.new_bill import UnableToTell, channel_of_bills, write_new_bills
from sbyt.receipts.edition import folder_of
from sbyt.receipts.requirements import UnableToMakeReceipts
from sbyt.receipts.typesetting import UnableToSet
from sbyt.receipts.words import PACKAGED, UnableToReadWords
from sbyt.usecases.customer_card import account_of
from sbyt.usecases.issue_receipts import Issued, UnableToIssue, billed_accounts, issue_receipts
from sbyt.usecases.print_receipts import MANIFEST, UnableToWriteFiles, write_print_files, write_single

_REFUSALS = (
    UnableToIssue,
    UnableToMakeReceipts,
    UnableToMakeToken,
    UnableToReadWords,
    UnableToSet,
    UnableToTell,
    UnableToWriteFiles,
)
#: A file for the print shop takes most of a gigabyte and a half while it is set.
_MOST_PROCESSES = 4
#: Of accounts whose bill could not be explained, so many are named.
_MOST_NAMED = 10


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is to be done with the bills of a month. ``accounts``: their numbers, instead of all.

    ``channels``: those that are connected, made when they are needed.
    """

    accounts: Sequence[str] = ()
    for_print: bool = False
    send: bool = False
    folder: Path = Path("var/receipts")
    channels: Callable[[], Mapping[str, Channel]] = dict

    def contradiction(self) -> str | None:
        """Why these can't be had together."""
        if self.for_print and self.accounts:
            return "--print собирает файлы для типографии сразу по всем счетам: --account с ним не бывает."
        if self.for_print and self.send:
            return "--print и --send — два разных дела: сначала одно, потом другое."
        return None


class _NoSuchAccount(ValueError):
    """A number that is none of ours."""


def make_receipts(text: str, settings: Settings, keys: Mapping[int, bytes], wanted: Wanted) -> int:
    """Issue what was not issued yet, and do with it what is wanted; say what came of it.

    :returns: the exit status: 1 where it can't be done, or not for all; 2 where what is asked for is none.
    """
    progress = Console(stderr=True, emoji=False, markup=False, highlight=False, soft_wrap=True)
    if contradiction := wanted.contradiction():
        progress.print(contradiction)
        return 2
    try:
        period = Period.parse(text)
        only = [_account(number) for number in wanted.accounts] or None
    except UnableToParsePeriod:
        progress.print(f"{text!r} — не период. Напишите год и месяц, например 2026-11.")
        return 2
    except _NoSuchAccount as error:
        progress.print(str(error))
        return 2
    now = dt.datetime.now(dt.UTC)
    try:
        with progress.status("") as status:
            told = Told(status, "Готовлю счета…")
            issued = issue_receipts(period, settings, keys, now, only=only, progress=told)
            lines = list(_done(period, settings, wanted, only, issued, now, status))
    except _REFUSALS as error:
        progress.print(str(error))
        return 1
    output = Console(emoji=False, markup=False, highlight=False, soft_wrap=True)
    for line in lines:
        output.print(line)
    return 1 if issued.unexplained else 0


def _account(number: str) -> int:
    found = account_of(number)
    if found is None:
        raise _NoSuchAccount(f"Счёта {number} нет, или так могут называться несколько: напишите номер точно.")
    return int(found.pk)


def _done(
    period: Period,
    settings: Settings,
    wanted: Wanted,
    only: Sequence[int] | None,
    issued: Issued,
    now: dt.datetime,
    status: Status,
) -> Iterator[str]:
    yield from _issued(period, issued)
    own, folder = folder_of(settings), wanted.folder / str(period)
    processes = min(os.cpu_count() or 1, _MOST_PROCESSES)
    if wanted.send:
        channel = channel_of_bills(settings, wanted.channels(), now)
        sent = sum(write_new_bills(period, accounts, channel, now) for accounts in billed_accounts(period, only))
        yield f"Отдано на отправку по e-mail: {sent}. Уйдёт, пока работает sbyt work; что не дошло: sbyt outbox."
    elif wanted.for_print:
        told = Told(status, "Печатаю…", "файлов")
        files = write_print_files(period, folder / "print", own, processes=processes, progress=told)
        sheets = sum(one.sheets for one in files)
        yield f"Файлы для типографии: {folder / 'print'}, файлов {len(files)}, листов {sheets}. Опись: {MANIFEST}."
    else:
        told = Told(status, "Печатаю…")
        processes = 1 if only else processes
        written, there = write_single(period, folder, own, only=only, processes=processes, progress=told)
        before = f", уже было {there}" if there else ""
        yield f"Папка {folder}: записано {written}{before}."


def _issued(period: Period, issued: Issued) -> Iterator[str]:
    before = f", выданы раньше и не изменились: {issued.before}" if issued.before else ""
    yield f"Счета за {period}: выдано {issued.new}{before}."
    if issued.held:
        yield f"Ждут проверки и не выданы: {issued.held}. Какие и почему: sbyt holds {period}"
    if issued.unexplained:
        named = ", ".join(issued.unexplained[:_MOST_NAMED])
        more = "…" if len(issued.unexplained) > _MOST_NAMED else ""
        yield f"Не выданы, строки не сходятся со своим объяснением: {named}{more}. Сообщите разработчикам."


def copy_template(folder: Path) -> int:
    """Put the packaged template and words into a folder, to be changed there. What is there already stays."""
    output = Console(emoji=False, markup=False, highlight=False, soft_wrap=True)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with resources.as_file(PACKAGED) as packaged:
            for file in sorted(packaged.iterdir()):
                target = folder / file.name
                if target.exists():
                    output.print(f"{target}: уже есть, не тронут.")
                else:
                    shutil.copyfile(file, target)
                    output.print(f"{target}: записан.")
    except OSError as error:
        output.print(f"Папка {folder} не записана: {error.strerror}.")
        return 1
    output.print(f'Назовите её в sbyt.toml: [receipts] folder = "{folder}". Из слов оставьте только то, что меняете.')
    return 0
