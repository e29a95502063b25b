<?php
if (!in_array($_SERVER['REMOTE_ADDR'], ['127.0.0.1', '::1'], true)) {
    exit(http_response_code(404));
}
phpinfo(INFO_GENERAL | INFO_CONFIGURATION | INFO_MODULES);
echo nl2br(htmlspecialchars((string) shell_exec('df -h; uptime; free -m')));
