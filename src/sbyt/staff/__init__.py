"""Who works here: their log-ins and their roles."""
