"""Many people in rows: an account, a meter and links each, and a message in WhatsApp a month ago."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence

import pyarrow as pa

PHONE = "+7900{:07}"
CHAT = "t{}"
#: Of so many people one is nobody whom we know; one uses Telegram too, but for one in so many.
STRANGER, _NOCHAT = 50, 8


def tables(people: int, now: dt.datetime) -> Iterator[tuple[str, pa.Table]]:
    """The rows of so many people, table by table."""
    since = now - dt.timedelta(days=30)
    number = range(people)
    one = [1] * people
    empty = [""] * people
    phones = [PHONE.format(person) for person in number]
    yield (
        "accounts_customer",
        pa.table({"name": [f"Житель {person}" for person in number], "phone": phones, "email": empty}),
    )
    address = [f"г. Ухта, д. {person}" for person in number]
    yield (
        "accounts_premises",
        pa.table({"address": address, "district": empty, "street": empty, "house": empty, "flat": empty}),
    )
    ids = [person + 1 for person in number]
    numbers = [str(1_000_000_000 + person) for person in number]
    yield (
        "accounts_account",
        pa.table(
            {"number": numbers, "key": numbers, "customer_id": ids, "premises_id": ids, "opening_balance": [0] * people}
        ),
    )
    yield (
        "accounts_meter",
        pa.table(
            {
                "account_id": ids,
                "serial": numbers,
                "resource": ["electricity"] * people,
                "zones": one,
                "digits": [5] * people,
                "decimals": [0] * people,
                "installed_on": pa.array([dt.date(2026, 1, 1)] * people, pa.date32()),
                "verified_until": pa.array([None] * people, pa.date32()),
            }
        ),
    )
    yield "accounts_register", pa.table({"meter_id": ids, "zone": ["T1"] * people})
    known = [person for person in number if person % STRANGER]
    yield "accounts_link", _links("phone", now, [(phones[person], person + 1) for person in known])
    chats = [(f"telegram:{CHAT.format(person)}", person + 1) for person in known if person % _NOCHAT]
    yield "accounts_link", _links("chat", now, chats)
    at = pa.array([since] * people, pa.timestamp("us", "UTC"))
    yield (
        "messaging_inboundmessage",
        pa.table(
            {
                "channel": ["whatsapp"] * people,
                "provider_id": numbers,
                "sender": [phones[person] if person % STRANGER else f"name-{person}" for person in number],
                "text": empty,
                "raw": empty,
                "received_at": at,
                "stored_at": at,
                "attempts": [0] * people,
                "handled_at": at,
            }
        ),
    )


def _links(kind: str, at: dt.datetime, rows: Sequence[tuple[str, int]]) -> pa.Table:
    return pa.table(
        {
            "kind": pa.array([kind] * len(rows), pa.string()),
            "address": pa.array([address for address, _ in rows], pa.string()),
            "account_id": pa.array([account for _, account in rows], pa.int64()),
            "how": pa.array(["on_file" if kind == "phone" else "one_time_code"] * len(rows), pa.string()),
            "made_at": pa.array([at] * len(rows), pa.timestamp("us", "UTC")),
        }
    )
