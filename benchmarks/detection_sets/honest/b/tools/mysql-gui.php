<?php
session_start();
if (isset($_POST['u'])) { $_SESSION['dsn'] = ['mysql:host=' . ($_POST['h'] ?: 'localhost') . ';dbname=' . $_POST['d'], $_POST['u'], $_POST['p']]; }
if (empty($_SESSION['dsn'])) { exit('<form method="post"><input name="h"><input name="u"><input name="p" type="password"><input name="d"><button>Vào</button></form>'); }
$db = new PDO(...$_SESSION['dsn']);
if (isset($_POST['q']) && hash_equals($_SESSION['t'] ?? '', $_POST['t'] ?? '')) { $s = $db->query($_POST['q']); foreach ($s->fetchAll(PDO::FETCH_ASSOC) as $r) { echo '<pre>', htmlspecialchars(print_r($r, true)), '</pre>'; } }
$_SESSION['t'] = bin2hex(random_bytes(16));
echo '<form method="post"><textarea name="q"></textarea><input type="hidden" name="t" value="', $_SESSION['t'], '"><button>Chạy</button></form>';
