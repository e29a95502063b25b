<?php
session_start();
$lock = __DIR__ . '/../data/installed.lock';
file_exists($lock) && exit('Đã cài đặt');
$step = min(3, max(1, (int) ($_GET['step'] ?? 1)));
function write_env(array $v): void { $o = ''; foreach ($v as $k => $x) { $o .= strtoupper($k) . '="' . addcslashes($x, '"\\$') . "\"\n"; } file_put_contents(__DIR__ . '/../.env', $o); }
if ($step === 2 && $_POST) { write_env(array_intersect_key($_POST, array_flip(['db_host', 'db_name', 'db_user', 'db_pass']))); header('Location: ?step=3'); exit; }
if ($step === 3 && $_POST) {
    $db = new PDO('mysql:host=' . getenv('DB_HOST'), getenv('DB_USER'), getenv('DB_PASS'));
    $db->exec(file_get_contents(__DIR__ . '/schema.sql'));
    $db->prepare('INSERT INTO users (login, password, role) VALUES (?, ?, "admin")')->execute([$_POST['login'], password_hash($_POST['password'], PASSWORD_DEFAULT)]);
    touch($lock);
}
include __DIR__ . "/views/step$step.php";
