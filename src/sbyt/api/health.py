"""Whether we can work: for load balancers and for people."""

from __future__ import annotations

import functools

from django.conf import settings
from django.db import DatabaseError, connection
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder
from django.http import HttpRequest, JsonResponse

from sbyt.bulk.lasting import with_connection
from sbyt.messaging.workers import at_work


def health(request: HttpRequest) -> JsonResponse:
    """200 if messages can be stored, 503 if not.

    That no worker runs delays answers and stops nobody from handing in: it is told, and an error only to who asks for
    it by ``?need=workers``.
    """
    found: dict[str, object] = {"database": "ok", "workers": 0}
    well = True
    try:
        waiting = with_connection(_waiting_migrations)
        if waiting:
            found["database"], well = f"migrations waiting: {waiting}", False
        else:
            found["workers"] = at_work(settings.NOW())
    except DatabaseError:
        found["database"], well = "out of reach", False
    if well and request.GET.get("need") == "workers" and not found["workers"]:
        well = False
    response = JsonResponse({"status": "ok" if well else "failing", **found}, status=200 if well else 503)
    response["Cache-Control"] = "no-store"
    return response


def _waiting_migrations() -> int:
    """How many migrations of this program the database has not had."""
    return len(_known_migrations() - set(MigrationRecorder(connection).applied_migrations()))


@functools.cache
def _known_migrations() -> frozenset[tuple[str, str]]:
    return frozenset(MigrationLoader(None).disk_migrations or {})
