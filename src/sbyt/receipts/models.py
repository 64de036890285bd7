from __future__ import annotations

from django.db import models

from sbyt.accounts.models import Account


class Edition(models.Model):
    """What the bills that are issued together have in common: the company, the words, the ways, the template.

    ``files`` are those of Typst by their name, ``typesetter`` the version that they were first set with.
    """

    period = models.IntegerField()
    digest = models.CharField(max_length=64)  # of body and files: the same is kept once
    body = models.JSONField()
    files = models.JSONField()
    typesetter = models.CharField(max_length=32)
    made_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["period", "digest"], name="edition_once")]


class Receipt(models.Model):
    """A bill as it was first issued: printed again it says the same, whatever changed since."""

    account = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="receipts")
    period = models.IntegerField()
    edition = models.ForeignKey(Edition, on_delete=models.PROTECT, related_name="receipts")
    issued_at = models.DateTimeField()
    closing = models.BigIntegerField()  # kopecks, as on the bill
    content = models.BinaryField()  # receipts.content, as JSON packed by zlib

    class Meta:
        constraints = [models.UniqueConstraint(fields=["period", "account"], name="receipt_once")]
