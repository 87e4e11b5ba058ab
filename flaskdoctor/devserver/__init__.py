"""The project's development server, started from the dashboard: only when its user asks for it."""
