"""How long the office's pages take with a million accounts, beside the search that Django's admin would do.

A made-up region: a million accounts with a meter each, twelve months of readings, a million messages with their
answers, ten thousand tasks that wait. Accounts and meters come in by ``sbyt import``, whose time is told too; the rest
is put in by SQL. Each page is asked for through the whole of our code but the network, for other customers each time:
medians and the slowest of the rounds. Django's search is what ``search_fields`` over the same columns makes of the
same words: every word somewhere in number, name, address, phone or serial.

    python benchmarks/office.py [ACCOUNTS [ROUNDS]]
"""

from __future__ import annotations

import datetime as dt
import os
import random
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1]))

from tests.support.components import postgresql_programs
from tests.support.postgresql import running_server

ACCOUNTS, ROUNDS = 1_000_000, 15
MONTHS = 12
SBYT = Path(sys.executable).parent / "sbyt"
STREETS = ("ул. Ленина", "ул. А. Сенюкова", "пр. Карла Маркса", "ул. 40 лет Победы", "ул. Мира", "ул. Лесная")
TOWNS = ("г. Сыктывкар", "г. Ухта", "г. Воркута", "г. Печора", "г. Инта")
NAMES = ("Попов", "Торлопов", "Рочев", "Безносиков", "Терентьев", "Мишарин", "Осипов", "Чупров", "Габов", "Канев")
FIRST = ("Иван", "Пётр", "Степан", "Михаил", "Василий", "Алексей", "Николай", "Фёдор")


def person(number: int) -> tuple[str, str, str]:
    """Name, address and phone of an account."""
    chance = random.Random(number)
    name = f"{chance.choice(NAMES)} {chance.choice(FIRST)} {chance.choice(FIRST)}ович"
    house, flat = chance.randint(1, 180), chance.randint(1, 120)
    address = f"{chance.choice(TOWNS)}, {chance.choice(STREETS)}, д. {house}, кв. {flat}"
    return name, address, f"+7912{number:07d}"


def write(folder: Path, accounts: int) -> None:
    with (folder / "accounts.csv").open("w") as file:
        file.write("account,holder,address,category,residents,phone\n")
        for number in range(accounts):
            name, address, phone = person(number)
            file.write(f'{number + 1100000000},{name},"{address}",urban,2,{phone}\n')
    with (folder / "meters.csv").open("w") as file:
        file.write("account,serial,resource,zones,digits,decimals,installed_on\n")
        for number in range(accounts):
            file.write(f"{number + 1100000000},{number + 40000000},electricity,1,6,0,2025-11-10\n")


def sbyt(url: str, *arguments: str | Path) -> float:
    environ = {**os.environ, "DATABASE_URL": url, "SBYT_CONFIG": os.devnull}
    begun = time.perf_counter()
    subprocess.run([SBYT, *arguments], env=environ, check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - begun


def fill(month: int) -> Iterator[str]:
    """Readings, messages, answers, tasks: by the database itself."""
    for back in range(MONTHS, 0, -1):
        period, kind = month - back, "installed" if back == MONTHS else "customer"
        year, of_year = divmod(period, 12)
        day = f"{year}-{of_year + 1:02d}-20"
        yield (
            "INSERT INTO readings_reading (register_id, period, kind, value, rollover, taken_on, received_at, channel, "
            f"verdict, loaded_at) SELECT id, {period}, '{kind}', 1000 + {MONTHS - back} * (100 + id % 90), false, "
            f"'{day}', '{day} 09:00:00', 'sms', 'ok', '{day} 09:00:00' FROM accounts_register"
        )
    now = f"{dt.datetime.now(dt.UTC):%Y-%m-%d %H:%M:%S}"
    result = '{"outcome": "refused", "reason": "lower", "readings": []}'
    yield (
        "INSERT INTO messaging_inboundmessage (channel, provider_id, sender, text, raw, received_at, stored_at, "
        f"attempts, handled_at, result) SELECT 'sms', 'm' || id, address, '4425', '', '{now}', '{now}', 0, '{now}', "
        f"'{result}' FROM accounts_link ORDER BY id"
    )
    yield (
        "INSERT INTO messaging_outboundmessage (channel, recipient, text, buttons, kind, purpose, in_reply_to_id, "
        "created_at, state, send_at, attempts, delivered_at, provider_id) SELECT channel, sender, 'Не приняли', '[]', "
        f"1, 'answer', id, '{now}', 'delivered', '{now}', 1, '{now}', '' FROM messaging_inboundmessage"
    )
    yield (
        "INSERT INTO readings_stafftask (message_id, account_id, reason, offered, closed_by, created_at) "
        "SELECT m.id, m.id, CASE m.id % 3 WHEN 0 THEN 'lower' WHEN 1 THEN 'impossible' ELSE 'operator' END, "
        f"'[]', '', '{now}' FROM messaging_inboundmessage m WHERE m.id % 100 = 0"
    )


def timed(pages: Callable[[int], object], rounds: int) -> tuple[float, float]:
    """Median and slowest of calls, each with another number; milliseconds."""
    pages(0)
    took = []
    for number in range(1, rounds + 1):
        begun = time.perf_counter()
        pages(number)
        took.append((time.perf_counter() - begun) * 1000)
    return statistics.median(took), max(took)


def street_and_house(number: int) -> str:
    _, street, house, _ = person(number)[1].split(", ")
    return f"{street.split()[-1]} {house.split()[-1]}"


def name_of(number: int, words: int) -> str:
    return " ".join(person(number)[0].split()[:words])


#: What is typed to find an account.
SEARCHES: dict[str, Callable[[int], str]] = {
    "account number": lambda number: str(number + 1100000000),
    "phone": lambda number: f"8{person(number)[2][2:]}",
    "meter": lambda number: str(number + 40000000),
    "surname": lambda number: name_of(number, 1),
    "surname and name": lambda number: name_of(number, 2),
    "street and house": street_and_house,
    "surname, street, house": lambda number: f"{name_of(number, 1)} {street_and_house(number)}",
    "nobody": lambda number: f"нетакого{number}",
}


def measure(rounds: int, accounts: int) -> None:
    """Ask for the pages in this process, which Django's settings connect to the database."""
    client, numbers = logged_in(), [random.Random(seed).randrange(accounts) for seed in range(rounds + 1)]
    print(f"| {'page':34} | median, ms | slowest, ms | Django's search, median, ms |")
    for name, typed in SEARCHES.items():
        ours = timed(lambda at, typed=typed: client.get("/office/find/", {"q": typed(numbers[at])}), rounds)
        theirs = timed(lambda at, typed=typed: django_search(typed(numbers[at])), min(rounds, 3))
        tell(f"search: {name}", ours, theirs)
    pages: dict[str, Callable[[int], str]] = {
        "first page": lambda _: "/office/",
        "a customer": lambda at: f"/office/accounts/{numbers[at] + 1100000000}/",
        "queue, all reasons": lambda _: "/office/queue/",
        "queue, one reason": lambda _: "/office/queue/?reason=lower",
        "a task": lambda at: f"/office/queue/{at + 1}/",
    }
    for name, path in pages.items():
        tell(name, timed(lambda at, path=path: client.get(path(at)), rounds))


def tell(name: str, ours: tuple[float, float], theirs: tuple[float, float] | None = None) -> None:
    beside = f"{theirs[0]:.0f}" if theirs else ""
    print(f"| {name:34} | {ours[0]:10.0f} | {ours[1]:11.0f} | {beside:>27} |", flush=True)


def logged_in() -> Any:
    """The browser of an administrator."""
    from django.test import Client

    from sbyt.staff.models import User
    from sbyt.usecases.staff import add_member

    add_member("anna", ["administrator"], "correct horse battery", dt.datetime.now(dt.UTC))
    client = Client()
    client.force_login(User.objects.get(), "allauth.account.auth_backends.AuthenticationBackend")
    return client


def django_search(typed: str) -> list[Any]:
    """What the admin's search over the same columns finds."""
    from django.contrib.admin import ModelAdmin, site
    from django.test import RequestFactory

    from sbyt.accounts.models import Account

    plain: ModelAdmin[Account] = ModelAdmin(Account, site)
    plain.search_fields = ("number", "customer__name", "customer__phone", "premises__address", "meters__serial")
    rows, doubles = plain.get_search_results(RequestFactory().get("/"), Account.objects.all(), typed)
    return list((rows.distinct() if doubles else rows)[:51])


def on(url: str, folder: Path, accounts: int, rounds: int) -> None:
    sbyt(url, "migrate")
    came = sbyt(url, "import", folder / "accounts.csv"), sbyt(url, "import", folder / "meters.csv")
    print(f"import: accounts {came[0]:.0f} s, meters {came[1]:.0f} s", flush=True)
    environ = {**os.environ, "DATABASE_URL": url, "SBYT_CONFIG": os.devnull, "SBYT_SECRET_KEY": "k" * 40}
    environ["DJANGO_SETTINGS_MODULE"] = "sbyt.config.settings"
    here = [sys.executable, __file__, "--measure", str(rounds), str(accounts)]
    subprocess.run(here, env=environ, check=True)


def fill_and_measure(rounds: int, accounts: int) -> None:
    import django

    django.setup()
    from django.db import connection, transaction

    today = dt.datetime.now(dt.UTC)
    with transaction.atomic(), connection.cursor() as cursor:
        for statement in fill(today.year * 12 + today.month - 1):
            cursor.execute(statement)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    measure(rounds, accounts)


def main() -> None:
    if sys.argv[1:2] == ["--measure"]:
        fill_and_measure(int(sys.argv[2]), int(sys.argv[3]))
        return
    accounts = int(sys.argv[1]) if len(sys.argv) > 1 else ACCOUNTS
    rounds = int(sys.argv[2]) if len(sys.argv) > 2 else ROUNDS
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write(folder, accounts)
        print(f"SQLite, {accounts:,} accounts")
        on(f"sqlite:///{folder / 'office.sqlite3'}", folder, accounts, rounds)
        if (programs := postgresql_programs()) is None:
            print("PostgreSQL is not installed; make test-deps brings it")
            return
        with running_server(programs) as server:
            server.create("office")
            print(f"PostgreSQL, {accounts:,} accounts")
            on(server.url("office"), folder, accounts, rounds)


if __name__ == "__main__":
    main()
