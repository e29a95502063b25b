<?php
require __DIR__ . '/../admin/guard.php';
foreach (new RecursiveIteratorIterator(new RecursiveDirectoryIterator(__DIR__ . '/../cache', FilesystemIterator::SKIP_DOTS), RecursiveIteratorIterator::CHILD_FIRST) as $f) { $f->isDir() ? rmdir($f) : unlink($f); }
function_exists('opcache_reset') && opcache_reset();
array_map(fn ($k) => apcu_delete($k), function_exists('apcu_cache_info') ? array_column(apcu_cache_info()['cache_list'], 'info') : []);
echo 'Đã xóa bộ nhớ đệm';
