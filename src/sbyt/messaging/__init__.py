"""Inbox, outbox and what is remembered of a conversation."""
