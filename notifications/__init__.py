"""Messages to participants: outbox, channels, wording and replies."""
