"""How many messages a second are handled: by workers on PostgreSQL, and by ``sbyt say --jsonl`` on both databases.

The messages are those of ``benchmarks/understanding.py``: 16 published formats, each with an account of its own, three
of four from the phone on file; each account has nine months of readings. They wait in the inbox; measured is the time
from the first to the last of them handled and answered.

Beside it, in the same run: the straightforward way, one transaction a message through Django's ORM, with the same
understanding; and the rows alone, with nothing read or understood, one transaction a message by plain psycopg.
A private PostgreSQL is started and stopped here, with its own settings: each commit reaches the disk.

    python benchmarks/handling.py [ROUNDS [MESSAGES]]
"""

from __future__ import annotations

import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1]))

from benchmarks import understanding
from tests.support.components import postgresql_programs
from tests.support.postgresql import Server, running_server

SBYT = Path(sys.executable).parent / "sbyt"
GOALS = {"sbyt, 1 worker": 300, "say, postgresql": 1000, "say, sqlite": 1000}


def sender(number: int) -> str:
    """Three of four write from the phone on file, the others from another."""
    return f"+7912{number:07d}" if number % 4 else f"+7999{number:07d}"


# in the process that does it, on the database of DATABASE_URL --------------------------------------------------------


def fill(count: int) -> None:
    """Put the accounts and their history into the tables."""
    from sbyt.accounts.models import Account, Customer, Link, Meter, Premises, Register
    from sbyt.core.identifiers import account_key
    from sbyt.core.periods import Period
    from sbyt.core.resources import ZONES
    from sbyt.readings.models import Reading

    at = understanding.NOW
    made = understanding.world(seed=7)[:count]
    for number, (_, facts) in enumerate(made):
        (one,) = facts.accounts
        customer = Customer.objects.create(name=one.number, phone=f"+7912{number:07d}")
        premises = Premises.objects.create(address=one.number)
        account = Account.objects.create(
            number=one.number, key=account_key(one.number), customer=customer, premises=premises
        )
        Link.objects.create(kind="phone", address=f"+7912{number:07d}", account=account, how="on_file", made_at=at)
        rows = []
        for known in one.meters:
            meter = Meter.objects.create(
                account=account,
                serial=known.serial,
                resource=known.dial.resource.value,
                zones=known.zones,
                digits=known.dial.digits,
                decimals=known.dial.decimals,
                installed_on=Period(known.counted[0].period).first_day,
            )
            registers = [Register.objects.create(meter=meter, zone=zone) for zone in ZONES[: known.zones]]
            for place, counted in enumerate(known.counted):
                # A start index stands at the end of the period before its own.
                kind, period = ("customer", counted.period) if place else ("installed", counted.period + 1)
                rows += [
                    Reading(
                        register=register,
                        period=period,
                        kind=kind,
                        value=value,
                        taken_on=counted.taken_on,
                        received_at=at.replace(year=counted.taken_on.year, month=counted.taken_on.month),
                        loaded_at=at,
                    )
                    for register, value in zip(registers, counted.values, strict=True)
                ]
        Reading.objects.bulk_create(rows)


def lines(count: int) -> list[dict[str, str]]:
    """The messages, as ``sbyt say --jsonl`` takes them."""
    made = understanding.world(seed=7)[:count]
    at = understanding.NOW.isoformat()
    return [
        {"channel": "sms", "from": sender(number), "text": text, "id": str(number), "at": at}
        for number, (text, _) in enumerate(made)
    ]


def put(count: int) -> None:
    """Let the messages wait in the inbox."""
    from sbyt.messaging.inbox import Incoming, store_many

    incoming = [
        Incoming(one["channel"], one["from"], one["text"], one["id"], understanding.NOW) for one in lines(count)
    ]
    store_many(incoming, understanding.NOW)


def work(_: int) -> int:
    """What a worker does."""
    from django.conf import settings

    from sbyt.cli.collector import spare_the_collector
    from sbyt.usecases.receive_message import handle_waiting

    spare_the_collector()
    handled = 0
    while found := handle_waiting(settings.SBYT, understanding.NOW):
        handled += found
    return handled


def straightforward(count: int) -> int:
    """One message after the other through the ORM: the yardstick."""
    from django.conf import settings
    from django.db import transaction

    from sbyt.accounts.models import Account, Link
    from sbyt.accounts.queries import sender_addresses
    from sbyt.conversation.dialogue import reply
    from sbyt.conversation.facts import AccountFacts, ChannelFacts, Facts, MeterFacts
    from sbyt.conversation.mentions import mentions
    from sbyt.conversation.render import render
    from sbyt.conversation.state import Event, State, Store
    from sbyt.core.resources import Resource
    from sbyt.messaging.models import Conversation, InboundMessage, OutboundMessage
    from sbyt.messaging.numbers import short_number
    from sbyt.metering.checks import Dial
    from sbyt.metering.counting import Handed, Kind, counted
    from sbyt.readings.models import Reading

    def meter_facts(meter: Any) -> MeterFacts:
        rows = [
            Handed(
                register.zone,
                one.period,
                Kind(one.kind),
                one.value,
                one.rollover,
                one.taken_on,
                (one.received_at, one.id),
            )
            for register in meter.registers.all()
            for one in register.readings.all()
            if not hasattr(one, "cancellation")
        ]
        taken: dict[int, dict[str, int]] = defaultdict(dict)
        for row in rows:
            taken[row.period][row.zone] = row.value
        dial = Dial(Resource(meter.resource), meter.digits, meter.decimals)
        return MeterFacts(meter.serial, dial, meter.zones, counted(rows, meter.zones), taken)

    sbyt = settings.SBYT
    for waiting in InboundMessage.objects.filter(handled_at=None).order_by("id")[:count]:
        with transaction.atomic():
            message = InboundMessage.objects.select_for_update().get(pk=waiting.pk)
            talk, _ = Conversation.objects.get_or_create(
                channel=message.channel, sender=message.sender, defaults={"updated_at": understanding.NOW}
            )
            state, at = State.from_json(talk.state, sbyt.language), message.received_at.astimezone(sbyt.zone)
            addresses = [address for _, address in sender_addresses(message.channel, message.sender, by_phone=True)]
            linked = set(
                Link.objects.filter(address__in=addresses, ended_at=None).values_list("account__number", flat=True)
            )
            keys = mentions(message.text, state).account_keys
            accounts = Account.objects.filter(key__in=keys).prefetch_related(
                "meters__registers__readings__cancellation"
            )
            facts = Facts(
                tuple(
                    AccountFacts(one.number, tuple(meter_facts(meter) for meter in one.meters.all()))
                    for one in accounts
                ),
                tuple(linked),
                frozenset({10}),
                8,
                ChannelFacts("SMS", "short"),
            )
            turn = reply(state, Event(message.text), facts, at)
            for command in turn.commands:
                if not isinstance(command, Store):
                    continue
                (meter,) = (
                    meter for one in accounts for meter in one.meters.all() if (one.number, meter.serial) == command[:2]
                )
                for register, value in zip(meter.registers.all(), command.values, strict=True):
                    Reading.objects.create(
                        register=register,
                        period=command.period,
                        kind="customer",
                        value=value,
                        taken_on=at.date(),
                        received_at=at,
                        channel=message.channel,
                        message=message,
                        loaded_at=understanding.NOW,
                    )
            said = render(turn.acts, turn.state.language, "short", short_number(message.id))
            talk.state, talk.updated_at = turn.state.to_json(), understanding.NOW
            talk.save()
            message.handled_at, message.result = understanding.NOW, {"outcome": turn.outcome, "reply": said.text}
            message.save()
            OutboundMessage.objects.create(
                channel=message.channel,
                recipient=message.sender,
                text=said.text,
                in_reply_to=message,
                created_at=understanding.NOW,
                send_at=understanding.NOW,
            )
    return count


def rows_alone(count: int) -> int:
    """The rows of a message, nothing read or understood, one transaction each: the floor of that way."""
    from django.db import connection

    connection.ensure_connection()
    import psycopg

    now, reply = understanding.NOW, "Приняли 4425, счётчик …0001. Войдёт в счёт за ноябрь. № 2223"
    with psycopg.connect(connection.connection.info.dsn, autocommit=True) as own:
        for number in range(1, count + 1):
            with own.transaction():
                own.execute(
                    "INSERT INTO messaging_conversation (channel, sender, state, updated_at, asked_text, asked_buttons)"
                    " VALUES ('sms', %s, '{}', %s, '', '[]')",
                    [sender(number), now],
                )
                own.execute(
                    "INSERT INTO readings_reading (register_id, period, kind, value, rollover, taken_on, received_at,"
                    " channel, verdict, message_id, loaded_at)"
                    " VALUES (%s, 24322, 'customer', 4425, false, %s, %s, 'sms', 'ok', %s, %s)",
                    [number, now.date(), now, number, now],
                )
                own.execute(
                    "UPDATE messaging_inboundmessage SET handled_at = %s, result = %s WHERE id = %s",
                    [now, json.dumps({"outcome": "accepted", "reply": reply}), number],
                )
                own.execute(
                    "INSERT INTO messaging_outboundmessage (channel, recipient, text, buttons, kind, purpose,"
                    " in_reply_to_id, created_at, state, send_at, attempts, provider_id)"
                    " VALUES ('sms', %s, %s, '[]', 1, 'answer', %s, %s, 'waiting', %s, 0, '')",
                    [sender(number), reply, number, now, now],
                )
    return count


ROLES: dict[str, Callable[[int], int | None]] = {
    "fill": fill,
    "put": put,
    "work": work,
    "straightforward": straightforward,
    "rows_alone": rows_alone,
}


def act(role: str, count: int) -> None:
    """Begin when told, and tell how long it took."""
    os.environ["DJANGO_SETTINGS_MODULE"] = "sbyt.config.settings"
    import django

    django.setup()
    from django.db import connection

    connection.ensure_connection()
    print("ready", flush=True)
    sys.stdin.readline()
    began, busy = time.perf_counter(), time.process_time()
    if role == "fill":
        from django.db import transaction

        with transaction.atomic():
            done = fill(count)
    else:
        done = ROLES[role](count)
    print(json.dumps([done, time.perf_counter() - began, time.process_time() - busy]), flush=True)


# the whole -----------------------------------------------------------------------------------------------------------


def run(url: str, role: str, count: int, processes: int = 1) -> float:
    """So many processes at once in a role: messages a second, all together."""
    environ = {**os.environ, "DATABASE_URL": url}
    command = [sys.executable, __file__, role, str(count)]
    running = [
        subprocess.Popen(command, env=environ, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        for _ in range(processes)
    ]
    for one in running:
        assert one.stdout
        assert one.stdout.readline() == "ready\n"
    for one in running:
        assert one.stdin
        one.stdin.write("\n")
        one.stdin.flush()
    told = [json.loads(one.communicate()[0]) for one in running]
    if role in {"fill", "put"}:
        return 0.0
    assert sum(done for done, _, _ in told) == count, told
    return count / max(seconds for _, seconds, _ in told)


def say(url: str, folder: Path, count: int) -> float:
    """Messages a second by the command, its start not counted."""
    environ = {**os.environ, "DATABASE_URL": url}
    source, few = folder / "messages.jsonl", folder / "few.jsonl"
    source.write_text("".join(json.dumps(one) + "\n" for one in lines(count)))
    few.write_text("\n")
    took = []
    for file in (few, source):
        began = time.perf_counter()
        with file.open() as given:
            done = subprocess.run([SBYT, "say", "--jsonl"], env=environ, stdin=given, capture_output=True, check=True)
        took.append(time.perf_counter() - began)
    outcomes = [json.loads(one)["outcome"] for one in done.stdout.splitlines()]
    assert outcomes == ["accepted"] * count, set(outcomes)
    return count / (took[1] - took[0])


def measure(server: Server, folder: Path, rounds: int, count: int) -> dict[str, list[float]]:
    """Each way in turn, on a fresh copy each time."""
    server.create("filled")
    sqlite = folder / "filled.sqlite3"
    for url in (server.url("filled"), f"sqlite:///{sqlite}"):
        subprocess.run([SBYT, "migrate"], env={**os.environ, "DATABASE_URL": url}, check=True, capture_output=True)
        run(url, "fill", count)
    server.create("waiting", template="filled")
    run(server.url("waiting"), "put", count)
    rates: dict[str, list[float]] = defaultdict(list)
    for at in range(rounds):
        for name, role, processes in (
            ("sbyt, 1 worker", "work", 1),
            ("sbyt, 2 workers", "work", 2),
            ("one by one through the ORM", "straightforward", 1),
            ("rows alone, one transaction each", "rows_alone", 1),
        ):
            database = f"round_{at}_{role}_{processes}"
            server.create(database, template="waiting")
            rates[name].append(run(server.url(database), role, count, processes))
            server.drop(database)
        server.create("say", template="filled")
        rates["say, postgresql"].append(say(server.url("say"), folder, count))
        server.drop("say")
        copy = folder / f"say-{at}.sqlite3"
        shutil.copyfile(sqlite, copy)
        rates["say, sqlite"].append(say(f"sqlite:///{copy}", folder, count))
    return rates


def main(rounds: int, count: int) -> None:
    programs = postgresql_programs()
    assert programs, "PostgreSQL is not installed: make test-deps"
    with tempfile.TemporaryDirectory() as folder, running_server(programs, durable=True) as server:
        rates = measure(server, Path(folder), rounds, count)
    print(f"{count} messages, {rounds} rounds, {os.cpu_count()} cores\n")
    print("| what | median messages/s | slowest | fastest | goal |")
    print("|---|---|---|---|---|")
    for name, found in rates.items():
        goal = GOALS.get(name, "")
        print(f"| {name} | {statistics.median(found):,.0f} | {min(found):,.0f} | {max(found):,.0f} | {goal} |")
    both = [two / one for one, two in zip(rates["sbyt, 1 worker"], rates["sbyt, 2 workers"], strict=True)]
    print(f"\n2 workers make {statistics.median(both):.2f} times what one makes (each round: {both}); goal 1.6")


if __name__ == "__main__":
    if sys.argv[1:] and sys.argv[1] in ROLES:
        act(sys.argv[1], int(sys.argv[2]))
    else:
        main(*(int(one) for one in (*sys.argv[1:], *("3", "4000")[len(sys.argv) - 1 :])))
