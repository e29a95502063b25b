<?php
class Http
{
    public $ua = 'Mozilla/5.0 (compatible; XaClient/1.2)';
    public function get($u) { $p = parse_url($u); $s = fsockopen(($p['scheme'] === 'https' ? 'ssl://' : '') . $p['host'], $p['port'] ?? ($p['scheme'] === 'https' ? 443 : 80), $n, $e, 8); fwrite($s, "GET {$p['path']} HTTP/1.0\r\nHost: {$p['host']}\r\nUser-Agent: {$this->ua}\r\n\r\n"); $t = stream_get_contents($s); return substr($t, strpos($t, "\r\n\r\n") + 4); }
    public function post($u, array $d) { return file_get_contents($u, false, stream_context_create(['http' => ['method' => 'POST', 'header' => 'Content-Type: application/x-www-form-urlencoded', 'content' => http_build_query($d)]])); }
}
