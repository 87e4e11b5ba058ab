"""What runs outside of a request, and what needs one."""
