"""Opens what messages refer to: issued bills, as PDF."""

from __future__ import annotations

from sbyt.core.settings import Settings
from sbyt.messaging.channel import Document, Documents, UnableToOpenDocument
from sbyt.receipts.documents import UnableToFindReceipt, file_name, pdf, referenced
from sbyt.receipts.edition import folder_of
from sbyt.receipts.typesetting import UnableToSet


def documents_of(settings: Settings) -> Documents:
    """What opens the documents of an installation."""
    folder = folder_of(settings)

    def opened(reference: str) -> Document:
        """:raises UnableToOpenDocument: if there is no such bill, or it can't be set."""
        try:
            receipt = referenced(reference)
            return Document(file_name(receipt), "application/pdf", pdf(receipt, folder))
        except UnableToFindReceipt as error:
            raise UnableToOpenDocument(str(error)) from error
        except UnableToSet as error:
            raise UnableToOpenDocument("квитанция не собралась: проверьте бланк и шрифты") from error

    return opened
