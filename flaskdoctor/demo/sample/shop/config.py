import os


class Config:
    SECRET_KEY = os.environ.get("SECRET_KEY", "shop-dev-key")
    DATABASE = os.environ.get("DATABASE", "shop.sqlite3")
    SESSION_COOKIE_SAMESITE = "Lax"
    SUPPORT_EMAIL = os.environ.get("SUPPORT_EMAIL", "hello@shop.example")

    MAIL_SERVER = os.environ.get("MAIL_SERVER")
    MAIL_USERNAME = os.environ.get("MAIL_USERNAME")
    MAIL_PASSWORD = "teapot-lid-2019"

    PAYMENT_API_KEY = os.environ.get("PAYMENT_API_KEY")
    CLAY_PRICES = "https://studio:porcelain-7@prices.clayworks.shop/feed.csv"
    BROKER_URL = os.environ.get("BROKER_URL", "redis://localhost:6379/0")


class DevelopmentConfig(Config):
    DEBUG = True


class TestingConfig(Config):
    TESTING = True
    SECRET_KEY = "testing"


class ProductionConfig(Config):
    SESSION_COOKIE_SECURE = True


CONFIGS = {
    "development": DevelopmentConfig,
    "testing": TestingConfig,
    "production": ProductionConfig,
}
