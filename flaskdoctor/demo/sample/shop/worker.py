import smtplib
from email.message import EmailMessage

from celery import Celery
from celery.schedules import crontab

from shop import create_app
from shop.database import get_db

app = create_app()
celery = Celery("shop", broker=app.config["BROKER_URL"])
celery.conf.beat_schedule = {
    "stock-report": {"task": "shop.worker.send_stock_report", "schedule": crontab(hour=5, minute=30)},
}


@celery.task
def send_stock_report():
    with app.app_context():
        rows = get_db().execute("SELECT name, stock FROM product WHERE stock < 5").fetchall()
    message = EmailMessage()
    message["To"] = app.config["SUPPORT_EMAIL"]
    message["Subject"] = "To throw next"
    message.set_content("\n".join(f"{row['name']}: {row['stock']} left" for row in rows))
    with smtplib.SMTP(app.config["MAIL_SERVER"]) as server:
        server.starttls()
        server.login(app.config["MAIL_USERNAME"], app.config["MAIL_PASSWORD"])
        server.send_message(message)
