from flask import Blueprint, jsonify, request

from shop.database import get_db

bp = Blueprint("stock", __name__)


@bp.get("/")
def read_stock(slug):
    row = get_db().execute("SELECT stock FROM product WHERE slug = ?", (slug,)).fetchone()
    if row is None:
        return jsonify({"error": "unknown product"}), 404
    return jsonify({"slug": slug, "stock": row["stock"]})


@bp.put("/")
def count_stock(slug):
    db = get_db()
    db.execute("UPDATE product SET stock = ? WHERE slug = ?", (request.json["stock"], slug))
    db.commit()
    return "", 204
