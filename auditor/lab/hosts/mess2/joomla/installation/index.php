<?php

define('_JEXEC', 1);
echo '<title>Cài đặt Joomla</title><form><input name="db_host"><input name="db_pass" type="password"></form>';
