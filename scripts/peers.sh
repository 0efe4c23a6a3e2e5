#!/bin/sh
# Fetches into .peers/, once: GitHub's recorded webhook payloads, its OpenAPI description and its GraphQL schema, the types of Slack's
# SDK, and Debian's docker-registry. `make test-peers` runs this first. To renew: change a version below, run this again, and read what the tests say.
set -eu

EXAMPLES=7.6.1
OPENAPI=23.0.2
GRAPHQL=15.26.1
SLACK=7.19.0

cd "$(dirname "$0")/.."
mkdir -p .peers

# Unpacked, not installed: a package that is installed would start a registry for everybody on this machine.
if ! command -v docker-registry >/dev/null && [ ! -x .peers/usr/bin/docker-registry ]; then
    command -v apt-get >/dev/null || { echo "docker-registry is needed: put the registry of CNCF Distribution into the PATH under that name" >&2; exit 1; }
    [ "$(id -u)" != 0 ] || apt-get update
    (cd .peers && apt-get download docker-registry && dpkg-deb --extract docker-registry_*.deb . && rm docker-registry_*.deb)
fi

stamp=.peers/installed
wanted="@octokit/webhooks-examples@$EXAMPLES @octokit/openapi@$OPENAPI @octokit/graphql-schema@$GRAPHQL @slack/web-api@$SLACK"

if [ -f "$stamp" ] && [ "$(cat "$stamp")" = "$wanted" ]; then
    exit 0
fi
rm -f "$stamp"
# shellcheck disable=SC2086  # several words are meant
npm install --prefix .peers --ignore-scripts --no-save --no-package-lock --no-audit --no-fund $wanted
printf '%s' "$wanted" >"$stamp"
