#!/bin/sh
# Sparkplug implementations that others wrote, for tests/interop: each in an environment of its own
# below .cache/peers, because what they pin conflicts. Installed once; again when a pin changes.
set -eu
cd "$(dirname "$0")/.."
PYTHON="${1:-.venv/bin/python}"
HOME_OF_PEERS=.cache/peers
PINS=tests/interop/peers
NODE_MIN=18 # Debian 12 has 18; the libraries ask for less

digest() { cat "$@" | sha256sum | cut -c1-16; }

# name, file of pins
python_peer() {
    stamp="$(digest "$2")-$("$PYTHON" -c 'import sys; print("%d.%d" % sys.version_info[:2])')"
    place="$HOME_OF_PEERS/$1"
    [ -x "$place/bin/python" ] && [ "$(cat "$place/.stamp" 2>/dev/null)" = "$stamp" ] && return
    echo "installing $(head -n 1 "$2") into $place"
    rm -rf "$place"
    "$PYTHON" -m venv "$place"
    "$place/bin/python" -m pip install --quiet --disable-pip-version-check --requirement "$2"
    echo "$stamp" >"$place/.stamp"
}

node_fits() {
    command -v node >/dev/null 2>&1 && command -v npm >/dev/null 2>&1 || return 1
    [ "$(node --version | sed 's/^v\([0-9]*\).*/\1/')" -ge "$NODE_MIN" ]
}

need_node() {
    node_fits && return
    if [ "$(id -u)" -eq 0 ] && command -v apt-get >/dev/null 2>&1; then
        echo "installing from Debian: nodejs npm"
        apt-get update -qq
        DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends nodejs npm
        node_fits && return
    fi
    echo "found: node $(node --version 2>/dev/null || echo absent), npm $(npm --version 2>/dev/null \
        || echo absent); expected: Node.js $NODE_MIN or newer, and npm" >&2
    echo "what to do: sudo apt-get install nodejs npm (or any newer Node.js on the PATH)" >&2
    exit 1
}

node_peer() {
    need_node
    stamp="$(digest "$PINS/node/package.json" "$PINS/node/package-lock.json")-$(node --version)"
    place="$HOME_OF_PEERS/node"
    [ "$(cat "$place/.stamp" 2>/dev/null)" = "$stamp" ] && return
    echo "installing sparkplug-client and sparkplug-payload into $place"
    rm -rf "$place"
    mkdir -p "$place"
    cp "$PINS/node/package.json" "$PINS/node/package-lock.json" "$place/"
    (cd "$place" && npm ci --silent --no-audit --no-fund --ignore-scripts)
    echo "$stamp" >"$place/.stamp"
}

python_peer pysparkplug "$PINS/pysparkplug.txt"
python_peer mqtt_spb_wrapper "$PINS/mqtt_spb_wrapper.txt"
node_peer
echo "present: pysparkplug mqtt-spb-wrapper sparkplug-client sparkplug-payload"
