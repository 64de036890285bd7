"""A reading comes by MAX's webhook and is answered over TLS: the processes of an installation, a strict MAX beside."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from django.db import close_old_connections

from sbyt.messaging.models import InboundMessage, OutboundMessage, Photo
from tests.channels.http_provider import HttpProvider, authority, http_provider
from tests.channels.max.test_max import PERSON, SECRET, SETTINGS, TOKEN, StrictMax, signed, with_attachments
from tests.support.databases import Database
from tests.support.serving import serving

PATIENCE = 120


class BothWays(NamedTuple):
    """What MAX got, and all that the processes printed."""

    max: StrictMax
    provider: HttpProvider
    logged: str


@pytest.fixture
def both_ways(database: Database, tmp_path: Path) -> Iterator[BothWays]:
    """A text with a photo was posted, and a worker did all that was to be done."""
    unknown_root = authority(tmp_path)
    answering = StrictMax()
    with http_provider(answering, tls=(unknown_root.certificate, unknown_root.key)) as provider:
        config = tmp_path / "sbyt.toml"
        config.write_text(f'[channels.max.options]\naddress = "{provider.url}"\nca = "{unknown_root.ca}"\n')
        environ = {**database.environ, **SETTINGS, "SBYT_CONFIG": str(config)}
        with serving(environ) as served:
            photo = {"type": "image", "payload": {"photo_id": 1, "token": "t", "url": f"{provider.url}/photo?r=1"}}
            body = with_attachments("mid.both-ways", "Помощь", photo)
            assert served.ask("/in/max", body, signed(body)).status == 200
            command = [str(Path(sys.executable).with_name("sbyt")), "work", "--once"]
            worked = subprocess.run(
                command, env={**os.environ, **environ}, capture_output=True, text=True, timeout=PATIENCE, check=False
            )
            assert worked.returncode == 0, worked.stdout + worked.stderr
            close_old_connections()
            yield BothWays(answering, provider, served.logged() + worked.stdout + worked.stderr)


def test_what_came_by_the_webhook_is_answered_in_max(both_ways: BothWays) -> None:
    message = InboundMessage.objects.get(channel="max")
    assert (message.provider_id, message.sender, message.text) == ("mid.both-ways", str(PERSON), "Помощь")
    (answer,) = OutboundMessage.objects.filter(channel="max")
    assert (answer.state, answer.provider_id) == ("delivered", "mid.1")
    (sent,) = both_ways.max.sent
    assert sent["text"] == answer.text


def test_its_photo_is_kept(both_ways: BothWays) -> None:
    photo = Photo.objects.get()
    assert (photo.media_type, bytes(photo.data)) == ("image/jpeg", b"\xff\xd8\xff a photo")


def test_nothing_secret_or_personal_is_in_a_log(both_ways: BothWays) -> None:
    texts: list[Any] = [
        json.loads(asked.body)["text"] for asked in both_ways.provider.asked if asked.path == "/messages"
    ]
    assert texts
    assert [word for word in (TOKEN, SECRET, str(PERSON), "Помощь", *texts) if word in both_ways.logged] == []
