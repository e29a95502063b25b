#!/bin/sh
# hosts: web2 web3
# The installed version looks newer (99.0~rc1), and only the epoch of the one on offer tells that it is older.
set -eu
work=$(mktemp -d)
trap 'rm -r "$work"' EXIT
package() {
    mkdir -p "$work/$1/DEBIAN"
    printf 'Package: luytre-drill\nVersion: %s\nArchitecture: all\nMaintainer: Luy Tre <drill@luytre.test>\nDescription: drill\n' \
        "$2" > "$work/$1/DEBIAN/control"
    dpkg-deb --build --root-owner-group "$work/$1" "$3" > /dev/null
}
repository=/srv/luytre-drill
mkdir -p "$repository"
package old '99.0~rc1' "$work/old.deb"
package new '1:2.0' "$repository/luytre-drill.deb"
dpkg -i "$work/old.deb" > /dev/null
cd "$repository"
{
    dpkg-deb -f luytre-drill.deb
    printf 'Filename: ./luytre-drill.deb\nSize: %s\nSHA256: %s\n' \
        "$(stat -c %s luytre-drill.deb)" "$(sha256sum luytre-drill.deb | cut -d' ' -f1)"
} > Packages
printf 'Origin: Debian\nLabel: Debian-Security\nSuite: stable-security\nCodename: drill-security\nDate: %s\nSHA256:\n %s %s Packages\n' \
    "$(date -Ru)" "$(sha256sum Packages | cut -d' ' -f1)" "$(stat -c %s Packages)" > Release
printf 'Types: deb\nURIs: file:%s\nSuites: ./\nTrusted: yes\n' "$repository" > /etc/apt/sources.list.d/luytre-drill.sources
apt-get -qq update
