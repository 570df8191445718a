"""The shape of the package, read from its syntax trees: nothing is imported here."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[1] / "exporter" / "driftgauge"
FILES = sorted(PACKAGE.rglob("*.py"))
PACKAGES = sorted(path for path in PACKAGE.rglob("__init__.py"))

#: imports run towards the front; parts of one layer do not know each other, except in the first
LAYERS = (
    (
        "errors",
        "names",
        "generations",
        "batch",
        "tokens",
        "report",
        "failures",
        "setting",
        "listening",
        "forwarding",
        "config",
        "drift_settings",
        "label_settings",
        "level_settings",
        "file_settings",
        "tensor_settings",
        "state",
        "__version__",
    ),
    ("ingest", "derive", "sketch"),
    ("tensors",),
    ("profile",),
    ("drift",),
    ("reference",),
    ("model",),
    ("diagnosis", "training"),
    ("expose",),
    ("serve", "page"),
    ("demo",),
    ("cli",),
)
LEVEL = {part: level for level, layer in enumerate(LAYERS) for part in layer}
#: parts that may import less than what lies before them
ONLY = {
    "ingest": {"batch", "report", "failures", "errors", "generations"},
    "sources": {"batch", "derive", "errors"},
    "client": {"batch", "failures", "derive", "errors"},
}
#: parts that may touch the world outside
EDGES = {"training", "serve", "sources", "client", "cli", "demo"}
#: modules that hold sockets, files, threads, processes or clocks
WORLD = {
    *(
        "asyncio",
        "concurrent",
        "ftplib",
        "glob",
        "http",
        "io",
        "mmap",
        "multiprocessing",
        "os",
        "pathlib",
        "queue",
        "random",
    ),
    *("sched", "secrets", "select", "selectors", "shutil", "signal", "socket", "socketserver", "ssl", "subprocess"),
    *("tempfile", "threading", "time", "urllib", "uuid", "aiohttp", "requests"),
}
#: what of those is pure
PURE = {("io", "BytesIO"), ("io", "StringIO"), ("pathlib", "PurePath"), ("pathlib", "PurePosixPath")}
#: calls that read a file, the clock or the machine's entropy, by the end of their dotted name
CALLS = {
    "open",
    "input",
    "time.time",
    "time.monotonic",
    "datetime.now",
    "datetime.utcnow",
    "datetime.today",
    "date.today",
}
LINES = 320
#: longer files, and why
LONG = {"names.py": "one table, an entry a metric"}


def name_of(path: Path) -> str:
    return path.relative_to(PACKAGE).as_posix()


def part_of(path: Path) -> str:
    """Return the part of the package that a file belongs to: its folder, or its own name."""
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


def tree_of(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def imports_of(path: Path, *, deferred: bool = True) -> Iterator[tuple[str, str]]:
    """Yield (module, name) of the imports, wherever in the file or not *deferred*; no name for `import module`."""
    for node in ast.walk(tree_of(path)) if deferred else tree_of(path).body:
        if isinstance(node, ast.Import):
            yield from ((alias.name, "") for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{name_of(path)}:{node.lineno}: imports are absolute"
            yield from ((node.module or "", alias.name) for alias in node.names)


def parts_imported(path: Path) -> set[str]:
    """Return the other parts of the package that a file imports."""
    dotted = (f"{module}.{name}" if module == "driftgauge" else module for module, name in imports_of(path))
    found = {name.split(".")[1] for name in dotted if name.startswith("driftgauge.")}
    return found - {part_of(path)}


def dotted(node: ast.expr) -> str:
    if isinstance(node, ast.Attribute):
        return f"{dotted(node.value)}.{node.attr}"
    return node.id if isinstance(node, ast.Name) else ""


def public_names(tree: ast.Module) -> list[str]:
    """Return `__all__` as it stands in a file."""
    for node in tree.body:
        if isinstance(node, ast.Assign) and any(dotted(target) == "__all__" for target in node.targets):
            return [str(name) for name in ast.literal_eval(node.value)]
    return []


def defined_names(tree: ast.Module) -> set[str]:
    """Return the names that a module binds at its top."""
    names: set[str] = set()
    # What only type checkers import is loaded when it is asked for (`__getattr__`).
    deferred = [leaf for node in tree.body if isinstance(node, ast.If) for leaf in node.body]
    for node in (*tree.body, *deferred):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            names.add(node.name)
        elif isinstance(node, ast.Assign):
            names |= {leaf.id for target in node.targets for leaf in ast.walk(target) if isinstance(leaf, ast.Name)}
        elif isinstance(node, ast.AnnAssign):
            names.add(dotted(node.target))
        elif isinstance(node, ast.Import | ast.ImportFrom):
            names |= {alias.asname or alias.name for alias in node.names}
    return names


every_file = pytest.mark.parametrize("path", FILES, ids=name_of)
every_package = pytest.mark.parametrize("path", PACKAGES, ids=name_of)
inner = pytest.mark.parametrize("path", [path for path in FILES if part_of(path) not in EDGES], ids=name_of)


def test_there_is_something_to_check():
    """The package is found, and its inner parts are among what is checked."""
    assert {"batch", "sketch", "profile", "drift", "reference"} <= {part_of(path) for path in FILES}


@every_file
def test_imports_run_in_one_direction(path):
    """A part imports only parts that lie before it."""
    part, imported = part_of(path), parts_imported(path)
    if part == "__init__":
        assert imported <= {"client", "training"}
    elif part in ONLY:
        assert imported <= ONLY[part]
    elif part in LAYERS[0]:
        assert imported <= set(LAYERS[0])
    elif part not in {"cli", "demo"}:
        assert all(LEVEL.get(other, len(LAYERS)) < LEVEL[part] for other in imported), sorted(imported)


@every_file
def test_only_the_command_line_imports_the_command_line(path):
    """Nobody but `cli` itself imports it."""
    assert "cli" not in parts_imported(path)


def test_the_client_needs_numpy_only():
    """What a model server imports needs NumPy and the standard library; integrations load their peers when used."""
    import sys

    allowed = {*sys.stdlib_module_names, "numpy", "driftgauge"}
    peers = {"sklearn", "torch", "pandas"}
    parts = ("client", "derive", "batch", "generations", "errors", "sketch", "profile", "drift", "reference")
    for path in FILES:
        if part_of(path) in parts:
            assert {module.split(".")[0] for module, _ in imports_of(path)} <= allowed | peers, name_of(path)
            assert {module.split(".")[0] for module, _ in imports_of(path, deferred=False)} <= allowed, name_of(path)


@inner
def test_nothing_inside_touches_the_world(path):
    """Below the edges there is no socket, file, thread, process or clock module."""
    found = {(module, name) for module, name in imports_of(path) if module.split(".")[0] in WORLD}
    assert found <= PURE


@inner
def test_nothing_inside_reads_files_or_clocks(path):
    """Below the edges nothing is opened, no clock is read and no seed comes from the machine."""
    for node in ast.walk(tree_of(path)):
        if not isinstance(node, ast.Call):
            continue
        called = dotted(node.func)
        assert called not in CALLS, f"{called} at line {node.lineno}"
        assert ".".join(called.split(".")[-2:]) not in CALLS, f"{called} at line {node.lineno}"
        assert not called.endswith(("read_text", "read_bytes", "write_text", "write_bytes")), f"line {node.lineno}"
        if called.endswith(("default_rng", "SeedSequence", "RandomState", "PCG64")):
            assert node.args or node.keywords, f"an unseeded generator at line {node.lineno}"
        assert not called.startswith("np.random.") or called.endswith(("default_rng", "Generator")), (
            f"line {node.lineno}"
        )


@every_file
def test_every_module_has_a_docstring(path):
    """A module begins by saying what it holds."""
    assert ast.get_docstring(tree_of(path))


@every_package
def test_every_package_lists_its_public_names(path):
    """`__all__` of a package is what it binds, in order, and nothing else."""
    tree = tree_of(path)
    public = public_names(tree)
    helpers = {"annotations", "Any", "TYPE_CHECKING"}
    bound = {name for name in defined_names(tree) if name == "__version__" or not name.startswith("_")} - helpers
    assert sorted(public) == sorted(bound)
    assert len(set(public)) == len(public)


@every_file
def test_every_listed_name_exists(path):
    """What `__all__` promises is bound in the module."""
    tree = tree_of(path)
    assert set(public_names(tree)) <= defined_names(tree)


@every_file
def test_files_hold_one_idea(path):
    """No file is longer than one idea needs, except tables."""
    lines = len(path.read_text(encoding="utf-8").splitlines())
    assert lines <= LINES or name_of(path) in LONG, f"{lines} lines"
