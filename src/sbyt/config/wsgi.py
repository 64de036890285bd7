"""What the web server calls: webhooks by the shortest way, all else by Django."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from http import HTTPStatus
from typing import Any

from django.core.wsgi import get_wsgi_application
from django.http import FileResponse
from django.urls import resolve

os.environ["DJANGO_SETTINGS_MODULE"] = "sbyt.config.settings"

_django = get_wsgi_application()

from sbyt.api.webhooks import webhook  # noqa: E402 tables are known only once Django is set up
from sbyt.cli.collector import spare_the_collector  # noqa: E402
from sbyt.cli.orphans import end_with_parent  # noqa: E402

resolve("/healthz")  # pages are loaded now, not while the first who asks waits
spare_the_collector()
end_with_parent()

_WEBHOOKS = "/in/"
_STATUS_LINES = {status.value: f"{status.value} {status.phrase}" for status in HTTPStatus}


def application(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
    """One call of WSGI. The response is handed over whole: granian is quicker with a list than with an iterator.

    A stream of events is handed over as it comes; granian closes it when it ends, or when nobody listens any more.
    """
    path = environ["PATH_INFO"]
    if path.startswith(_WEBHOOKS):
        answer = webhook(environ, path.removeprefix(_WEBHOOKS))
        start_response(_STATUS_LINES[answer.status], answer.headers)
        return [answer.body]
    response = _django(environ, start_response)
    if response.streaming and not isinstance(response, FileResponse):
        return response
    try:
        return [b"".join(response)]
    finally:
        response.close()
