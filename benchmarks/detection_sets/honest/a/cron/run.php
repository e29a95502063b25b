<?php
require __DIR__ . '/../bootstrap.php';
if (PHP_SAPI !== 'cli' && !hash_equals((string) getenv('CRON_KEY'), (string) ($_GET['key'] ?? ''))) {
    http_response_code(403);
    exit;
}
foreach ($db->query('SELECT class, method, args, every_s, last FROM cron WHERE active = 1') as $job) {
    if ($job['last'] + $job['every_s'] > time()) {
        continue;
    }
    $class = 'App\\Cron\\' . preg_replace('/\W/', '', $job['class']);
    if (is_subclass_of($class, App\Cron\Task::class)) {
        call_user_func_array([new $class(), $job['method']], json_decode($job['args'], true) ?: []);
    }
}
