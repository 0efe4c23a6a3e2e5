#!/bin/sh
# No tracked file names a place of somebody's machine or the host of a package registry: the project builds the same everywhere.
set -eu
cd "$(dirname "$0")/.."

# brackets keep the patterns from finding themselves
hosts='pypi[.]org|pythonhosted[.]org|registry[.]npmjs[.]|(ghcr|docker|quay|gcr|k8s)[.]io|yarnpkg[.]com|crates[.]io|proxy[.]golang[.]org'
places='(^|[^A-Za-z0-9_.<>}/-])/(work|home|root|Users|opt)/[A-Za-z0-9_.-]'
if git grep --line-number -I --extended-regexp "$hosts|$places" -- . ':!scripts/tracked.sh'; then
    echo "these lines name a machine's path or a package registry's host" >&2
    exit 1
fi
