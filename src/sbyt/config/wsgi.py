"""What the web server calls."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any

from django.core.wsgi import get_wsgi_application

from sbyt.config.entry import keep_errors_to_the_log

os.environ["DJANGO_SETTINGS_MODULE"] = "sbyt.config.settings"

keep_errors_to_the_log()
_django = get_wsgi_application()


def application(environ: dict[str, Any], start_response: Callable[..., Any]) -> list[bytes]:
    """One call of WSGI. The response is handed over whole: granian is quicker with a list than with an iterator."""
    response = _django(environ, start_response)
    try:
        return [b"".join(response)]
    finally:
        response.close()
