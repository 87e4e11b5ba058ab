"""Templates, sessions and what protects browsers."""
