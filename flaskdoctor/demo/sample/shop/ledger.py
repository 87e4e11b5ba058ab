"""Copies the day's purchases into the accountants' ledger: python -m shop.ledger"""

from flask_sqlalchemy import SQLAlchemy

from shop import create_app
from shop.database import get_db

app = create_app()
app.config["SQLALCHEMY_DATABASE_URI"] = "sqlite:///ledger.sqlite3"
db = SQLAlchemy(app)


class Entry(db.Model):
    purchase_id = db.Column(db.Integer, primary_key=True)
    amount = db.Column(db.Integer, nullable=False)
    day = db.Column(db.String(10), nullable=False)


db.create_all()


def copy_purchases():
    with app.app_context():
        for row in get_db().execute("SELECT id, total, date(created) AS day FROM purchase"):
            db.session.merge(Entry(purchase_id=row["id"], amount=row["total"], day=row["day"]))
        db.session.commit()


if __name__ == "__main__":
    copy_purchases()
