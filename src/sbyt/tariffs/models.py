from __future__ import annotations

from django.db import models


class Price(models.Model):
    """A price per kWh, m3 or Gcal from a month on (billing rules 8 and 9).

    All rows of the latest ``valid_from`` of one resource, category, zones and zone are one table of tiers.
    """

    resource = models.CharField(max_length=16)
    category = models.CharField(max_length=64)
    zones = models.SmallIntegerField()  # for meters with so many registers
    zone = models.CharField(max_length=2)
    valid_from = models.IntegerField()  # period: year * 12 + month - 1
    above = models.BigIntegerField()  # from which monthly volume on, in thousandths of kWh, m3 or Gcal
    price = models.BigIntegerField()  # in hundredths of a kopeck

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["resource", "category", "zones", "zone", "valid_from", "above"], name="price_once"
            )
        ]


class Norm(models.Model):
    """Monthly volume per resident where no meter reading tells (decree 354, paragraph 60; billing rule 6)."""

    resource = models.CharField(max_length=16)
    category = models.CharField(max_length=64)
    valid_from = models.IntegerField()  # period
    per_resident = models.BigIntegerField()  # in millionths of kWh, m3 or Gcal

    class Meta:
        constraints = [models.UniqueConstraint(fields=["resource", "category", "valid_from"], name="norm_once")]
