<?php
function send_code(string $phone, PDO $db): bool
{
    $code = random_int(100000, 999999);
    $db->prepare('REPLACE INTO otp VALUES (?, ?, ?)')->execute([$phone, password_hash((string) $code, PASSWORD_DEFAULT), time() + 300]);
    $c = curl_init('https://sms.nhamang.example/v1/send');
    curl_setopt_array($c, [CURLOPT_POST => true, CURLOPT_POSTFIELDS => json_encode(['to' => $phone, 'text' => "Ma OTP cua ban: $code"]), CURLOPT_HTTPHEADER => ['Authorization: Bearer ' . getenv('SMS')], CURLOPT_RETURNTRANSFER => true]);
    return (bool) curl_exec($c);
}
