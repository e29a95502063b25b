<?php

if (!defined('NV_MAINFILE')) {
    exit('Stop!!!');
}

define('NV_UPLOADS_DIR', 'uploads');
define('NV_ASSETS_DIR', 'assets');
define('NV_DATADIR', 'data/config');
define('NV_CACHEDIR', 'data/cache');
