"""The roles of staff as groups, with what each may look at among the data (sbyt.staff.roles.VIEWED)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from django.db import migrations

_HOUSEHOLDS = {
    "accounts": ["customer", "premises", "account", "occupancy", "meter", "register"],
    "readings": ["reading", "cancellation"],
    "billing": ["run", "charge", "bill", "unbilled"],
    "payments": ["payment", "counted"],
    "tariffs": ["price", "norm"],
}
_TALK = {
    "accounts": ["link"],
    "readings": ["stafftask"],
    "messaging": ["inboundmessage", "outboundmessage", "delivery", "channelstatus", "unreadable"],
}


def _permissions(apps: Any, wanted: Iterable[tuple[str, str, str]]) -> Iterator[Any]:
    """Django makes permissions only after the last migration; those that are there already it leaves alone."""
    content_type = apps.get_model("contenttypes", "ContentType")
    permission = apps.get_model("auth", "Permission")
    for app, model, action in wanted:
        of_model, _ = content_type.objects.get_or_create(app_label=app, model=model)
        yield permission.objects.get_or_create(
            content_type=of_model, codename=f"{action}_{model}", defaults={"name": f"Can {action} {model}"}
        )[0]


def make_roles(apps: Any, _: Any) -> None:
    group = apps.get_model("auth", "Group")
    households = [(app, model, "view") for app, models in _HOUSEHOLDS.items() for model in models]
    talk = [(app, model, "view") for app, models in _TALK.items() for model in models]
    staff = [("staff", "user", action) for action in ("view", "add", "change")]
    for name, wanted in (
        ("operator", households + talk),
        ("billing", households),
        ("administrator", households + talk + staff),
    ):
        made, _ = group.objects.get_or_create(name=name)
        made.permissions.add(*_permissions(apps, wanted))


class Migration(migrations.Migration):
    dependencies = [
        ("staff", "0001_initial"),
        ("auth", "0012_alter_user_first_name_max_length"),
        ("contenttypes", "0002_remove_content_type_name"),
    ]

    operations = [migrations.RunPython(make_roles, migrations.RunPython.noop)]
