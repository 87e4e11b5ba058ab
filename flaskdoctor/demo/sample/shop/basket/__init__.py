from flask import Blueprint

bp = Blueprint("basket", __name__)

from shop.basket import views  # noqa: E402, F401
