"""``sbyt say --jsonl`` killed in the middle: what it answered is stored, and said again it gets the same answers."""

from __future__ import annotations

import json
import random
import subprocess

from sbyt.messaging.models import InboundMessage, OutboundMessage
from tests.faults.installation import SBYT
from tests.simulation.people import something_to_say
from tests.simulation.town import PEOPLE, found_town
from tests.support.databases import Database, FreshDatabase


def _lines(count: int) -> list[str]:
    chance = random.Random(5)
    made = []
    for number in range(count):
        person = chance.choice(PEOPLE)
        text = something_to_say(person, chance, [])
        said = {"channel": person.channel, "from": person.sender, "id": f"m{number}", "text": text}
        made.append(json.dumps({**said, "at": f"2026-11-20T{9 + number // 60:02d}:{number % 60:02d}:00"}) + "\n")
    return made


def _say(database: Database, lines: list[str], *, kill_after: int | None = None) -> list[dict[str, str]]:
    """The answers; with ``kill_after`` the process is killed once so many have been read."""
    process = subprocess.Popen(
        [SBYT, "say", "--jsonl"], env=database.environ, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert process.stdin
    assert process.stdout
    with process.stdin as writing:
        writing.writelines(lines)
    answers = []
    for line in process.stdout:
        answers.append(json.loads(line))
        if kill_after is not None and len(answers) >= kill_after:
            process.kill()
            break
    process.stdout.close()
    process.wait()
    return answers


def test_what_was_answered_is_stored_and_gets_the_same_answer_again(fresh_database: FreshDatabase) -> None:
    lines = _lines(400)
    with fresh_database(found_town) as database:
        first = _say(database, lines, kill_after=120)
        stored = set(InboundMessage.objects.filter(handled_at__isnull=False).values_list("provider_id", flat=True))
        assert {one["id"] for one in first} <= stored
        again = _say(database, lines)
        assert [one["id"] for one in again] == [f"m{number}" for number in range(len(lines))]
        assert [one["reply"] for one in first] == [one["reply"] for one in again][: len(first)]
        assert InboundMessage.objects.filter(handled_at=None).count() == 0
        answers = OutboundMessage.objects.filter(purpose="answer").values_list("in_reply_to", flat=True)
        assert len(answers) == len(set(answers)) == len(lines)
