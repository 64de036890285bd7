"""Writes of accounts and meters in bulk."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import Any

import pyarrow as pa

from sbyt.bulk import Bulk
from sbyt.core.finding import Household, serial_word, words_of


def load_accounts(bulk: Bulk, accounts: pa.Table | pa.RecordBatchReader) -> None:
    """Take accounts that are new or have changed, with their customers, premises and links on file.

    :param accounts: one row an account, in the order of import: number, key, name, phone, email, address, district,
        street, house, flat, opening_balance (kopecks), phone_link and email_link (the address to link, or empty) and
        ``at``, the moment from which links begin or end. A link that somebody else made is left alone.
    """
    bulk.scratch("incoming_accounts", accounts)
    bulk.execute(
        "INSERT INTO accounts_customer (name, phone, email) "
        "SELECT DISTINCT name, phone, email FROM incoming_accounts WHERE true ON CONFLICT DO NOTHING"
    )
    bulk.execute(
        "INSERT INTO accounts_premises (address, district, street, house, flat) SELECT DISTINCT address, district, "
        "street, house, flat FROM incoming_accounts WHERE true ON CONFLICT DO NOTHING"
    )
    placed = (
        "SELECT i.number, i.key, c.id AS customer_id, p.id AS premises_id, i.opening_balance FROM incoming_accounts i "
        "JOIN accounts_customer c ON c.name = i.name AND c.phone = i.phone AND c.email = i.email "
        "JOIN accounts_premises p ON p.address = i.address AND p.district = i.district AND p.street = i.street "
        "AND p.house = i.house AND p.flat = i.flat"
    )
    bulk.execute(
        "UPDATE accounts_account SET customer_id = placed.customer_id, premises_id = placed.premises_id, "
        f"opening_balance = placed.opening_balance FROM ({placed}) AS placed "
        "WHERE accounts_account.number = placed.number"
    )
    bulk.execute(
        "INSERT INTO accounts_account (number, key, customer_id, premises_id, opening_balance) "
        f"{placed} WHERE NOT EXISTS (SELECT 1 FROM accounts_account a WHERE a.number = i.number) ORDER BY i.line"
    )
    for kind in ("phone", "email"):
        _link(bulk, kind)
    learn_words(bulk, "SELECT a.id FROM accounts_account a JOIN incoming_accounts i ON a.number = i.number")


def _link(bulk: Bulk, kind: str) -> None:
    """End the links on file to another address than the one now on file, and make the missing ones."""
    bulk.execute(
        "UPDATE accounts_link SET ended_at = changed.at FROM (SELECT a.id, "
        f"i.{kind}_link AS address, i.at FROM incoming_accounts i JOIN accounts_account a ON a.number = i.number) "
        "AS changed WHERE accounts_link.account_id = changed.id AND accounts_link.ended_at IS NULL "
        f"AND accounts_link.how = 'on_file' AND accounts_link.kind = '{kind}' "
        "AND accounts_link.address <> changed.address"
    )
    bulk.execute(
        "INSERT INTO accounts_link (kind, address, account_id, how, made_at) "
        f"SELECT '{kind}', i.{kind}_link, a.id, 'on_file', i.at FROM incoming_accounts i "
        f"JOIN accounts_account a ON a.number = i.number WHERE i.{kind}_link <> '' AND NOT EXISTS ("
        f"SELECT 1 FROM accounts_link l WHERE l.account_id = a.id AND l.kind = '{kind}' "
        f"AND l.address = i.{kind}_link AND l.ended_at IS NULL) ORDER BY i.line"
    )


def load_occupancies(bulk: Bulk, occupancies: pa.Table) -> None:
    """Set category and residents of accounts from a period on (billing rule 8).

    :param occupancies: number, valid_from (period), category, residents.
    """
    bulk.scratch("incoming_occupancies", occupancies)
    dated = (
        "SELECT a.id AS account_id, i.valid_from, i.category, i.residents "
        "FROM incoming_occupancies i JOIN accounts_account a ON a.number = i.number"
    )
    bulk.execute(
        f"UPDATE accounts_occupancy SET category = dated.category, residents = dated.residents FROM ({dated}) AS dated "
        "WHERE accounts_occupancy.account_id = dated.account_id AND accounts_occupancy.valid_from = dated.valid_from"
    )
    bulk.execute(
        f"INSERT INTO accounts_occupancy (account_id, valid_from, category, residents) {dated} WHERE NOT EXISTS ("
        "SELECT 1 FROM accounts_occupancy o WHERE o.account_id = a.id AND o.valid_from = i.valid_from)"
    )


def load_meters(bulk: Bulk, meters: pa.Table) -> None:
    """Take meters that are new or have changed, each with its registers.

    :param meters: in the order of import: account_id, serial, resource, zones, digits, decimals, installed_on,
        verified_until. The number of registers of a meter with readings doesn't change: the caller sees to it.
    """
    bulk.scratch("incoming_meters", meters)
    same = "accounts_meter.account_id = i.account_id AND accounts_meter.serial = i.serial"
    columns = ("resource", "zones", "digits", "decimals", "installed_on", "verified_until")
    bulk.execute(
        f"UPDATE accounts_meter SET {', '.join(f'{name} = i.{name}' for name in columns)} "
        f"FROM incoming_meters i WHERE {same}"
    )
    bulk.execute(
        f"INSERT INTO accounts_meter (account_id, serial, {', '.join(columns)}) "
        f"SELECT i.account_id, i.serial, {', '.join(f'i.{name}' for name in columns)} FROM incoming_meters i "
        f"WHERE NOT EXISTS (SELECT 1 FROM accounts_meter WHERE {same}) ORDER BY i.line"
    )
    of_meter = (
        "SELECT m.id FROM accounts_meter m "
        "JOIN incoming_meters i ON m.account_id = i.account_id AND m.serial = i.serial"
    )
    for number in (2, 3):
        bulk.execute(
            f"DELETE FROM accounts_register WHERE zone = 'T{number}' "
            f"AND meter_id IN ({of_meter} WHERE i.zones < {number})"
        )
    for number in (1, 2, 3):
        bulk.execute(
            f"INSERT INTO accounts_register (meter_id, zone) SELECT new.id, 'T{number}' FROM "
            f"({of_meter} WHERE i.zones >= {number}) AS new WHERE NOT EXISTS (SELECT 1 FROM accounts_register r "
            f"WHERE r.meter_id = new.id AND r.zone = 'T{number}') ORDER BY new.id"
        )
    _learn_serials(bulk)


def _learn_serials(bulk: Bulk) -> None:
    """Let the accounts of these meters be found by their serials, too."""
    rows = bulk.read("SELECT account_id, serial FROM incoming_meters", _SERIALS)
    words = zip(*(rows[name].to_pylist() for name in _SERIALS.names), strict=True)
    named = ((account, serial_word(serial)) for account, serial in words)
    bulk.scratch("incoming_words", pa.RecordBatchReader.from_batches(_WORDS, _in_batches(named)))
    bulk.execute(
        "INSERT INTO accounts_word (account_id, word) SELECT DISTINCT i.account_id, i.word FROM incoming_words i "
        "WHERE i.word <> '' AND NOT EXISTS "
        "(SELECT 1 FROM accounts_word w WHERE w.account_id = i.account_id AND w.word = i.word)"
    )


_FOUND_BY = pa.schema(
    [("id", pa.int64()), *((name, pa.string()) for name in (*Household._fields[:-1], "serial"))],
)
_WORDS_AT_A_TIME = 50_000


def learn_words(bulk: Bulk, accounts: str) -> None:
    """Set the words by which these accounts are found.

    :param accounts: a query that gives their ids, as ``id``.
    """
    known = bulk.read(
        "SELECT a.id, a.number, c.name, c.phone, c.email, p.address, p.district, p.street, p.house, p.flat, m.serial "
        f"FROM ({accounts}) AS learnt JOIN accounts_account a ON a.id = learnt.id "
        "JOIN accounts_customer c ON c.id = a.customer_id JOIN accounts_premises p ON p.id = a.premises_id "
        "LEFT JOIN accounts_meter m ON m.account_id = a.id ORDER BY a.id",
        _FOUND_BY,
    )
    bulk.execute(f"DELETE FROM accounts_word WHERE account_id IN ({accounts})")
    words = pa.RecordBatchReader.from_batches(_WORDS, _in_batches(_words(known)))
    bulk.append("accounts_word", words)


_SERIALS = pa.schema([("account_id", pa.int64()), ("serial", pa.string())])
_WORDS = pa.schema([("account_id", pa.int64()), ("word", pa.string())])


def _words(known: pa.Table) -> Iterator[tuple[int, str]]:
    rows = (row for batch in known.to_batches(_WORDS_AT_A_TIME) for row in _rows(batch))
    for (account, *household), of_account in itertools.groupby(rows, key=lambda row: row[:-1]):
        serials = tuple(row[-1] for row in of_account if row[-1])
        for word in words_of(Household._make((*household, serials))):
            yield account, word


def _rows(batch: pa.RecordBatch) -> Iterator[tuple[Any, ...]]:
    return zip(*(column.to_pylist() for column in batch.columns), strict=True)


def _in_batches(words: Iterator[tuple[int, str]]) -> Iterator[pa.RecordBatch]:
    while some := list(itertools.islice(words, _WORDS_AT_A_TIME)):
        yield pa.record_batch([pa.array(column) for column in zip(*some, strict=True)], schema=_WORDS)
