"""Bills onto paper."""

from __future__ import annotations

import dataclasses
import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from sbyt.receipts.content import Content, unpacked
from sbyt.receipts.sheets import sheets_of
from sbyt.receipts.typesetting import UnableToSet, pages_of, template_files, typeset
from tests.receipts.paper import codes_on, text_of
from tests.receipts.samples import BELOW_ZERO, edition, plain, sample

FILES = template_files(None)


def paper(*bills: Content, language: str = "ru", for_screen: bool = True) -> bytes:
    return typeset(FILES, edition(language), [plain(bill) for bill in bills], for_screen=for_screen)


SET_ANEW = """
import json, sys
from sbyt.receipts.typesetting import template_files, typeset
edition, bill = json.load(sys.stdin)
sys.stdout.buffer.write(typeset(template_files(None), edition, [bill]))
"""


def test_another_process_sets_the_same_bytes() -> None:
    given = json.dumps([edition(), plain(sample())]).encode()
    run = subprocess.run([sys.executable, "-c", SET_ANEW], input=given, capture_output=True, check=True)
    assert run.stdout == paper(sample())


def test_each_bill_begins_on_a_sheet_of_its_own() -> None:
    assert pages_of(paper(sample(), sample(number=2))) == 4
    assert pages_of(paper(sample(corrections=60), sample(number=2))) == 6


@pytest.mark.parametrize("lines", [0, 1, 3, 8, 14, 20])
@pytest.mark.parametrize("tiers", [1, 3])
@pytest.mark.parametrize(("corrections", "said", "charts"), [(0, 0, 0), (0, 3, 1), (7, 0, 1), (24, 1, 1), (60, 6, 2)])
def test_so_many_sheets_are_enough(lines: int, tiers: int, corrections: int, said: int, charts: int) -> None:
    bill = sample(lines=lines, tiers=tiers, corrections=corrections, said=said, charts=charts)
    assert sheets_of(plain(bill)) >= (pages_of(paper(bill, for_screen=False)) + 1) // 2


@pytest.mark.parametrize(
    "bill",
    [sample(), sample(lines=3, said=3, charts=2), sample(lines=2, corrections=8), sample(lines=0, charts=0)],
)
def test_a_usual_bill_takes_one_sheet(bill: Content) -> None:
    assert sheets_of(plain(bill)) == 1


BAD: dict[str, dict[str, Any]] = {
    "an address of 300 characters": {"address": "Республика Коми, " * 18},
    "an address without spaces": {"address": "улица" * 60},
    "a name with a separator and line breaks": {"holder": "Иванов | Sum=1"},
    "a name that is Typst": {"holder": '#panic("no") *x* _y_ $z$ \\ `t` @ref <label> //'},
    "a very long company word": {"payee": "Плательщик: " + "А" * 400},
    "a chart below zero": {"charts": (BELOW_ZERO,)},
    "nothing to pay": {"payment": None, "nothing": "Платить ничего не нужно."},
}


@pytest.mark.parametrize("name", BAD)
def test_whatever_stands_on_it_is_set_as_it_is(name: str, component: Callable[[str], Path], tmp_path: Path) -> None:
    component("poppler")
    component("zbar")
    changes = BAD[name]
    bill = dataclasses.replace(sample(), **changes)
    made = paper(bill)
    assert pages_of(made) == 2
    text = "".join(text_of(made).split())
    for value in changes.values():
        if isinstance(value, str):
            assert "".join(value.split())[:40] in text
    assert len(codes_on(made, tmp_path)) == 1 + (bill.payment is not None)


def test_sixty_corrections_all_stand_there(component: Callable[[str], Path]) -> None:
    component("poppler")
    assert text_of(paper(sample(corrections=60))).count("−90,75") == 60


@pytest.mark.parametrize("language", ["ru", "en"])
def test_both_languages_have_all_their_words(language: str, component: Callable[[str], Path]) -> None:
    component("poppler")
    labels = edition(language)["labels"]
    text = "".join(text_of(paper(sample(corrections=1, said=1), language=language), "-raw").split())
    assert [word for word in labels.values() if "".join(word.split())[:20] not in text] == []


def test_what_is_kept_is_what_was_packed() -> None:
    assert unpacked(sample().packed()) == json.loads(json.dumps(plain(sample())))


def test_a_companys_own_template_is_used_with_its_drawings(tmp_path: Path, component: Callable[[str], Path]) -> None:
    component("poppler")
    (tmp_path / "logo.svg").write_text(
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 1 1"><path d="M0 0h1z"/></svg>'
    )
    (tmp_path / "receipt.typ").write_text('#image("logo.svg", width: 1cm)\n#json("data.json").bills.at(0).account')
    made = typeset(template_files(tmp_path), edition(), [plain(sample())])
    assert text_of(made) == "200001"


@pytest.mark.parametrize(
    ("template", "said"),
    [("#let x = ", "expected expression"), ("#nobody", "unknown variable: nobody"), ('#image("no.svg")', "no.svg")],
)
def test_a_template_with_a_mistake_is_refused_in_the_words_of_typst(template: str, said: str) -> None:
    with pytest.raises(UnableToSet, match=said):
        typeset({"receipt.typ": template}, edition(), [plain(sample())])


def test_a_drawing_that_is_no_text_is_refused(tmp_path: Path) -> None:
    (tmp_path / "logo.svg").write_bytes(b"\x89PNG\xff")
    with pytest.raises(UnableToSet, match="SVG"):
        template_files(tmp_path)


def test_a_sentence_stands_in_the_font_of_the_package(component: Callable[[str], Path], tmp_path: Path) -> None:
    """No font of the machine is used: the same bill would look otherwise on another."""
    component("poppler")
    (tmp_path / "bill.pdf").write_bytes(paper(sample(said=1)))
    fonts = subprocess.run(["pdffonts", tmp_path / "bill.pdf"], capture_output=True, text=True, check=True).stdout
    names = {line.split()[0].partition("+")[2] for line in fonts.splitlines()[2:]}
    assert names
    assert all(name.startswith(("LibertinusSerif", "DejaVuSansMono", "NewCM")) for name in names), names
