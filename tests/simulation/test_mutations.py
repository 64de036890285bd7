"""The simulation finds what is broken: each piece that holds a promise is taken out, and a run must fail by it."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import pytest

from sbyt.messaging import delivery, inbox, outbox, pacing
from sbyt.messaging.models import OutboundMessage
from sbyt.usecases.receive_message import handling, rounds
from tests.simulation.running import run_seed
from tests.support.databases import FreshDatabase

#: So many runs may be needed, from a seed on that finds it soon.
_SEEDS = 40

Patch = pytest.MonkeyPatch


@pytest.fixture(autouse=True)
def quiet() -> Iterator[None]:
    logging.disable()
    yield
    logging.disable(logging.NOTSET)


def _marked_before_it_is_sent(patch: Patch) -> None:
    claim = outbox.claim

    def marked(*arguments: Any, **named: Any) -> outbox.Claim:
        claimed = claim(*arguments, **named)
        ids = [one.outgoing.id for one in claimed.messages]
        OutboundMessage.objects.filter(id__in=ids).update(state="delivered")
        return claimed

    patch.setattr(outbox, "claim", marked)


def _uncertain_sent_on_and_on(patch: Patch) -> None:
    def again(message: OutboundMessage, at: Any, *, once_before: bool) -> None:
        message.state, message.send_at, message.leased_until = OutboundMessage.State.WAITING, at, None

    patch.setattr(delivery, "_treat_as_unknown", again)


def _no_lease_recovered(patch: Patch) -> None:
    patch.setattr(delivery, "recover", lambda now, limit=500: 0)


def _acknowledged_before_it_is_stored(patch: Patch) -> None:
    from sbyt.api import webhooks

    patch.setattr(webhooks, "_stored", lambda incoming, now: True)


def _the_last_of_a_line_first(patch: Patch) -> None:
    lines = inbox.lines

    def last(*arguments: Any, **named: Any) -> list[inbox.Waiting]:
        return lines(*arguments, **named)[-1:]

    patch.setattr(inbox, "lines", last)


def _no_locks(patch: Patch) -> None:
    patch.setattr(inbox, "_CLAIM", inbox._CLAIM.replace(f"pg_try_advisory_xact_lock({inbox._KEY})", "true"))
    for module in (inbox, handling):
        patch.setattr(module, "hold_senders", lambda messages: None)


def _not_marked_as_handled(patch: Patch) -> None:
    patch.setattr(handling, "handle", _forgetful(rounds.handle))


def _forgetful(handle: Callable[..., Any]) -> Callable[..., Any]:
    def forgets(messages: Sequence[inbox.Waiting], *arguments: Any) -> Any:
        done = handle(messages, *arguments)
        from sbyt.messaging.models import InboundMessage

        InboundMessage.objects.filter(id__in=list(done)).update(handled_at=None, result=None)
        return done

    return forgets


def _quiet_hours_forgotten(patch: Patch) -> None:
    claim = outbox.claim

    def always(*arguments: Any, quiet: bool, **named: Any) -> outbox.Claim:
        return claim(*arguments, quiet=False, **named)

    patch.setattr(outbox, "claim", always)


def _no_pace(patch: Patch) -> None:
    patch.setattr(pacing.Rate, "grants", lambda self, free_at, now: 50)
    patch.setattr(pacing.Rate, "wait", lambda self, free_at, now: now - now)


@pytest.mark.parametrize(
    ("broken", "first", "invariant"),
    [
        (_acknowledged_before_it_is_stored, 0, "what is acknowledged is stored"),
        (_not_marked_as_handled, 0, "a message is answered once, when it was handled"),
        (_the_last_of_a_line_first, 0, "a sender's messages are handled in order"),
        (_marked_before_it_is_sent, 0, "what is noted as delivered was taken by the provider"),
        (_uncertain_sent_on_and_on, 110, "a message is sent once; only an answer whose outcome is unknown once more"),
        (_no_lease_recovered, 14, "every message is sent at last"),
        (_quiet_hours_forgotten, 0, "notices don't go out in quiet hours"),
        (_no_pace, 0, "a channel keeps its pace"),
    ],
)
def test_a_broken_piece_is_found(
    broken: Callable[[Patch], None], first: int, invariant: str, fresh_sqlite: FreshDatabase, monkeypatch: Patch
) -> None:
    broken(monkeypatch)
    _is_found(invariant, first, fresh_sqlite)


def test_missing_locks_are_found_on_postgresql(fresh_postgresql: FreshDatabase, monkeypatch: Patch) -> None:
    _no_locks(monkeypatch)
    _is_found("a message is answered once, when it was handled", 70, fresh_postgresql)


def _is_found(invariant: str, first: int, fresh: FreshDatabase) -> None:
    found = set()
    for seed in range(first, first + _SEEDS):
        run = run_seed(seed, fresh)
        found.add(run.invariant)
        if run.invariant == invariant:
            return
    pytest.fail(f"in {_SEEDS} runs only these broke: {found}")
