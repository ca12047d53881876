"""What people answer to messages: understood word for word, acted upon, and answered in turn."""
