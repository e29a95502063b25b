<?php
return ["\x43h\u{00e0}o" => 'hello', 'b64' => 'UGjGsOG7nW5nIELhur9uIEzDoHU=', 'hex' => '50687ac6b0e1bb9d6e67', 'rot' => 'Cuhbat', 'chars' => array_map('chr', range(65, 90)), 'eval' => 'đánh giá', 'exec' => 'thi hành', 'system' => 'hệ thống'];
