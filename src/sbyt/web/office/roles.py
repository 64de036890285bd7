"""Who may open a page of the office."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.urls import reverse

from sbyt.staff.roles import may

View = Callable[..., HttpResponseBase]


def staff_required(*roles: str) -> Callable[[View], View]:
    """A page for staff with one of these roles; with none named, for any staff. Administrators see all.

    Who is not logged in is asked to; who may not sees a kind page that says so (403).
    """

    def decorate(view: View) -> View:
        @functools.wraps(view)
        def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            if not request.user.is_authenticated:
                return redirect_to_login(request.get_full_path(), reverse("account_login"))
            if not may(request.user, roles):
                raise PermissionDenied
            return view(request, *args, **kwargs)

        return guarded

    return decorate


def name_of(request: HttpRequest) -> str:
    """Who is logged in, as what they decide names them."""
    user: Any = request.user
    return str(user.get_full_name() or user.get_username())
