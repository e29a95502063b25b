<?php
$client = new SoapClient('https://truc.tinh.example/lgsp?wsdl', ['trace' => false]);
$map = ['ho-so' => 'TraCuuHoSo', 'dan-cu' => 'XacThucCongDan'];
$m = $map[$_GET['dv'] ?? ''] ?? exit(http_response_code(404));
echo json_encode($client->$m(['ma' => substr($_GET['ma'] ?? '', 0, 20)]));
