"""What a client sent, and where it ends up."""
