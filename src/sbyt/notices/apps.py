from django.apps import AppConfig


class NoticesConfig(AppConfig):
    name = "sbyt.notices"
    label = "notices"
    default_auto_field = "django.db.models.BigAutoField"
