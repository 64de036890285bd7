"""The notice of the ways to hand in readings, as a page and as a feed. They ask for no log-in and need no script."""

from __future__ import annotations

from django.conf import settings
from django.db import DatabaseError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import conditional_page, require_safe
from django.views.decorators.vary import vary_on_headers

from sbyt.bulk.lasting import with_connection
from sbyt.messaging.statuses import Statuses, read_statuses
from sbyt.notices.announcement.formats import as_html
from sbyt.usecases.channel_notice import Notice, channel_notice
from sbyt.web.language import language_of
from sbyt.web.words import start_words_of

_TRY_AGAIN = 60


@require_safe
def channels(request: HttpRequest) -> HttpResponse:
    """The notice as a page of our site."""
    language = language_of(request)
    try:
        notice = _notice(language)
    except DatabaseError:  # better what the file says than nothing
        notice = _written(Statuses((), settings.SBYT), language)
    said = {"words": start_words_of(language), "notice": notice, "fragment": as_html(notice.said, heading=1)}
    response = render(request, "channels.html", said)
    response["Cache-Control"] = "no-store"  # a state changes at once
    return response


@require_safe
@conditional_page
@vary_on_headers("Accept-Language", "Cookie")
def feed(request: HttpRequest) -> HttpResponse:
    """The same for feed readers, who are told nothing while the state can't be read: they would keep what is wrong."""
    try:
        notice = _notice(language_of(request))
    except DatabaseError:
        return HttpResponse(status=503, headers={"Retry-After": str(_TRY_AGAIN)})
    if not notice.has_feed:  # what a browser calls us is no address to tell others
        raise Http404
    response = HttpResponse(notice.rss, content_type="application/rss+xml; charset=utf-8")
    response["Cache-Control"] = "no-cache"
    return response


def _notice(language: str) -> Notice:
    return _written(with_connection(lambda: read_statuses(settings.SBYT)), language)


def _written(statuses: Statuses, language: str) -> Notice:
    today = settings.NOW().astimezone(settings.SBYT.zone).date()
    return channel_notice(statuses, settings.SBYT, today, language)
