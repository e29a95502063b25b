# In the new root file system of a release: its own package repository, with what the roles install.
. /run/luytre-build/apt.sh
release=$(cat /run/luytre-build/release)
repository=/srv/luytre-repo
main=$repository/pool/main
security=$repository/pool/security
mkdir -p "$main" "$security"

while read -r packages; do
    # shellcheck disable=SC2086  one word a package
    build_apt install -y --download-only $packages </dev/null
done </run/luytre-build/on_offer
find /run/luytre-apt/archives -maxdepth 1 -name '*.deb' -exec cp -t "$main" {} +

canary() {
    mkdir -p /tmp/canary/DEBIAN /tmp/canary/usr/share/luytre-lab-canary
    echo "$1" >/tmp/canary/usr/share/luytre-lab-canary/version
    cat >/tmp/canary/DEBIAN/control <<-END
		Package: luytre-lab-canary
		Version: $1
		Architecture: all
		Maintainer: Luy Tre lab <lab@luytre.test>
		Section: misc
		Priority: optional
		Description: a package with a pending security upgrade
	END
    dpkg-deb --build --root-owner-group /tmp/canary "$2/luytre-lab-canary_$1_all.deb"
}
canary 1.0 "$main"
canary 1.1 "$security"
dpkg -i "$main/luytre-lab-canary_1.0_all.deb"

cd "$repository"
python3 /run/luytre-build/repository.py "$release" Debian pool/main
python3 /run/luytre-build/repository.py "$release-security" Debian-Security pool/security
cat >/etc/apt/sources.list.d/luytre.sources <<END
Types: deb
URIs: file:$repository
Suites: $release $release-security
Components: main
Trusted: yes
END
rm -rf /var/lib/apt/lists/*
apt-get -q update
