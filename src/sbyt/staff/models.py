from __future__ import annotations

from django.contrib.auth.models import AbstractUser
from django.db import models
from django.utils.translation import gettext_lazy as _


class User(AbstractUser):
    """Somebody who works here and may log in. What they may do, their groups say (sbyt.staff.roles)."""

    class Meta:
        db_table = "staff_user"
        verbose_name = _("user")
        verbose_name_plural = _("users")


class Remembered(models.Model):
    """What all processes remember together for a while: Django's cache, in which wrong passwords are counted."""

    cache_key = models.CharField(max_length=255, primary_key=True)
    value = models.TextField()
    expires = models.DateTimeField(db_index=True)

    class Meta:
        db_table = "staff_remembered"
