# What the scripts of several servers call.

# HAProxy with the listeners and backends that come in.
haproxy_with() {
    { cat <<'END'; cat; } >/etc/haproxy/haproxy.cfg
global
    user haproxy
    group haproxy
defaults
    mode http
    timeout connect 5s
    timeout client 30s
    timeout server 30s
END
}
