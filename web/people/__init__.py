"""Participants and groups: lists, files, and the acts on them."""

from web.people import certificates, contact, directory, groups, person, ties
from web.people.area import blueprint

__all__ = ["blueprint", "certificates", "contact", "directory", "groups", "person", "ties"]
