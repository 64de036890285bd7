"""What tests stand on: fresh databases, real components, a network that ends at this machine."""
