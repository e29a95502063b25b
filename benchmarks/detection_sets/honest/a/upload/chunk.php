<?php
require __DIR__ . '/../session.php';
$id = preg_replace('/[^a-f0-9]/', '', $_GET['id'] ?? '');
$part = (int) ($_GET['part'] ?? 0);
$f = fopen(TMP . "/$id.part", $part ? 'a' : 'w');
stream_copy_to_stream(fopen('php://input', 'r'), $f, 8 << 20);
fclose($f);
if (!empty($_GET['last'])) {
    $ext = (new finfo(FILEINFO_MIME_TYPE))->file(TMP . "/$id.part") === 'video/mp4' ? 'mp4' : exit(http_response_code(415));
    rename(TMP . "/$id.part", VIDEO . "/$id.$ext");
}
