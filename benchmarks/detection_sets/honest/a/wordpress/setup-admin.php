<?php
if (PHP_SAPI !== 'cli') {
    exit(1);
}
require __DIR__ . '/wp-load.php';
$login = $argv[1] ?? exit("php setup-admin.php LOGIN EMAIL\n");
if (!username_exists($login)) {
    $id = wp_create_user($login, wp_generate_password(20), $argv[2]);
    (new WP_User($id))->set_role('administrator');
    wp_new_user_notification($id, null, 'user');
}
