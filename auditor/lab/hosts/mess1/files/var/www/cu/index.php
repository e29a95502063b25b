<?php

// Trang đếm dung lượng do đơn vị thi công cũ viết.
header('Content-Type: text/plain; charset=utf-8');
try {
    $size = trim((string) shell_exec('du -sk /var/www/cu | cut -f1'));
} catch (Error $error) {
    $size = '?';
}
echo "Dung lượng: $size KB\n";
