"""What holds for every webhook, whatever the channel; the channels' own are in tests/channels."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator

import psycopg
import pytest

from sbyt.messaging.models import InboundMessage, OutboundMessage, Unreadable, Worker
from tests.channels.webform.test_webform import SECRET, encoded, signed
from tests.support.databases import Database, FreshDatabase
from tests.support.serving import Answered, Served, right_now, serving

SECRETS = {"SBYT_WEBFORM_SECRET": SECRET}


@pytest.fixture(scope="module")
def database(fresh_database: FreshDatabase) -> Iterator[Database]:
    with fresh_database() as made:
        yield made


@pytest.fixture(scope="module")
def served(database: Database) -> Iterator[Served]:
    with serving({**database.environ, **SECRETS}, "--workers", "2") as served:
        yield served


def message(id: str, **more: str) -> bytes:  # noqa: A002 as the form calls it
    return encoded(id=id, **{"from": "visitor-1"}, text="Просто сообщение", **more)


def post(served: Served, body: bytes) -> Answered:
    return served.ask("/in/webform", body, signed(body))


def is_stored(id: str) -> bool:  # noqa: A002
    return InboundMessage.objects.filter(provider_id=id).exists()


def test_a_live_message_is_answered_in_the_response(served: Served) -> None:
    found = json.loads(post(served, message("live")).body)
    assert (found["status"], found["id"]) == ("answered", "live")
    assert [found["reply"]] == list(OutboundMessage.objects.values_list("text", flat=True))


def test_one_that_is_only_to_be_stored_waits_for_the_worker(served: Served) -> None:
    assert json.loads(post(served, message("later", answer="later")).body) == {"status": "stored"}
    assert InboundMessage.objects.get(provider_id="later").handled_at is None


def test_the_time_is_the_providers_where_it_tells_one(served: Served) -> None:
    post(served, message("timed", at="2026-11-20T10:00:00+03:00", answer="later"))
    stored = InboundMessage.objects.get(provider_id="timed")
    assert stored.received_at.isoformat() == "2026-11-20T07:00:00+00:00"
    assert stored.stored_at > stored.received_at


@pytest.mark.parametrize("path", ["/in/pigeon", "/in/sms", "/in/"])
def test_a_channel_that_is_not_there_is_not_found(served: Served, path: str) -> None:
    assert served.ask(path, b"{}").status == 404


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH"])
def test_other_methods_are_refused(served: Served, method: str) -> None:
    assert served.ask("/in/webform", b"{}", method=method).status == 405


def test_up_to_eight_megabytes_are_read_and_no_more(served: Served) -> None:
    most, kept = 8 * 1024 * 1024, Unreadable.objects.count()
    assert post(served, b"x" * most).status == 400
    assert Unreadable.objects.count() == kept + 1
    assert post(served, b"x" * (most + 1)).status == 413
    assert Unreadable.objects.count() == kept + 1


def test_a_body_of_unknown_length_is_read_too(served: Served) -> None:
    body = message("chunked")
    assert raw(served, chunked(body)).startswith(b"HTTP/1.1 200")
    assert is_stored("chunked")


def test_of_unknown_length_and_endless_it_is_refused(served: Served) -> None:
    assert raw(served, chunked(b"x" * (8 * 1024 * 1024 + 1))).startswith(b"HTTP/1.1 413")


def chunked(body: bytes) -> bytes:
    headers = "".join(f"{name}: {value}\r\n" for name, value in signed(body).items())
    head = f"POST /in/webform HTTP/1.1\r\nHost: x\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n{headers}\r\n"
    return head.encode() + b"%x\r\n%s\r\n0\r\n\r\n" % (len(body), body)


def raw(served: Served, request: bytes) -> bytes:
    with socket.create_connection(("127.0.0.1", served.port), timeout=30) as connection:
        connection.sendall(request)
        got = b""
        while piece := connection.recv(65536):
            got += piece
        return got


def test_a_request_that_is_cut_in_the_middle_leaves_nothing(served: Served) -> None:
    body = message("cut")
    headers = "".join(f"{name}: {value}\r\n" for name, value in signed(body).items())
    head = f"POST /in/webform HTTP/1.1\r\nHost: x\r\nContent-Length: {len(body)}\r\n{headers}\r\n"
    with socket.create_connection(("127.0.0.1", served.port), timeout=30) as connection:
        connection.sendall(head.encode() + body[:20])
    assert post(served, message("after the cut")).status == 200
    assert not is_stored("cut")


# health and metrics ---------------------------------------------------------------------------------------------------


def test_health_tells_of_database_and_workers(served: Served) -> None:
    Worker.objects.all().delete()
    assert json.loads(served.ask("/healthz").body) == {"status": "ok", "database": "ok", "workers": 0}
    assert served.ask("/healthz?need=workers").status == 503
    Worker.objects.create(name="host:1", seen_at=right_now())
    found = served.ask("/healthz?need=workers")
    assert (found.status, json.loads(found.body)["workers"]) == (200, 1)
    Worker.objects.all().delete()


def test_counters_are_of_all_processes_together(served: Served) -> None:
    name = 'sbyt_webhooks_total{channel="webform",result="refused"}'
    before = served.metric(name)
    for _ in range(20):  # connections of their own, which the two processes share out
        served.ask("/in/webform", b"{}")
    assert {served.metric(name) for _ in range(5)} == {before + 20}


def test_metrics_tell_what_waits(served: Served) -> None:
    waiting = served.metric("sbyt_inbox_waiting")
    post(served, message("waits", answer="later"))
    assert served.metric("sbyt_inbox_waiting") == waiting + 1
    assert served.metric("sbyt_inbox_oldest_seconds") > 0
    assert served.metric("sbyt_database_up") == 1


def test_nobody_is_told_apart_in_metrics(served: Served) -> None:
    post(served, message("someone"))
    assert "visitor" not in served.ask("/metrics").text


# a database that comes and goes ---------------------------------------------------------------------------------------


@pytest.fixture
def server_database(database: Database) -> Database:
    if database.kind != "postgresql":
        pytest.skip("a file has no connections that could be lost")
    return database


def terminate(database: Database) -> None:
    """End every connection to the database, as a restart of the server does."""
    with psycopg.connect(admin(database), autocommit=True) as connection:
        connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", [name(database)]
        )


def admin(database: Database) -> str:
    return database.url.replace(f"/{name(database)}?", "/postgres?")


def name(database: Database) -> str:
    return database.url.rpartition("/")[2].partition("?")[0]


@pytest.mark.parametrize("answer", ["now", "later"])
def test_a_lost_connection_is_made_anew_and_nobody_notices(
    served: Served, server_database: Database, answer: str
) -> None:
    for round_ in range(4):  # both processes have a connection to lose
        terminate(server_database)
        assert post(served, message(f"lost-{answer}-{round_}", answer=answer)).status == 200
    with psycopg.connect(server_database.url) as connection:
        count = connection.execute(
            "SELECT count(*) FROM messaging_inboundmessage WHERE provider_id LIKE %s", [f"lost-{answer}-%"]
        )
        assert count.fetchone() == (4,)


def test_without_a_database_the_provider_is_asked_to_send_again(served: Served, server_database: Database) -> None:
    body = message("repeated")
    with psycopg.connect(admin(server_database), autocommit=True) as connection:
        connection.execute(f"ALTER DATABASE {name(server_database)} ALLOW_CONNECTIONS false")
        terminate(server_database)
        refused, health = post(served, body), served.ask("/healthz")
        up = served.metric("sbyt_database_up")
        connection.execute(f"ALTER DATABASE {name(server_database)} ALLOW_CONNECTIONS true")
    assert (refused.status, refused.headers["retry-after"]) == (503, "10")
    assert (health.status, json.loads(health.body)["database"]) == (503, "out of reach")
    assert up == 0
    assert post(served, body).status == 200
