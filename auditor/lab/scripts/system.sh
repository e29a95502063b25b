# On a release's root file system: what one machine's sites run on, and packages unpacked for its provisioning.
. /run/luytre-build/apt.sh
touch -d @0 /run/luytre-build/sources # older than what apt made of the lists for the layer below, which is good for it
# shellcheck disable=SC2046  one word a package
build_apt install -y $(cat /run/luytre-build/packages)
cd /run/luytre-extra
unpacked=$(cat /run/luytre-build/unpacked)
# shellcheck disable=SC2086  one word a package
[ -z "$unpacked" ] || build_apt download $unpacked
for deb in *.deb; do
    [ -e "$deb" ] || continue
    dpkg-deb --extract "$deb" .
    rm "$deb"
done
