"""The roles of staff. They are groups of Django's, made by a migration with what each may look at among the data."""

from __future__ import annotations

import enum
from collections.abc import Iterable
from typing import Any


class Role(enum.StrEnum):
    OPERATOR = "operator"  # answers customers
    BILLING = "billing"  # bills
    ADMINISTRATOR = "administrator"  # runs it: may whatever the others may, and says who works here


def roles_of(user: Any) -> frozenset[Role]:
    """The roles of whoever is logged in; none for who is no staff. Read once for each user object."""
    if not (user.is_authenticated and user.is_active and user.is_staff):
        return frozenset()
    known: frozenset[Role] | None = getattr(user, "known_roles", None)
    if known is None:
        known = frozenset(Role) if user.is_superuser else _named(user.groups.values_list("name", flat=True))
        user.known_roles = known
    return known


def may(user: Any, roles: Iterable[str]) -> bool:
    """Whether a user has one of these roles; with none named, whether it is staff at all. Administrators may all."""
    has, asked = roles_of(user), frozenset(map(Role, roles))
    return bool(has) and (not asked or Role.ADMINISTRATOR in has or bool(asked & has))


def _named(groups: Iterable[str]) -> frozenset[Role]:
    known = set(Role)
    return frozenset(Role(name) for name in groups if name in known)
