"""How a project is started and put into production, as its own files say."""
