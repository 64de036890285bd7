"""Stand-ins for providers in a demonstration: what is sent is taken at once and reaches nobody.

This is no channel, so it has no folder: it stands in for those that an installation for show has no provider for
(decision 0021). Only ``sbyt.config.channels`` makes them, and only with ``[demo] simulator = true``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import ClassVar

from sbyt.messaging.channel import (
    Capabilities,
    Channel,
    Handset,
    InboundEvent,
    Outgoing,
    Request,
    Sent,
    UnableToParse,
    UnableToVerify,
)

#: What each kind of channel can carry. A short message may be ten segments of Russian long.
CARRIES: Mapping[Handset, Capabilities] = {
    "short": Capabilities(length=670),
    "messenger": Capabilities(buttons=True, photo=True, file=True, contact=True, voice=True, length=4096),
    "mail": Capabilities(photo=True, file=True),
    "keypad": Capabilities(voice=True),
    "page": Capabilities(buttons=True),
}


class Simulated(Channel):
    """Takes whatever its kind of channel can carry. Messages come to it by the page of the phones, by no webhook."""

    code = ""
    capabilities = Capabilities()
    simulated: ClassVar[Handset | None] = "page"
    per_second = 50

    def verify(self, request: Request) -> None:  # noqa: ARG002 whatever it is
        raise UnableToVerify("Канал имитируется, провайдера за ним нет: [demo] simulator в sbyt.toml.")

    def parse(self, request: Request) -> Sequence[InboundEvent]:  # noqa: ARG002 whatever it is
        raise UnableToParse("Канал имитируется, провайдера за ним нет.")

    async def send(self, outgoing: Outgoing) -> Sent:
        return Sent(f"simulated-{outgoing.id}")


def simulated(code: str, handset: Handset) -> Channel:
    """What stands in for the channel of this code, whose customers write with such a handset."""
    described = {"code": code, "capabilities": CARRIES[handset], "simulated": handset}
    made: Channel = type("Simulated", (Simulated,), described)()
    return made
