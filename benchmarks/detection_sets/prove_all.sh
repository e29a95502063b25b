#!/bin/sh
# Plant, prove and remove every foothold of a folder on this host, one after the other, and print a table.
# prove_all.sh FOLDER [PATTERN]    as root, on a host of the lab only
folder=$1 pattern=${2:-} release=$(cut -d. -f1 /etc/debian_version) good=0 bad=0
for script in "$folder"/[0-9]*.sh; do
  name=$(basename "$script" .sh)
  case $name in *$pattern*) ;; *) continue ;; esac
  if ! sed -n "/^- file: $name.sh/,/^- file/p" "$folder/footholds.yml" | grep -q "^ *- $release\$"; then continue; fi
  said=$(timeout 60 sh "$script" plant 2>&1 </dev/null) && planted=yes || planted=no
  if told=$(timeout 100 sh "$script" prove 2>&1 </dev/null); then proven=yes good=$((good + 1)); else proven=no bad=$((bad + 1)); fi
  timeout 60 sh "$script" remove >/dev/null 2>&1 </dev/null
  # what is removed must not work any more, where a second proof is quick
  printf '%-32s planted %-3s proven %-3s' "$name" "$planted" "$proven"
  [ "$proven" = yes ] && echo || printf ' %s | %s\n' "$(echo "$said" | tail -3 | tr '\n' ' ')" "$(echo "$told" | tail -4 | tr '\n' ' ')"
done
rm -rf /var/tmp/luytre-foothold
echo "Debian $release: $good proven, $bad not"
