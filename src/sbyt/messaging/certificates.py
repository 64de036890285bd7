"""The certificate of the address at which providers and browsers reach us, as one of them would see it."""

from __future__ import annotations

import datetime as dt
import enum
import socket
import ssl
from dataclasses import dataclass
from urllib.parse import urlsplit

#: How long the connection may take, in seconds.
TIME_LIMIT = 10.0

#: What OpenSSL says of a certificate (x509_vfy.h): X509_V_ERR_CERT_HAS_EXPIRED, X509_V_ERR_HOSTNAME_MISMATCH,
#: X509_V_ERR_IP_ADDRESS_MISMATCH.
_EXPIRED = 10
_OTHER_NAME = (62, 64)


class Seen(enum.StrEnum):
    """How a certificate is to who comes by it."""

    GOOD = "good"
    EXPIRED = "expired"
    OTHER_NAME = "other_name"
    UNTRUSTED = "untrusted"  # by itself, by nobody known, without what stands between
    UNREACHABLE = "unreachable"  # no connection, or no TLS


@dataclass(frozen=True, slots=True)
class Certificate:
    """What was seen. The days are known only of a good one."""

    seen: Seen
    begins_at: dt.datetime | None = None
    ends_at: dt.datetime | None = None

    def ends_soon(self, now: dt.datetime) -> bool:
        """Whether less than a fifth of its life is left, and less than two weeks: it should be renewed by now."""
        if self.begins_at is None or self.ends_at is None:
            return False
        return self.ends_at - now < min((self.ends_at - self.begins_at) / 5, dt.timedelta(days=14))


def certificate_at(
    address: str, *, context: ssl.SSLContext | None = None, time_limit: float = TIME_LIMIT
) -> Certificate | None:
    """Connect to an address and look at its certificate; None where it has none, being no https.

    :param context: whom to trust; None: as this machine does.
    """
    parts = urlsplit(address)
    if parts.scheme != "https" or not parts.hostname:
        return None
    trusting = context or ssl.create_default_context()
    try:
        with (
            socket.create_connection((parts.hostname, parts.port or 443), time_limit) as connection,
            trusting.wrap_socket(connection, server_hostname=parts.hostname) as secured,
        ):
            shown = secured.getpeercert() or {}
    except ssl.SSLCertVerificationError as error:
        return Certificate(_refused(error.verify_code))
    except (OSError, UnicodeError):
        return Certificate(Seen.UNREACHABLE)
    return Certificate(Seen.GOOD, _moment(shown, "notBefore"), _moment(shown, "notAfter"))


def _refused(code: int) -> Seen:
    if code == _EXPIRED:
        return Seen.EXPIRED
    return Seen.OTHER_NAME if code in _OTHER_NAME else Seen.UNTRUSTED


def _moment(shown: ssl._PeerCertRetDictType, name: str) -> dt.datetime:
    return dt.datetime.fromtimestamp(ssl.cert_time_to_seconds(str(shown[name])), dt.UTC)
