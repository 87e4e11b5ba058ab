from flask import abort, render_template, request

from shop.catalog import bp
from shop.database import get_db


@bp.route("/")
def index():
    wanted = request.args.get("q", "")
    products = get_db().execute(
        "SELECT * FROM product WHERE name LIKE ? ORDER BY name", (f"%{wanted}%",)
    )
    return render_template("catalog/index.html", products=products.fetchall(), wanted=wanted)


def find_product(slug):
    product = get_db().execute("SELECT * FROM product WHERE slug = ?", (slug,)).fetchone()
    if product is None:
        abort(404)
    return product


@bp.route("/products/<slug>")
def product(slug):
    return render_template("catalog/product.html", product=find_product(slug))


@bp.route("/products/<slug>/reviews")
def reviews(product_slug):
    found = get_db().execute("SELECT * FROM review WHERE slug = ?", (product_slug,))
    return render_template(
        "catalog/reviews.html", product=find_product(product_slug), reviews=found.fetchall()
    )
