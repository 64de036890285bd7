"""What is kept of log-ins, and for how long. The rest is tried by ``sbyt staff`` and in the office."""

from __future__ import annotations

import datetime as dt

from django.contrib.sessions.models import Session
from django.core.cache import cache

from sbyt.staff.models import Remembered
from sbyt.usecases.staff import forget_old_log_ins
from tests.support.databases import Database
from tests.support.serving import right_now


def test_sessions_that_are_over_and_what_was_counted_long_ago_is_thrown_away(database: Database) -> None:
    now = right_now()
    for key, hours in (("over", -1), ("lasting", 1)):
        Session.objects.create(session_key=key, session_data="", expire_date=now + dt.timedelta(hours=hours))
    cache.set("wrong_passwords", [1], timeout=60)
    forget_old_log_ins(now)
    assert Session.objects.get().session_key == "lasting"
    assert Remembered.objects.count() == 1
    forget_old_log_ins(now + dt.timedelta(minutes=2))
    assert not Remembered.objects.exists()
