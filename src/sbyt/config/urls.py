"""What we serve by Django, and where. Webhooks are served below it (``sbyt.config.wsgi``)."""

from __future__ import annotations

from django.urls import path

from sbyt.api.health import health
from sbyt.api.metrics import metrics
from sbyt.web.form import form
from sbyt.web.start import start

urlpatterns = [
    path("", start, name="start"),
    path("webform", form, name="form"),
    path("healthz", health, name="health"),
    path("metrics", metrics, name="metrics"),
]
