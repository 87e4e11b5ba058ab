from flask import flash, redirect, render_template, request, session, url_for

from shop.basket import bp
from shop.basket.receipt import send_receipt
from shop.catalog.views import find_product
from shop.database import get_db


def basket_lines():
    lines = []
    for slug, quantity in session.get("basket", {}).items():
        product = find_product(slug)
        lines.append({"product": product, "quantity": quantity, "sum": product["price"] * quantity})
    return lines


@bp.route("/")
def show():
    lines = basket_lines()
    return render_template("basket/show.html", lines=lines, total=sum(line["sum"] for line in lines))


@bp.post("/add")
def add():
    product = find_product(request.form["slug"])
    basket = dict(session.get("basket", {}))
    basket[product["slug"]] = basket.get(product["slug"], 0) + 1
    session["basket"] = basket
    flash(f"{product['name']} is in your basket.")
    return redirect(url_for("basket.show"))


@bp.post("/change")
def change():
    quantity = int(request.form["quantity"])
    if quantity > 0:
        session["basket"][request.form["slug"]] = quantity
    return redirect(url_for("basket.show"))


@bp.route("/checkout", methods=["GET", "POST"])
def checkout():
    if request.method == "GET":
        return render_template("basket/checkout.html")

    session["email"] = request.form["email"]
    session["card_number"] = request.form["card_number"]
    return redirect(url_for("basket.confirm"))


@bp.route("/confirm", methods=["GET", "POST"])
def confirm():
    lines = basket_lines()
    total = sum(line["sum"] for line in lines)
    if request.method == "GET":
        card = session.get("card_number", "")
        return render_template("basket/confirm.html", lines=lines, total=total, card=card[-4:])

    db = get_db()
    cursor = db.execute(
        "INSERT INTO purchase (email, total) VALUES (?, ?)", (session["email"], total)
    )
    db.executemany(
        "INSERT INTO purchase_item VALUES (?, ?, ?)",
        [(cursor.lastrowid, line["product"]["slug"], line["quantity"]) for line in lines],
    )
    db.commit()
    send_receipt(session["email"], cursor.lastrowid, total)
    session.pop("basket", None)
    session.pop("card_number", None)
    flash("Thank you! We will pack it tomorrow.")
    return redirect(url_for("catalog.index"))
