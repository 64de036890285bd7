"""The composition root: settings, the list of channels, the entry point."""
