from __future__ import annotations

from django.db import models


class Customer(models.Model):
    """Who holds accounts: a name with the phone and the e-mail on file. Several accounts may share one."""

    name = models.TextField(default="")
    phone = models.TextField(default="")  # E.164, or as it was given where it is no phone number
    email = models.TextField(default="")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["name", "phone", "email"], name="customer_once")]


class Premises(models.Model):
    """Where energy is used: the address as a line, and in parts where they are known."""

    address = models.TextField(default="")
    district = models.TextField(default="")
    street = models.TextField(default="")
    house = models.TextField(default="")
    flat = models.TextField(default="")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["address", "district", "street", "house", "flat"], name="premises_once")
        ]


class Account(models.Model):
    """A personal account (лицевой счёт) of a customer at premises."""

    number = models.TextField(unique=True)
    key = models.TextField(db_index=True)  # core.identifiers.account_key of the number
    customer = models.ForeignKey(Customer, on_delete=models.PROTECT, related_name="accounts")
    premises = models.ForeignKey(Premises, on_delete=models.PROTECT, related_name="accounts")
    opening_balance = models.BigIntegerField(default=0)  # kopecks; what was owed before the first bill here


class Occupancy(models.Model):
    """How many residents and which price category an account has, from a month on (billing rule 8)."""

    account = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="occupancies")
    valid_from = models.IntegerField()  # period; 0 is from the beginning
    category = models.CharField(max_length=64)
    residents = models.IntegerField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["account", "valid_from"], name="occupancy_once")]


class Meter(models.Model):
    """A meter of an account. Its order among the account's meters is the order of import (its id)."""

    account = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="meters")
    serial = models.TextField()
    resource = models.CharField(max_length=16)
    zones = models.SmallIntegerField()  # 1, 2 or 3 registers
    digits = models.SmallIntegerField()  # figures of the dial before the comma
    decimals = models.SmallIntegerField()  # and after it
    installed_on = models.DateField()
    verified_until = models.DateField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["account", "serial"], name="meter_once"),
            models.CheckConstraint(condition=models.Q(zones__gte=1, zones__lte=3), name="meter_zones"),
        ]


class Register(models.Model):
    """One dial of a meter: T1 (single rate, day or peak), T2 (night) or T3 (half-peak)."""

    meter = models.ForeignKey(Meter, on_delete=models.PROTECT, related_name="registers")
    zone = models.CharField(max_length=2)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["meter", "zone"], name="register_once")]


class Word(models.Model):
    """A word by which an account is found: of its holder's name, its address, a phone, a serial (core.finding)."""

    account = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="+")
    word = models.TextField()

    class Meta:
        indexes = [
            # The operators by which PostgreSQL finds what begins with something, whatever its collation.
            models.Index(fields=["word", "account"], name="word_found", opclasses=["text_pattern_ops", "int8_ops"])
        ]


class Link(models.Model):
    """A sender who may speak for an account: by which address, how it was made, when it began and ended."""

    class Kind(models.TextChoices):
        PHONE = "phone"
        EMAIL = "email"
        CHAT = "chat"

    class How(models.TextChoices):
        ON_FILE = "on_file"  # the phone or e-mail that the retailer holds
        BILL_CODE = "bill_code"
        ONE_TIME_CODE = "one_time_code"
        CONTACT = "contact"  # the messenger proved the phone that the retailer holds
        STAFF = "staff"

    kind = models.CharField(max_length=8, choices=Kind)
    address = models.TextField()  # E.164, e-mail in lower case, or channel:chat
    account = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="links")
    how = models.CharField(max_length=16, choices=How)
    made_at = models.DateTimeField()
    made_by = models.TextField(default="", db_default="")  # the member of staff; empty where nobody decided it
    ended_at = models.DateTimeField(null=True)
    ended_by = models.TextField(default="", db_default="")

    class Meta:
        indexes = [models.Index(fields=["address", "kind"], name="link_address")]
        constraints = [
            models.UniqueConstraint(
                fields=["kind", "address", "account"], condition=models.Q(ended_at__isnull=True), name="link_once"
            )
        ]


class RevokedToken(models.Model):
    """The tokens and codes of an account's bills up to a period open nothing any more: a stranger has seen one."""

    account = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="revoked_tokens")
    through = models.IntegerField()  # the period of the newest bill whose token is revoked
    revoked_at = models.DateTimeField()
    revoked_by = models.TextField()
    why = models.TextField(default="", db_default="")


class WrongCode(models.Model):
    """A code that was none of the account's newest bill: so many a day, and no code is looked at any more."""

    # Null where the sender named no account that there is; found by the index below.
    account = models.ForeignKey(Account, null=True, on_delete=models.PROTECT, related_name="+", db_index=False)
    sender = models.TextField()  # channel:sender
    at = models.DateTimeField()

    class Meta:
        indexes = [
            models.Index(fields=["sender", "at"], name="wrong_code_sender"),
            models.Index(fields=["account", "at"], name="wrong_code_account"),
        ]


class BillChoice(models.Model):
    """How a customer wants the bill from now on. Rows are only added: the newest counts; without one it is paper."""

    class How(models.TextChoices):
        PAPER = "paper"
        ELECTRONIC = "electronic"

    account = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="bill_choices")
    how = models.CharField(max_length=10, choices=How)
    chosen_at = models.DateTimeField()
    chosen_by = models.TextField()  # a member of staff, or the customer as channel:sender
