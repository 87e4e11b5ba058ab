"""What is a secret, and how it stays one."""
