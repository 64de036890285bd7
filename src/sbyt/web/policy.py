"""What a browser is told to allow our pages: themselves and nothing else."""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

STRICT = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
#: The pages of the admin are unfold's: they carry scripts and styles of their own, some worked out in the browser.
OF_DATA = (
    "default-src 'none'; script-src 'self' 'unsafe-inline' 'unsafe-eval'; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data:; font-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; "
    "frame-ancestors 'none'"
)
DATA = "/office/data/"
_OFFICE = "/office/"

_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
}


class PolicyMiddleware:
    """Gives every response the policy of its pages, where the view gave none, and keeps cookies to https under https.

    What staff see is kept by no cache: after a log-out, going back shows nothing.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self._get_response(request)
        path = request.path_info
        response.headers.setdefault("Content-Security-Policy", OF_DATA if path.startswith(DATA) else STRICT)
        for name, value in _HEADERS.items():
            response.headers.setdefault(name, value)
        if path.startswith(_OFFICE):
            response.headers.setdefault("Cache-Control", "no-store")
        if response.cookies and request.is_secure():
            for cookie in response.cookies.values():
                cookie["secure"] = True
        return response
