"""The keys of the tokens on bills, from the environment."""

from __future__ import annotations

import hmac
import re
from collections.abc import Mapping

from sbyt.config.problems import Problem, UnableToStart

VARIABLE = "SBYT_BILL_KEYS"
_SHORTEST = 32


def bill_keys(environ: Mapping[str, str]) -> dict[int, bytes]:
    """The keys by their version: those that ``SBYT_BILL_KEYS`` lists, like ``1:secret 2:secret``.

    Version 0 is made of ``SBYT_SECRET_KEY``. Empty where neither is set.

    :raises UnableToStart: if the list is of another form; the secrets are not repeated.
    """
    keys: dict[int, bytes] = {}
    if secret := environ.get("SBYT_SECRET_KEY"):
        keys[0] = hmac.digest(secret.encode(), b"sbyt bill keys", "sha256")
    problems = []
    for place, one in enumerate(environ.get(VARIABLE, "").split(), start=1):
        version, _, secret = one.partition(":")
        if not re.fullmatch(r"[0-9]{1,3}", version) or not 1 <= int(version) <= 255:
            problems.append(f"{place}-й ключ: перед двоеточием нужен номер от 1 до 255")
        elif len(secret) < _SHORTEST:
            problems.append(f"{place}-й ключ короче {_SHORTEST} знаков, его подберут; сделайте: openssl rand -hex 32")
        elif int(version) in keys:
            problems.append(f"{place}-й ключ: номер {version} уже был")
        else:
            keys[int(version)] = secret.encode()
    if problems:
        raise UnableToStart([Problem(VARIABLE, said) for said in problems])
    return keys
