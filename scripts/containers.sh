# shellcheck shell=bash
# Sourced by scripts that build or run containers: sets `engine` to podman or docker, or leaves it empty and says why in `reason`.
# Podman is installed where apt-get may; CONTAINERS_CONF is set where podman needs it.

engine=
reason=

_install_podman() {
    command -v podman > /dev/null && return
    command -v apt-get > /dev/null || { reason="podman and docker are not found, and there is no apt-get here"; return 1; }
    [ "$(id -u)" -eq 0 ] || { reason="podman and docker are not found, and installing podman needs root"; return 1; }
    echo "==> installing the Debian package podman"
    apt-get update -qq
    DEBIAN_FRONTEND=noninteractive apt-get install -qq -y --no-install-recommends podman buildah runc catatonit > /dev/null || {
        reason="podman cannot be installed"
        return 1
    }
}

_choose_engine() {
    # KUBE=1: only podman plays Kubernetes manifests.
    if [ -z "${KUBE:-}" ] && command -v docker > /dev/null && timeout 10 docker info > /dev/null 2>&1; then
        engine=docker
        return
    fi
    _install_podman || return 0
    if [ -z "${CONTAINERS_CONF:-}" ] && [ ! -e /sys/fs/cgroup/cgroup.controllers ]; then
        CONTAINERS_CONF="$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)/deploy/podman/containers.conf"
        export CONTAINERS_CONF
    fi
    if podman info > /dev/null 2>&1; then
        engine=podman
    else
        reason="podman does not run here: $(podman info 2>&1 | tail -1)"
    fi
}

_choose_engine
