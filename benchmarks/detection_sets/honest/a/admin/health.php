<?php
header('Content-Type: application/json');
echo json_encode([
    'load' => sys_getloadavg(),
    'disk' => round(disk_free_space('/') / 1e9, 1),
    'uname' => php_uname(),
    'user' => posix_getpwuid(posix_geteuid())['name'],
    'nginx' => trim((string) shell_exec('systemctl is-active nginx')),
]);
