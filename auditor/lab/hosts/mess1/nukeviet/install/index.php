<?php

define('NV_MAINFILE', true);
echo '<title>Cài đặt NukeViet</title><form><input name="dbhost"><input name="dbpass" type="password"></form>';
