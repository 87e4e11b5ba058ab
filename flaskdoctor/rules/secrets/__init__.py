# What a scan may find once a literal of the code stands in .env and its name in the template: a key that nobody has
# documented, a file that git does not ignore ..
MOVED_INTO_ENV = (
    "FD306", "FD310", "FD311", "FD312", "FD313", "FD314", "FD320", "FD321", "FD326", "FD327", "FD328", "FD330",
    "FD334", "FD336", "FD337",
)  # fmt: skip
