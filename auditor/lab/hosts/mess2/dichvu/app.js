// Dịch vụ tra cứu hồ sơ: giữ hồ sơ trong Redis.
const http = require('http');
const net = require('net');

function redis(...words) {
  return new Promise((resolve, reject) => {
    const socket = net.connect(6379, '127.0.0.1');
    let said = '';
    socket.setTimeout(3000, () => socket.destroy(new Error('redis')));
    socket.on('error', reject);
    socket.on('data', (data) => {
      said += data;
      if (!said.endsWith('\r\n')) return;
      socket.end();
      if (said.startsWith('$-1')) resolve(null);
      else if (said.startsWith('$')) resolve(said.split('\r\n')[1]);
      else if (said.startsWith('-')) reject(new Error(said));
      else resolve(said.slice(1).trim());
    });
    socket.write(`*${words.length}\r\n` + words.map((word) => `$${Buffer.byteLength(word)}\r\n${word}\r\n`).join(''));
  });
}

async function answer(request, body) {
  const found = /^\/api\/ho-so\/([a-z0-9-]{1,40})$/.exec(request.url);
  if (request.url === '/') return [200, `Tra cứu hồ sơ, lượt ${await redis('INCR', 'luot')}\n`];
  if (!found) return [404, 'Không có\n'];
  if (request.method === 'PUT') {
    await redis('SET', found[1], body);
    return [201, 'Đã ghi\n'];
  }
  if (request.method === 'DELETE') return [200, `${await redis('DEL', found[1])}\n`];
  const value = await redis('GET', found[1]);
  return value === null ? [404, 'Không có\n'] : [200, value];
}

http.createServer((request, response) => {
  let body = '';
  request.on('data', (data) => { body += data; });
  request.on('end', () => answer(request, body).catch((error) => [500, `${error}\n`]).then(([status, text]) => {
    response.writeHead(status, { 'Content-Type': 'text/plain; charset=utf-8' });
    response.end(text);
  }));
}).listen(3000, '0.0.0.0');
