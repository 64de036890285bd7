"""A browser of the plainest kind: it reads forms, fills them in and keeps cookies."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from html.parser import HTMLParser
from http.cookies import SimpleCookie
from urllib.parse import urlencode

from tests.support.serving import Answered, Served


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.forms: list[dict[str, str]] = []
        self.pressable: list[str] = []
        self.words: list[str] = []
        self.tags: set[str] = set()
        self.answer: list[str] = []
        self._in_card = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        self.tags.add(tag)
        self._in_card = self._in_card or tag == "section"
        if tag == "form":
            self.forms.append({})
        elif tag == "input":
            self.forms[-1][given["name"]] = given.get("value", "")
        elif tag == "button" and "value" in given:
            self.pressable.append(given["value"])

    def handle_endtag(self, tag: str) -> None:
        self._in_card = self._in_card and tag != "section"

    def handle_data(self, data: str) -> None:
        if self._in_card:
            self.answer.append(data.strip())
        self.words.append(data.strip())


@dataclass
class Page:
    """What a browser shows."""

    answered: Answered
    forms: list[dict[str, str]] = field(init=False)
    pressable: list[str] = field(init=False)
    words: str = field(init=False)
    answer: str = field(init=False)  # what stands in the card
    tags: set[str] = field(init=False)

    def __post_init__(self) -> None:
        reader = _Reader()
        reader.feed(self.answered.text)
        self.forms, self.pressable, self.tags = reader.forms, reader.pressable, reader.tags
        self.words = " ".join(filter(None, reader.words))
        self.answer = " ".join(filter(None, reader.answer))

    @property
    def status(self) -> int:
        return self.answered.status


@dataclass
class Browser:
    """Somebody's browser. ``headers`` go with everything that it asks; ``path`` is where its forms are sent."""

    served: Served
    headers: Mapping[str, str] = field(default_factory=dict)
    keeps_cookies: bool = True
    cookie: str = ""
    path: str = "/webform"

    def open(self, path: str = "") -> Page:
        return self._page(self.served.ask(path or self.path, None, self._headers()))

    def send(self, form: Mapping[str, str], **filled: str) -> Page:
        """Send a form as it stands, with some fields filled in."""
        headers = {"content-type": "application/x-www-form-urlencoded", **self._headers()}
        return self._page(self.served.ask(self.path, urlencode({**form, **filled}).encode(), headers))

    def _headers(self) -> dict[str, str]:
        return {**self.headers, **({"cookie": self.cookie} if self.cookie else {})}

    def _page(self, answered: Answered) -> Page:
        if self.keeps_cookies and "set-cookie" in answered.headers:
            kept = SimpleCookie(self.cookie)
            kept.load(answered.headers["set-cookie"])
            self.cookie = "; ".join(f"{name}={morsel.coded_value}" for name, morsel in kept.items())
        return Page(answered)
