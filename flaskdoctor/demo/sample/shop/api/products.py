from flask import Blueprint, abort, jsonify

from shop.database import get_db

bp = Blueprint("products", __name__)


@bp.errorhandler(404)
def unknown_product(error):
    return jsonify({"error": "unknown product"})


@bp.route("/")
def list_products():
    found = get_db().execute("SELECT * FROM product ORDER BY slug")
    products = [dict(row) for row in found]
    return jsonify(products=products, count=len(products))


@bp.route("/<slug>")
def show_product(slug):
    row = get_db().execute("SELECT * FROM product WHERE slug = ?", (slug,)).fetchone()
    if row is None:
        abort(404)
    return jsonify(dict(row))
