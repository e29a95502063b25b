<?php
if (!defined('NV_IS_FILE_ADMIN')) { exit('Stop!!!'); }
$page_title = 'Nhập dữ liệu';
if ($nv_Request->isset_request('submit', 'post')) {
    $upload = new NukeViet\Files\Upload(['documents'], $global_config['forbid_extensions'], $global_config['forbid_mimes'], NV_UPLOAD_MAX_FILESIZE);
    $info = $upload->save_file($_FILES['tep'], NV_ROOTDIR . '/' . NV_TEMP_DIR, false);
    if (empty($info['error'])) { $xml = simplexml_load_file($info['name']); foreach ($xml->dong as $d) { $db->prepare('INSERT INTO ' . NV_PREFIXLANG . '_vb (ten) VALUES (?)')->execute([(string) $d->ten]); } nv_deletefile($info['name']); }
}
