from functools import wraps

from flask import redirect, session, url_for


def login_required(view):
    @wraps(view)
    def guarded(*args, **kwargs):
        if "customer" not in session:
            return redirect(url_for("account.login"))
        return view(*args, **kwargs)

    return guarded
