"""Served in a demonstration only (``sbyt.config.urls``)."""

from __future__ import annotations

from django.urls import path

from sbyt.web.simulator.board import events
from sbyt.web.simulator.morning import morning_page
from sbyt.web.simulator.phones import phone, phones

urlpatterns = [
    path("phones", phones, name="phones"),
    path("phones/morning", morning_page, name="morning"),
    path("phones/<slug:handset>", phone, name="phone"),
    path("board/events", events, name="board_events"),
]
