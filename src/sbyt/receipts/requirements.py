"""What bills can't be made without: it is asked for before the first one."""

from __future__ import annotations

from dataclasses import dataclass

from sbyt.core.settings import Bank, Settings
from sbyt.receipts.payment_code import UnableToMakePaymentCode, mandatory_block


class UnableToMakeReceipts(ValueError):
    """Something is missing or does not fit. The text names every key of the settings, and says what to write."""


@dataclass(frozen=True, slots=True)
class Requirements:
    """The bank details, and the address with which links to our pages begin."""

    bank: Bank
    address: str


def required(settings: Settings) -> Requirements:
    """What bills need of the settings.

    :raises UnableToMakeReceipts: with everything that is missing.
    """
    company, missing = settings.company, []
    if company.bank is None:
        missing.append(
            "company.bank: куда платить (Правила № 354, пункт 69). Раздел [company.bank] с ключами name, bic, account, "
            "correspondent_account, inn; образец в sbyt.example.toml"
        )
    else:
        try:
            mandatory_block(company, company.bank)
        except UnableToMakePaymentCode as error:
            missing.append(str(error))
    if company.address is None:
        missing.append("company.address: где находится компания (пункт 69)")
    if not (company.phones or company.email or company.site):
        missing.append("company.phones, company.email или company.site: как связаться с компанией (пункт 69)")
    if settings.web.address is None:
        missing.append('web.address: где люди открывают страницы, например address = "https://lk.example.org" в [web]')
    if missing or company.bank is None or settings.web.address is None:
        raise UnableToMakeReceipts(
            "Квитанции не сделать, в настройках не хватает:\n" + "\n".join(f"– {one}" for one in missing)
        )
    return Requirements(company.bank, settings.web.address)
