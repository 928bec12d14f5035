#!/bin/sh
# The programs that tests use: servers, cross compilers, an emulator. Installed from Debian where we
# are root, named where not. Servers are never started as services: each test runs its own, on its
# own port and directory.
set -eu

# program, Debian package
WANTED="mosquitto mosquitto
influxd influxdb
systemd-analyze systemd
victoria-metrics victoria-metrics
gcc gcc
arm-none-eabi-gcc gcc-arm-none-eabi
avr-gcc gcc-avr
qemu-system-arm qemu-system-arm
collectd collectd-core
mosquitto_pub mosquitto-clients"

PATH="$PATH:/usr/sbin:/sbin"
missing=$(echo "$WANTED" | while read -r program package; do
    command -v "$program" >/dev/null 2>&1 || printf ' %s' "$package"
done)

if [ -z "$missing" ]; then
    echo "present: $(echo "$WANTED" | cut -d' ' -f1 | tr '\n' ' ')"
    exit 0
fi

if [ "$(id -u)" -ne 0 ] || ! command -v apt-get >/dev/null 2>&1; then
    echo "missing:$missing" >&2
    echo "what to do: sudo apt-get install --no-install-recommends$missing" >&2
    echo "            (other systems: install these programs so that they are on the PATH;" >&2
    echo "            they need not run, the tests start their own)" >&2
    exit 1
fi

echo "installing from Debian:$missing"
policy=/usr/sbin/policy-rc.d
if [ ! -e "$policy" ]; then # for the time of the installation: start no services
    printf '#!/bin/sh\nexit 101\n' >"$policy"
    chmod 755 "$policy"
    trap 'rm -f "$policy"' EXIT
fi
export DEBIAN_FRONTEND=noninteractive
apt-get update -qq
# shellcheck disable=SC2086  # a list of words, on purpose
apt-get install -y -qq --no-install-recommends $missing
