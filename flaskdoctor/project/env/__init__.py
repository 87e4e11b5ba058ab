"""The .env files, their templates, and what the code reads of the environment."""
