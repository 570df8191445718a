#!/usr/bin/env bash
# Builds images: image.sh [exporter] [full] [example]; exporter when none is named. Run again, it builds what has changed.
#
#   BASE            image to build on; by default that of the Dockerfile, or where that cannot be pulled, one made here of Debian packages
#   REPOSITORY      what the image is called, without the tag; by default localhost/driftgauge
#   PYTHON_VERSION  of the base, for which wheels are fetched (3.11)
#
# Wheels are fetched outside of the build, by hash, so that the build itself needs no network. Docker where its daemon answers, else podman.
set -euo pipefail
cd "$(dirname "$0")/.."
# shellcheck source=scripts/containers.sh
source scripts/containers.sh
[ -n "$engine" ] || { echo "==> no image: $reason" >&2; exit "${SKIP_STATUS:-1}"; }

[ $# -gt 0 ] || set -- exporter
python=${PYTHON:-python3}
[ -x .venv/bin/python ] && python=.venv/bin/python
repository=${REPOSITORY:-localhost/driftgauge}
python_version=${PYTHON_VERSION:-3.11}
version=$(sed -n 's/^version = "\(.*\)"/\1/p' pyproject.toml)
revision=$(git rev-parse HEAD 2> /dev/null || echo unknown)
default_base=$(sed -n 's/^ARG BASE=//p' Dockerfile)
local_base=localhost/driftgauge-base:bookworm

wheelhouse() {
    local folder=build/wheelhouse file stamp platforms=()
    stamp=$(cat deploy/image/*.txt | sha256sum | cut -c1-16)-$python_version-$(uname -m)
    [ -f "$folder/.$stamp" ] && return
    echo "==> fetching wheels into $folder"
    rm -rf "$folder"
    mkdir -p "$folder"
    for glibc in 5 12 17 24 26 27 28 31 34; do
        platforms+=(--platform "manylinux_2_${glibc}_$(uname -m)")
    done
    for file in deploy/image/*.txt; do
        "$python" -m pip download --quiet --disable-pip-version-check --no-deps --require-hashes --only-binary :all: \
            --python-version "$python_version" --implementation cp "${platforms[@]}" --dest "$folder" --requirement "$file"
    done
    touch "$folder/.$stamp"
}

# A base image of Debian's own packages, for places that reach no registry of images.
local_base() {
    "$engine" image inspect "$local_base" > /dev/null 2>&1 && return
    command -v debootstrap > /dev/null || apt-get install -qq -y --no-install-recommends debootstrap > /dev/null
    echo "==> making $local_base of Debian packages (a minute or two)"
    local folder mirror
    folder=$(mktemp -d)
    mirror=$(awk '/^URIs:/ {print $2; exit} /^deb / {print $2; exit}' /etc/apt/sources.list.d/debian.sources /etc/apt/sources.list 2> /dev/null)
    debootstrap --variant=minbase --include=python3-minimal,python3-venv,ca-certificates bookworm "$folder" "$mirror" > /dev/null
    rm -rf "$folder"/var/cache/apt/* "$folder"/var/lib/apt/lists/* "$folder"/usr/share/{doc,man,locale,info}/* \
        "$folder"/var/log/* "$folder"/etc/apt/sources.list*
    tar -C "$folder" -c . | "$engine" import - "$local_base" > /dev/null
    rm -rf "$folder"
}

base() {
    [ -n "${BASE:-}" ] && return
    BASE=$default_base
    "$engine" image inspect "$BASE" > /dev/null 2>&1 && return
    if "$engine" image inspect "$local_base" > /dev/null 2>&1; then
        BASE=$local_base  # made by an earlier run that could not pull; remove it to try again
        return
    fi
    timeout 120 "$engine" pull --quiet "$BASE" > /dev/null 2>&1 && return
    echo "==> $BASE cannot be pulled"
    BASE=$local_base
    local_base
}

# build TARGET NAME FILE
build() {
    local arguments=(--build-arg "BASE=$BASE" --file "$3" --tag "$2")
    if [ "$3" = Dockerfile ]; then
        arguments+=(--target "$1" --build-arg "VERSION=$version" --build-arg "REVISION=$revision"
            --build-arg "CREATED=$(git log -1 --format=%cI 2> /dev/null || date -u +%Y-%m-%dT%H:%M:%SZ)")
    fi
    # An image in OCI format has no health check.
    [ "$engine" = podman ] && arguments+=(--format docker --layers --pull-never)
    echo "==> building $2 on $BASE"
    "$engine" build --quiet --network=none "${arguments[@]}" . > /dev/null
    echo "$2: $("$engine" image inspect --format '{{.Size}}' "$2" | awk '{printf "%.0f MB", $1 / 1e6}')," \
        "of which base $("$engine" image inspect --format '{{.Size}}' "$BASE" | awk '{printf "%.0f MB", $1 / 1e6}')"
}

base
wheelhouse
for target in "$@"; do
    case $target in
        exporter) build exporter "$repository:$version" Dockerfile ;;
        full) build full "$repository:$version-full" Dockerfile ;;
        example) build example "$repository-example-credit:$version" deploy/k8s/overlays/example/server/Dockerfile ;;
        *) echo "image.sh: unknown image $target; known are exporter, full, example" >&2; exit 2 ;;
    esac
done
