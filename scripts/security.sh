#!/bin/sh
# What `make security` looks at, without any network: code, tracked secrets, licences, the image's description, and the SBOM. All of it is
# looked at before it fails.
set -u
cd "$(dirname "$0")/.."
bin=.venv/bin
wrong=0
check() {
    printf -- '-- %s\n' "$1"
    shift
    "$@" || { wrong=1; printf '^^ failed: %s\n' "$*" >&2; }
}

check 'code (bandit)' $bin/bandit --quiet --configfile pyproject.toml --recursive bot commands guards storage scripts
check 'secrets in tracked files (detect-secrets)' $bin/python -m scripts.checks.secrets
check 'licences' $bin/python -m scripts.checks.licences
check 'image (hadolint)' $bin/hadolint --failure-threshold info Dockerfile
check 'SBOM (cyclonedx)' $bin/python -m scripts.checks.sbom
exit $wrong
