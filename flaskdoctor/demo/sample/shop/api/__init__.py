from flask import Blueprint

from shop.api.products import bp as products_bp
from shop.api.shipping import bp as shipping_bp
from shop.api.stock import bp as stock_bp

api = Blueprint("api", __name__)

products_bp.register_blueprint(stock_bp, url_prefix="/<slug>/stock")
api.register_blueprint(products_bp, url_prefix="/products")
api.register_blueprint(shipping_bp, url_prefix="/shipping")


@api.errorhandler(404)
def not_found(error):
    return {"error": "there is no such product"}, 404
