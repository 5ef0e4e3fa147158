# Sourced by every command of ./dev.
ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
CACHE=${LINEKEEPER_CACHE:-$ROOT/build/cache}

say() { printf '\033[1m==> %s\033[0m\n' "$*"; }
fail() {
  printf 'error: %s\n' "$*" >&2
  exit 1
}

# Runs as root, through sudo where we are not.
as_root() {
  if [ "$(id -u)" = 0 ]; then "$@"; elif command -v sudo >/dev/null; then sudo "$@"; else
    fail "this step needs root: run it as root or install sudo ($*)"
  fi
}

# configure PRESET
configure() {
  cmake --preset "$1" >"$ROOT/build/$1-configure.log" 2>&1 || {
    cat "$ROOT/build/$1-configure.log" >&2
    fail "cmake could not configure preset $1; './dev setup' installs what it needs"
  }
}

# Node 20 or newer, from the machine or from npm's own package.
node_path() {
  local own=$CACHE/node/node_modules/node/bin
  if [ -x "$own/node" ]; then PATH=$own:$PATH; fi
  export PATH
}
node_path
