"""What git ignores and tracks."""
