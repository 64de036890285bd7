"""Take files of accounts, meters, prices, readings and money: each whole or not at all."""

from sbyt.usecases.import_files.report import BadRow, FileReport, Progress
from sbyt.usecases.import_files.run import import_files

__all__ = ["BadRow", "FileReport", "Progress", "import_files"]
