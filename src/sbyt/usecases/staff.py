"""Who may log in to the office: added, given a role and a password, let go."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import NamedTuple

from allauth.mfa.models import Authenticator
from django.contrib.auth.models import Group
from django.contrib.auth.password_validation import validate_password
from django.contrib.sessions.models import Session
from django.core.exceptions import ValidationError
from django.db import transaction

from sbyt.staff.models import Remembered, User
from sbyt.staff.roles import Role


class UnableToChangeStaff(ValueError):
    """Who is named does not exist, or can't be so. The text says what was found and what to do."""


class Member(NamedTuple):
    """Somebody who works here, as a list shows them."""

    name: str
    called: str
    roles: tuple[str, ...]
    active: bool
    last_login: dt.datetime | None


def add_member(name: str, roles: Sequence[Role], password: str, now: dt.datetime, *, called: str = "") -> None:
    """Let somebody log in by this name and password.

    :param called: how pages call them, like «Анна Смирнова».
    :raises UnableToChangeStaff: if the name is taken or can't be one, or the password is too easy to guess.
    """
    user = User(username=name, first_name=called, is_staff=True, date_joined=now)
    try:
        user.clean_fields(exclude=["password"])
    except ValidationError as error:
        raise UnableToChangeStaff(
            f"Имя {name!r} не подходит: нужны буквы, цифры и знаки @ . + - _, не больше 150."
        ) from error
    _set_password(user, password)
    with transaction.atomic():
        if User.objects.filter(username__iexact=name).exists():
            raise UnableToChangeStaff(f"Имя {name!r} занято. Новый пароль: sbyt staff password {name}")
        user.save()
        user.groups.set(Group.objects.filter(name__in=roles))


def set_password(name: str, password: str) -> None:
    """Give somebody another password; wherever they are logged in, they must log in anew.

    :raises UnableToChangeStaff: if nobody has this name, or the password is too easy to guess.
    """
    user = _named(name)
    _set_password(user, password)
    user.save(update_fields=["password"])


def disable_member(name: str) -> bool:
    """Let somebody log in no more; what they did keeps their name. False if they could not before.

    :raises UnableToChangeStaff: if nobody has this name.
    """
    user = _named(name)
    was = user.is_active
    user.is_active = False
    user.save(update_fields=["is_active"])
    return was


def enable_member(name: str) -> None:
    """Let somebody log in again who could not any more.

    :raises UnableToChangeStaff: if nobody has this name.
    """
    user = _named(name)
    user.is_active = True
    user.save(update_fields=["is_active"])


def forget_second_factor(name: str) -> bool:
    """Let somebody log in by the password alone again, whose phone or key is lost. False if it was so before.

    :raises UnableToChangeStaff: if nobody has this name.
    """
    gone, _ = Authenticator.objects.filter(user=_named(name)).delete()
    return bool(gone)


def forget_old_log_ins(now: dt.datetime) -> None:
    """Throw away sessions that are over, and what was remembered for a while."""
    Session.objects.filter(expire_date__lt=now).delete()
    Remembered.objects.filter(expires__lt=now).delete()


def members() -> list[Member]:
    """All who ever worked here, by name."""
    users = User.objects.filter(is_staff=True).order_by("username").prefetch_related("groups")
    return [
        Member(
            user.username,
            user.get_full_name(),
            tuple(sorted(group.name for group in user.groups.all())),
            user.is_active,
            user.last_login,
        )
        for user in users
    ]


def _named(name: str) -> User:
    try:
        return User.objects.get(username__iexact=name)
    except User.DoesNotExist:
        raise UnableToChangeStaff(f"Сотрудника {name!r} нет. Все: sbyt staff list") from None


def _set_password(user: User, password: str) -> None:
    try:
        validate_password(password, user)
    except ValidationError as error:
        raise UnableToChangeStaff(f"Пароль не подходит. {' '.join(error.messages)}") from error
    user.set_password(password)
