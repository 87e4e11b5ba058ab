import smtplib
from email.message import EmailMessage
from urllib.request import urlopen

from celery import Celery
from celery.schedules import crontab
from flask import current_app

from shop import create_app
from shop.database import get_db

app = create_app()
celery = Celery("shop", broker=app.config["BROKER_URL"])
celery.conf.beat_schedule = {
    "clay-prices": {"task": "shop.worker.fetch_clay_prices", "schedule": crontab(hour=4, minute=0)},
    "stock-report": {"task": "shop.worker.send_stock_report", "schedule": crontab(hour=5, minute=30)},
}


@celery.task
def fetch_clay_prices():
    with urlopen(current_app.config["CLAY_PRICES"], timeout=30) as feed:
        for line in feed.read().decode().splitlines():
            slug, price = line.split(",")
            get_db().execute("UPDATE product SET price = ? WHERE slug = ?", (price, slug))
    get_db().commit()


@celery.task
def send_stock_report():
    rows = get_db().execute("SELECT name, stock FROM product WHERE stock < 5").fetchall()
    config = current_app.config
    message = EmailMessage()
    message["To"] = config["SUPPORT_EMAIL"]
    message["Subject"] = "To throw next"
    message.set_content("\n".join(f"{row['name']}: {row['stock']} left" for row in rows))
    with smtplib.SMTP(config["MAIL_SERVER"]) as server:
        server.starttls()
        server.login(config["MAIL_USERNAME"], config["MAIL_PASSWORD"])
        server.send_message(message)
