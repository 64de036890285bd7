"""Logging in to the office, by allauth: staff only, nobody signs up."""

from __future__ import annotations

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from django.http import HttpRequest, HttpResponse


class StaffOnly(DefaultAccountAdapter):  # type: ignore[misc]  # allauth ships no types
    """Nobody makes a log-in for themselves: ``sbyt staff add`` does."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:  # noqa: ARG002 as allauth calls it
        return False

    def pre_login(self, request: HttpRequest, user: Any, **kwargs: Any) -> HttpResponse | None:
        if user.is_active and not user.is_staff:
            return self.respond_user_inactive(request, user)  # type: ignore[no-any-return]
        return super().pre_login(request, user, **kwargs)  # type: ignore[no-any-return]

    def add_message(self, *args: Any, **kwargs: Any) -> None:
        """Of a log-in nothing is said: the page that follows tells enough."""
