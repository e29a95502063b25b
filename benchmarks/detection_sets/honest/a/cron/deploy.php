<?php
$body = file_get_contents('php://input');
$want = 'sha256=' . hash_hmac('sha256', $body, trim(file_get_contents('/etc/deploy.key')));
if (!hash_equals($want, $_SERVER['HTTP_X_HUB_SIGNATURE_256'] ?? '')) {
    http_response_code(403);
    exit('bad signature');
}
$push = json_decode($body, true);
if (($push['ref'] ?? '') === 'refs/heads/main') {
    echo shell_exec('cd /var/www/site && git pull --ff-only 2>&1');
}
