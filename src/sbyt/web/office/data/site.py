"""The site of the data at /office/data/: for staff, each table for who has the permission to look at it."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.text import capfirst
from unfold.sites import UnfoldAdminSite

from sbyt.staff.models import User
from sbyt.staff.roles import may
from sbyt.web.office.data import words
from sbyt.web.office.data.people import Members
from sbyt.web.office.data.shown import SHOWN
from sbyt.web.office.data.tables import name_tables

#: The tables in the navigation, by what they are about.
GROUPS = (
    (
        "households",
        (
            "accounts.account",
            "accounts.customer",
            "accounts.premises",
            "accounts.meter",
            "accounts.register",
            "readings.reading",
        ),
    ),
    (
        "talk",
        (
            "messaging.inboundmessage",
            "messaging.outboundmessage",
            "accounts.link",
            "readings.stafftask",
            "messaging.channelstatus",
        ),
    ),
    ("money", ("billing.bill", "billing.charge", "billing.hold", "payments.payment")),
    ("settings", ("tariffs.price", "tariffs.norm")),
    ("people", ("staff.user",)),
)


class DataSite(UnfoldAdminSite):  # type: ignore[misc]  # unfold ships no types
    index_template = "office/data.html"
    enable_nav_sidebar = True

    def has_permission(self, request: HttpRequest) -> bool:
        return may(request.user, ())

    def login(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:  # noqa: ARG002
        """The log-in of the office is the only one; who has no role is told so."""
        if request.user.is_authenticated:
            raise PermissionDenied
        return redirect_to_login(request.GET.get("next", reverse("admin:index")), reverse("account_login"))

    def get_sidebar_list(self, request: HttpRequest) -> list[dict[str, Any]]:
        found = [
            {"items": [{"title": f"← {words.other('to_the_office')}", "link": "/office/", "has_permission": True}]}
        ]
        return found + self.groups(request)

    def groups(self, request: HttpRequest) -> list[dict[str, Any]]:
        """The tables that whoever is logged in may look at."""
        found = []
        for title, labels in GROUPS:
            items = [self._item(label, request) for label in labels if self._may_view(label, request)]
            if items:
                found.append({"title": words.other(title), "items": items})
        return found

    def index(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        said = {"title": words.other("data"), "what": words.other("data_what"), "groups": self.groups(request)}
        shown: HttpResponse = super().index(request, {**said, **(extra_context or {})})
        return shown

    def app_index(
        self,
        request: HttpRequest,  # noqa: ARG002 as Django calls it
        app_label: str,  # noqa: ARG002
        extra_context: dict[str, Any] | None = None,  # noqa: ARG002
    ) -> HttpResponse:
        """Who looks at the data knows tables, not apps."""
        return redirect("admin:index")

    def _may_view(self, label: str, request: HttpRequest) -> bool:
        app, model = label.split(".")
        return request.user.has_perm(f"{app}.view_{model}")

    def _item(self, label: str, request: HttpRequest) -> dict[str, Any]:
        link = reverse(f"admin:{label.replace('.', '_')}_changelist")
        return {
            "title": capfirst(str(words.table(label, 1))),
            "link": link,
            "active": request.path.startswith(link),
            "has_permission": True,
        }


def make_site() -> DataSite:
    made = DataSite()
    name_tables(words.TABLES["ru"])
    for model, shown in SHOWN.items():
        made.register(model, shown)
    made.register(User, Members)
    return made


site = make_site()
