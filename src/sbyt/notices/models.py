from __future__ import annotations

from django.db import models

from sbyt.accounts.models import Account
from sbyt.messaging.models import OutboundMessage


class Campaign(models.Model):
    """A mass notice: what is told to many, when, and how far it has come."""

    class Kind(models.TextChoices):
        WITHDRAWN = "withdrawn"  # a channel takes no readings any more
        OWN = "own"  # in the company's own words
        REMINDER = "reminder"  # there is no reading yet

    class State(models.TextChoices):
        PREPARING = "preparing"  # its addressees are being looked up
        PREPARED = "prepared"
        APPROVED = "approved"  # its time has not come yet, or nobody has begun it
        RUNNING = "running"
        PAUSED = "paused"
        FINISHED = "finished"
        STOPPED = "stopped"

    kind = models.CharField(max_length=9, choices=Kind)
    channel = models.CharField(max_length=32, default="")  # the one that was withdrawn
    title = models.TextField()  # how it is called in lists: the channel's title, the first words
    texts = models.JSONField()  # by language: short, text and subject, as they were made when it was prepared
    state = models.CharField(max_length=9, choices=State, default=State.PREPARING)
    period = models.IntegerField(null=True)  # who has handed in for it is not told; null: everybody is
    begins_at = models.DateTimeField()
    until = models.DateTimeField()  # nothing goes from then on
    per_hour = models.IntegerField(null=True)  # so many are written an hour; null: as fast as the channels can
    spread_until = models.DateTimeField(null=True)  # evenly until then: gives per_hour when it is approved
    free_at = models.DateTimeField(null=True)  # as in messaging's Pace, for per_hour
    already_there = models.IntegerField(default=0)  # when it was prepared, so many need not be told
    prepared_at = models.DateTimeField()
    key = models.TextField(null=True, unique=True)  # what is prepared once, whoever does; null: no such limit

    class Meta:
        indexes = [
            models.Index(
                fields=["id"],
                condition=models.Q(state__in=("approved", "running", "paused")),
                name="campaign_under_way",
            )
        ]


class Step(models.Model):
    """Who did what with a mass notice. Rows are only added."""

    class What(models.TextChoices):
        PREPARED = "prepared"
        TRIED = "tried"
        APPROVED = "approved"
        PAUSED = "paused"
        RESUMED = "resumed"
        STOPPED = "stopped"

    campaign = models.ForeignKey(Campaign, on_delete=models.PROTECT, related_name="steps")
    what = models.CharField(max_length=8, choices=What)
    at = models.DateTimeField()
    by = models.TextField()
    login = models.TextField(default="", db_default="")  # in the office, the name they log in by


class ReminderChoice(models.Model):
    """On which day of the month somebody wants to be reminded. Rows are only added, and closed by the next choice.

    Whose it is: the sender who chose (``channel`` and ``sender``), for all accounts they are linked to; or, where staff
    took it down, the ``account``, reminded on the best address of its customer unless a channel is named.
    """

    account = models.ForeignKey(Account, null=True, on_delete=models.PROTECT, related_name="reminder_choices")
    channel = models.CharField(max_length=32, default="")
    sender = models.TextField(default="")
    day = models.SmallIntegerField(null=True)  # null: not at all
    chosen_at = models.DateTimeField()
    chosen_by = models.TextField()  # a member of staff, or the sender as channel:sender
    ended_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["channel", "sender"],
                condition=models.Q(ended_at__isnull=True, account__isnull=True),
                name="reminder_of_sender",
            ),
            models.UniqueConstraint(
                fields=["account"],
                condition=models.Q(ended_at__isnull=True, account__isnull=False),
                name="reminder_of_account",
            ),
        ]
        indexes = [
            models.Index(fields=["day", "id"], condition=models.Q(ended_at__isnull=True), name="reminder_of_day"),
            # What was chosen from an address, in whichever channel.
            models.Index(
                fields=["sender", "account"], condition=models.Q(ended_at__isnull=True), name="reminder_by_sender"
            ),
        ]


class Addressee(models.Model):
    """One person of a mass notice: where they are told, and what became of it as far as the outbox doesn't say."""

    class State(models.TextChoices):
        WAITING = "waiting"
        WRITTEN = "written"  # into the outbox, whose message says the rest
        THERE = "there"  # the readings are there, nothing need be told
        UNREACHABLE = "unreachable"
        LATE = "late"  # its time was over before it was written
        STOPPED = "stopped"  # people stopped it, or this person asked for no reminders

    class Why(models.TextChoices):
        """Why nobody can reach them."""

        UNKNOWN = "unknown"  # nobody knows which account is theirs
        NO_ADDRESS = "no_address"  # there is no other address of theirs
        SILENT = "silent"  # they asked not to be written to, or blocked us
        CLOSED = "closed"  # the channel was closed since it was prepared

    campaign = models.ForeignKey(Campaign, on_delete=models.PROTECT, related_name="addressees", db_index=False)
    person = models.TextField()  # channel:recipient, or who can't be reached: by this nobody is told twice
    channel = models.CharField(max_length=32)  # where they are told; empty if nowhere
    recipient = models.TextField()
    language = models.CharField(max_length=2)
    used = models.TextField()  # as which sender they used the withdrawn channel
    due_at = models.DateTimeField()  # not before
    state = models.CharField(max_length=11, choices=State)
    why = models.CharField(max_length=10, choices=Why, default="")
    message = models.ForeignKey(OutboundMessage, null=True, on_delete=models.PROTECT, related_name="addressees")
    choice = models.ForeignKey(ReminderChoice, null=True, on_delete=models.PROTECT, related_name="+", db_index=False)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["campaign", "person"], name="addressee_once")]
        indexes = [
            models.Index(
                fields=["campaign", "channel", "due_at", "id"],
                condition=models.Q(state="waiting"),
                name="addressee_waiting",
            )
        ]


class Concerned(models.Model):
    """An account that a notice to somebody is about."""

    addressee = models.ForeignKey(Addressee, on_delete=models.PROTECT, related_name="concerned", db_index=False)
    account = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="+", db_index=False)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["addressee", "account"], name="concerned_once")]
