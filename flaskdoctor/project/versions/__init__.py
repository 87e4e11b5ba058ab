"""Which Flask, and which other distributions, a project runs on."""
