"""What a bill carries to prove whose it is: a token for its QR code, and a code to be typed.

Both are made of a key, the account and the bill's period, so nothing is stored for a bill until somebody uses it. A
token is 16 bytes, written in 22 characters that a messenger takes as the parameter of its start command:

    version of the key (1) | tag, of an HMAC over the rest (8) | period and account, masked by the tag (7)

The mask hides our ids: two tokens of one account have nothing in common. Whether a token was revoked, and whether it is
that of the newest bill, is not asked here.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import re
from collections.abc import Mapping
from typing import NamedTuple

from sbyt.core.periods import Period

_FORM = re.compile(r"[A-Za-z0-9_-]{22}")
_TAG, _BODY = 8, 7
_ACCOUNT_BITS = 41
_CODE_FIGURES = 12


class UnableToMakeToken(ValueError):
    """There is no key to make it with."""


class Named(NamedTuple):
    """The account, by its id, and the period of the bill that a token belongs to."""

    account: int
    period: Period


class Tokens:
    """Makes and reads tokens and codes.

    :param keys: secrets by their version (0 to 255). The highest makes new ones, all are read: to change the key, add
        one, and take the old one away when no bill with it is in use any more.
    """

    def __init__(self, keys: Mapping[int, bytes]) -> None:
        self._keys = keys

    def token(self, account: int, period: Period) -> str:
        """The token of a bill, 22 characters of ``[A-Za-z0-9_-]``.

        :raises UnableToMakeToken: if there is no key.
        """
        version, key = self._newest()
        body = (int(period) << _ACCOUNT_BITS | account).to_bytes(_BODY, "big")
        tag = _digest(key, b"tag", bytes([version]), body)[:_TAG]
        made = bytes([version]) + tag + _masked(key, tag, body)
        return _written(made)

    def opened(self, token: str) -> Named | None:
        """Whose token it is; None for whatever is none of ours."""
        if not _FORM.fullmatch(token):
            return None
        try:
            made = base64.b64decode(token + "==", altchars=b"-_", validate=True)
        except binascii.Error:
            return None
        version, tag, masked = made[0], made[1 : 1 + _TAG], made[1 + _TAG :]
        key = self._keys.get(version)
        if key is None:
            return None
        body = _masked(key, tag, masked)
        # The last character carries four bits that say nothing: a token has one form only.
        is_ours = hmac.compare_digest(tag, _digest(key, b"tag", bytes([version]), body)[:_TAG])
        if not is_ours or _written(made) != token:
            return None
        value = int.from_bytes(body, "big")
        return Named(value & ((1 << _ACCOUNT_BITS) - 1), Period(value >> _ACCOUNT_BITS))

    def code(self, account: int, period: Period) -> str:
        """The code of a bill for who types it beside the account's number: 12 figures, like 4821-7730-9614.

        :raises UnableToMakeToken: if there is no key.
        """
        return _grouped(self._code(self._newest()[1], account, period))

    def is_code(self, typed: str, account: int, period: Period) -> bool:
        """Whether somebody typed the code of this bill, whatever stands between the figures."""
        figures = re.sub(r"\D", "", typed)
        return any(hmac.compare_digest(figures, self._code(key, account, period)) for key in self._keys.values())

    def _code(self, key: bytes, account: int, period: Period) -> str:
        digest = _digest(key, b"code", account.to_bytes(8, "big"), int(period).to_bytes(4, "big"))
        return f"{int.from_bytes(digest[:8], 'big') % 10**_CODE_FIGURES:0{_CODE_FIGURES}d}"

    def _newest(self) -> tuple[int, bytes]:
        if not self._keys:
            raise UnableToMakeToken(
                "Коды квитанций подписать нечем: не задан SBYT_SECRET_KEY. Придумайте один раз и храните: "
                "openssl rand -hex 32"
            )
        version = max(self._keys)
        return version, self._keys[version]


def _digest(key: bytes, purpose: bytes, *parts: bytes) -> bytes:
    return hmac.digest(key, b"\x00".join((b"sbyt bill", purpose)) + b"\x00" + b"".join(parts), hashlib.sha256)


def _masked(key: bytes, tag: bytes, body: bytes) -> bytes:
    mask = _digest(key, b"mask", tag)[:_BODY]
    return bytes(one ^ other for one, other in zip(body, mask, strict=True))


def _written(token: bytes) -> str:
    return base64.urlsafe_b64encode(token).rstrip(b"=").decode()


def _grouped(figures: str) -> str:
    return "-".join(figures[at : at + 4] for at in range(0, len(figures), 4))
