import smtplib
from email.message import EmailMessage

from flask import current_app, url_for


def send_receipt(email, number, total):
    config = current_app.config
    if not config["MAIL_SERVER"]:
        return
    message = EmailMessage()
    message["From"] = config["SUPPORT_EMAIL"]
    message["To"] = email
    message["Subject"] = f"Your order {number}"
    link = url_for("account.receipt", number=number, _external=True)
    message.set_content(f"Thank you! {total / 100:.2f} EUR, the receipt is at {link}")
    with smtplib.SMTP(config["MAIL_SERVER"]) as server:
        server.starttls()
        server.login(config["MAIL_USERNAME"], config["MAIL_PASSWORD"])
        server.send_message(message)
