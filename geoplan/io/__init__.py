"""The only rooms that touch disk."""
