"""The desk of the channels: how each is doing, and changing what customers are told of it."""
