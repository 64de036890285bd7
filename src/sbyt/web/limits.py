"""How often one address may try something, counted by all processes together."""

from __future__ import annotations

import datetime as dt

from django.core.cache import cache
from django.http import HttpRequest

_A_MINUTE = 60


def is_too_often(request: HttpRequest, what: str, most: int, now: dt.datetime) -> bool:
    """Count one more try; tell whether the address has had more than so many in this minute.

    Behind a web server all share one address, so that nobody may be kept from what is right by this.
    """
    key = f"{what}:{request.META.get('REMOTE_ADDR', '')}:{now:%H%M}"
    tries = cache.get(key, 0) + 1
    if tries <= most + 1:  # beyond that nothing new is to be remembered
        cache.set(key, tries, _A_MINUTE)
    return bool(tries > most)
