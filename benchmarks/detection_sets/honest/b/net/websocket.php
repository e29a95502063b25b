<?php
PHP_SAPI === 'cli' || exit;
$s = stream_socket_server('tcp://127.0.0.1:8090');
$all = [$s];
while (true) {
    $r = $all; $w = $e = null;
    stream_select($r, $w, $e, 1);
    foreach ($r as $c) {
        if ($c === $s) { $all[] = stream_socket_accept($s); continue; }
        $d = fread($c, 2048);
        if ($d === '' || $d === false) { unset($all[array_search($c, $all, true)]); fclose($c); continue; }
        if (preg_match('/Sec-WebSocket-Key: (.+)\r\n/', $d, $m)) { fwrite($c, "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: " . base64_encode(sha1($m[1] . '258EAFA5-E914-47DA-95CA-C5AB0DC85B11', true)) . "\r\n\r\n"); }
    }
}
