from django.apps import AppConfig


class StaffConfig(AppConfig):
    name = "sbyt.staff"
    label = "staff"
    default_auto_field = "django.db.models.BigAutoField"
