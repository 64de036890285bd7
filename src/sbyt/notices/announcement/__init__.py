"""The notice to all customers: by which ways readings are handed in, which of them ended, and why."""
