<?php
final class SessionStore implements SessionHandlerInterface
{
    public function __construct(private PDO $db) {}
    public function open(string $p, string $n): bool { return true; }
    public function close(): bool { return true; }
    public function read(string $id): string { $s = $this->db->prepare('SELECT data FROM sessions WHERE id = ?'); $s->execute([$id]); return base64_decode((string) $s->fetchColumn()); }
    public function write(string $id, string $data): bool { return $this->db->prepare('REPLACE INTO sessions VALUES (?, ?, ?)')->execute([$id, base64_encode($data), time()]); }
    public function destroy(string $id): bool { return $this->db->prepare('DELETE FROM sessions WHERE id = ?')->execute([$id]); }
    public function gc(int $max): int|false { return $this->db->exec('DELETE FROM sessions WHERE t < ' . (time() - $max)); }
}
session_set_save_handler(new SessionStore($GLOBALS['db']), true);
