import io

from flask import abort, flash, redirect, render_template, request, send_file, session, url_for
from werkzeug.security import check_password_hash, generate_password_hash

from shop.account import bp
from shop.account.guards import login_required
from shop.database import get_db


@bp.route("/register", methods=["GET", "POST"])
def register():
    if request.method == "POST":
        db = get_db()
        db.execute(
            "INSERT INTO customer (email, password_hash) VALUES (?, ?)",
            (request.form["email"], generate_password_hash(request.form["password"])),
        )
        db.commit()
        return redirect(url_for("account.login"))
    return render_template("account/register.html")


@bp.route("/login", methods=["GET", "POST"])
def login():
    if request.method == "POST":
        found = get_db().execute("SELECT * FROM customer WHERE email = ?", (request.form["email"],))
        customer = found.fetchone()
        if customer and check_password_hash(customer["password_hash"], request.form["password"]):
            session["customer"] = customer["email"]
            return redirect(url_for("account.profile"))
        flash("That did not match.")
    return render_template("account/login.html")


@bp.route("/logout", methods=["POST"])
def logout():
    session.pop("customer", None)
    return redirect(url_for("catalog.index"))


@bp.route("/")
@login_required
def profile():
    return render_template("account/profile.html", customer=session["customer"])


@login_required
@bp.route("/orders")
def orders():
    found = get_db().execute(
        "SELECT * FROM purchase WHERE email = ? ORDER BY id DESC", (session.get("customer"),)
    )
    return render_template("account/orders.html", orders=found.fetchall())


@bp.route("/orders/<int:number>/receipt")
@login_required
def receipt(number):
    purchase = get_db().execute("SELECT * FROM purchase WHERE id = ?", (number,)).fetchone()
    if purchase is None or purchase["email"] != session["customer"]:
        abort(404)
    text = f"Order {purchase['id']} of {purchase['created']}\nTotal {purchase['total'] / 100:.2f} EUR\n"
    return send_file(
        io.BytesIO(text.encode()),
        mimetype="text/plain",
        as_attachment=True,
        attachment_filename=f"receipt-{number}.txt",
    )
