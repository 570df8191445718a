#!/usr/bin/env bash
# Renders the files that are made from code; with --check, says whether the committed ones are current.
set -euo pipefail
cd "$(dirname "$0")/.."

# file | command that prints it
rendered=(
    "docs/metrics.md|driftgauge metrics --markdown"
    "docs/configuration.md|driftgauge check-config --reference"
    "docs/cli.md|python scripts/cli_reference.py"
)

check=${1:-}
stale=0
fresh=$(mktemp)
trap 'rm -f "$fresh"' EXIT

for entry in "${rendered[@]}"; do
    file=${entry%%|*}
    command=${entry#*|}
    # The commands are words without spaces of their own.
    $command > "$fresh"
    if [ "$check" != "--check" ]; then
        mkdir -p "$(dirname "$file")"
        cat "$fresh" > "$file"
        echo "rendered $file"
    elif ! diff -u "$file" "$fresh"; then
        echo "$file is not what '$command' prints; run: make generate" >&2
        stale=1
    fi
done
# packages that render files of their own
for package in alerting dashboards; do
    if [ "$check" = "--check" ]; then
        python -m "$package" --check || stale=1
    else
        python -m "$package"
    fi
done
if [ "$check" = "--check" ]; then
    python scripts/figures.py --check || stale=1
else
    python scripts/figures.py
fi
exit "$stale"
