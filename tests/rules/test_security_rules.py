"""The rules of tip 7 together, and what their fixes do to the app that they change."""

from __future__ import annotations

from pathlib import Path

import pytest

from flaskdoctor.finding import Finding
from flaskdoctor.fixing import fix_to_the_end
from flaskdoctor.scan import Options, scan
from tests.projects import build
from tests.rules.running import python

NGINX = (
    "server {\n  location / {\n    proxy_pass http://shop:8000;\n    proxy_set_header X-Forwarded-Proto $scheme;\n"
    "    proxy_set_header X-Forwarded-For $remote_addr;\n  }\n}\n"
)
ASKING = (
    "from flask import Flask, request, url_for\n\napp = Flask(__name__)\n\n\n@app.get('/')\ndef index():\n"
    "    return {'url': url_for('index', _external=True), 'you': request.remote_addr}\n"
)


def found(folder: Path, *codes: str) -> list[Finding]:
    return list(scan(str(folder), Options(select=codes, cache=False)).report.findings)


def said(folder: Path, *codes: str) -> list[tuple[str, str]]:
    return [(finding.code, finding.severity.name.lower()) for finding in found(folder, *codes)]


def fix(folder: Path, *codes: str) -> str:
    fix_to_the_end(str(folder), Options(select=codes, cache=False), (), unsafe=True)
    return (folder / "app.py").read_text()


class TestOneCallOfRun:
    def test_debug_and_its_reach_are_told_apart_and_mended_together(self, tmp_path: Path) -> None:
        call = 'app.run(host="0.0.0.0", debug=True)\n'
        build(tmp_path, f'from flask import Flask\n\napp = Flask(__name__)\n\nif __name__ == "__main__":\n    {call}')
        findings = found(tmp_path, "FD701", "FD702", "FD704")
        assert [(finding.code, finding.severity.name) for finding in findings] == [
            ("FD701", "INFO"),
            ("FD704", "ERROR"),
        ]
        assert findings[0].location.column < findings[1].location.column
        assert fix(tmp_path, "FD701", "FD702", "FD704").endswith('    app.run(host="0.0.0.0")\n')
        assert not found(tmp_path, "FD701", "FD702", "FD704")

    def test_text_of_the_environment_is_one_rule_s(self, tmp_path: Path) -> None:
        build(
            tmp_path,
            "import os\n\nfrom flask import Flask\n\napp = Flask(__name__)\n"
            'app.run("0.0.0.0", debug=os.environ.get("DEBUG", True))\n',
        )
        assert said(tmp_path, "FD701", "FD702", "FD704") == [("FD702", "error")]

    def test_fixed_comparison_means_what_people_write(self, tmp_path: Path) -> None:
        build(
            tmp_path,
            'import os\n\nfrom flask import Flask\n\napp = Flask(__name__)\n\nif __name__ == "__main__":\n'
            '    app.run(debug=os.getenv("SHOP_DEBUG"))\n',
        )
        expression = fix(tmp_path, "FD702").partition("debug=")[2].rstrip(")\n") + ")"
        for text, meant in (("False", False), ("0", False), ("off", False), ("true", True), ("1", True), ("", False)):
            code = f"import os\nos.environ['SHOP_DEBUG'] = {text!r}\nassert ({expression}) is {meant}"
            python(tmp_path, code)


class TestProxy:
    def test_app_sees_what_the_proxy_tells_after_the_fix(self, tmp_path: Path) -> None:
        build(tmp_path, {"app.py": ASKING, "nginx/shop.conf": NGINX})
        assert said(tmp_path, "FD706") == [("FD706", "warning")]
        fix(tmp_path, "FD706")
        headers = {"X-Forwarded-Proto": "https", "X-Forwarded-For": "192.0.2.7"}
        answer = python(tmp_path, f"from app import app\nprint(app.test_client().get('/', headers={headers}).json)")
        assert "https://localhost/" in answer
        assert "192.0.2.7" in answer

    @pytest.mark.parametrize(
        ("conf", "severity"),
        [
            ("", []),
            (NGINX, ["warning"]),
            (NGINX.replace("proxy_pass http:", "uwsgi_pass unix:"), []),
        ],
    )
    def test_proxy_decides(self, conf: str, severity: list[str], tmp_path: Path) -> None:
        build(tmp_path, {"app.py": ASKING, "nginx/shop.conf": conf})
        assert [each for _, each in said(tmp_path, "FD706")] == severity

    def test_app_that_asks_nothing_is_information(self, tmp_path: Path) -> None:
        build(tmp_path, {"app.py": "from flask import Flask\n\napp = Flask(__name__)\n", "nginx/shop.conf": NGINX})
        assert said(tmp_path, "FD706") == [("FD706", "info")]

    @pytest.mark.parametrize("kept", ["", "    proxy_set_header X-Forwarded-For $remote_addr;\n"])
    def test_header_that_the_proxy_does_not_set_is_not_believed(self, kept: str, tmp_path: Path) -> None:
        conf = "".join(line for line in NGINX.splitlines(keepends=True) if "X-Forwarded" not in line)
        conf = conf.replace("8000;\n", f"8000;\n{kept}")
        build(tmp_path, {"app.py": ASKING, "nginx/shop.conf": conf})
        assert found(tmp_path, "FD706")
        assert fix(tmp_path, "FD706") == ASKING


class TestCookies:
    LOGIN = (
        "from flask import Flask, make_response\n\napp = Flask(__name__)\n\n\n@app.get('/')\ndef login():\n"
        "    response = make_response('hello')\n    response.set_cookie({cookie})\n    return response\n"
    )

    @pytest.mark.parametrize(
        ("cookie", "severity"),
        [
            ("'session_id', new()", ["warning"]),
            ("'cart', goods, httponly=True", ["warning"]),
            ("'downloaded', '1'", ["info"]),
            ("'session_id', new(), secure=True, samesite='Lax'", ["warning"]),
            ("'theme', 'dark'", ["info"]),
            ("NAME, '1'", ["info"]),
            ("'cart', '1', secure=True", ["info"]),
            ("'csrf_token', 'x'", ["info"]),
            ("'cart', '1', secure=SECURE, samesite=SAMESITE", []),
        ],
    )
    def test_what_is_missing_of_which_cookie(self, cookie: str, severity: list[str], tmp_path: Path) -> None:
        build(tmp_path, self.LOGIN.format(cookie=cookie))
        assert [each for _, each in said(tmp_path, "FD711")] == severity

    def test_fixed_cookie_follows_the_setting_of_the_session(self, tmp_path: Path) -> None:
        build(tmp_path, self.LOGIN.format(cookie="'session_id', 'x'"))
        fix(tmp_path, "FD711")
        for secure in (True, False):
            ask = (
                f"from app import app\napp.config['SESSION_COOKIE_SECURE'] = {secure}\n"
                "print(app.test_client().get('/').headers['Set-Cookie'])"
            )
            answer = python(tmp_path, ask)
            assert "HttpOnly" in answer
            assert "SameSite=Lax" in answer
            assert ("Secure" in answer) is secure


class TestForms:
    APP = (
        "from flask import Flask, render_template, request, session\n\napp = Flask(__name__)\n\n\n"
        "@app.route('/', methods=['GET', 'POST'])\ndef index():\n    session['a'] = {value}\n"
        "    return render_template('a.html')\n"
    )
    FORM = '<form method="post"><button>Send</button></form>\n'

    def test_app_whose_scripts_post_is_left_to_its_author(self, tmp_path: Path) -> None:
        app = self.APP.format(value="request.get_json()")
        build(tmp_path, {"app.py": app, "templates/a.html": self.FORM})
        assert said(tmp_path, "FD713") == [("FD713", "warning")]
        assert fix(tmp_path, "FD713") == app
        assert (tmp_path / "templates/a.html").read_text() == self.FORM

    @pytest.mark.parametrize("body", ["request.json", "request.data", "request.get_data()"])
    def test_app_that_other_programs_call_is_left_to_its_author(self, body: str, tmp_path: Path) -> None:
        app = self.APP.format(value=body) + "\n\napp.secret_key = 'x'\n"
        build(tmp_path, {"app.py": app, "templates/a.html": self.FORM})
        assert fix(tmp_path, "FD713") == app

    def test_app_without_a_key_to_sign_with_is_left_to_its_author(self, tmp_path: Path) -> None:
        app = self.APP.format(value="1")
        build(tmp_path, {"app.py": app, "templates/a.html": self.FORM})
        assert fix(tmp_path, "FD713") == app

    def test_fixed_form_is_taken_with_its_token_alone(self, tmp_path: Path) -> None:
        app = self.APP.format(value="1").replace("__name__)\n", "__name__)\napp.secret_key = 'x'\n", 1)
        build(tmp_path, {"app.py": app, "templates/a.html": self.FORM}, "3.1.0")
        ask = (
            "import re\nfrom app import app\nclient = app.test_client()\nprint(client.post('/').status_code)\n"
            'token = re.search(r\'name="csrf_token" value="([^"]+)"\', client.get(\'/\').text)\n'
            "print(client.post('/', data={'csrf_token': token and token[1]}).status_code)\n"
        )
        assert python(tmp_path, ask).split() == ["200", "200"]
        assert "CSRFProtect(app)" in fix(tmp_path, "FD713")
        assert python(tmp_path, ask).split() == ["400", "200"]
        assert "Flask-WTF" in (tmp_path / "requirements.txt").read_text()

    def test_samesite_makes_it_information(self, tmp_path: Path) -> None:
        app = self.APP.format(value="1") + "\n\napp.config['SESSION_COOKIE_SAMESITE'] = 'Lax'\n"
        build(tmp_path, {"app.py": app, "templates/a.html": self.FORM})
        assert said(tmp_path, "FD713") == [("FD713", "info")]

    def test_forms_are_reported_at_the_app_that_shows_them(self, tmp_path: Path) -> None:
        build(
            tmp_path,
            {
                "first/app.py": "from flask import Flask\n\napp = Flask(__name__)\n",
                "second/app.py": self.APP.format(value="1"),
                "second/templates/a.html": self.FORM,
            },
        )
        assert [finding.location.path for finding in found(tmp_path, "FD713")] == ["second/app.py"]


class TestTalisman:
    APP = "from flask import Flask\nfrom flask_talisman import Talisman\n\napp = Flask(__name__)\n"

    @pytest.mark.parametrize(
        ("files", "severity"),
        [
            ({"app.py": f"{APP}Talisman(app, force_https=False)\n"}, "warning"),
            ({"app.py": f"{APP}Talisman(app, force_https=False)  # the CDN does\n"}, "info"),
            ({"app.py": f"{APP}Talisman(app, force_https=False)\n", "Procfile": "web: gunicorn app:app\n"}, "info"),
            ({"app.py": f"{APP}Talisman(app, force_https=False)\n", "nginx/shop.conf": NGINX}, "info"),
        ],
    )
    def test_who_may_redirect_instead_decides(self, files: dict[str, str], severity: str, tmp_path: Path) -> None:
        build(tmp_path, files)
        assert said(tmp_path, "FD707") == [("FD707", severity)]


class TestSecure:
    APP = (
        "import secure\nfrom flask import Flask\n\napp = Flask(__name__)\nheaders = secure.Secure()\n\n\n"
        "@app.after_request\ndef harden(response):\n    headers.framework.flask(response)\n    return response\n"
    )

    @pytest.mark.parametrize(
        ("requirement", "severity"),
        [
            ("secure", ["error"]),
            ("secure>=0.3", ["error"]),
            ("secure==2.0.1", ["error"]),
            ("secure>=0.3,<2", ["error"]),
            ("secure==0.3.0", []),
            ("secure<1", []),
            ("secure~=0.3", []),
            ("secure<=0.3.0", []),
            ("", ["warning"]),
        ],
    )
    def test_version_decides(self, requirement: str, severity: list[str], tmp_path: Path) -> None:
        build(tmp_path, {"app.py": self.APP, "requirements.txt": f"flask==3.1.0\n{requirement}\n"})
        assert [each for _, each in said(tmp_path, "FD710")] == severity
