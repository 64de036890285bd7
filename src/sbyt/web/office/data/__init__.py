"""The data as they lie in the tables, to look at: Django's admin in the clothes of unfold."""
