"""Whatever a field of a messenger's request holds, the request is read, or refused in words: no channel stumbles."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import pytest

from sbyt.messaging.channel import Request, UnableToParse, UnableToVerify
from tests.channels.harness import NotPossible, Table
from tests.channels.max.test_max import TABLE as MAX
from tests.channels.viber.test_viber import TABLE as VIBER
from tests.channels.vk.test_vk import TABLE as VK
from tests.channels.whatsapp.test_whatsapp import TABLE as WHATSAPP

#: What stands where something else is expected.
ODD: tuple[Any, ...] = (None, "", "2", "x" * 700, "\x00", 0, -1, 1.5, 10**30, True, [], [None], {}, {"a": 1})


def changed(found: Any) -> Iterator[Any]:
    """The same with one value in it replaced, for each value and each odd one."""
    yield from ODD
    if isinstance(found, dict):
        for key, value in found.items():
            yield from ({**found, key: other} for other in changed(value))
            yield {name: kept for name, kept in found.items() if name != key}
    elif isinstance(found, list):
        for at, value in enumerate(found):
            yield from ([*found[:at], other, *found[at + 1 :]] for other in changed(value))


def bodies(table: Table) -> Iterator[bytes]:
    assert not isinstance(table.payloads, NotPossible)
    for payload in table.payloads.values():
        yield from (json.dumps(odd).encode() for odd in changed(json.loads(payload.body)))


@pytest.mark.parametrize("table", [MAX, VIBER, VK, WHATSAPP], ids=lambda table: str(table.code))
def test_a_request_is_read_or_refused(table: Table) -> None:
    channel, refused = table.connected("http://127.0.0.1:9"), 0
    for body in bodies(table):
        request = Request(dict(table.sign(body)), body)
        with suppress(UnableToVerify):
            channel.verify(request)
            try:
                events = channel.parse(request)
            except UnableToParse:
                refused += 1
            else:
                assert all(event.sender for event in events)
                channel.respond(request, [])
    assert refused > 100
