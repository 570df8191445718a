#!/usr/bin/env bash
# Installs Prometheus, Alertmanager and Chromium (Debian packages) for the tests that run the real programs.
# Does nothing where they are; where they cannot be installed, those tests are skipped.
set -euo pipefail

missing=()
packages=()
for tool in promtool prometheus prometheus-alertmanager amtool; do
    command -v "$tool" > /dev/null || missing+=("$tool")
done
[ ${#missing[@]} -eq 0 ] || packages+=(prometheus prometheus-alertmanager)
# Any Chromium will do for the page; the fonts are those of its pictures.
command -v chromium > /dev/null || command -v chromium-browser > /dev/null || command -v google-chrome > /dev/null ||
    { missing+=(chromium) && packages+=(chromium fonts-dejavu-core); }
[ ${#missing[@]} -eq 0 ] && exit 0

skip() {
    echo "==> ${missing[*]} not found and $1; tests that need them are skipped" >&2
    exit 0
}

command -v apt-get > /dev/null || skip "there is no apt-get here to install them"
if [ "$(id -u)" -eq 0 ]; then
    as_root=()
elif command -v sudo > /dev/null && sudo -n true 2> /dev/null; then
    as_root=(sudo -n)
else
    skip "installing them needs root or sudo"
fi

echo "==> installing the Debian packages ${packages[*]}"
"${as_root[@]}" apt-get update -qq
for package in "${packages[@]}"; do # one by one: Ubuntu has chromium only as a snap, and the rest should come anyway
    "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive \
        apt-get install -qq -y --no-install-recommends "$package" > /dev/null ||
        echo "==> $package cannot be installed; tests that need it are skipped" >&2
done

# Only the programs are wanted: where a service manager runs, the packages have started them as services.
if [ -d /run/systemd/system ] && [[ " ${packages[*]} " == *" prometheus "* ]]; then
    "${as_root[@]}" systemctl disable --now --quiet prometheus prometheus-alertmanager
    echo "==> their services are stopped and disabled"
fi
