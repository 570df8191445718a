"""What the images are built from: locked packages, no more than is needed, nobody's privileges."""

from __future__ import annotations

import re
import tomllib

import pytest

from tests.deploy.kube import K8S, ROOT, VERSION

LOCKS = {path.stem: path.read_text("utf-8") for path in sorted((ROOT / "deploy/image").glob("*.txt"))}
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
DOCKERFILES = {
    "driftgauge": (ROOT / "Dockerfile").read_text("utf-8"),
    "example": (K8S / "overlays/example/server/Dockerfile").read_text("utf-8"),
}
_PIN = re.compile(r"^([A-Za-z0-9._-]+)==(\S+)", re.MULTILINE)


def normal(name):
    """Return a package's name as PEP 503 compares it."""
    return re.sub(r"[-_.]+", "-", name).lower()


def pins(text):
    return {normal(name): version for name, version in _PIN.findall(text)}


def required(requirements):
    return {normal(re.split(r"[<>=!~\[; ]", text)[0]) for text in requirements}


@pytest.mark.parametrize("name", LOCKS)
def test_every_locked_package_has_hashes(name):
    """A package that was changed after it was locked is refused."""
    entries = re.split(r"\n(?=[A-Za-z0-9])", "\n".join(line for line in LOCKS[name].splitlines() if line[:1] != "#"))
    assert len(entries) == len(pins(LOCKS[name])) > 0
    assert all("--hash=sha256:" in entry for entry in entries)


@pytest.mark.parametrize("name", LOCKS)
def test_what_is_shipped_is_what_is_tested(name):
    """Locked versions are those of the constraints that the tests run with."""
    tested = pins((ROOT / "scripts/constraints.txt").read_text("utf-8"))
    locked = pins(LOCKS[name])
    assert {package: tested[package] for package in locked if package in tested} == {
        package: version for package, version in locked.items() if package in tested
    }


def test_the_locks_hold_what_the_extras_need():
    """A dependency that is added to an extra and not to the image would be missed at start only."""
    extras = PROJECT["optional-dependencies"]
    exporter = required([*PROJECT["dependencies"], *extras["exporter"]])
    assert exporter <= set(pins(LOCKS["exporter"]))
    assert exporter | required([*extras["parquet"], *extras["pandas"], *extras["river"]]) <= set(pins(LOCKS["full"]))


def test_the_default_image_has_no_heavy_library():
    """What only reads training data, or only trains, stays outside."""
    assert not {"torch", "pandas", "pyarrow", "scipy", "scikit-learn", "matplotlib"} & set(pins(LOCKS["exporter"]))


def test_the_locks_name_no_index():
    """Where packages are fetched from is the builder's business."""
    assert not any("://" in text for text in LOCKS.values())


@pytest.mark.parametrize("name", DOCKERFILES)
def test_images_run_as_a_numbered_user_on_a_base_of_the_builders_choice(name):
    """Kubernetes can tell that a number is not root; a name it cannot look up."""
    text = DOCKERFILES[name]
    assert text.count("FROM ${BASE}") == 2
    users = re.findall(r"^USER (\S+)", text, re.MULTILINE)
    assert users
    assert all(re.fullmatch(r"[1-9]\d*:[1-9]\d*", user) for user in users)
    assert not re.search(r"\b(curl|gcc|build-essential|apt-get)\b", re.sub(r"#.*", "", text))


def test_the_image_says_what_it_is_and_checks_itself():
    """OCI labels, and a health check without curl; the default target is the one without extras."""
    text = DOCKERFILES["driftgauge"]
    labels = set(re.findall(r"org\.opencontainers\.image\.(\w+)=", text))
    assert labels >= {"title", "description", "source", "licenses", "version", "revision", "created"}
    assert 'CMD ["driftgauge", "healthcheck"]' in text
    assert f"ARG VERSION={VERSION}" in text
    assert re.findall(r"^FROM \S+ AS (\w+)$", text, re.MULTILINE)[-1] == "exporter"
