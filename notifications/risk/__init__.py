"""The chance that somebody misses a session: to offer help in time, never to judge."""
