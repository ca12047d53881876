"""What arrives in the mailbox: answers of people and of their calendars, bounces, and what machines write."""
