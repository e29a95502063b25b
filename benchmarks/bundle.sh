#!/bin/sh
# What dist/ gives a bare Debian 13 without any network: the bundle and the package are installed, audit that very
# system, and are taken away again. As root; needs mmdebstrap and, for it alone, a network. Two minutes: make test-bundle
set -eu
dist=$(CDPATH='' cd -- "${1:-dist}" && pwd)
root=$(mktemp -d /var/tmp/luytre-bundle.XXXXXX)
trap 'rm -rf --one-file-system "$root"' EXIT
mmdebstrap --quiet --variant=minbase --include=python3,openssh-client trixie "$root"
cp "$dist"/luytre-*.tar "$dist"/luytre_*.deb "$root/tmp/"

inside() { # COMMAND in the new system, in a network namespace with nothing in it
    unshare --net --mount --pid --fork sh -c '
        mount -t proc proc "$0/proc" && mount --rbind /dev "$0/dev" && exec env -i PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin HOME=/root chroot "$0" sh -euc "$1"' "$root" "$1"
}

works='
    auditor --version
    auditor inventory import --template /tmp/mau.xlsx && rm /tmp/mau.xlsx
    code=0; auditor audit --local --output /tmp/out >/dev/null || code=$?
    [ "$code" -le 1 ] && grep -q "\"status\": *\"fail\"" /tmp/out/findings.json && rm -r /tmp/out
'
echo "== the bundle"
inside '
    ! ip link 2>/dev/null | grep -q "state UP"
    cd /tmp && tar xf luytre-*.tar && luytre-*/install
    '"$works"'
    luytre-*/install /opt/luytre >/dev/null && auditor --version
    for wheel in luytre-*/wheels/luytre-*.whl; do echo >>"$wheel"; done
    ! luytre-*/install /opt/other 2>/tmp/said && grep -q damaged /tmp/said && [ ! -e /opt/other ]
    rm -r /opt/luytre /usr/local/bin/auditor /tmp/luytre-*/
'
echo "== the package"
inside '
    apt-get -qq install -y /tmp/luytre_*.deb >/dev/null
    '"$works"'
    dpkg --verify luytre
    [ -s /usr/share/man/vi/man1/auditor.1.gz ]
    [ -s /usr/share/bash-completion/completions/auditor ]
    [ -s /usr/share/doc/luytre/html/docs/vi/hunt.html ]
    apt-get -qq purge -y luytre >/dev/null
    [ ! -e /opt/luytre ] && [ ! -e /usr/bin/auditor ] && ! dpkg -s luytre >/dev/null 2>&1
'
echo "installed, at work and taken away again, without a network"
