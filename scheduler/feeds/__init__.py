"""Calendar feeds: what a subject's calendar holds, and its iCalendar form (RFC 5545, RFC 7986)."""

from scheduler.feeds.events import FeedEvent, Wording
from scheduler.feeds.read import Feed, read_feed, version_of
from scheduler.feeds.render import render_feed, render_tombstone

__all__ = ["Feed", "FeedEvent", "Wording", "read_feed", "render_feed", "render_tombstone", "version_of"]
