from flask import Blueprint

bp = Blueprint("wishlist", __name__, url_prefix="/wishlist")

from shop.wishlist import views  # noqa: E402, F401
