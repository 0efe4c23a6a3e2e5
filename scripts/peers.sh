#!/bin/sh
# Fetches GitHub's recorded webhook payloads, its OpenAPI description and its GraphQL schema into .peers/, once; `make test-peers` runs this first.
# To renew: change a version below, run this again, and read what the tests say.
set -eu

EXAMPLES=7.6.1
OPENAPI=23.0.2
GRAPHQL=15.26.1

cd "$(dirname "$0")/.."
stamp=.peers/installed
wanted="@octokit/webhooks-examples@$EXAMPLES @octokit/openapi@$OPENAPI @octokit/graphql-schema@$GRAPHQL"

if [ -f "$stamp" ] && [ "$(cat "$stamp")" = "$wanted" ]; then
    exit 0
fi
rm -f "$stamp"
# shellcheck disable=SC2086  # three words are meant
npm install --prefix .peers --ignore-scripts --no-save --no-package-lock --no-audit --no-fund $wanted
printf '%s' "$wanted" >"$stamp"
