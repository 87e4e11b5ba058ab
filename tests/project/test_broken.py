"""What is said of a file that this Python does not parse."""

import ast
import subprocess
import sys

import pytest

from flaskdoctor.finding import Severity
from flaskdoctor.project.code import broken


def said(source: bytes) -> tuple[str, Severity | None]:
    with pytest.raises(SyntaxError) as error:
        ast.parse(source)
    (problem,) = broken.explain("shop.py", "app", source, error.value)
    return problem.message.partition(":")[0], problem.severity


@pytest.mark.skipif(sys.version_info >= (3, 12), reason="this Python knows type parameters")
@pytest.mark.parametrize(
    "source",
    [
        b"class Box[T](Base):\n    pass\n",
        b"class Box[\n    T,\n]:\n    pass\n",
        b"type Price = int\n",
        b"type Pair[T] = tuple[T, T]\n",
        b"async def first[*Ts](items): ...\n",
    ],
)
def test_type_parameters_are_known_without_trying_them_out(source: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(subprocess, "run", None)
    assert said(source)[1] is Severity.INFO


@pytest.mark.parametrize("source", [b"class Box[1]:\n    pass\n", b"price = type Box\n", b"print 'sold'\n"])
def test_what_no_python_takes_is_an_error(source: bytes) -> None:
    assert said(source) == ("does not parse", None)


def test_a_busy_machine_breaks_no_file(monkeypatch: pytest.MonkeyPatch) -> None:
    def late(*_: object, **__: object) -> None:
        raise subprocess.TimeoutExpired("python", 15)

    monkeypatch.setattr(subprocess, "run", late)
    assert said(b"page = f'{price!r\n'\n")[1] is Severity.INFO
