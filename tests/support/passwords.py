"""Passwords of tests: hashed as everywhere, but quickly; a server under test knows them."""

from __future__ import annotations

from django.contrib.auth.hashers import PBKDF2PasswordHasher


class Quick(PBKDF2PasswordHasher):
    iterations = 1
