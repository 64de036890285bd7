"""``sbyt demo --console``: a month of a made-up town of seven, by the commands that a retailer would use."""

from __future__ import annotations

import csv
import io
import json
import os
import shutil
import sys
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from sbyt.core.money import kopecks

WORLD = Path(__file__).with_name("demo_world")
FOLDER = Path("var") / "demo"
PERIOD = "2026-11"
#: Whose bills are shown: counted at once, several meters, and one whose reading is still asked for.
SHOWN = ("2000000001", "200004", "200005")


@dataclass(frozen=True)
class Words:
    """What the demonstration says, in one language."""

    title: str
    files: str
    messages: str
    sent: str
    answered: str
    billing: str
    bill: str
    line: str
    volume: str
    basis: str
    amount: str
    opening: str
    charged: str
    recalculated: str
    paid: str
    closing: str
    further: str
    outcomes: dict[str, str]
    bases: dict[str, str]
    resources: dict[str, str]
    units: dict[str, str]
    point: str  # between whole and fraction


RUSSIAN = Words(
    title="Посёлок из семи лицевых счетов. Ничего никуда не отправляется, данные лежат в {folder}.",
    files="Загружаем то, что у сбыта уже есть",
    messages="Люди присылают показания, каждый как привык",
    sent="что прислали",
    answered="что ответили",
    billing="Закрываем месяц и выставляем счета",
    bill="Счёт {account} за ноябрь 2026",
    line="услуга",
    volume="объём",
    basis="как посчитано",
    amount="сумма, ₽",
    opening="было",
    charged="начислено",
    recalculated="перерасчёт",
    paid="оплачено",
    closing="к оплате",
    further="Дальше можно поговорить самим:",
    outcomes={
        "accepted": "принято",
        "confirm": "просим подтвердить",
        "ask": "переспросили",
        "refused": "не приняли",
        "duplicate": "уже было",
        "info": "ответили на вопрос",
        "closed": "приём закрыт",
        "unknown": "не поняли",
    },
    bases={"actual": "по показаниям", "average": "по среднему", "norm": "по нормативу"},
    resources={
        "electricity": "электроэнергия",
        "hot_water": "горячая вода",
        "cold_water": "холодная вода",
        "gas": "газ",
        "heat": "тепло",
    },
    units={"electricity": "кВт·ч", "hot_water": "м³", "cold_water": "м³", "gas": "м³", "heat": "Гкал"},
    point=",",
)

ENGLISH = Words(
    title="A town of seven accounts. Nothing is sent anywhere; the data are in {folder}.",
    files="What the retailer has already is imported",
    messages="People send readings, each in a way of their own",
    sent="sent",
    answered="answered",
    billing="The month is closed and billed",
    bill="Bill of account {account} for November 2026",
    line="service",
    volume="volume",
    basis="how it was found",
    amount="roubles",
    opening="before",
    charged="charged",
    recalculated="recalculated",
    paid="paid",
    closing="to pay",
    further="Now talk to it yourself:",
    outcomes={
        "accepted": "accepted",
        "confirm": "to be confirmed",
        "ask": "asked back",
        "refused": "refused",
        "duplicate": "known already",
        "info": "answered",
        "closed": "closed",
        "unknown": "not understood",
    },
    bases={"actual": "by readings", "average": "by the average", "norm": "by the norm"},
    resources={
        "electricity": "electricity",
        "hot_water": "hot water",
        "cold_water": "cold water",
        "gas": "gas",
        "heat": "heat",
    },
    units={"electricity": "kWh", "hot_water": "m³", "cold_water": "m³", "gas": "m³", "heat": "Gcal"},
    point=".",
)

#: Each outcome's sign: told by the word beside it, not by colour alone.
_SIGNS = {
    "accepted": ("✓", "green"),
    "confirm": ("?", "yellow"),
    "ask": ("?", "yellow"),
    "refused": ("✗", "red"),
    "closed": ("✗", "red"),
}


def play(words: Words) -> None:
    """Run the demonstration from the beginning, in ``var/demo`` below the working folder."""
    console = Console(highlight=False, file=sys.stdout)  # the real one, whatever a command's output goes to
    console.print(Text(words.title.format(folder=FOLDER), style="bold"))
    installation = Installation.fresh(FOLDER, language="en" if words is ENGLISH else "ru")

    _heading(console, words.files)
    _show(console, installation, "migrate")
    _show(console, installation, "import", str(installation.files))

    _heading(console, words.messages)
    console.print(Text(f"$ sbyt say --jsonl < {installation.messages}", style="dim"))
    messages = installation.messages.read_text(encoding="utf-8")
    answers = installation.run("say", "--jsonl", given=messages)
    _conversation(console, words, _objects(messages), _objects(answers))

    _heading(console, words.billing)
    _show(console, installation, "bill", PERIOD)
    charges = _rows(installation.run("export", "charges", "--period", PERIOD))
    bills = _rows(installation.run("export", "bills", "--period", PERIOD))
    for bill in bills:
        if bill["account"] in SHOWN:
            _bill(console, words, bill, [line for line in charges if line["account"] == bill["account"]])

    _heading(console, words.further)
    console.print(Text(f"export DATABASE_URL={installation.database_url}"))
    console.print(Text(f"export SBYT_CONFIG={installation.settings}"))
    console.print(Text('.venv/bin/sbyt say --channel sms --from +79120000101 "4440"'))


@dataclass(frozen=True)
class Installation:
    """The demonstration's own files, settings and database; whatever else this machine has is left alone."""

    folder: Path

    @classmethod
    def fresh(cls, folder: Path, language: str) -> Installation:
        """Begin anew in this folder: what an earlier demonstration left there is replaced."""
        made = cls(folder)
        made.files.mkdir(parents=True, exist_ok=True)
        for left in folder.glob("sbyt.sqlite3*"):
            left.unlink()
        for table in WORLD.glob("*.csv"):
            shutil.copyfile(table, made.files / table.name)
        shutil.copyfile(WORLD / "messages.jsonl", made.messages)
        settings = (WORLD / "sbyt.toml").read_text(encoding="utf-8")
        made.settings.write_text(f'language = "{language}"\n{settings}', encoding="utf-8")
        return made

    @property
    def files(self) -> Path:
        return self.folder / "files"

    @property
    def messages(self) -> Path:
        return self.folder / "messages.jsonl"

    @property
    def settings(self) -> Path:
        return self.folder / "sbyt.toml"

    @property
    def database_url(self) -> str:
        return f"sqlite:///{(self.folder / 'sbyt.sqlite3').as_posix()}"

    def run(self, *words: str, given: str = "") -> str:
        """Run one command as a retailer would, and give what it prints; all in this process, which begins faster.

        If it fails, the demonstration ends; what went wrong the command has said on standard error.
        """
        from sbyt.cli.main import app

        os.environ |= {"DATABASE_URL": self.database_url, "SBYT_CONFIG": str(self.settings)}
        kept = sys.stdin, sys.stdout
        sys.stdin = io.TextIOWrapper(io.BytesIO(given.encode()), encoding="utf-8")
        sys.stdout = printed = io.TextIOWrapper(io.BytesIO(), encoding="utf-8")
        try:
            status = app(list(words), standalone_mode=False)
        finally:
            sys.stdin, sys.stdout = kept
        if status:
            raise typer.Exit(1)
        printed.seek(0)
        return printed.read()


def _heading(console: Console, text: str) -> None:
    console.print()
    console.print(Text(text, style="bold"))


def _show(console: Console, installation: Installation, *words: str) -> None:
    console.print(Text(f"$ sbyt {' '.join(words)}", style="dim"))
    console.print(Text(installation.run(*words).rstrip()))


def _conversation(
    console: Console, words: Words, messages: list[dict[str, Any]], answers: list[dict[str, Any]]
) -> None:
    table = Table(words.sent, "", words.answered, box=None, pad_edge=False, header_style="dim", padding=(0, 2, 1, 0))
    for message, answer in zip(messages, answers, strict=True):
        sign, colour = _SIGNS.get(answer["outcome"], ("·", "blue"))
        when = f"{message['at'][8:10]}.{message['at'][5:7]} {message['at'][11:16]}"
        sent = Text.assemble(message["text"], "\n", (f"{when}, {message['channel']}, {message['from']}", "dim"))
        table.add_row(sent, Text(f"{sign} {words.outcomes[answer['outcome']]}", style=colour), Text(answer["reply"]))
    console.print(table)
    counted = Counter(answer["outcome"] for answer in answers)
    console.print(Text(", ".join(f"{words.outcomes[outcome]}: {count}" for outcome, count in counted.most_common())))


def _bill(console: Console, words: Words, bill: dict[str, str], lines: list[dict[str, str]]) -> None:
    console.print()
    table = Table(words.line, words.volume, words.basis, words.amount, box=None, pad_edge=False, header_style="dim")
    table.title = Text(words.bill.format(account=bill["account"]), style="bold")
    table.title_justify = "left"
    for column in (1, 3):
        table.columns[column].justify = "right"
    for line in lines:
        resource = line["resource"]
        service = f"{words.resources[resource]}, {line['serial']} {line['zone']}"
        if line["for_period"] != bill["period"]:
            service += f", {line['for_period']}"
        volume = f"{line['volume'].replace('.', words.point)} {words.units[resource]}"
        table.add_row(service, volume, words.bases[line["basis"]], _roubles(line["amount"], words.point))
    console.print(table)
    sums = [
        f"{words.opening} {_roubles(bill['opening'], words.point)}",
        f"{words.charged} {_roubles(bill['charged'], words.point)}",
        f"{words.recalculated} {_roubles(bill['recalculated'], words.point)}" if kopecks(bill["recalculated"]) else "",
        f"{words.paid} {_roubles(bill['paid'], words.point)}",
    ]
    console.print(
        Text.assemble(
            ", ".join(filter(None, sums)), ", ", (f"{words.closing} {_roubles(bill['closing'], words.point)}", "bold")
        )
    )


def _roubles(amount: str, point: str) -> str:
    """``-1234.56`` as it stands on a bill: ``−1 234,56``."""
    sign = "−" if amount.startswith("-") else ""
    whole, _, rest = amount.removeprefix("-").partition(".")
    return f"{sign}{int(whole):,}".replace(",", "\N{NO-BREAK SPACE}") + point + rest


def _objects(lines: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in lines.splitlines()]


def _rows(table: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(table)))
