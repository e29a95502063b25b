<?php
$in = json_decode(file_get_contents('php://input'), true);
$api = new class {
    public function tinh(int $ma): array { return ['ma' => $ma]; }
    public function ping(): string { return 'pong'; }
};
$public = array_diff(get_class_methods($api), ['__construct']);
$m = $in['method'] ?? '';
$r = in_array($m, $public, true) ? $api->$m(...array_values($in['params'] ?? [])) : null;
echo json_encode(['jsonrpc' => '2.0', 'id' => $in['id'] ?? null, 'result' => $r]);
