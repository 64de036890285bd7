"""The notice as a site, a messenger or a feed reader takes it."""

from __future__ import annotations

import datetime as dt
import re
from typing import Any

from django.utils.feedgenerator import Rss201rev2Feed
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from sbyt.notices.announcement.saying import Announcement, Block, Item

_LINKED = re.compile(r"(https?://[^\s\"<>]+)|([^\s@\"<>:?&]+@[^\s@\"<>:?&]+\.[^\s@\"<>:?&]+)", re.IGNORECASE)


def as_text(notice: Announcement) -> str:
    """Plain paragraphs and lists, with nothing that an editor or a messenger could take for its own signs."""
    parts = [notice.title, *map(str, notice.blocks), "\n".join(notice.footnotes)]
    return "\n\n".join(filter(None, parts)) + "\n"


def as_html(notice: Announcement, heading: int | None = 2) -> SafeString:
    """A fragment to be put into a page.

    :param heading: of which level its title is, 1 to 6; without one it has none.
    """
    title = format_html("<h{}>{}</h{}>\n", heading, notice.title, heading) if heading else ""
    blocks = format_html_join("", "{}", ((_html(block),) for block in notice.blocks))
    footnotes = format_html_join("", "<p><small>{}</small></p>\n", ((one,) for one in notice.footnotes))
    return format_html('<section lang="{}">\n{}{}{}</section>\n', notice.language, title, blocks, footnotes)


def as_rss(notice: Announcement, changed_at: dt.datetime, page: str, feed: str | None = None) -> str:
    """A feed by RSS 2.0 (https://www.rssboard.org/rss-specification) with one item, the notice.

    :param changed_at: when the state was last changed.
    :param page: the address of the page that says the same; ``feed`` that of the feed itself, if it has one.
    """
    written = _Feed(notice.company, page, notice.title, language=notice.language, feed_url=feed)
    written.add_item(
        notice.title,
        page,
        as_html(notice, heading=None),
        unique_id=f"urn:sbyt:notice:{notice.language}:{notice.digest}",
        unique_id_is_permalink=False,
        pubdate=changed_at,
    )
    return written.writeString("utf-8")


class _Feed(Rss201rev2Feed):
    """Its text is typed by people: what XML can't hold was taken out before."""

    def latest_post_date(self) -> Any:
        return self.items[0]["pubdate"]


def _html(block: Block) -> SafeString:
    if not block.items:
        return format_html("<p>{}</p>\n", block.lead)
    if block.only:
        return format_html("<p>{}: {}{}</p>\n", block.lead, _item(block.only), block.end)
    items = format_html_join("", "<li>{}</li>\n", ((_item(item),) for item in block.items))
    return format_html("<p>{}:</p>\n<ul>\n{}</ul>\n", block.lead, items)


def _item(item: Item) -> SafeString:
    return format_html("<b>{}</b>{}{}{}", item.name, item.between, _address(item.address), item.rest)


def _address(address: str) -> SafeString | str:
    """An address as it was typed; one of a page or of e-mail leads there."""
    found = _LINKED.fullmatch(address)
    if not found:
        return address
    return format_html('<a href="{}{}">{}</a>', "" if found[1] else "mailto:", address, address)
