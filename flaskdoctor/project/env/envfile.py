"""One .env file, read without losing anything: names, line numbers and states; every value is a ``Secret``.

What a line means is python-dotenv's own parser's business. After a broken quote the lines of a private key
turn into *names*; so from the first line that cannot be read, or that has no ``=``, no name of that file is
shown.
"""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple, NoReturn

from flaskdoctor.errors import Refuse
from flaskdoctor.patterns import lazy
from flaskdoctor.project.env.envfilenames import NEW_TEMPLATE as NEW_TEMPLATE
from flaskdoctor.project.env.envfilenames import TEMPLATE_NAMES as TEMPLATE_NAMES
from flaskdoctor.project.env.envfilenames import is_env_name
from flaskdoctor.project.env.envfilenames import is_template_name as is_template_name
from flaskdoctor.project.env.envwanted import NOTHING_WANTED, EnvWanted
from flaskdoctor.project.plainfile import read_bytes
from flaskdoctor.project.secrecy.secret import DOTS as DOTS
from flaskdoctor.project.secrecy.secret import Secret as Secret

NAME = lazy(r"[A-Za-z_][A-Za-z0-9_]*\Z")
NEWLINE = lazy(r"\r\n|\n|\r")

_MOST_SERVICES = 100  # env files in folders that are read
_COMMENTED_KEY = lazy(r"\s*#[#\s]*(?:export\s+)?([A-Za-z_][A-Za-z0-9_]*)[^\S\r\n]*=")
_NAME_ON_LINE = lazy(rb"^[^\S\r\n]*(?:export[^\S\r\n]+)?([A-Za-z_]\w*)[^\S\r\n]*=", re.MULTILINE)
_LOCAL = lazy(r"#.*\bflaskdoctor:\s*local\b", re.IGNORECASE)
_OPTIONAL = lazy(r"#+\s*[\[(]?optional\b|#.*[\[(]optional[\])]", re.IGNORECASE)


class Binding(NamedTuple):
    """One ``NAME=value`` of an env file.

    ``shown`` is the name, or "line N" where the name itself could be a piece of a secret; ``name`` is the
    real one, to compare with. ``value`` is None without ``=`` (python-dotenv then sets nothing). ``local``
    and ``optional`` come from the comments ``# flaskdoctor: local`` and ``# optional`` on the line or right
    above. ``written`` is the assignment as it stands there, with a comment behind it, without blank lines above.
    """

    shown: str
    line: int
    name: Secret[str]
    value: Secret[str] | None
    empty: bool
    named: bool
    local: bool
    optional: bool
    written: Secret[str] = Secret("")


class BrokenLine(NamedTuple):
    """Lines that python-dotenv skips, or takes for something else than they are. ``why`` shows nothing of them.

    ``end`` is the last of the lines that are lost with it. ``kind`` is "marker" (of a merge), "shell", "name",
    "equals", "behind" (text behind a closing quote), "open" (a quote that is never closed), "span" (closed lines
    later) or "swallowed" (read, but with other keys inside its value).
    """

    line: int
    end: int
    kind: str
    why: str


class EnvFile:
    """One env file. ``state`` is "ok", "missing", "not a file", "unreadable", "too large" or "encoding".

    ``doubt`` is the line from which names are not shown (0: none) and ``trouble`` says why, also where the
    file could not be read at all. ``bindings`` are all that python-dotenv finds; ``keys`` the named ones
    that set a value (of several with one name the last, as python-dotenv does); ``commented`` the names in
    ``# NAME=`` comments with their lines. ``broken`` are the lines that python-dotenv cannot read as they are meant.
    ``raw`` is the file, byte for byte, ``mode`` its permissions; None for a link, and where there are none.
    """

    __slots__ = (
        "_broken", "_last", "bindings", "bom", "broken", "commented", "doubt", "keys", "mode", "path", "raw", "state",
        "trouble",
    )  # fmt: skip

    def __init__(
        self,
        path: str,
        state: str = "missing",
        trouble: str = "",
        *,
        raw: bytes = b"",
        bom: bool = False,
        bindings: tuple[Binding, ...] = (),
        commented: Mapping[str, int] | None = None,
        doubt: int = 0,
        broken: tuple[BrokenLine, ...] = (),
        mode: int | None = None,
    ) -> None:
        self.path = path
        self.state = state
        self.trouble = trouble
        self.raw = Secret(raw)
        self.bom = bom
        self.bindings = bindings
        self.commented: Mapping[str, int] = commented or {}
        self.doubt = doubt
        self.broken = broken
        self.mode = mode
        self.keys: Mapping[str, Binding] = {
            binding.shown: binding for binding in bindings if binding.named and binding.value is not None
        }
        # Real names, which may be pieces of a secret: to compare with, for many names against many.
        self._last = {binding.name.reveal(): binding for binding in bindings}
        self._broken = frozenset(_NAME_ON_LINE.findall(raw)) if doubt else frozenset()

    @property
    def exists(self) -> bool:
        """Whether there is a file of that name, readable or not."""
        return self.state not in ("missing", "not a file")

    @property
    def readable(self) -> bool:
        """Whether its names are known, at least up to ``doubt``."""
        return self.state == "ok"

    def sets(self, name: str) -> bool:
        """Whether python-dotenv sets ``name`` from this file: its last line has a ``=``. Looks behind
        ``doubt``."""
        last = self._last.get(name)
        return last is not None and last.value is not None

    @property
    def certain(self) -> Iterator[Binding]:
        """The bindings above the first line that cannot be read: below it, a line may be a piece of a value."""
        end = min((broken.line for broken in self.broken), default=0)
        return (binding for binding in self.bindings if not end or binding.line < end)

    def last(self, name: str) -> Binding | None:
        """The line that decides about ``name``: of several the last, as python-dotenv has it, also behind
        ``doubt``."""
        return self._last.get(name)

    def mentions(self, name: str) -> bool:
        """Whether ``name`` stands in this file: as a key, as a bare name, in a ``# NAME=`` comment, on a
        broken line."""
        if name in self.commented or name in self._last:
            return True
        return bool(self._broken) and name.encode("utf-8", "surrogatepass") in self._broken

    def __repr__(self) -> str:
        return f"EnvFile({self.path!r}, {self.state!r}, {len(self.keys)} keys)"

    def __reduce_ex__(self, protocol: object) -> NoReturn:
        raise TypeError("an env file is not pickled: only names and states leave the process")


class EnvFiles(NamedTuple):
    """The env files of a project.

    ``template`` is the one that is compared with .env (None: there is no template), ``templates`` all of them at the
    root. ``nested`` are the .env files that modules in folders load: the nearest one from there upwards, below the
    root. ``others`` are further env files at the root (.env.local, .env.production). ``further`` are all of these, as
    they were read, and those in folders that the code loads by their names; ``services`` all others in folders
    (frontend/.env). ``loaded`` are the paths that the code names to load them, ``computed``: it may load others too.
    ``above`` is the nearest .env in a folder above the root (python-dotenv searches upwards), empty if there is none.
    ``inputs`` are the files and folders whose change can change all this; relative to the root, POSIX.
    """

    env: EnvFile
    flaskenv: EnvFile
    template: EnvFile | None
    templates: tuple[EnvFile, ...] = ()
    nested: tuple[str, ...] = ()
    others: tuple[str, ...] = ()
    further: tuple[EnvFile, ...] = ()
    services: tuple[EnvFile, ...] = ()
    loaded: frozenset[str] = frozenset()
    computed: bool = False
    above: str = ""
    inputs: tuple[str, ...] = ()

    def documents(self, name: str) -> bool:
        """Whether some template, or the committed .flaskenv, names the key."""
        return self.flaskenv.sets(name) or any(template.mentions(name) for template in self.templates)

    @property
    def present(self) -> tuple[EnvFile, ...]:
        """All env files that are there, templates aside."""
        return tuple(file for file in (self.env, self.flaskenv, *self.further, *self.services) if file.exists)

    def file(self, path: str) -> EnvFile:
        """The env file or template at ``path``. Raises ``Refuse`` where there is none any more."""
        for file in (*self.present, *self.templates):
            if file.path == path:
                return file
        raise Refuse(f"{path} is no longer there.")


def read_env_files(root: str, wanted: EnvWanted = NOTHING_WANTED, files: Iterable[str] = ()) -> EnvFiles:
    """Everything found at the root, what the code wants to load, and what lies in folders among ``files``, those of
    the project (relative to it, POSIX)."""
    try:
        entries = sorted(os.listdir(root))
    except OSError:
        entries = []
    templates = [read_env(root, name) for name in entries if is_template_name(name)]
    templates = [template for template in templates if template.exists]
    templates.sort(key=_preference)
    in_folders = [path for path in files if "/" in path and is_env_name(path.rpartition("/")[2])][:_MOST_SERVICES]
    nested = sorted({path for folder in wanted.folders if (path := _nearest(root, folder))})
    others = tuple(
        name
        for name in entries
        if (name.startswith(".env.") or name.endswith(".env"))
        and name != ".env"
        and not is_template_name(name)
        and os.path.isfile(os.path.join(root, name))
    )
    loaded = frozenset(path for path in (*in_folders, *entries) if wanted.names_file(path))
    by_name = [path for path in in_folders if path in loaded and path not in nested]
    rest = [path for path in in_folders if path not in loaded and path not in nested]
    env, flaskenv = read_env(root, ".env"), read_env(root, ".flaskenv")
    inputs = [".env", ".flaskenv", *(template.path for template in templates), *nested, *others, *by_name, *rest]
    inputs += [f"{folder}/.env" for folder in _folders_above(root)]
    return EnvFiles(
        env,
        flaskenv,
        templates[0] if templates else None,
        tuple(templates),
        tuple(nested),
        others,
        tuple(read_env(root, path) for path in (*nested, *others, *by_name)),
        tuple(file for file in (read_env(root, path) for path in rest) if file.exists),
        loaded,
        wanted.computed,
        _above(root),
        tuple(inputs),
    )


def read_env(root: str, path: str) -> EnvFile:
    """One env file; a missing or unreadable one is a state, never an error."""
    full = os.path.join(root, path)
    content = read_bytes(full)
    if content.state != "ok":
        return EnvFile(path, content.state, content.reason)
    file = parse_env(content.data, path)
    if content.status is not None and os.name == "posix" and not os.path.islink(full):
        file.mode = stat.S_IMODE(content.status.st_mode)
    return file


def parse_env(data: bytes, path: str = ".env") -> EnvFile:
    """The env file that these bytes are."""
    bom = data.startswith(b"\xef\xbb\xbf")
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return EnvFile(path, "encoding", "it is UTF-16; python-dotenv reads UTF-8", raw=data)
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        return EnvFile(path, "encoding", f"line {line} is not UTF-8", raw=data)
    if "\0" in text:
        line = text[: text.index("\0")].count("\n") + 1
        return EnvFile(path, "encoding", f"line {line} holds a NUL character", raw=data)
    if not text.strip():
        return EnvFile(path, "ok", raw=data, bom=bom)
    return _parse(text, path, data, bom)


def _parse(text: str, path: str, data: bytes, bom: bool) -> EnvFile:
    import io

    from dotenv.parser import parse_stream  # 40 ms, so only where there is an env file with something in it

    bindings: list[Binding] = []
    commented: dict[str, int] = {}
    broken: list[BrokenLine] = []
    doubt, trouble = 0, ""
    before, halved = "", 0  # line ends that python-dotenv counts twice: a line it cannot read ends with their "\r"
    local_above = optional_above = False  # what the comment above says; a blank line ends its reach
    for found in parse_stream(io.StringIO(text, newline="")):
        string = found.original.string
        body = string.lstrip()
        gap = string[: len(string) - len(body)]
        halved += before.endswith("\r") and string.startswith("\n")
        before = string
        line = found.original.line - halved + len(NEWLINE.findall(gap))
        if NEWLINE.search(gap):
            local_above = optional_above = False
        if found.error:
            broken.append(_broken_line(body, line))
            if not doubt:
                doubt, trouble = line, f"line {line} cannot be read"
            continue
        if found.key is None:
            local_above, optional_above = bool(_LOCAL.match(body)), bool(_OPTIONAL.match(body))
            if not doubt and (match := _COMMENTED_KEY.match(body)):
                commented.setdefault(match.group(1), line)
            continue
        if found.value is None and not doubt:
            doubt, trouble = line, f"line {line} has no ="
        if found.value and "\n" in found.value:
            broken += _swallowed(found.value, body, line)
        named = not doubt and bool(NAME.match(found.key))
        comment = inline_comment(body)
        bindings.append(
            Binding(
                found.key if named else f"line {line}",
                line,
                Secret(found.key),
                None if found.value is None else Secret(found.value),
                found.value == "",
                named,
                local_above or bool(_LOCAL.search(comment)),
                optional_above or bool(_OPTIONAL.search(comment)),
                Secret(body),
            )
        )
        local_above = False  # it speaks of one key, a heading "# optional" of the block below it
    return EnvFile(
        path,
        "ok",
        trouble,
        raw=data,
        bom=bom,
        bindings=tuple(bindings),
        commented=commented,
        doubt=doubt,
        broken=tuple(broken),
    )


def _broken_line(body: str, line: int) -> BrokenLine:
    from flaskdoctor.project.env.envlines import broken_line  # rarely needed

    return broken_line(body, line)


def _swallowed(value: str, body: str, line: int) -> list[BrokenLine]:
    from flaskdoctor.project.env.envlines import swallowed

    return swallowed(value, body, line)


def inline_comment(body: str) -> str:
    """The comment behind a value; empty if there is none."""
    value = body.partition("=")[2].strip()
    quote = value[:1]
    if quote in ("'", '"'):
        value = value[value.rindex(quote) + 1 :]
    start = re.search(r"(?:^|\s)#", value)
    return value[start.start() :].strip() if start else ""


def _preference(template: EnvFile) -> tuple[int, int, str]:
    name = template.path.lower()
    rank = TEMPLATE_NAMES.index(name) if name in TEMPLATE_NAMES else len(TEMPLATE_NAMES)
    return rank, len(name), name


def _nearest(root: str, folder: str) -> str:
    """The .env that ``load_dotenv()`` finds for a module in ``folder``: there or above, below the root; empty: none."""
    while folder not in ("", "."):
        path = f"{folder}/.env"
        if os.path.isfile(os.path.join(root, path)):
            return path
        folder = folder.rpartition("/")[0]
    return ""


def _folders_above(root: str) -> list[str]:
    """The relative ways up from the root: "..", "../..", as far as there are folders."""
    depth = len([part for part in os.path.realpath(root).split(os.sep) if part])
    return ["/".join([".."] * steps) for steps in range(1, depth + 1)]


def _above(root: str) -> str:
    real = os.path.realpath(root)
    paths = (os.path.normpath(os.path.join(real, folder, ".env")) for folder in _folders_above(root))
    return next((path for path in paths if os.path.isfile(path)), "")
