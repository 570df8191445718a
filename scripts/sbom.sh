#!/usr/bin/env bash
# What is in the image, and whether any of it is known to be vulnerable. Both read the lock file, deploy/image/exporter.txt.
#
#   sbom.sh sbom    writes build/sbom.cdx.json (CycloneDX): packages, versions, licences, of the Python part of the image
#   sbom.sh audit   asks for known vulnerabilities of every locked package; needs the internet
set -euo pipefail
cd "$(dirname "$0")/.."

python=${PYTHON:-python3}
tools=build/sbom-tools

tool() {
    [ -x "$tools/bin/python" ] || "$python" -m venv "$tools"
    "$tools/bin/python" -m pip install --quiet --disable-pip-version-check "$1"
}

sbom() {
    tool cyclonedx-bom==7.5.0
    # An environment with exactly what is locked, because licences stand in the installed packages.
    local installed=build/sbom-environment
    rm -rf "$installed"
    "$python" -m venv --without-pip "$installed"
    "$tools/bin/python" -m pip --python "$installed/bin/python" install --quiet --disable-pip-version-check \
        --require-hashes --only-binary :all: --requirement deploy/image/exporter.txt
    "$tools/bin/python" -m pip --python "$installed/bin/python" install --quiet --disable-pip-version-check --no-deps .
    "$tools/bin/cyclonedx-py" environment --pyproject pyproject.toml --mc-type application --output-reproducible \
        --output-format JSON --output-file build/sbom.cdx.json "$installed/bin/python" 2> build/sbom.log || {
        cat build/sbom.log >&2
        exit 1
    }
    echo "build/sbom.cdx.json: $("$python" -c 'import json; print(len(json.load(open("build/sbom.cdx.json"))["components"]))') components"
}

audit() {
    tool pip-audit==2.10.1
    local file status=0
    for file in exporter full; do
        echo "==> deploy/image/$file.txt"
        "$tools/bin/pip-audit" --strict --disable-pip --require-hashes --requirement "deploy/image/$file.txt" --progress-spinner off || status=$?
    done
    [ "$status" -eq 0 ] || echo "==> vulnerabilities were found, or the service that knows them cannot be reached from here (see above)" >&2
    exit "$status"
}

case ${1:-} in
    sbom | audit) "$1" ;;
    *) echo "usage: sbom.sh sbom|audit" >&2; exit 2 ;;
esac
