<?php

if (!defined('NV_MAINFILE')) {
    exit('Stop!!!');
}

function nv_db(): PDO
{
    global $db_config;
    static $db = null;
    return $db ??= new PDO(
        "mysql:host={$db_config['dbhost']};dbname={$db_config['dbname']};charset=utf8mb4",
        $db_config['dbuname'],
        $db_config['dbpass'],
        [PDO::ATTR_ERRMODE => PDO::ERRMODE_EXCEPTION, PDO::ATTR_DEFAULT_FETCH_MODE => PDO::FETCH_ASSOC]
    );
}

function nv_e(string $text): string
{
    return htmlspecialchars($text, ENT_QUOTES | ENT_SUBSTITUTE, 'UTF-8');
}

function nv_page_header(string $title): void
{
    global $global_config;
    header('Content-Type: text/html; charset=utf-8');
    echo '<!doctype html><html lang="vi"><head><meta charset="utf-8"><title>', nv_e($title), ' - ',
        nv_e($global_config['site_name']), '</title><meta name="generator" content="NukeViet v4.5">',
        '<script src="/assets/js/global.js"></script></head><body><h2>', nv_e($title), "</h2>\n";
}

function nv_page_footer(): void
{
    echo '<footer>Ủy ban nhân dân xã Khe Luồng</footer></body></html>';
}
