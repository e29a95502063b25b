<?php

declare(strict_types=1);

require __DIR__ . '/lib/database.php';
require __DIR__ . '/lib/page.php';

session_start();
$_SESSION['token'] ??= bin2hex(random_bytes(16));
$message = null;
if ($_SERVER['REQUEST_METHOD'] === 'POST') {
    $name = trim((string) ($_POST['ho_ten'] ?? ''));
    $text = trim((string) ($_POST['noi_dung'] ?? ''));
    if (!hash_equals($_SESSION['token'], (string) ($_POST['token'] ?? ''))) {
        http_response_code(400);
        $message = 'Phiên làm việc đã hết hạn, xin gửi lại.';
    } elseif ($name === '' || $text === '' || mb_strlen($name) > 100 || mb_strlen($text) > 4000) {
        http_response_code(422);
        $message = 'Xin nhập họ tên và nội dung góp ý (không quá 4000 ký tự).';
    } else {
        store_feedback($name, $text);
        $message = 'Phường Bến Nứa đã nhận được góp ý. Xin cảm ơn.';
    }
}

page_header('Góp ý, phản ánh');
if ($message !== null) {
    echo '<p class="thong-bao">', e($message), '</p>';
}
?>
<form method="post" action="/gop-y.php">
<input type="hidden" name="token" value="<?= e($_SESSION['token']) ?>">
<p><label>Họ và tên <input name="ho_ten" required maxlength="100"></label></p>
<p><label>Nội dung <textarea name="noi_dung" rows="6" required maxlength="4000"></textarea></label></p>
<p><button>Gửi góp ý</button></p>
</form>
<?php
page_footer();
