"""A table of the data: shown page by page without counting it, found by index only, changed by nobody."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable, Iterable
from typing import Any, ClassVar

from django.apps import apps
from django.core.paginator import Paginator
from django.db.models import Model, Q, QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.html import format_html
from django.utils.text import capfirst
from unfold.admin import ModelAdmin

from sbyt.accounts.models import Account
from sbyt.core.identifiers import account_key
from sbyt.core.money import roubles
from sbyt.core.periods import Period
from sbyt.core.units import from_units
from sbyt.web.office.data import words

Column = Callable[[Any], object]

#: So many rows are leafed through; who looks for more must search.
FARTHEST = 1000
_ACCOUNTS = 50  # of one key, at most


class More(int):
    """A number of which only is known that there are more."""

    def __str__(self) -> str:
        return str(words.other("more")).format(count=FARTHEST)


class Leafing(Paginator):  # type: ignore[type-arg]  # generic only for mypy
    """Pages up to the thousandth row. Counting stops there: a whole count would read the whole table."""

    @cached_property
    def count(self) -> int:
        rows: Any = self.object_list
        counted: int = rows.order_by()[: FARTHEST + 1].count()
        return More(FARTHEST) if counted > FARTHEST else counted


class Table(ModelAdmin):  # type: ignore[misc]  # unfold ships no types
    """How a table is shown. Searching goes by ``find``, which may name only what an index finds."""

    columns: ClassVar[tuple[Column | str, ...]]
    details: ClassVar[tuple[Column | str, ...]]
    search_help: ClassVar[str] = ""

    actions = None
    paginator = Leafing
    list_per_page = 50
    list_max_show_all = 0
    show_full_result_count = False
    sortable_by = ()
    ordering: ClassVar[tuple[str, ...]] = ("-pk",)
    list_fullwidth = True
    compressed_fields = True

    def __init__(self, model: type[Model], site: Any) -> None:
        self.list_display = self.columns
        self.fields = self.readonly_fields = self.details
        if self.search_help:
            self.search_fields = ("pk",)  # Django shows the field; what is searched says find()
            self.search_help_text = words.other(self.search_help)
        super().__init__(model, site)

    def find(self, term: str) -> Q:
        raise NotImplementedError

    def get_search_results(
        self,
        request: HttpRequest,  # noqa: ARG002 as Django calls it
        queryset: QuerySet[Any],
        search_term: str,
    ) -> tuple[QuerySet[Any], bool]:
        term = search_term.strip()
        return (queryset.filter(self.find(term)) if term else queryset), False

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        rows: QuerySet[Any] = super().get_queryset(request)
        return rows.select_related(*self.list_select_related) if self.list_select_related else rows

    def has_add_permission(self, request: HttpRequest) -> bool:  # noqa: ARG002 as Django calls it
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:  # noqa: ARG002
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:  # noqa: ARG002
        return False

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> Any:
        # Rows have no text of their own (it would tempt into logging personal data): the page goes by its table's name.
        named = {"original": "", "subtitle": None, "title": capfirst(str(self.opts.verbose_name))}
        return super().changeform_view(request, object_id, form_url, {**named, **(extra_context or {})})


# what columns show ----------------------------------------------------------------------------------------------------


def computed(word: str, show: Callable[[Any], object]) -> Column:
    def shown(row: Any) -> object:
        found = show(row)
        return words.other("nothing") if found in (None, "") else _legible(found)

    shown.short_description = words.column(word)  # type: ignore[attr-defined]
    shown.__name__ = word
    return shown


def _legible(found: object) -> object:
    """Days and times as people write them here, not broken over lines."""
    if isinstance(found, dt.datetime):
        return f"{timezone.localtime(found):%d.%m.%Y\u00a0%H:%M}"
    if isinstance(found, dt.date):
        return f"{found:%d.%m.%Y}"
    return found


def plain(word: str, path: str = "") -> Column:
    """A value as it is; of another row where a path leads there."""
    return computed(word, lambda row: follow(row, path or word))


def coded(word: str, path: str = "") -> Column:
    """A code, as people say it."""
    return computed(word, lambda row: (found := follow(row, path or word)) and words.code(found))


def linked(word: str, path: str, *names: str) -> Column:
    """Another row by its names, leading there."""

    def show(row: Any) -> object:
        other = follow(row, path)
        if other is None:
            return None
        name = ", ".join(str(found) for name in names if (found := follow(other, name))) or f"№ {other.pk}"
        meta = other._meta  # noqa: SLF001 Django's own public name for it
        where = reverse(f"admin:{meta.app_label}_{meta.model_name}_change", args=[other.pk])
        return format_html('<a class="text-primary-600 dark:text-primary-500" href="{}">{}</a>', where, name)

    return computed(word, show)


def money(word: str) -> Column:
    return computed(word, lambda row: roubles(follow(row, word)))


def month(word: str, path: str = "") -> Column:
    def show(row: Any) -> object:
        found = follow(row, path or word)
        return str(Period(found)).replace("-", "\u2011") if found else None

    return computed(word, show)


def units(word: str, path: str, meter: str) -> Column:
    """Whole units of a register, as its dial shows them."""
    return computed(word, lambda row: from_units(follow(row, path), follow(row, f"{meter}.decimals")))


def scaled(word: str, path: str, decimals: int) -> Column:
    return computed(word, lambda row: from_units(follow(row, path), decimals, trim=True))


def written(word: str, path: str = "") -> Column:
    """What lies there as JSON, to be read."""

    def show(row: Any) -> object:
        found = follow(row, path or word)
        if not found:
            return None
        return format_html(
            '<pre style="white-space: pre-wrap; overflow-wrap: anywhere">{}</pre>',
            json.dumps(found, ensure_ascii=False, indent=2),
        )

    return computed(word, show)


def shortened(word: str, length: int = 80) -> Column:
    def show(row: Any) -> object:
        found = " ".join(str(follow(row, word)).split())
        return found if len(found) <= length else f"{found[: length - 1]}…"

    return computed(word, show)


def follow(row: Any, path: str) -> Any:
    """``register.meter.serial`` of a row; None where nothing stands on the way."""
    for name in path.split("."):
        row = getattr(row, name)
        if row is None:
            return None
    return row


# finding --------------------------------------------------------------------------------------------------------------


def accounts_of(term: str) -> list[int]:
    """The accounts with this number, however it is written."""
    return list(Account.objects.filter(key=account_key(term)).values_list("id", flat=True)[:_ACCOUNTS])


def name_tables(labels: Iterable[str]) -> None:
    """Call tables in Django's own pages what we call them. No migration sees that: it is no part of a model."""
    for label in labels:
        meta = apps.get_model(label)._meta  # noqa: SLF001, TID251 Django's own public name; the labels are our own words
        meta.verbose_name = words.table(label, 0)
        meta.verbose_name_plural = words.table(label, 1)
        meta.app_config.verbose_name = words.other("data")
