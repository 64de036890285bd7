from __future__ import annotations

from django.db import models

from sbyt.core.settings import ChannelState


class InboundMessage(models.Model):
    """What a customer sent, stored before anything else is done with it: once, by channel and provider's id."""

    channel = models.CharField(max_length=32)
    provider_id = models.TextField()  # the provider's message id
    sender = models.TextField()  # phone, chat or e-mail as the channel names it
    text = models.TextField()
    raw = models.TextField(default="")  # what the provider sent, where it is more than the text
    photos = models.SmallIntegerField(default=0, db_default=0)  # how many came with it
    contact = models.TextField(default="", db_default="")  # the sender's own phone, shared; "?" for another's
    received_at = models.DateTimeField()  # the provider's time of acceptance; ours only where there is none
    stored_at = models.DateTimeField()
    attempts = models.SmallIntegerField(default=0)  # how often handling it failed
    retry_at = models.DateTimeField(null=True)  # not to be handled before; null: at once
    handled_at = models.DateTimeField(null=True)
    result = models.JSONField(null=True)  # outcome, reason, readings, reply: what is answered to a repetition

    class Meta:
        constraints = [models.UniqueConstraint(fields=["channel", "provider_id"], name="inbound_once")]
        indexes = [
            models.Index(fields=["channel", "sender"], name="inbound_sender"),
            # Whatever waits to be handled, in order; and each sender's own line.
            models.Index(fields=["id"], condition=models.Q(handled_at__isnull=True), name="inbound_waiting"),
            models.Index(
                fields=["channel", "sender", "id"], condition=models.Q(handled_at__isnull=True), name="inbound_line"
            ),
        ]


class Photo(models.Model):
    """A photo that came with a message, as it came."""

    message = models.ForeignKey(InboundMessage, on_delete=models.PROTECT, related_name="+")
    media_type = models.CharField(max_length=32)
    data = models.BinaryField()
    stored_at = models.DateTimeField()


class ExpectedPhoto(models.Model):
    """A photo that the provider keeps and that is to be fetched: its message is stored and answered before it is."""

    message = models.ForeignKey(InboundMessage, on_delete=models.PROTECT, related_name="+")
    channel = models.CharField(max_length=32)
    file = models.TextField()  # what the channel fetches it by
    expected_at = models.DateTimeField()  # since when
    attempts = models.SmallIntegerField(default=0)
    retry_at = models.DateTimeField(null=True)  # not before; null: at once
    why = models.TextField(default="")  # what the last attempt ended with
    ended_at = models.DateTimeField(null=True)  # it is kept as a Photo, or given up

    class Meta:
        indexes = [
            models.Index(fields=["channel", "id"], condition=models.Q(ended_at__isnull=True), name="photo_expected")
        ]


class Silence(models.Model):
    """A sender to whom nothing is written first: they asked for it, or can't be reached there any more."""

    class Why(models.TextChoices):
        ASKED = "asked"
        GONE = "gone"  # the provider says so; it ends when they write again

    channel = models.CharField(max_length=32)
    sender = models.TextField()
    why = models.CharField(max_length=5, choices=Why)
    since = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["channel", "sender"], name="silence_once")]


class Unreadable(models.Model):
    """What came with a right signature and could not be read: kept, for people to look at."""

    channel = models.CharField(max_length=32)
    body = models.TextField()
    why = models.TextField()
    stored_at = models.DateTimeField()


class Conversation(models.Model):
    """What one sender in one channel and we are talking about: the open question, the language."""

    channel = models.CharField(max_length=32)
    sender = models.TextField()
    state = models.JSONField(default=dict)
    updated_at = models.DateTimeField()
    # The open question: by which message it was raised, how it was put, when it is put again and when it goes to staff.
    asked_by = models.ForeignKey(InboundMessage, null=True, on_delete=models.PROTECT, related_name="+")
    asked_text = models.TextField(default="")
    asked_buttons = models.JSONField(default=list)
    ask_again_at = models.DateTimeField(null=True)
    to_staff_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["channel", "sender"], name="conversation_once")]
        indexes = [
            models.Index(
                fields=["ask_again_at"], condition=models.Q(ask_again_at__isnull=False), name="conversation_ask_again"
            ),
            models.Index(
                fields=["to_staff_at"], condition=models.Q(to_staff_at__isnull=False), name="conversation_to_staff"
            ),
        ]


class OutboundMessage(models.Model):
    """What we say, written in the transaction that made it true, and what became of it."""

    class Kind(models.IntegerChoices):
        """In the order in which they go out. Answers go at any hour, the others not in the quiet ones."""

        ANSWER = 1  # to what the person sent: a receipt, a question, a refusal
        NOTICE = 2  # to one person, because of something that happened
        ANNOUNCEMENT = 3  # to many

    class State(models.TextChoices):
        WAITING = "waiting"
        SENDING = "sending"  # claimed by a worker until leased_until
        DELIVERED = "delivered"  # taken by the provider, or shown in a live session
        UNCERTAIN = "uncertain"  # nobody knows whether it arrived, and it isn't sent again
        FAILED = "failed"  # the provider refused it for good
        EXPIRED = "expired"  # it could not be sent for so long that it says nothing any more

    channel = models.CharField(max_length=32)
    recipient = models.TextField()
    text = models.TextField()
    buttons = models.JSONField(default=list)
    subject = models.TextField(default="", db_default="")  # for channels that have one; never what others may not read
    contact_button = models.TextField(default="", db_default="")  # on a button that shares the person's own phone
    document = models.TextField(default="", db_default="")  # the reference of a file that goes with it, not its bytes
    kind = models.SmallIntegerField(choices=Kind, default=Kind.ANSWER)
    purpose = models.CharField(max_length=32, default="answer")  # a code: answer, asked_again, owner_told …
    written_by = models.TextField(default="", db_default="")  # the member of staff, where the words are theirs
    key = models.TextField(null=True, unique=True)  # what is said once for ever, whoever writes it; null: no such limit
    in_reply_to = models.ForeignKey(InboundMessage, null=True, on_delete=models.PROTECT, related_name="answers")
    created_at = models.DateTimeField()
    state = models.CharField(max_length=9, choices=State, default=State.WAITING)
    send_at = models.DateTimeField()  # not before
    expires_at = models.DateTimeField(null=True)  # not after; null: a week after it was written
    attempts = models.SmallIntegerField(default=0)
    leased_until = models.DateTimeField(null=True)
    delivered_at = models.DateTimeField(null=True)
    provider_id = models.TextField(default="")  # the provider's id of what was sent

    class Meta:
        indexes = [
            # What waits in a channel, in the order in which it goes out; and each recipient's own line.
            models.Index(
                fields=["channel", "kind", "send_at", "id"], condition=models.Q(state="waiting"), name="outbound_due"
            ),
            models.Index(
                fields=["channel", "recipient", "kind", "id"],
                condition=models.Q(state="waiting"),
                name="outbound_line",
            ),
            models.Index(fields=["leased_until"], condition=models.Q(state="sending"), name="outbound_leased"),
            # What somebody was told unasked; answers are found by what they answer.
            models.Index(
                fields=["channel", "recipient", "created_at"], condition=models.Q(kind__gt=1), name="outbound_told"
            ),
            # What did not arrive, for people to look at.
            models.Index(
                fields=["id"], condition=models.Q(state__in=("uncertain", "failed", "expired")), name="outbound_unsent"
            ),
        ]


class Delivery(models.Model):
    """One attempt to send, and how it ended: the delivery log."""

    outbound = models.ForeignKey(OutboundMessage, on_delete=models.PROTECT, related_name="deliveries")
    began_at = models.DateTimeField()
    ended_at = models.DateTimeField()
    result = models.CharField(max_length=32)  # delivered, or the code of a send error
    said = models.TextField(default="")  # the provider's words, without personal data

    class Meta:
        indexes = [models.Index(fields=["ended_at"], name="delivery_ended")]  # how the last ones ended


class Pace(models.Model):
    """How fast a channel may send, and whether it can at all, kept for all workers together."""

    channel = models.CharField(max_length=32, primary_key=True)
    free_at = models.DateTimeField()  # by which everything granted so far is sent, one after the other
    lately = models.JSONField(default=dict, db_default={})  # who was written to just now: recipient, when
    paused_until = models.DateTimeField(null=True)  # the provider asked us to wait, or does not answer
    failures = models.SmallIntegerField(default=0)  # attempts since the provider last answered as it should
    trouble = models.CharField(max_length=32, default="")  # the code of the last of them
    trouble_since = models.DateTimeField(null=True)  # when the first of them ended
    gone = models.SmallIntegerField(default=0, db_default=0)  # recipients said to be gone since one was reached


class ChannelStatus(models.Model):
    """A state of a channel from a day on. Rows are only added: the newest that has begun is in force."""

    channel = models.CharField(max_length=32)
    state = models.CharField(max_length=9, choices=[(state.value, state.value) for state in ChannelState])
    since = models.DateField()
    why = models.TextField(default="")
    title = models.TextField()
    address = models.TextField(default="")
    first_day = models.SmallIntegerField(default=1)
    last_day = models.SmallIntegerField(default=31)
    note = models.TextField(default="")  # the company's own sentence to who uses it
    footnote = models.TextField(default="", db_default="")  # what must be told wherever its name is
    changed_at = models.DateTimeField()
    changed_by = models.TextField()  # who, or "sbyt.toml"

    class Meta:
        indexes = [models.Index(fields=["channel", "id"], name="channel_status")]


class Worker(models.Model):
    """A process that works on inbox and outbox, and when it last said so."""

    name = models.TextField(primary_key=True)  # host and process
    seen_at = models.DateTimeField()


class ChannelHealth(models.Model):
    """How a channel is by the last check: one row a channel, written by whoever checks, read by all others."""

    channel = models.CharField(max_length=32, primary_key=True)
    state = models.CharField(max_length=8, default="ok")  # ok, degraded, down; unknown where the check is old
    reasons = models.JSONField(default=list)  # [code, {fields}], the gravest first
    since = models.DateTimeField(null=True)  # in this state
    unwell_since = models.DateTimeField(null=True)  # in any state but ok
    told = models.CharField(max_length=8, default="ok")  # what staff were told last
    checked_at = models.DateTimeField(null=True)  # null: messages came by it, and it was never checked
    ended = models.JSONField(default=dict)  # how many of the last attempts to send ended how
    findings = models.JSONField(default=list)  # what the provider said: [code, its words]
    look_error = models.CharField(max_length=32, default="")  # with which error it could not be asked
    looked_at = models.DateTimeField(null=True)
    last_at = models.DateTimeField(null=True)  # when the last message came in
    counted_from = models.DateTimeField(null=True)  # the first hour of which is known what came


class ChannelAlarm(models.Model):
    """A time for which staff were told that a channel isn't well. Rows are added and closed, nothing else."""

    channel = models.CharField(max_length=32)
    state = models.CharField(max_length=8)  # degraded, down
    reasons = models.JSONField(default=list)  # as they were when it began
    began_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)  # when it was well again, or grew worse

    class Meta:
        indexes = [
            models.Index(fields=["channel", "began_at"], name="alarm_of_channel"),
            models.Index(fields=["channel"], condition=models.Q(ended_at__isnull=True), name="alarm_open"),
        ]


class InboundHour(models.Model):
    """How many messages came in by a channel in an hour: what is usual, without reading the inbox again."""

    hour = models.DateTimeField()
    channel = models.CharField(max_length=32)
    came = models.IntegerField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["hour", "channel"], name="inbound_hour_once")]


class HealthWatch(models.Model):
    """What the checks of all channels share: one row."""

    leased_until = models.DateTimeField()  # until then nobody else checks
    counted_to = models.BigIntegerField(default=0)  # the last message that is in InboundHour
    certificate = models.JSONField(null=True)  # [how it was seen, begins, ends]; null: there is none
    certificate_at = models.DateTimeField(null=True)  # when it was looked at
    address = models.TextField(default="")  # which it was looked at
