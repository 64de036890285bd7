"""Reads the text of a payment code as a bank does, by GOST R 56042-2014. It shares nothing with the writer."""

from __future__ import annotations

import re

_ENCODINGS = {"1": "windows-1251", "2": "utf-8", "3": "koi8-r"}
_MANDATORY = ("Name", "PersonalAcc", "BankName", "BIC", "CorrespAcc")
_LONGEST = {"Name": 160, "PersonalAcc": 20, "BankName": 45, "BIC": 9, "CorrespAcc": 20, "Sum": 18, "Purpose": 210}


def read(code: bytes) -> dict[str, str]:
    """The fields of a payment code, in their order; each rule that is broken fails an assertion."""
    head = code[:8].decode("ascii")
    assert re.fullmatch(r"ST0001[123].", head), head
    separator = head[7]
    text = code[8:].decode(_ENCODINGS[head[6]])
    pairs = [field.split("=", 1) for field in text.split(separator) if field]
    assert all(len(pair) == 2 for pair in pairs), pairs
    names = [name for name, _ in pairs]
    assert len(set(names)) == len(names), names
    assert tuple(names[:5]) == _MANDATORY
    block = separator.join(f"{name}={value}" for name, value in pairs[:5])
    assert len(block.encode(_ENCODINGS[head[6]])) <= 300
    fields = dict(pairs)
    for name, most in _LONGEST.items():
        assert len(fields.get(name, "")) <= most, name
    assert re.fullmatch(r"\d{20}", fields["PersonalAcc"])
    assert re.fullmatch(r"\d{9}", fields["BIC"])
    assert re.fullmatch(r"\d{1,18}", fields["Sum"])
    return fields
