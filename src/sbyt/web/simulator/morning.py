"""The page of the morning: what happened, as it stands, and the button that lets it happen."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.views.decorators.http import require_http_methods

from sbyt.messaging.statuses import current_channels
from sbyt.notices.numbers import End
from sbyt.usecases.simulator import Morning, morning, play_morning, undo_morning
from sbyt.web.language import language_of
from sbyt.web.simulator.words import WORDS


class Happened(NamedTuple):
    """A step of the story: what it is called, what came of it, whether it is done, where it is seen."""

    title: str
    said: str
    done: bool
    link: str = ""
    link_word: str = ""


@require_http_methods(["GET", "HEAD", "POST"])
def morning_page(request: HttpRequest) -> HttpResponse:
    """The story step by step; a POST plays it, or undoes it."""
    language, now = language_of(request), settings.NOW()
    if settings.SBYT.demo.morning is None:
        raise Http404
    if request.method == "POST":
        if request.POST.get("do") == "undo":
            undo_morning(settings.SBYT, now)
        else:
            play_morning(settings.SBYT, settings.CONNECTED_CHANNELS(), now, language)
        return HttpResponseRedirect("/phones/morning")
    story = morning(settings.SBYT, now)
    if story is None:
        raise Http404
    words = WORDS[language]
    said = {"words": words, "story": story, "steps": list(_steps(story, words)), "quiet": _is_quiet(words)}
    response = render(request, "simulator/morning.html", said)
    response["Cache-Control"] = "no-store"
    return response


def _is_quiet(words: Mapping[str, str]) -> str:
    """In quiet hours nothing goes to many: the visitor is told when it will."""
    sbyt = settings.SBYT
    local = settings.NOW().astimezone(sbyt.zone)
    return words["morning_quiet"].format(hour=sbyt.quiet.to_hour) if sbyt.quiet.holds(local) else ""


def _steps(story: Morning, words: Mapping[str, str]) -> Iterator[Happened]:
    today = settings.NOW().astimezone(settings.SBYT.zone).date()
    titles = {code: way.title for code, way in current_channels(settings.SBYT, today).items()}
    named = {"ended": titles[story.ended], "unstable": titles[story.unstable], "home": titles.get(story.home, "")}

    def step(of: str, *, done: bool, link: str = "", **more: object) -> Happened:
        said = words[f"morning_{of}_said"].format(**named, **more) if done else ""
        word = words[f"morning_{of}_link"] if link and done else ""
        return Happened(words[f"morning_{of}"].format(**named), said, done, link if done else "", word)

    yield step("ended", done=story.is_ended, link="/channels")
    yield step("unstable", done=story.is_unstable)
    yield step(
        "answered",
        done=story.answered > 0,
        link=f"/phones?chat={story.ended}&show=messenger#messenger",
        count=story.answered,
    )
    ends = {end: story.ends.get(end, 0) for end in End}
    yield step(
        "told",
        done=story.campaign is not None,
        link=f"/office/notices/{story.campaign.pk}/" if story.campaign else "",
        all=sum(ends.values()),
        sent=ends[End.SENT],
        waiting=ends[End.WAITING] + ends[End.UNDER_WAY],
        there=ends[End.THERE],
        unreachable=ends[End.UNREACHABLE],
    )
    if story.home:
        name = story.moved.name if story.moved else ""
        link = f"/phones?chat={story.home}&show=messenger"
        link += f"&messenger={story.moved.account}#messenger" if story.moved else ""
        yield step("moved", done=story.moved is not None, link=link, name=name)
