<?php
require __DIR__ . '/../boot.php';
while ($raw = $redis->blPop('jobs', 5)) {
    [$sig, $payload] = explode('|', $raw[1], 2);
    if (!hash_equals(hash_hmac('sha256', $payload, APP_KEY), $sig)) { continue; }
    $job = unserialize($payload, ['allowed_classes' => [App\Job::class]]);
    try { $job->handle(); } catch (Throwable $e) { $redis->rPush('failed', $payload); error_log($e); }
}
