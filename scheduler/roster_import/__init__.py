"""Bringing people in from spreadsheets: read, match columns, try out, then write once."""
