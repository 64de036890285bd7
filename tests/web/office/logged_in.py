"""Members of staff, and their browsers."""

from __future__ import annotations

from django.test import Client

from sbyt.staff.models import User
from sbyt.staff.roles import Role
from sbyt.usecases.staff import add_member
from tests.support.serving import right_now

PASSWORD = "correct horse battery"


def a_member(*roles: Role, name: str = "anna") -> User:
    add_member(name, roles, PASSWORD, right_now(), called="Анна Смирнова")
    return User.objects.get(username=name)


def logged_in(*roles: Role, name: str = "anna") -> Client:
    """The browser of somebody with these roles who has logged in."""
    client = Client()
    client.force_login(a_member(*roles, name=name), "allauth.account.auth_backends.AuthenticationBackend")
    return client
