"""The notice of the ways as a person reads it, whatever its format: one line for each paragraph and row."""

from __future__ import annotations

from email.utils import parsedate_to_datetime
from html.parser import HTMLParser
from xml.etree import ElementTree as ET

#: What RSS 2.0 asks of a feed, by element: those that must be there (https://www.rssboard.org/rss-specification).
REQUIRED_BY_RSS = {"channel": ("title", "link", "description"), "item": ()}
#: An item has one of these at least.
ONE_OF_AN_ITEM = ("title", "description")

_WHOLE = {"p", "li", "h1", "h2"}
_VOID = {"link", "meta", "br"}


class _Reader(HTMLParser):
    """Keeps what stands in each block, and refuses what isn't closed in its order."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.lines: list[str] = []
        self.rows: list[str] = []
        self.tags: list[str] = []
        self._open: list[str] = []
        self._line = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        if tag not in _VOID:
            self._open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self._open, tag
        assert self._open.pop() == tag
        if tag in _WHOLE:
            self.lines.append(" ".join(self._line.split()))
            if tag == "li":
                self.rows.append(self.lines[-1])
            self._line = ""

    def handle_data(self, data: str) -> None:
        self._line += data

    def close(self) -> None:
        super().close()
        assert self._open == []
        assert self._line.strip() == ""


def read_html(fragment: str) -> _Reader:
    """What a fragment says and is made of: ``lines``, of them the ``rows`` of its lists, ``tags``."""
    reader = _Reader()
    reader.feed(fragment)
    reader.close()
    return reader


def lines_of(text: str, kind: str) -> list[str]:
    """The notice in one of its formats, as its lines."""
    if kind == "html":
        return read_html(text).lines
    if kind == "rss":
        item = read_rss(text)
        return [item.findtext("title", ""), *read_html(item.findtext("description", "")).lines]
    return [line.removeprefix("• ") for line in text.splitlines() if line]


def read_rss(text: str) -> ET.Element:
    """The one item of a feed that has all that RSS 2.0 asks for."""
    root = ET.fromstring(text.encode())
    assert (root.tag, root.get("version")) == ("rss", "2.0")
    (channel,) = root
    (item,) = channel.findall("item")
    for element in (channel, item):
        for name in REQUIRED_BY_RSS[element.tag]:
            assert element.findtext(name), name
    assert any(item.findtext(name) for name in ONE_OF_AN_ITEM)
    guid = item.find("guid")
    assert guid is not None
    assert guid.get("isPermaLink") == "false"
    for element, name in ((channel, "lastBuildDate"), (item, "pubDate")):
        assert parsedate_to_datetime(element.findtext(name, "")).tzinfo is not None
    for element in (channel, item):
        assert element.findtext("link", "").startswith(("http://", "https://"))
    return item
