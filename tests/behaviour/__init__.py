"""What a fix does to a running app: each one is made to an app that answers requests before it and after it."""
