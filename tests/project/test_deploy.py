"""What a project's files say of its deployment: commands, ports, variables, images, proxies."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flaskdoctor.finding import Location
from flaskdoctor.project.deployment.commandline import commands_of
from flaskdoctor.project.deployment.deploy import Command, Deploy
from flaskdoctor.project.deployment.filenames import for_development, kind_of
from flaskdoctor.project.deployment.reading import read_deploy
from flaskdoctor.project.deployment.yamlfile import read_yaml
from tests.projects import write


def deploy(folder: Path, files: dict[str, str]) -> Deploy:
    write(folder, files)
    return read_deploy(str(folder), sorted(files))


def started(line: str) -> list[tuple[str, ...]]:
    found = commands_of(line, name="web", source="Procfile", location=Location("Procfile", 1))
    return [(command.program, *command.arguments) for command in found]


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("gunicorn shop:app", [("gunicorn", "shop:app")]),
        ("exec poetry run gunicorn -w 4 shop:app", [("gunicorn", "-w", "4", "shop:app")]),
        ("FLASK_ENV=production python -u wsgi.py", [("python", "wsgi.py")]),
        ("python3 -m flask run -p 8000", [("flask", "run", "-p", "8000")]),
        ("flask db upgrade && gunicorn shop:app", [("flask", "db", "upgrade"), ("gunicorn", "shop:app")]),
        ("sh -c 'sleep 1; exec /venv/bin/gunicorn shop:app'", [("sleep", "1"), ("gunicorn", "shop:app")]),
        ("newrelic-admin run-program gunicorn shop:app", [("gunicorn", "shop:app")]),
        ("gosu www gunicorn shop:app", [("gunicorn", "shop:app")]),
        ("tini -- gunicorn shop:app", [("gunicorn", "shop:app")]),
        ("poetry install", [("poetry", "install")]),
        ("./boot.sh", [("boot.sh",)]),
    ],
)
def test_command_is_what_runs_in_the_end(line: str, expected: list[tuple[str, ...]]) -> None:
    assert started(line) == expected


def test_option_is_found_in_every_spelling() -> None:
    for line in ("gunicorn -w 4 a:b", "gunicorn -w4 a:b", "gunicorn --workers 4 a:b", "gunicorn --workers=4 a:b"):
        (command,) = commands_of(line, name="", source="Procfile", location=Location("Procfile", 1))
        assert command.option("-w", "--workers") == "4"
    assert command.option("-k", "--worker-class") is None


@given(st.text(max_size=60))
def test_no_line_is_too_odd_to_be_split(line: str) -> None:
    for command in commands_of(line, name="", source="Procfile", location=Location("Procfile", 1)):
        assert isinstance(command, Command)
        assert command.program


def test_processes_of_a_procfile(tmp_path: Path) -> None:
    found = deploy(tmp_path, {"Procfile": "web: gunicorn shop:app\nworker: celery -A shop.tasks worker\n"})
    assert [(command.name, command.program, command.location.line) for command in found.commands] == [
        ("web", "gunicorn", 1),
        ("worker", "celery", 2),
    ]
    assert [command.is_web for command in found.commands] == [True, False]


def test_dockerfile_with_stages_continued_lines_and_heredocs(tmp_path: Path) -> None:
    text = (
        "# syntax=docker/dockerfile:1\nFROM python:3.12 AS build\nCOPY requirements.txt .\n"
        "RUN <<EOF\nCOPY . /nothing\nEOF\n"
        "\nFROM python:3.12-slim\nENV FLASK_APP=shop \\\n    # a comment in between\n    SECRET_KEY='kiln and clay'\n"
        "ENV OLD form of it\nCOPY --from=build --chown=1:1 /venv /venv\nADD . /srv\nEXPOSE 8000/tcp 80\n"
        'CMD ["flask", "run"]\nCMD ["gunicorn", "-b", ":8000", "shop:app"]\n'
    )
    found = deploy(tmp_path, {"Dockerfile": text})
    (dockerfile,) = found.dockerfiles
    assert [(image.name, image.stage) for image in dockerfile.images] == [
        ("python:3.12", "build"),
        ("python:3.12-slim", ""),
    ]
    assert [(each.instruction, each.sources, each.target, each.origin, each.stage) for each in dockerfile.copied] == [
        ("COPY", ("requirements.txt",), ".", "", 0),
        ("COPY", ("/venv",), "/venv", "build", 1),
        ("ADD", (".",), "/srv", "", 1),
    ]
    assert [each.sources for each in dockerfile.shipped] == [("/venv",), (".",)]
    assert [(each.name, each.value and each.value.reveal(), each.location.line) for each in dockerfile.environment] == [
        ("FLASK_APP", "shop", 9),
        ("SECRET_KEY", "kiln and clay", 9),
        ("OLD", "form of it", 12),
    ]
    assert [port.number for port in dockerfile.ports] == [8000, 80]
    assert [(command.words, command.location.line) for command in dockerfile.commands] == [
        (("gunicorn", "-b", ":8000", "shop:app"), 17)
    ]


def test_entry_point_and_command_are_one(tmp_path: Path) -> None:
    found = deploy(tmp_path, {"Dockerfile": 'FROM python\nENTRYPOINT ["python"]\nCMD ["app.py"]\n'})
    assert [command.words for command in found.commands] == [("python", "app.py")]


def test_script_that_a_dockerfile_starts_is_read(tmp_path: Path) -> None:
    files = {
        "Dockerfile": 'FROM python\nCOPY . .\nENTRYPOINT ["./boot.sh"]\n',
        "boot.sh": "#!/bin/sh\nflask db upgrade\nexec gunicorn \\\n  --preload -b :5000 shop:app\n",
    }
    found = deploy(tmp_path, files)
    assert [gunicorn.app for gunicorn in found.gunicorns] == ["shop:app"]
    assert "boot.sh" in found.files


def test_compose_services_with_merged_parts(tmp_path: Path) -> None:
    text = (
        "x-shop: &shop\n  build:\n    context: ..\n    dockerfile: deploy/Dockerfile\n"
        "  environment:\n    FLASK_DEBUG: 1\n"
        "    SECRET_KEY: ${SECRET_KEY}\nservices:\n  web:\n    <<: *shop\n"
        "    command: sh -c 'flask db upgrade && gunicorn shop:app'\n    ports:\n      - '127.0.0.1:8080:5000'\n"
        "      - ${PORT:-9000}:5000\n      - target: 80\n        published: 7000\n  worker:\n    <<: *shop\n"
        "    command: [celery, -A, shop, worker]\n  db:\n    image: postgres:16\n"
        "    environment: [POSTGRES_PASSWORD=clay, PGDATA]\n"
    )
    found = deploy(tmp_path, {"deploy/compose.yml": text, "deploy/Dockerfile": "FROM python\nCOPY . .\n"})
    web, worker, db = found.services
    assert (web.build, web.dockerfile, db.build, db.image) == ("", "deploy/Dockerfile", None, "postgres:16")
    assert found.dockerfiles[0].contexts == ("",)
    assert [(command.name, command.program) for command in found.commands] == [
        ("web", "flask"),
        ("web", "gunicorn"),
        ("worker", "celery"),
    ]
    assert [(port.number, port.host, port.location.line) for port in web.ports] == [
        (8080, "127.0.0.1", 13),
        (9000, "", 14),
        (7000, "", 15),
    ]
    assert [(each.name, each.value and each.value.reveal()) for each in web.environment] == [
        ("FLASK_DEBUG", "1"),
        ("SECRET_KEY", None),
    ]
    assert [(each.name, each.value and each.value.reveal()) for each in db.environment] == [
        ("POSTGRES_PASSWORD", "clay"),
        ("PGDATA", None),
    ]
    assert worker.ports == ()


def test_value_of_a_variable_never_shows(tmp_path: Path) -> None:
    found = deploy(tmp_path, {"Dockerfile": "FROM python\nENV SECRET_KEY=kiln\n"})
    assert "kiln" not in repr(found.environment)


def test_gunicorn_takes_its_command_line_first_and_then_its_file(tmp_path: Path) -> None:
    files = {
        "Procfile": "web: gunicorn -c deploy/gunicorn.conf.py -w 2 shop:app\n",
        "deploy/gunicorn.conf.py": "import os\n\nworkers = 4\nworker_class: str = 'eventlet'\npreload_app = True\n"
        "bind = os.environ['BIND']\n",
        "other/gunicorn.conf.py": "workers = 1\n",
    }
    named, unused = deploy(tmp_path, files).gunicorns
    settings = {name: named.get(name) for name in ("workers", "worker_class", "preload_app", "bind")}
    assert {name: each and each.value for name, each in settings.items()} == {
        "workers": 2,
        "worker_class": "eventlet",
        "preload_app": True,
        "bind": None,
    }
    assert settings["preload_app"] is not None
    assert settings["preload_app"].location == Location("deploy/gunicorn.conf.py", 5, 1)
    assert (unused.app, unused.location.path) == ("", "other/gunicorn.conf.py")


@pytest.mark.parametrize("flag", ["--preload", "-k eventlet", "--worker-class=eventlet", "-keventlet"])
def test_gunicorn_options(tmp_path: Path, flag: str) -> None:
    (gunicorn,) = deploy(tmp_path, {"Procfile": f"web: gunicorn {flag} shop:app --bind 0.0.0.0:8000\n"}).gunicorns
    setting = gunicorn.get("preload_app" if "preload" in flag else "worker_class")
    assert setting is not None
    assert setting.value in (True, "eventlet")
    assert gunicorn.app == "shop:app"


def test_gunicorn_arguments_in_the_environment(tmp_path: Path) -> None:
    text = 'FROM python\nENV GUNICORN_CMD_ARGS="--preload"\nCMD gunicorn shop:app\n'
    (gunicorn,) = deploy(tmp_path, {"Dockerfile": text}).gunicorns
    assert gunicorn.get("preload_app") is not None


def test_proxies_and_the_headers_they_set(tmp_path: Path) -> None:
    files = {
        "nginx/shop.conf": "server {\n  # add_header Referrer-Policy origin;\n"
        "  add_header X-Frame-Options DENY always;\n"
        "  location / {\n    proxy_pass http://shop:5000;\n  }\n}\n",
        "nginx/mime.conf": "types { text/html html; }\n",
        "Caddyfile": "shop.example {\n  header Strict-Transport-Security max-age=31536000\n"
        "  reverse_proxy shop:5000\n}\n",
        "compose.yml": "services:\n  front:\n    image: traefik:v3\n  shop:\n    build: .\n    labels:\n"
        "      - traefik.http.routers.shop.rule=Host(`shop.example`)\n"
        "      - traefik.http.middlewares.safe.headers.frameDeny=true\n",
    }
    found = deploy(tmp_path, files).proxies
    assert {(proxy.kind, proxy.location.path, *sorted(proxy.headers)) for proxy in found} == {
        ("nginx", "nginx/shop.conf", "x-frame-options"),
        ("caddy", "Caddyfile", "strict-transport-security"),
        ("traefik", "compose.yml"),
        ("traefik", "compose.yml", "x-frame-options"),
    }


@pytest.mark.parametrize(
    "path",
    ["Dockerfile.dev", "docker-compose.override.yml", "docker-compose.dev.yml", ".devcontainer/Dockerfile",
     "tests/compose.yml", "docker/dev/docker-compose.yml", "dev.Dockerfile"],
)  # fmt: skip
def test_files_for_development(path: str) -> None:
    assert kind_of(path)
    assert for_development(path)


@pytest.mark.parametrize(
    "path", ["Dockerfile", "Dockerfile.prod", "docker-compose.yml", "deploy/Procfile", "compose.prod.yaml"]
)
def test_files_for_production(path: str) -> None:
    assert kind_of(path)
    assert not for_development(path)


@pytest.mark.parametrize(
    "path", ["docs/dockerfile.md", "composer.json", "shop/compose.py", "nginx.md", "app.py", "x.html"]
)
def test_other_files_are_none_of_them(path: str) -> None:
    assert kind_of(path) == ""


@pytest.mark.parametrize(
    "text",
    [
        "[" * 100_000,
        "- " * 100_000,
        "b0: &b0 [x, x]\n" + "".join(f"b{n}: &b{n} [*b{n - 1}, *b{n - 1}]\n" for n in range(1, 60)),
        "a: &a\n  <<: *a\n",
        "services: {a: {<<: [" + "*x, " * 1000 + "]}}",
        "x: !!python/object/apply:os.system [ls]\n",
        "a: '\x00'\n",
        "{{ cookiecutter.name }}: x\n",
    ],
)
def test_yaml_of_a_stranger(tmp_path: Path, text: str) -> None:
    read_yaml(text)
    assert isinstance(deploy(tmp_path, {"compose.yml": text}), Deploy)


def test_link_that_leads_out_of_the_project_is_not_followed(tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.write_text("FROM python\nENV TOKEN=kiln\n")
    project = tmp_path / "project"
    project.mkdir()
    os.symlink(outside, project / "Dockerfile")
    assert read_deploy(str(project), ["Dockerfile"]).dockerfiles == ()


@given(st.text(alphabet='FROM \\\n"[]CMDENVCOPY=#<-a', max_size=80))
def test_no_dockerfile_is_too_odd_to_be_read(text: str) -> None:
    from flaskdoctor.project.deployment.dockerfile import read_dockerfile

    assert read_dockerfile("Dockerfile", text, development=False).path == "Dockerfile"


_TEXTS = {
    "compose.yml": "services:\n- {}[]&*a <<: web ports \"':8000 command build ²\n",
    "Procfile": "web: gunicorn -b :80²\n&|;$'\"",
    "gunicorn.conf.py": "bind = '[]:²'\nworkers=()",
    "fly.toml": '[processes]\nweb = "gunicorn"\n[env]\na=1²',
    "render.yaml": "services:\n- type: web\n  startCommand: x\n  envVars: []{}²\n",
    "app.yaml": "runtime: python\nentrypoint: x\nenv_variables: {}[]\n",
    "nginx.conf": "server { proxy_pass http://a; add_header X-Frame-Options DENY; }\n#",
    "Makefile": "run:\n\tflask run -p ²\n\\'\"",
    "Dockerfile": 'FROM python\nCOPY . .\nEXPOSE ²\nCMD ["./boot.sh"]\n<<EOF\n',
    "boot.sh": "exec gunicorn \\\n -c x.py a:b\n'\"&&",
}


@given(st.data(), st.sampled_from(sorted(_TEXTS)))
def test_no_file_is_too_odd_to_be_read(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject, name: str
) -> None:
    words = st.sampled_from([*_TEXTS[name].split(" "), *_TEXTS[name], "\0", "\udcff"])
    text = "".join(data.draw(st.lists(words, max_size=40)))
    folder = tmp_path_factory.mktemp("odd")
    write(folder, {**{other: _TEXTS[other] for other in ("Dockerfile", "boot.sh")}, name: text})
    found = read_deploy(str(folder), sorted({name, "Dockerfile", "boot.sh"}))
    assert isinstance(found.commands, tuple)
    assert isinstance(found.ports, tuple)
    assert isinstance(found.environment, tuple)
