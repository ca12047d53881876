"""Timetables of outside schools: brought in from tables and calendars, kept up to date."""
