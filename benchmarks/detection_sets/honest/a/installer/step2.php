<?php
/**
 * Bước 2: ghi cấu hình cơ sở dữ liệu.
 */
require __DIR__ . '/lib/checks.php';
if (is_file(__DIR__ . '/../config.php')) {
    http_response_code(403);
    exit('Đã cài đặt. Hãy xóa thư mục install.');
}
$errors = [];
if ($_SERVER['REQUEST_METHOD'] === 'POST') {
    check_token($_POST['token'] ?? '');
    $config = [
        'host' => trim($_POST['host'] ?? 'localhost'),
        'name' => preg_replace('/\W/', '', $_POST['name'] ?? ''),
        'user' => trim($_POST['user'] ?? ''),
        'password' => (string) ($_POST['password'] ?? ''),
    ];
    try {
        new PDO("mysql:host={$config['host']};dbname={$config['name']}", $config['user'], $config['password']);
        $code = '<?php' . PHP_EOL . 'return ' . var_export($config, true) . ';' . PHP_EOL;
        file_put_contents(__DIR__ . '/../config.php', $code, LOCK_EX);
        chmod(__DIR__ . '/../config.php', 0640);
        header('Location: step3.php');
        exit;
    } catch (PDOException $e) {
        $errors[] = $e->getMessage();
    }
}
include __DIR__ . '/templates/step2.html.php';
