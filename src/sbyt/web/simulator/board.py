"""The live board as a stream of server-sent events."""

from __future__ import annotations

import json
import threading
import time
from collections import deque

from django.conf import settings
from django.db import DatabaseError, connection
from django.http import HttpRequest, StreamingHttpResponse
from django.template.loader import render_to_string
from django.views.decorators.http import require_safe

from sbyt.messaging.talks import Answered, Said
from sbyt.usecases.simulator import Board, Seen, Shown, look
from sbyt.web.language import language_of
from sbyt.web.simulator.rows import row_of
from sbyt.web.simulator.words import WORDS

#: So often it is looked whether there is anything new, in seconds.
_EVERY = 0.5
#: So long nothing is said at most: then it shows whether anybody still listens.
_HEARTBEAT = 5.0
#: After so long a browser is left to come again.
_LONGEST = 300.0
#: After how many milliseconds a browser comes again.
_AGAIN = 2000


@require_safe
def events(request: HttpRequest) -> StreamingHttpResponse:
    """What is new on the board since ``Last-Event-ID``, or ``?after=``, as it appears."""
    after = Seen.of(request.headers.get("Last-Event-ID") or request.GET.get("after", "")) or look()[1]
    stream = _Stream(after, language_of(request), stays=_places.take())
    response = StreamingHttpResponse(stream, content_type="text/event-stream; charset=utf-8")
    response["Cache-Control"] = "no-store"
    response["X-Accel-Buffering"] = "no"
    return response


class _Places:
    """How many streams this process holds a thread for. The others of its threads are for who asks something else."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._taken = 0

    def take(self) -> bool:
        with self._lock:
            free = self._taken < settings.MOST_STREAMS()
            self._taken += free
            return free

    def leave(self) -> None:
        with self._lock:
            self._taken -= 1


_places = _Places()


class _Stream:
    """The events, one after the other. Where there was no place it ends with what is new, and the browser comes again.

    It is no generator: one that is closed before it began would never give its place back.
    """

    def __init__(self, after: Seen, language: str, *, stays: bool) -> None:
        self._board = Board(after)
        self._language = language
        self._holds_place = stays
        self._until = time.monotonic() + _LONGEST if stays else 0.0
        self._ready = deque([f"retry: {_AGAIN}\n\n"])
        self._looked = False
        self._said_at = time.monotonic()

    def __iter__(self) -> _Stream:
        return self

    def __next__(self) -> bytes:
        while not self._ready:
            if self._looked:
                if time.monotonic() >= self._until or settings.IS_ENDING():
                    self.close()
                    raise StopIteration
                time.sleep(_EVERY)
            self._look()
        self._said_at = time.monotonic()
        return self._ready.popleft().encode()

    def _look(self) -> None:
        try:
            news = self._board.news()
        except DatabaseError:
            connection.close()  # whoever asks next has one of their own again
            self._until, news = 0.0, []
        self._looked = True
        self._ready += [_event(one, self._board.seen, self._language) for one in news]
        if not news and time.monotonic() - self._said_at > _HEARTBEAT:
            self._ready.append(":\n\n")

    def close(self) -> None:
        """Give the place back: it has ended, or the browser has gone."""
        self._until = 0.0
        if self._holds_place:
            self._holds_place = False
            _places.leave()


def _event(shown: Shown, seen: Seen, language: str) -> str:
    row = shown.row
    told = {
        "key": shown.key,
        "html": render_to_string("simulator/row.html", {"row": row_of(shown, language), "words": WORDS[language]}),
    }
    match row:
        case Said():
            told |= {"channel": row.channel, "sender": row.sender}
        case Answered():
            told |= {"channel": row.channel, "sender": row.recipient}
    return f"id: {seen.name}\ndata: {json.dumps(told, ensure_ascii=False)}\n\n"
