from __future__ import annotations

from django.db import models

from sbyt.accounts.models import Account


class Payment(models.Model):
    """Money received for an account, known by its source and the source's own id."""

    account = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="payments")
    paid_on = models.DateField()
    amount = models.BigIntegerField()  # kopecks
    source = models.TextField()
    external_id = models.TextField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["source", "external_id"], name="payment_once")]


class Counted(models.Model):
    """A payment that a bill counted (billing rule 14). Another row, never a change to the payment."""

    payment = models.OneToOneField(Payment, on_delete=models.PROTECT, related_name="counted")
    period = models.IntegerField()  # of the account's bill that counted it

    class Meta:
        indexes = [models.Index(fields=["period"], name="counted_period")]
