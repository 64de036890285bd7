"""Documents set side by side."""

from __future__ import annotations

import os

import pytest

from sbyt.receipts import setters
from sbyt.receipts.models import Edition, Receipt
from sbyt.receipts.setters import Setters
from sbyt.receipts.typesetting import UnableToSet, template_files, typeset
from tests.receipts.samples import edition, plain, sample

EDITION = Edition(body=edition(), files=template_files(None))
BILLS = [Receipt(content=sample(number=number).packed()) for number in (1, 2, 3, 4, 5)]


@pytest.mark.parametrize(("processes", "afresh"), [(1, False), (2, False), (2, True)])
def test_they_come_in_the_order_in_which_they_were_asked_for(processes: int, afresh: bool) -> None:
    with Setters(processes, None, for_screen=False, afresh=afresh) as made:
        found = list(made.documents((at, EDITION, [bill]) for at, bill in enumerate(BILLS)))
    alone = [typeset(EDITION.files, EDITION.body, [plain(sample(number=at))], for_screen=False) for at in range(1, 6)]
    assert found == list(enumerate(alone))


def dies(**_: object) -> bytes:
    os._exit(1)


@pytest.mark.parametrize("afresh", [False, True])
def test_a_process_that_is_ended_is_told(monkeypatch: pytest.MonkeyPatch, afresh: bool) -> None:
    monkeypatch.setattr(setters, "typeset", dies)
    with Setters(2, None, for_screen=False, afresh=afresh) as made, pytest.raises(UnableToSet, match="памяти"):
        list(made.documents([(1, EDITION, BILLS[:1])]))
