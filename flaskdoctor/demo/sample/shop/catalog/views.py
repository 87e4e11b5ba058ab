from flask import Response, abort, render_template, request, session

from shop.catalog import bp
from shop.database import get_db


@bp.route("/")
def index():
    wanted = request.args.get("q", "")
    session["visits"] = session.get("visits", 0) + 1
    products = get_db().execute(
        "SELECT * FROM product WHERE name LIKE ? ORDER BY name", (f"%{wanted}%",)
    )
    return render_template("catalog/index.html", products=products.fetchall(), wanted=wanted)


def find_product(slug):
    product = get_db().execute("SELECT * FROM product WHERE slug = ?", (slug,)).fetchone()
    if product is None:
        abort(404)
    return product


@bp.route("/sale")
def winter_sale():
    products = get_db().execute("SELECT * FROM product WHERE stock > 10 ORDER BY name")
    return render_template("catalog/index.html", products=products.fetchall(), wanted="")


@bp.route("/sale")
def summer_sale():
    products = get_db().execute("SELECT * FROM product WHERE price < 4000 ORDER BY price")
    return render_template("catalog/index.html", products=products.fetchall(), wanted="")


@bp.route("/products.csv")
def price_list():
    rows = get_db().execute("SELECT slug, name, price FROM product ORDER BY slug").fetchall()

    def lines():
        separator = request.args.get("separator", ",")
        for row in rows:
            yield separator.join([row["slug"], row["name"], f"{row['price'] / 100:.2f}"]) + "\n"

    return Response(lines(), mimetype="text/csv")


@bp.route("/products/<slug>")
def product(slug):
    return render_template("catalog/product.html", product=find_product(slug))


@bp.route("/products/<slug>/reviews")
def reviews(product_slug):
    found = get_db().execute("SELECT * FROM review WHERE slug = ?", (product_slug,))
    return render_template(
        "catalog/reviews.html", product=find_product(product_slug), reviews=found.fetchall()
    )
