# On a release's root file system: what one machine's sites run on, and packages unpacked for its provisioning.
. /run/luytre-build/apt.sh
# shellcheck disable=SC2046  one word a package
build_apt install -y $(cat /run/luytre-build/packages)
cd /run/luytre-extra
while read -r package; do
    build_apt download "$package" </dev/null
done </run/luytre-build/unpacked
for deb in *.deb; do
    [ -e "$deb" ] || continue
    dpkg-deb --extract "$deb" .
    rm "$deb"
done
