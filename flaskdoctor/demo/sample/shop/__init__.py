import os
import secrets

from flask import Flask, render_template, session

from shop import database
from shop.config import CONFIGS


def create_app(config_name=None, instance_path=None):
    app = Flask(__name__, instance_path=instance_path)
    name = config_name or os.environ.get("SHOP_CONFIG", "development")
    app.config.from_object(CONFIGS[name])

    database.init_app(app)

    from shop.account import bp as account_bp
    from shop.api import api
    from shop.basket import bp as basket_bp
    from shop.catalog import bp as catalog_bp

    app.register_blueprint(catalog_bp)
    app.register_blueprint(basket_bp, url_prefix="/basket")
    app.register_blueprint(account_bp, url_prefix="/account")
    app.register_blueprint(api, url_prefix="/api")

    @app.before_request
    def remember_visitor():
        session.setdefault("newsletter_token", secrets.token_hex(16))

    @app.after_request
    def protect(response):
        response.headers["X-XSS-Protection"] = "1; mode=block"
        return response

    @app.template_filter("price")
    def price(cents):
        return f"{cents / 100:.2f} €"

    @app.context_processor
    def contact():
        return {"support_email": app.config["SUPPORT_EMAIL"]}

    @app.errorhandler(404)
    def page_not_found(error):
        return render_template("errors/404.html")

    @app.errorhandler(500)
    def server_error(error):
        return render_template("errors/500.html"), 500

    return app
