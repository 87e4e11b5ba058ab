from flask import redirect, render_template, request, session, url_for

from shop.account.guards import login_required
from shop.catalog.views import find_product
from shop.wishlist import bp


@bp.route("/")
@login_required
def show():
    products = [find_product(slug) for slug in session.get("wishes", [])]
    return render_template("wishlist/show.html", products=products)


@bp.route("/add", methods="POST")
@login_required
def add():
    session["wishes"] = [*session.get("wishes", []), request.form["slug"]]
    return redirect(url_for("wishlist.show"))
