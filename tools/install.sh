#!/bin/sh
# Installs Lũy Tre from this folder, without a network: ./install [FOLDER], by default /opt/luytre.
# The program is FOLDER/venv, which is made anew each time; nothing else in FOLDER is touched. The guides are below
# FOLDER/venv/share/doc/luytre/html.
set -eu
umask 022
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
folder=${1:-/opt/luytre}
read -r version machine <"$here/python"

say() { echo "luytre: $*" >&2; exit 2; }
[ "$(uname -m)" = "$machine" ] || say "this bundle is for $machine, and this machine is $(uname -m)"
python=
for one in "python$version" /usr/bin/python3 python3; do
    if "$one" -c "import sys; sys.exit('%d.%d' % sys.version_info[:2] != '$version')" 2>/dev/null; then python=$one; break; fi
done
[ -n "$python" ] || say "this bundle is for Python $version, which is not here (Debian: apt install python3)"
(cd "$here" && sha256sum --quiet --check SHA256SUMS) || say "the bundle is damaged: copy it again"
venv=$folder/venv
[ ! -e "$venv" ] || [ -f "$venv/pyvenv.cfg" ] || say "$venv is there and was not made by this: name another folder"

mkdir -p "$folder"
# pyvenv.cfg stays until there is a new one: whoever was interrupted can begin again
[ ! -e "$venv" ] || find "$venv" -mindepth 1 ! -path "$venv/pyvenv.cfg" -delete
[ -e "$venv" ] || { mkdir "$venv" && : >"$venv/pyvenv.cfg"; }
"$python" -m venv --without-pip "$venv"
set -- "$here"/wheels/pip-*.whl
# whatever this machine's pip is set to does not count
PIP_CONFIG_FILE=/dev/null PYTHONPATH=$1 "$venv/bin/python" -m pip --isolated install --quiet \
    --disable-pip-version-check --no-index --no-cache-dir --find-links "$here/wheels" \
    --require-hashes --requirement "$here/requirements.txt"
"$venv/bin/python" -m pip uninstall --quiet --yes --disable-pip-version-check pip
mkdir -p "$venv/share/doc/luytre"
cp -R "$here/guides" "$venv/share/doc/luytre/html"
link=/usr/local/bin/auditor
if [ "${LUYTRE_LINK:-yes}" = yes ] && [ "$(id -u)" = 0 ] && { [ -L "$link" ] || [ ! -e "$link" ]; }; then
    mkdir -p "${link%/*}"
    ln -sfn "$venv/bin/auditor" "$link"
fi
"$venv/bin/auditor" --version
echo "$venv/bin/auditor"
