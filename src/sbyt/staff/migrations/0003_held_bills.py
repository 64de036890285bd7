"""Who may look at bills may look at those that are held."""

from __future__ import annotations

from typing import Any

from django.db import migrations


def let_them_look(apps: Any, _: Any) -> None:
    """Django makes permissions only after the last migration; those that are there already it leaves alone."""
    of_model, _created = apps.get_model("contenttypes", "ContentType").objects.get_or_create(
        app_label="billing", model="hold"
    )
    view, _created = apps.get_model("auth", "Permission").objects.get_or_create(
        content_type=of_model, codename="view_hold", defaults={"name": "Can view hold"}
    )
    for group in apps.get_model("auth", "Group").objects.filter(name__in=("operator", "billing", "administrator")):
        group.permissions.add(view)


class Migration(migrations.Migration):
    dependencies = [
        ("staff", "0002_roles"),
        ("auth", "0012_alter_user_first_name_max_length"),
        ("contenttypes", "0002_remove_content_type_name"),
    ]

    operations = [migrations.RunPython(let_them_look, migrations.RunPython.noop)]
