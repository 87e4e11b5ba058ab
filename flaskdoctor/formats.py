"""The forms that a report can have: each is a module of ``reports``. ``--help`` loads this, and none of them."""

FORMATS = ("text", "json", "sarif", "github", "gitlab", "junit", "markdown", "tmux")
