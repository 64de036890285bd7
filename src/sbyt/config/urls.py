"""What we serve by Django, and where. Webhooks are served below it (``sbyt.config.wsgi``)."""

from __future__ import annotations

from django.conf import settings
from django.urls import include, path

from sbyt.api.health import health
from sbyt.api.metrics import metrics
from sbyt.web.bill import arrive, bill
from sbyt.web.channels import channels, feed
from sbyt.web.errors import broken, forbidden, not_found, often
from sbyt.web.form import form
from sbyt.web.start import start

urlpatterns = [
    path("", start, name="start"),
    path("webform", form, name="form"),
    path("b/<str:token>", arrive, name="arrive"),
    path("bill", bill, name="bill"),
    path("channels", channels, name="channels"),
    path("channels.rss", feed, name="feed"),
    path("healthz", health, name="health"),
    path("metrics", metrics, name="metrics"),
    path("office/", include("sbyt.web.office.urls")),
]
if settings.SBYT.demo.simulator:
    urlpatterns.append(path("", include("sbyt.web.simulator.urls")))

handler403 = forbidden
handler404 = not_found
handler429 = often  # by allauth
handler500 = broken
