#!/bin/sh
# Installs Lamplighter on Debian or Raspberry Pi OS, and takes it away again without a trace.
#
#   sudo deploy/install.sh install --wheel lamplighter.whl [--role gateway|host] [--constraints FILE]
#   sudo deploy/install.sh remove [--purge]
#
# Each step is written down before it is taken, and `remove` walks the list backwards: what was
# there before comes back, byte for byte. Readings and identity stay unless --purge is given.
# Installing starts nothing and enrols nobody. --root DIR does it below DIR, files only, as a trial.
set -eu

here=$(cd "$(dirname "$0")" && pwd)
action=${1:-}
[ $# -gt 0 ] && shift
root="" role=gateway wheel="" constraints="" purge=""
while [ $# -gt 0 ]; do
    case $1 in
        --root) root=$2; shift 2 ;;
        --role) role=$2; shift 2 ;;
        --wheel) wheel=$2; shift 2 ;;
        --constraints) constraints=$2; shift 2 ;;
        --purge) purge=yes; shift ;;
        *) echo "install.sh: unknown option $1" >&2; exit 64 ;;
    esac
done
state=$root/var/lib/lamplighter-install
steps=$state/steps
saved=$state/saved

die() { echo "install.sh: $1" >&2; exit "$2"; }
note() { mkdir -p "$state"; printf '%s %s\n' "$1" "$2" >>"$steps"; sync "$steps" 2>/dev/null || :; }
told() { grep -qxF "$1 $2" "$steps" 2>/dev/null; }

make_directory() {
    [ -d "$root$1" ] && return 0
    make_directory "$(dirname "$1")"
    told directory "$1" || note directory "$1"
    mkdir "$root$1"
}

put() { # from, to, mode
    [ -f "$1" ] || die "$1 is missing from this package" 65
    make_directory "$(dirname "$2")"
    if ! told file "$2"; then
        if [ -e "$root$2" ]; then
            mkdir -p "$saved$(dirname "$2")"
            cp -p "$root$2" "$saved$2"
        fi
        note file "$2"
    fi
    cp "$1" "$root$2.lamplighter-new"
    chmod "$3" "$root$2.lamplighter-new"
    mv "$root$2.lamplighter-new" "$root$2"
}

install_all() {
    case $role in gateway | host) ;; *) die "the role is gateway or host, not '$role'" 64 ;; esac
    [ -n "$root" ] || [ "$(id -u)" -eq 0 ] || die "run it as root (sudo)" 77
    [ -n "$root" ] || [ -f "$wheel" ] || die "name the wheel: --wheel FILE" 64
    if [ "$role" = gateway ]; then
        units="gateway.service renew.service renew.timer doctor.service doctor.timer"
        units="$units recover.service recover.timer lamp.service"
        put "$here/modules-load/lamplighter.conf" /usr/lib/modules-load.d/lamplighter.conf 644
        put "$here/system.conf/50-lamplighter.conf" /etc/systemd/system.conf.d/50-lamplighter.conf 644
    else
        units="host.service enrol.service"
    fi
    for unit in $units; do
        put "$here/systemd/lamplighter-$unit" "/usr/lib/systemd/system/lamplighter-$unit" 644
    done
    make_directory /etc/lamplighter
    if [ -z "$root" ]; then
        if ! getent passwd lamplighter >/dev/null; then
            note user lamplighter
            useradd --system --user-group --home-dir /var/lib/lamplighter --shell /usr/sbin/nologin \
                lamplighter
        fi
        if [ ! -d /opt/lamplighter ]; then
            note tree /opt/lamplighter
            python3 -m venv /opt/lamplighter
        fi
        /opt/lamplighter/bin/pip install --quiet ${constraints:+--constraint "$constraints"} \
            "$wheel[$role]"
        if [ ! -e /usr/local/bin/lamplighter ]; then
            note file /usr/local/bin/lamplighter
            ln -s /opt/lamplighter/bin/lamplighter /usr/local/bin/lamplighter
        fi
        systemctl daemon-reload
    fi
    echo "installed ($role); undo with: deploy/install.sh remove"
    [ "$role" = host ] || echo "next: sudo lamplighter gateway provision --help"
}

undo() { # kind, path
    case $1 in
        file)
            rm -f "$root$2" "$root$2.lamplighter-new"
            [ ! -e "$saved$2" ] || mv "$saved$2" "$root$2"
            ;;
        directory) rmdir "$root$2" 2>/dev/null || echo "kept $2: it is not empty" ;;
        tree) rm -rf "${root:?}$2" ;;
        user) [ -n "$root" ] || userdel "$2" 2>/dev/null || : ;;
    esac
}

remove_all() {
    [ -f "$steps" ] || { echo "nothing is installed"; return 0; }
    [ -n "$root" ] || [ "$(id -u)" -eq 0 ] || die "run it as root (sudo)" 77
    if [ -z "$root" ]; then
        systemctl disable --now lamplighter-gateway.service lamplighter-renew.timer \
            lamplighter-doctor.timer lamplighter-recover.timer lamplighter-lamp.service \
            lamplighter-host.service lamplighter-enrol.service \
            2>/dev/null || :
    fi
    # A line is struck out after its undoing, so that an interrupted removal goes on where it was.
    while [ -s "$steps" ]; do
        line=$(tail -n 1 "$steps")
        undo "${line%% *}" "${line#* }"
        sed -i '$d' "$steps"
    done
    if [ -n "$purge" ]; then
        rm -rf "$root/var/lib/lamplighter" "$root/etc/lamplighter"
    elif [ -d "$root/var/lib/lamplighter" ]; then
        echo "kept /var/lib/lamplighter: readings and identity (--purge removes them)"
    fi
    rm -rf "$state"
    [ -n "$root" ] || systemctl daemon-reload
    echo "removed"
}

case $action in
    install) install_all ;;
    remove) remove_all ;;
    *) sed -n '2,9s/^# \{0,1\}//p' "$0"; exit 64 ;;
esac
