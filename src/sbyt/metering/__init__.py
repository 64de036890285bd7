"""Pure arithmetic of meters: which readings count, shares over months, averages, plausibility. No I/O, no clock."""
