"""Pure foundations: money, periods, units, identifiers, the schema of the settings. No I/O, no clock."""
