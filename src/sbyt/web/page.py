"""What all our own pages have in common: the style, and the headers that allow nothing else."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping
from pathlib import Path


def style(*names: str) -> str:
    """The style sheets of a page, which stand in it: it asks for nothing else."""
    return "".join((Path(__file__).parent / name).read_text(encoding="utf-8") for name in names)


def headers(style_of_page: str) -> Mapping[str, str]:
    """What a browser is told of a page with this style: nothing runs in it, nothing is fetched, nobody frames it."""
    digest = base64.b64encode(hashlib.sha256(style_of_page.encode()).digest()).decode()
    return {
        "Content-Security-Policy": (
            f"default-src 'none'; style-src 'sha256-{digest}'; img-src data:; form-action 'self'; "
            "base-uri 'none'; frame-ancestors 'none'"
        ),
        "X-Content-Type-Options": "nosniff",
        "Referrer-Policy": "same-origin",
        "Cross-Origin-Opener-Policy": "same-origin",
        "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
        "Cache-Control": "no-store",
        "Vary": "Cookie, Accept-Language",
    }
