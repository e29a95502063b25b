<?php

if (!defined('NV_MAINFILE')) {
    exit('Stop!!!');
}

define('NV_IS_FILE_ADMIN', true);
