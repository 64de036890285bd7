from __future__ import annotations

from django.db import models


class InboundMessage(models.Model):
    """What a customer sent, stored before anything else is done with it."""

    channel = models.CharField(max_length=32)
    provider_id = models.TextField()  # the provider's message id
    sender = models.TextField()  # phone, chat or e-mail as the channel names it
    text = models.TextField()
    received_at = models.DateTimeField()  # the provider's time of acceptance; ours only where there is none
    stored_at = models.DateTimeField()
    handled_at = models.DateTimeField(null=True)
    result = models.JSONField(null=True)  # outcome, reason, readings, reply: what is answered to a repetition

    class Meta:
        constraints = [models.UniqueConstraint(fields=["channel", "provider_id"], name="inbound_once")]
        indexes = [models.Index(fields=["channel", "sender"], name="inbound_sender")]


class Conversation(models.Model):
    """What one sender in one channel and we are talking about: the open question, the language."""

    channel = models.CharField(max_length=32)
    sender = models.TextField()
    state = models.JSONField(default=dict)
    updated_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["channel", "sender"], name="conversation_once")]


class OutboundMessage(models.Model):
    """What we say, written in the transaction that made it true."""

    channel = models.CharField(max_length=32)
    recipient = models.TextField()
    text = models.TextField()
    in_reply_to = models.ForeignKey(InboundMessage, null=True, on_delete=models.PROTECT, related_name="answers")
    created_at = models.DateTimeField()
    delivered_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [models.Index(fields=["id"], condition=models.Q(delivered_at__isnull=True), name="outbound_waiting")]
