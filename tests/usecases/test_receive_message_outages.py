"""The database fails while messages are handled: nothing is counted against them, and they are handled later."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from django.db import InterfaceError, OperationalError, connection

from sbyt.messaging.inbox import Incoming, store_many
from sbyt.messaging.models import InboundMessage
from sbyt.usecases.receive_message import handle_waiting, receive_message
from tests.support.databases import FreshDatabase
from tests.usecases.receiving import ACCOUNT, SETTINGS, household, sent, stored

NOW = dt.datetime(2026, 11, 20, 9, 0, tzinfo=dt.UTC)
MANY = 60


def came() -> None:
    """Messages of as many senders, in a village where nothing else happened yet."""
    household()
    texts = (f"{ACCOUNT} {4400 + at}" for at in range(MANY))
    store_many([Incoming("sms", f"+7999{at:07d}", text, str(at), NOW) for at, text in enumerate(texts)], NOW)


@contextmanager
def connections_break() -> Iterator[None]:
    """As soon as a reading is written, PostgreSQL ends the connection."""
    with connection.cursor() as cursor:
        cursor.execute(
            "CREATE FUNCTION cut() RETURNS trigger LANGUAGE plpgsql AS "
            "'BEGIN PERFORM pg_terminate_backend(pg_backend_pid()); RETURN NEW; END'; "
            "CREATE TRIGGER cut BEFORE INSERT ON readings_reading FOR EACH ROW EXECUTE FUNCTION cut()"
        )
    yield
    connection.close()
    with connection.cursor() as cursor:
        cursor.execute("DROP FUNCTION cut CASCADE")


@contextmanager
def no_room() -> Iterator[None]:
    """The file of the database may have no page more: SQLite says what it says where the disk is full."""
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA max_page_count = 1")
        yield
        cursor.execute("PRAGMA max_page_count = 1000000")


def nothing_is_counted() -> None:
    assert set(InboundMessage.objects.values_list("attempts", "retry_at", "handled_at")) == {(0, None, None)}
    assert (stored(), sent()) == ([], [])


def all_is_handled_later() -> None:
    while handle_waiting(SETTINGS, NOW):
        pass
    assert stored() == [4400 + at for at in range(MANY)]


def test_a_lost_connection_is_no_failure_of_the_messages(fresh_postgresql: FreshDatabase) -> None:
    with fresh_postgresql():
        came()
        with connections_break():
            with pytest.raises((OperationalError, InterfaceError)):
                handle_waiting(SETTINGS, NOW)
            connection.close()
            nothing_is_counted()
        all_is_handled_later()


def test_what_a_live_session_stored_before_the_connection_was_lost_is_handled_later(
    fresh_postgresql: FreshDatabase,
) -> None:
    with fresh_postgresql():
        household()
        with connections_break(), pytest.raises((OperationalError, InterfaceError)):
            receive_message(Incoming("sms", "+79990000000", f"{ACCOUNT} 4400", "m1", NOW), SETTINGS, NOW)
        assert handle_waiting(SETTINGS, NOW + dt.timedelta(seconds=10)) == 1
        assert stored() == [4400]


def test_a_full_disk_is_no_failure_of_the_messages(fresh_sqlite: FreshDatabase) -> None:
    with fresh_sqlite():
        came()
        with no_room():
            with pytest.raises(OperationalError, match="full"):
                handle_waiting(SETTINGS, NOW)
            nothing_is_counted()
        all_is_handled_later()
