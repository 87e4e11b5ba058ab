"""Where a function is handed to another thread or greenlet, which has none of the contexts of who hands it over.

Each of these was tried in a view of Flask 3.1: threads, timers, executors, ``run_in_executor``, gevent and eventlet
lose the contexts. ``asyncio.to_thread`` and ``create_task`` copy them, so they are not here.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

from flaskdoctor.project.code.names import FUNCTIONS, FunctionNode
from flaskdoctor.project.contexts.jobs import constructors

if TYPE_CHECKING:
    from flaskdoctor.project.code.module import Module
    from flaskdoctor.project.routing.links import Links

THREAD, POOL, GREENLET = "thread", "thread pool", "greenlet"

# The place of the function among the positional arguments, its keyword, and where it runs. The arguments follow the
# function, or stand in ``args``.
_CALLS: dict[str, tuple[int, str, str]] = {
    "threading.Thread": (1, "target", THREAD),
    "threading.Timer": (1, "function", THREAD),
    "_thread.start_new_thread": (0, "", THREAD),
    "eventlet.greenthread.spawn": (0, "", GREENLET),
    "eventlet.greenthread.spawn_n": (0, "", GREENLET),
    "eventlet.spawn": (0, "", GREENLET),
    "eventlet.spawn_after": (1, "", GREENLET),
    "eventlet.spawn_n": (0, "", GREENLET),
    "gevent.Greenlet": (0, "", GREENLET),
    "gevent.Greenlet.spawn": (0, "", GREENLET),
    "gevent.greenlet.Greenlet": (0, "", GREENLET),
    "gevent.spawn": (0, "", GREENLET),
    "gevent.spawn_later": (1, "", GREENLET),
    "gevent.spawn_raw": (0, "", GREENLET),
}
# Methods: the place of the function, its keyword, and where it runs by the class of the object.
_EXECUTORS = {
    "concurrent.futures.ThreadPoolExecutor": POOL,
    "concurrent.futures.thread.ThreadPoolExecutor": POOL,
}
_POOLS = {"multiprocessing.pool.ThreadPool": POOL, "multiprocessing.dummy.Pool": POOL}
_GREEN = {
    "eventlet.GreenPool": GREENLET,
    "gevent.pool.Group": GREENLET,
    "gevent.pool.Pool": GREENLET,
    "gevent.threadpool.ThreadPool": POOL,
}
_LOOPS = {
    "asyncio.get_event_loop": POOL,
    "asyncio.get_running_loop": POOL,
    "asyncio.new_event_loop": POOL,
}
_METHODS: dict[str, tuple[int, str, dict[str, str]]] = {
    "submit": (0, "", _EXECUTORS),
    "map": (0, "", _EXECUTORS | _POOLS | _GREEN),
    "apply_async": (0, "func", _POOLS | _GREEN),
    "map_async": (0, "func", _POOLS),
    "spawn": (0, "", _GREEN),
    "run_in_executor": (1, "func", _LOOPS),
    "start_background_task": (0, "target", {"flask_socketio.SocketIO": THREAD}),
}
_PARTIAL = "functools.partial"
_KEEPS = frozenset({"flask.copy_current_request_context", "flask.ctx.copy_current_request_context"})
_MAKERS = frozenset(name for _, _, known in _METHODS.values() for name in known)
_WORDS = (
    b"Thread(", b"Timer(", b".submit(", b"start_new_thread(", b"spawn", b"Greenlet(", b"ThreadPool", b".Pool(",
    b"GreenPool(", b"run_in_executor(", b"start_background_task(", b"(Thread)",
)  # fmt: skip


class Handover(NamedTuple):
    """A call that makes another thread or greenlet run a function.

    ``target`` is the function as it is written, None where that cannot be told; ``arguments`` are what it is called
    with. ``where`` says what runs it; it is "" where that hangs on ``owner``, the dotted name of the object whose
    ``method`` is called, which another file makes: ``runs_in`` finds out.
    """

    call: ast.Call
    target: ast.expr | None
    arguments: tuple[ast.expr, ...]
    where: str
    method: str = ""
    owner: str = ""


def may_hand_over(source: bytes) -> bool:
    """Whether it is worth looking for handovers in a file."""
    return any(word in source for word in _WORDS)


def handovers(module: Module) -> Iterator[Handover]:
    """The handovers of a file, one kind of call after the other."""
    for name, (place, word, where) in _CALLS.items():
        for call in module.calls(name):
            yield _handover(call, place, word, where)
    for node in module.nodes(ast.Call):
        assert isinstance(node, ast.Call)
        func = node.func
        if not isinstance(func, ast.Attribute) or func.attr not in _METHODS:
            continue
        place, word, known = _METHODS[func.attr]
        maker, owner = _maker(module, func.value)
        if maker in known:
            yield _handover(node, place, word, known[maker], func.attr)
        elif not maker and owner:
            yield _handover(node, place, word, "", func.attr, owner)


def runs_in(links: Links, where: str, method: str, owner: str, path: str) -> str | None:
    """What runs the function of a handover, as the object whose method is called (named as ``path`` does) shows; None
    where it is something else."""
    if where:
        return where
    known = _METHODS[method][2]
    return next((known[name] for name in sorted(constructors(links, owner, path)) if name in known), None)


def thread_methods(module: Module) -> Iterator[FunctionNode]:
    """``class Sender(Thread): def run(self)``: what such a thread runs."""
    for node in module.nodes(ast.ClassDef):
        assert isinstance(node, ast.ClassDef)
        if any(module.resolve(base) in ("threading.Thread", "gevent.Greenlet") for base in node.bases):
            yield from (item for item in node.body if isinstance(item, FUNCTIONS) and item.name in ("run", "_run"))


def bound_arguments(module: Module, target: ast.expr | None) -> list[ast.expr]:
    """The arguments that ``functools.partial`` has bound."""
    if not isinstance(target, ast.Call) or module.resolve(target.func) != _PARTIAL:
        return []
    return [*target.args[1:], *(item.value for item in target.keywords)]


def may_have_context(module: Module, handover: Handover, arguments: list[ast.expr]) -> bool:
    """Whether the function may well run in a context, so that a proxy means something there."""
    if any("context" in module.segment(item) for item in arguments if isinstance(item, ast.Call | ast.Name)):
        return True
    target = handover.target
    if isinstance(target, ast.Attribute) and target.attr == "run":
        return True  # ``copy_context().run``
    if isinstance(target, ast.Call):
        if module.resolve(target.func) in _KEEPS:
            return True
        target = target.args[0] if module.resolve(target.func) == _PARTIAL and target.args else None
    binding = module.names.binding(target) if isinstance(target, ast.Name) else None
    function = binding.node if binding is not None else None
    if not isinstance(function, FUNCTIONS):
        return False
    if function.decorator_list:
        return True  # it may bring a context
    parameters = {item.arg for item in (*function.args.posonlyargs, *function.args.args, *function.args.kwonlyargs)}
    for node in module.nodes(ast.Attribute):
        if (
            isinstance(node, ast.Attribute)
            and node.attr.endswith("_context")
            and module.function_of(node) is function
            and not (isinstance(node.value, ast.Name) and node.value.id in parameters)
        ):
            return True
    return False


def _handover(call: ast.Call, place: int, word: str, where: str, method: str = "", owner: str = "") -> Handover:
    if any(isinstance(item, ast.Starred) for item in call.args[: place + 1]):
        return Handover(call, None, (), where, method, owner)
    target = call.args[place] if len(call.args) > place else None
    arguments: list[ast.expr] = list(call.args[place + 1 :])
    for item in call.keywords:
        if word and item.arg == word:
            target = item.value
        else:
            arguments.append(item.value)
    return Handover(call, target, tuple(_spread(arguments)), where, method, owner)


def _spread(values: list[ast.expr]) -> Iterator[ast.expr]:
    """The values themselves and what stands in ``args=(..)``, ``kwargs={..}``, ``*args`` and lists of them."""
    for value in values:
        match value:
            case ast.Tuple(elts=items) | ast.List(elts=items):
                yield from _spread(items)
            case ast.Dict(values=items):
                yield from _spread(items)
            case ast.Starred(value=inner):
                yield from _spread([inner])
            case ast.Call(func=ast.Name(id="dict"), keywords=keywords):
                yield from (item.value for item in keywords)
            case _:
                yield value


def _maker(module: Module, node: ast.expr) -> tuple[str, str]:
    """The library call that makes an object in this file, "" where none is seen; and the object's dotted name."""
    if isinstance(node, ast.Call):
        return _class_made(module, node) or "?", ""
    if isinstance(node, ast.Name):
        for binding in module.names.bindings(node):
            value = binding.value
            if value is None:
                value = _entered(module, binding.node)
            if isinstance(value, ast.Call) and (name := _class_made(module, value)) in (*_MAKERS, "?"):
                return name, ""
    return "", module.resolve(node) or ""


def _class_made(module: Module, call: ast.Call) -> str:
    """The class of a new object; "?" for a pool whose ``initializer`` may bring its threads a context."""
    if any(item.arg == "initializer" for item in call.keywords):
        return "?"
    return module.resolve(call.func) or ""


def _entered(module: Module, node: ast.AST) -> ast.expr | None:
    """What ``with .. as name`` gives a name: of an executor that is the executor itself."""
    parent = module.parent(node)
    return parent.context_expr if isinstance(parent, ast.withitem) and parent.optional_vars is node else None
