#!/bin/sh
# Type-checks sst.config.ts against SST's real types: installs SST (about 425 MB, once), needs no AWS account.
set -eu
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
cd "$here/../.."
[ -x packages/deployment/node_modules/.bin/sst ] || npm ci --prefix packages/deployment --loglevel=error --no-progress
bin="$here/node_modules/.bin"
export SST_TELEMETRY_DISABLED=1 SST_SKIP_DEPENDENCY_CHECK=1 SST_BUN_PATH="$here/node_modules/@oven/bun-linux-x64/bin/bun"
[ -f .sst/platform/config.d.ts ] || "$bin/sst" install --stage test
exec "$bin/tsc" -p packages/deployment/tsconfig.json
