from __future__ import annotations

from django.db import models

from sbyt.accounts.models import Account, Meter, Register


class Run(models.Model):
    """One billing run of one period, landed whole (billing rule 13)."""

    period = models.IntegerField(unique=True)
    landed_at = models.DateTimeField()
    summary = models.JSONField(default=dict)


class Charge(models.Model):
    """One line of a bill, or a line billed elsewhere before. Only ever added; a correction is another row."""

    class Kind(models.TextChoices):
        CHARGE = "charge"
        RECALCULATION = "recalculation"
        IMPORTED = "imported"  # billed before the first period here (charges.csv)

    class Basis(models.TextChoices):
        ACTUAL = "actual"
        AVERAGE = "average"
        NORM = "norm"

    account = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="charges")
    register = models.ForeignKey(Register, on_delete=models.PROTECT, related_name="charges")
    period = models.IntegerField(null=True)  # the bill it stands on; null where imported
    for_period = models.IntegerField()
    kind = models.CharField(max_length=13, choices=Kind)
    basis = models.CharField(max_length=7, choices=Basis)
    volume = models.BigIntegerField()  # whole units of the register
    amount = models.BigIntegerField()  # kopecks
    trace = models.JSONField(default=dict)  # what the line is explained by: billing.rules.traces

    class Meta:
        indexes = [
            models.Index(fields=["account", "for_period"], name="charge_account"),
            models.Index(fields=["period"], name="charge_period"),
        ]


class Bill(models.Model):
    """What an account owes for a period: opening + charged + recalculated - paid = closing (billing rule 14)."""

    account = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="bills")
    period = models.IntegerField()
    opening = models.BigIntegerField()
    charged = models.BigIntegerField()
    recalculated = models.BigIntegerField()
    paid = models.BigIntegerField()
    closing = models.BigIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["account", "period"], name="bill_once"),
            models.CheckConstraint(
                condition=models.Q(
                    closing=models.F("opening") + models.F("charged") + models.F("recalculated") - models.F("paid")
                ),
                name="bill_adds_up",
            ),
        ]


class Unbilled(models.Model):
    """An account or a meter that a run could not bill, and why (billing rules 3, 4 and 13)."""

    class Reason(models.TextChoices):
        NO_CATEGORY = "no_category"
        NO_NORM = "no_norm"
        NO_PRICE = "no_price"
        NO_START_INDEX = "no_start_index"
        UNMARKED_DROP = "unmarked_drop"

    account = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="unbilled")
    meter = models.ForeignKey(Meter, null=True, on_delete=models.PROTECT, related_name="unbilled")  # null: no bill
    period = models.IntegerField()  # of the run
    reason = models.CharField(max_length=14, choices=Reason)
    missing = models.JSONField(default=dict)  # resource, category, zones, zone and month of what is not in force

    class Meta:
        indexes = [models.Index(fields=["period"], name="unbilled_period")]


class Hold(models.Model):
    """A bill that looks wrong: it is looked at by a person before it is sent. Sums in kopecks.

    ``expected`` is what the usual volume of the account's registers would have cost at the same price.
    """

    class Reason(models.TextChoices):
        CHARGED = "charged"  # many times what is usual
        RECALCULATED = "recalculated"  # much taken back or put on

    account = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="holds")
    period = models.IntegerField()  # of the bill
    reason = models.CharField(max_length=12, choices=Reason)
    charged = models.BigIntegerField()
    expected = models.BigIntegerField()
    recalculated = models.BigIntegerField()
    released_at = models.DateTimeField(null=True)  # null: it waits
    released_by = models.TextField(default="", db_default="")
    note = models.TextField(default="", db_default="")  # what whoever looked at it found

    class Meta:
        constraints = [models.UniqueConstraint(fields=["period", "account"], name="hold_once")]


class Settled(models.Model):
    """What the last run leaves for the next, in pieces: where each register stands (``billing.rules.settled``).

    It can all be worked out again: without these rows a run looks at every history from its beginning.
    """

    period = models.IntegerField()  # of the run
    name = models.CharField(max_length=16)  # of the table
    rows = models.BinaryField()  # some of its rows, as a file of Parquet; of "run": JSON
