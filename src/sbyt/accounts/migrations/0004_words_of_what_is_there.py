import itertools
from typing import Any

from django.db import migrations

from sbyt.core.finding import Household, words_of

_AT_A_TIME = 2_000


def learn(apps: Any, schema_editor: Any) -> None:
    """Accounts that were loaded before are found too."""
    Account = apps.get_model('accounts', 'Account')
    Word = apps.get_model('accounts', 'Word')
    with_people = Account.objects.order_by('id').select_related('customer', 'premises')
    last = 0
    while accounts := list(with_people.filter(id__gt=last)[:_AT_A_TIME]):
        serials = _serials(apps, last, accounts[-1].id)
        last = accounts[-1].id
        words = (
            Word(account=account, word=word)
            for account in accounts
            for word in words_of(_household(account, serials.get(account.id, ())))
        )
        Word.objects.bulk_create(words, batch_size=5_000)


def _household(account: Any, serials: tuple[str, ...]) -> Household:
    customer, at = account.customer, account.premises
    return Household(
        account.number, customer.name, customer.phone, customer.email,
        at.address, at.district, at.street, at.house, at.flat, serials,
    )


def _serials(apps: Any, beyond: int, up_to: int) -> dict[int, tuple[str, ...]]:
    meters = apps.get_model('accounts', 'Meter').objects.filter(account_id__gt=beyond, account_id__lte=up_to)
    rows = meters.order_by('account_id').values_list('account_id', 'serial')
    return {
        account: tuple(serial for _, serial in of_account)
        for account, of_account in itertools.groupby(rows, key=lambda row: row[0])
    }


class Migration(migrations.Migration):

    dependencies = [
        ('accounts', '0003_words'),
    ]

    operations = [
        migrations.RunPython(learn, migrations.RunPython.noop),
    ]
