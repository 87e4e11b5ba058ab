"""flaskdoctor: a dashboard and a check for the health of a Flask project."""

__version__ = "0.1.0"
