"""What machines ask for: webhooks of the channels, health, metrics."""
