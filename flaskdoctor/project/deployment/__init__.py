"""Reading the files that say how a project is deployed; the values that they come to stand in ``project.deploy``."""
