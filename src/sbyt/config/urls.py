"""What we serve, and where."""

from __future__ import annotations

from django.urls import path

from sbyt.api.health import health
from sbyt.api.metrics import metrics
from sbyt.api.webhooks import receive
from sbyt.web.form import form

urlpatterns = [
    path("in/<slug:code>", receive, name="webhook"),
    path("webform", form, name="form"),
    path("healthz", health, name="health"),
    path("metrics", metrics, name="metrics"),
]
