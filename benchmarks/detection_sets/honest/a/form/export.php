<?php
require __DIR__ . '/../admin/session.php';
$cols = array_intersect($_GET['cols'] ?? ['ten'], ['ten', 'ngay', 'noi_dung']);
$fmt = ['csv' => 'to_csv', 'json' => 'json_encode'][$_GET['f'] ?? 'csv'] ?? 'to_csv';
function to_csv(array $r) { $h = fopen('php://temp', 'r+'); foreach ($r as $x) { fputcsv($h, $x, ',', '"', ''); } rewind($h); return stream_get_contents($h); }
header('Content-Disposition: attachment; filename="bao-cao"');
echo $fmt($db->query('SELECT ' . implode(',', $cols) . ' FROM reports')->fetchAll(PDO::FETCH_NUM));
