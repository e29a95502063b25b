<?php

// Kho dữ liệu của xã: những tệp mà phần mềm ở các thôn gửi về.
header('Content-Type: text/html; charset=utf-8');
try {
    $size = trim((string) shell_exec('du -sk /srv/dulieu/luu-tru | cut -f1'));
} catch (Error $error) {
    $size = 0;
}
echo '<!doctype html><title>Kho dữ liệu</title><h2>Kho dữ liệu</h2><p>Đang dùng ', (int) $size, ' KB</p><ul>';
foreach (glob('/srv/dulieu/luu-tru/*') ?: [] as $file) {
    $name = htmlspecialchars(basename($file));
    echo "<li><a href=\"/luu-tru/$name\">$name</a></li>";
}
echo '</ul>';
