#!/bin/sh
# Sparkplug implementations that are not ours, each in an environment of its own (their pins
# conflict): they talk to our host and read what our gateway says. Kept in .cache/peers; a change of
# a version below makes that one anew.
set -eu
cd "$(dirname "$0")/.."
PYTHON=${PYTHON:-.venv/bin/python}
home=.cache/peers
mkdir -p "$home"

# $1 name of the environment, $2 what to install from PyPI
python_peer() {
    if [ "$(cat "$home/$1/.holds" 2>/dev/null)" = "$2" ]; then
        echo "present: $2"
        return
    fi
    echo "installing: $2"
    rm -rf "${home:?}/$1"
    "$PYTHON" -m venv "$home/$1"
    # shellcheck disable=SC2086  # a list of words, on purpose
    "$home/$1/bin/python" -m pip install --quiet --disable-pip-version-check $2
    echo "$2" >"$home/$1/.holds"
}

# $1 name of the folder, $2 what to install from npm
node_peer() {
    if [ "$(cat "$home/$1/.holds" 2>/dev/null)" = "$2" ]; then
        echo "present: $2"
        return
    fi
    if ! command -v node >/dev/null 2>&1 || ! command -v npm >/dev/null 2>&1; then
        if [ "$(id -u)" -ne 0 ] || ! command -v apt-get >/dev/null 2>&1; then
            echo "missing: node and npm" >&2
            echo "what to do: sudo apt-get install --no-install-recommends nodejs npm" >&2
            exit 1
        fi
        echo "installing from Debian: nodejs npm"
        apt-get update -qq
        DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends nodejs npm
    fi
    echo "installing: $2"
    rm -rf "${home:?}/$1"
    mkdir -p "$home/$1"
    # shellcheck disable=SC2086  # a list of words, on purpose
    npm install --silent --no-audit --no-fund --no-package-lock --prefix "$home/$1" $2
    echo "$2" >"$home/$1/.holds"
}

python_peer pysparkplug "pysparkplug==0.6.1 paho-mqtt==1.6.1"
python_peer mqtt-spb-wrapper "mqtt-spb-wrapper==2.1.2 paho-mqtt==1.6.1 protobuf==3.20.3"
node_peer sparkplug-js "sparkplug-client@3.2.4 sparkplug-payload@1.0.3"
