import os
import sqlite3

from flask import current_app, g


def connect(app):
    connection = sqlite3.connect(os.path.join(app.instance_path, app.config["DATABASE"]))
    connection.row_factory = sqlite3.Row
    return connection


def get_db():
    if "db" not in g:
        g.db = connect(current_app)
    return g.db


def close_db(error=None):
    db = g.pop("db", None)
    if db is not None:
        db.close()


def init_app(app):
    app.teardown_appcontext(close_db)
    os.makedirs(app.instance_path, exist_ok=True)
    connection = connect(app)
    with app.open_resource("schema.sql") as schema:
        connection.executescript(schema.read().decode())
    connection.close()
