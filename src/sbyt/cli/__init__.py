"""The ``sbyt`` command: translates words into one call to a use case, and its result into words."""
