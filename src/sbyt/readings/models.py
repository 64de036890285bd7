from __future__ import annotations

from django.db import models

from sbyt.accounts.models import Account, Register
from sbyt.messaging.models import InboundMessage


class Reading(models.Model):
    """One value of one register, as it was handed in. Rows are only ever added; the id is the order of loading."""

    class Kind(models.TextChoices):
        CUSTOMER = "customer"
        CONTROL = "control"  # read by an inspector
        INSTALLED = "installed"
        REMOVED = "removed"

    register = models.ForeignKey(Register, on_delete=models.PROTECT, related_name="readings", db_index=False)
    period = models.IntegerField()  # the billing period it counts for, fixed on receipt (billing rule 1)
    kind = models.CharField(max_length=9, choices=Kind)
    value = models.BigIntegerField()  # whole units of the register
    rollover = models.BooleanField(default=False)  # the dial went through zero since the reading before
    taken_on = models.DateField()
    received_at = models.DateTimeField(null=True)  # null: not known, the day it was taken counts
    channel = models.CharField(max_length=32, default="")
    verdict = models.CharField(max_length=16, default="ok")  # the check that a person confirmed, or "ok"
    message = models.ForeignKey(InboundMessage, null=True, on_delete=models.PROTECT, related_name="readings")
    loaded_at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["register", "period"], name="reading_register_period")]


class Cancellation(models.Model):
    """A reading taken back: another row, never a deletion."""

    reading = models.OneToOneField(Reading, on_delete=models.PROTECT, related_name="cancellation")
    at = models.DateTimeField()
    by = models.TextField()  # the sender or the member of staff
    reason = models.TextField(default="")


class Inspection(models.Model):
    """Who entered an inspector's value in the office, and why it was read: what a file doesn't tell."""

    reading = models.OneToOneField(Reading, on_delete=models.PROTECT, related_name="inspection")
    by = models.TextField()
    reason = models.TextField()


class StaffTask(models.Model):
    """What only a person can decide, with what was offered and why it was not taken."""

    class Decision(models.TextChoices):
        TAKEN = "taken"  # as offered, or with the values that staff read themselves
        REFUSED = "refused"
        ANSWERED = "answered"  # in words
        CLOSED = "closed"  # nothing was to be done

    message = models.ForeignKey(InboundMessage, null=True, on_delete=models.PROTECT, related_name="tasks")
    account = models.ForeignKey(Account, null=True, on_delete=models.PROTECT, related_name="tasks")
    reason = models.CharField(max_length=32)
    offered = models.JSONField(default=list)  # readings: account, serial, zone, units (whole units of the register)
    created_at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True)
    closed_by = models.TextField(default="")
    decision = models.CharField(
        max_length=8, choices=Decision, default="", db_default=""
    )  # empty: not decided by staff
    asked_at = models.DateTimeField(null=True)  # when staff asked the customer, who has not answered yet
    asked_by = models.TextField(default="", db_default="")

    class Meta:
        indexes = [models.Index(fields=["id"], condition=models.Q(closed_at__isnull=True), name="task_open")]
