"""Pieces of an app that rules have something to say about, between pieces that they leave alone: what generated
files are made of. ``{n}`` keeps the names of two apart, ``{app}`` is the app or blueprint at hand."""

from __future__ import annotations

SAFE = {
    "json": '@{app}.get("/a{n}")\ndef a{n}():\n    return jsonify({{"a": {n}}})\n',
    "json over lines": '@{app}.get("/b{n}")\ndef b{n}():\n    return jsonify(\n        {{\n            "a": {n},\n'
    '            "b": [1, 2],\n        }}\n    )\n',
    "json of keywords": '@{app}.get("/c{n}")\ndef c{n}():\n    more = {{"x": 1}}\n'
    '    return flask.jsonify(a={n}, **more), 201, {{"X-A": "b"}}\n',
    "json in two arms": '@{app}.get("/d{n}")\ndef d{n}():\n    if request.args:\n        return jsonify([1, 2])\n'
    "    return jsonify({{}}) if flask.request.is_json else jsonify(dict(a={n})), 202\n",
    "markup": '@{app}.get("/e{n}")\ndef e{n}():\n    return Markup("<b>{n}</b>")\n',
    "template": '@{app}.get("/f{n}")\ndef f{n}():\n    return render_template(os.path.join("shop", "f{n}.html"))\n',
    "thread": "def work{n}(app):\n    with app.app_context():\n        print(app.name)\n\n\n"
    '@{app}.post("/g{n}")\ndef g{n}():\n    Thread(target=work{n}, args=(current_app,)).start()\n    return ""\n',
    "stream": '@{app}.get("/h{n}")\ndef h{n}():\n    def rows():\n        yield request.args["q"]\n\n'
    '    return Response(rows(), mimetype="text/csv")\n',
    "download": '@{app}.get("/i{n}")\ndef i{n}():\n'
    '    return send_file("i{n}.pdf", attachment_filename="i.pdf", as_attachment=True)\n',
    "slash": '@{app}.route("j{n}", methods="GET")\ndef j{n}():\n    return "j"\n',
    "url": '@{app}.get("/k{n}")\ndef k{n}():\n    target = request.args["next"]\n'
    '    return url_quote(target) if url_parse(target).netloc == "" else ""\n',
}
UNSAFE = {
    "empty json": '@{app}.post("/m{n}")\ndef m{n}():\n    return jsonify()\n',
    "dumps": '@{app}.get("/n{n}")\ndef n{n}():\n    return json.dumps({{"n": {n}}})\n',
    "handler": "@{app}.errorhandler(41{n})\ndef gone{n}(error):\n    return jsonify(error=str(error))\n",
    "catch all": '@{app}.errorhandler(Exception)\ndef broken{n}(error):\n    return jsonify(error="broken"), 500\n',
    "cart": '@{app}.post("/o{n}")\ndef o{n}():\n    session["cart"].append({n})\n    return "", 204\n',
    "guard": '@login_required\n@{app}.route("/p{n}")\ndef p{n}():\n    return "p"\n',
    "cookie": '@{app}.get("/q{n}")\ndef q{n}():\n    answer = make_response("q")\n'
    '    answer.set_cookie("seen", "{n}")\n    return answer\n',
    "upload": '@{app}.post("/r{n}")\ndef r{n}():\n    file = request.files["file"]\n'
    '    file.save(os.path.join("uploads", file.filename))\n    return ""\n',
    "hello": '@{app}.get("/s{n}")\ndef s{n}():\n    return f"<p>Hello {{request.args[\'name\']}}</p>"\n',
    "flag": 'class Flags{n}:\n    MAIL_USE_TLS = os.environ.get("MAIL_USE_TLS", True)\n',
    "key": 'class Keys{n}:\n    MAIL_PASSWORD = "kiln-{n}-4711"\n',
    "fallback": 'class Falls{n}:\n    SECRET_KEY = os.environ.get("SECRET_KEY") or "guess-me-{n}"\n',
}
HEALTHY = {
    "view": '@{app}.get("/t{n}")\ndef t{n}():\n    """The shop."""\n    return render_template("t.html", n={n})\n',
    "helper": "def total{n}(prices):\n    return sum(\n        price  # each\n        for price in prices\n    )\n",
    "class": "class Table{n}:\n    # left\n    left = {n}\n\n    def right(self):\n        return self.left\n",
    "value": "LIMIT{n} = {n}\n",
}
IMPORTS = {
    "flask": [
        "Flask", "Markup", "Response", "current_app", "jsonify", "make_response", "render_template", "request",
        "send_file", "session",
    ],
    "flask_login": ["login_required"],
    "threading": ["Thread"],
    "werkzeug.urls": ["url_parse", "url_quote"],
}  # fmt: skip
MODULES = ["json", "os", "flask"]
