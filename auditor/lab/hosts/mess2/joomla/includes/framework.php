<?php

defined('_JEXEC') or die;

require JPATH_BASE . '/configuration.php';

function db(): PDO
{
    static $db = null;
    $config = new JConfig();
    return $db ??= new PDO(
        "pgsql:host=$config->host;dbname=$config->db",
        $config->user,
        $config->password,
        [PDO::ATTR_ERRMODE => PDO::ERRMODE_EXCEPTION, PDO::ATTR_DEFAULT_FETCH_MODE => PDO::FETCH_ASSOC]
    );
}

function e(string $text): string
{
    return htmlspecialchars($text, ENT_QUOTES | ENT_SUBSTITUTE, 'UTF-8');
}

function page(string $title, string $body): void
{
    header('Content-Type: text/html; charset=utf-8');
    echo '<!doctype html><html lang="vi"><head><meta charset="utf-8"><meta name="generator" content="Joomla!">',
        '<title>', e($title), ' - ', e((new JConfig())->sitename), '</title></head><body><h2>', e($title), '</h2>', $body,
        '<footer>Ủy ban nhân dân xã Bãi Hóp</footer></body></html>';
}
