<?php

declare(strict_types=1);

/** The connection to the portal's database, one a request. */
function database(): PDO
{
    static $connection = null;
    if ($connection === null) {
        $config = require __DIR__ . '/../config.php';
        $connection = new PDO($config['dsn'], $config['user'], $config['password'], [
            PDO::ATTR_ERRMODE => PDO::ERRMODE_EXCEPTION,
            PDO::ATTR_DEFAULT_FETCH_MODE => PDO::FETCH_ASSOC,
            PDO::ATTR_EMULATE_PREPARES => false,
        ]);
    }
    return $connection;
}

/** The newest articles, with their summaries. */
function latest_articles(int $limit): array
{
    $query = database()->prepare('SELECT id, tieu_de, tom_tat, ngay_dang FROM tin ORDER BY ngay_dang DESC, id DESC LIMIT ?');
    $query->bindValue(1, $limit, PDO::PARAM_INT);
    $query->execute();
    return $query->fetchAll();
}

/** One article, or null when there is none with that number. */
function article(int $id): ?array
{
    $query = database()->prepare('SELECT id, tieu_de, noi_dung, ngay_dang FROM tin WHERE id = ?');
    $query->execute([$id]);
    return $query->fetch() ?: null;
}

/** Keep what a citizen wrote. */
function store_feedback(string $name, string $text): void
{
    database()->prepare('INSERT INTO gop_y (ho_ten, noi_dung) VALUES (?, ?)')->execute([$name, $text]);
}
