"""What the system does, one use case a module: each called by a command, a page or a channel, in one call down."""
