// The control room over HTTP: the calls of the OpenAPI document, answers as it says, event streams, QRs as pictures that
// a stranger's library reads, and the shapes that clients of older gateways know.
import { spawnSync } from 'node:child_process';
import net from 'node:net';
import Ajv from 'ajv/dist/2020.js';
import formats from 'ajv-formats';
import jsQR from 'jsqr';
import { PNG } from 'pngjs';
import { inWorld, must, same, test } from './lib/checks.js';
import { ControlRoom } from './lib/control.js';

const SHOP = '491705560001';
const ADA = '491705560002';
const read = jsQR.default ?? jsQR;

function truth(value, what) {
  if (!value) throw new Error(what);
}

/// The text in a picture of a QR.
function decoded(png) {
  const { data, width, height } = PNG.sync.read(png);
  return read(new Uint8ClampedArray(data), width, height)?.data;
}

const ofDataUrl = (url) => Buffer.from(url.replace('data:image/png;base64,', ''), 'base64');

await inWorld(async (world) => {
  const room = await ControlRoom.start(world);
  try {
    await room.ready();
    await checks(world, room);
  } finally {
    await room.kill();
    if (room.program.report) throw new Error(room.program.report);
  }
}, { lease: 6000 });

async function checks(world, room) {
  const { sandbox } = world;
  await sandbox.post('/admin/phones', { phone: ADA });
  world.startWorker();
  const document = await (await room.get('/v1/openapi.json')).json();
  const ajv = new Ajv({ strict: false });
  formats(ajv);
  ajv.addSchema(document, 'api');
  const pointer = (text) => text.replaceAll('~', '~0').replaceAll('/', '~1');
  const covered = new Set();

  /// Calls as the document says and checks the answer against it.
  async function call(method, template, { id, command, body, query = '', headers = {}, status } = {}) {
    const path = template.replace('{sessionId}', encodeURIComponent(id)).replace('{commandId}', encodeURIComponent(command));
    const operation = document.paths[template]?.[method.toLowerCase()];
    truth(operation, `${method} ${template} is not in the document`);
    const answer = await room.get(path + query, {
      method,
      headers: { ...(body ? { 'content-type': 'application/json' } : {}), ...headers },
      body: body && JSON.stringify(body)
    });
    const declared = operation.responses[answer.status] ? String(answer.status) : 'default';
    const text = await answer.text();
    if (status && answer.status !== status) throw new Error(`${method} ${path}: ${answer.status} instead of ${status}: ${text}`);
    const schema = operation.responses[declared].content?.['application/json'];
    if (schema && answer.headers.get('content-type').startsWith('application/json')) {
      const place = `api#/paths/${pointer(template)}/${method.toLowerCase()}/responses/${declared}/content/application~1json/schema`;
      const validate = ajv.compile({ $ref: place });
      const value = JSON.parse(text);
      if (!validate(value)) throw new Error(`${method} ${path}: ${ajv.errorsText(validate.errors)}\n${text}`);
      covered.add(`${method} ${template}`);
      return value;
    }
    covered.add(`${method} ${template}`);
    return text && answer.headers.get('content-type')?.includes('json') ? JSON.parse(text) : text;
  }
  const S = '/v1/sessions/{sessionId}';
  const code = ({ error }) => error.code;
  const connected = async (id, since = 0) => await world.status(id, 'CONNECTED', { since });

  await must('create answers with a QR that a library reads and a phone scans', async () => {
    const created = await call('POST', '/v1/sessions', { body: { sessionId: 'shop' }, status: 201 });
    same(created.status, 'qr_ready', 'status');
    const text = decoded(ofDataUrl(created.qr));
    truth(text?.startsWith('2@') || text?.includes(','), `what the picture says: ${text}`);
    const { qr } = (await call('GET', S, { id: 'shop', query: '?includePairing=true', status: 200 }));
    same((await call('GET', S, { id: 'shop', status: 200 })).qr, undefined, 'a QR nobody asked for');
    const png = Buffer.from(await (await room.get('/v1/sessions/shop/qr', { headers: { accept: 'image/png' } })).arrayBuffer());
    truth([qr.text, text].includes(decoded(png)), 'the picture shows another QR');
    truth((await call('GET', `${S}/qr`, { id: 'shop', query: '?format=svg', status: 200 })).startsWith('<svg'), 'SVG');
    truth((await call('GET', `${S}/qr`, { id: 'shop', query: '?format=text', status: 200 })).includes('█'), 'text');
    const page = await room.get('/v1/sessions/shop/qr-page');
    truth(page.headers.get('content-security-policy').includes("default-src 'none'"), 'CSP of the page');
    same(page.headers.get('cache-control'), 'no-store', 'caching');
    truth((await page.text()).includes('<svg'), 'the page shows it');
    covered.add(`GET ${S}/qr-page`);
    same(await call('GET', `${S}/status`, { id: 'shop', status: 200 }), { canReconnect: true, connected: false, hasQR: true, hasQRCode: true, isConnected: false, isDisconnected: false, phoneNumber: null, sessionId: 'shop', status: 'qr_ready' }, 'the old status');
    same(code(await call('POST', `${S}/regenerate-qr`, { id: 'shop', status: 409 })), 'LINE_BUSY', 'regenerate while a QR is there');
    await sandbox.post(`/admin/mock-phone/scan-qr?phone=${SHOP}`, decoded(ofDataUrl((await call('POST', `${S}/reconnect`, { id: 'shop', status: 200 })).qr)));
    await connected('shop');
  });

  await must('the status in old and new words', async () => {
    const old = await call('GET', `${S}/status`, { id: 'shop', status: 200 });
    same([old.connected, old.isConnected, old.hasQR, old.canReconnect, old.phoneNumber], [true, true, false, false, SHOP], 'old');
    same(await call('GET', `${S}/credentials/status`, { id: 'shop', status: 200 }), { canReset: true, hasCredentials: true, storedPhone: SHOP }, 'old credentials');
    same((await call('GET', `${S}/credentials`, { id: 'shop', status: 200 })).storedPhone, SHOP, 'credentials');
    same(code(await call('GET', `${S}/qr`, { id: 'shop', status: 404 })), 'ALREADY_CONNECTED', 'a QR of a connected line');
    same((await call('GET', '/v1/sessions', { query: '?status=CONNECTED&pageSize=1', status: 200 })).sessions[0].sessionId, 'shop', 'list');
  });

  await test('reconnect of a connected line is a conflict, however often', async () => {
    for (let i = 0; i < 3; ++i) same((await call('POST', `${S}/reconnect`, { id: 'shop', status: 409 })).error, 'already connected', 'error');
    same(code(await call('POST', `${S}/regenerate-qr`, { id: 'shop', status: 409 })), 'LINE_BUSY', 'regenerate');
  });

  await test('a text is sent once per key, and its end can be asked for', async () => {
    const body = { to: `+${ADA}`, text: 'over HTTP' };
    const headers = { 'idempotency-key': 'web-1' };
    const sent = await call('POST', `${S}/messages`, { id: 'shop', body, headers, status: 200 });
    const again = await call('POST', `${S}/messages`, { id: 'shop', body, headers, status: 200 });
    same([sent.commandId, again.messageId], ['web-1', sent.messageId], 'the answers');
    await sandbox.wait('received', { phone: ADA, text: 'over HTTP' });
    same((await call('GET', `${S}/commands/{commandId}`, { id: 'shop', command: 'web-1', status: 200 })).state, 'COMMAND_STATE_DONE', 'its end');
    same(code(await call('POST', `${S}/messages`, { id: 'shop', body: { to: 'x', text: 'y' }, status: 400 })), 'INVALID_PHONE', 'to nobody');
    const { numbers } = await call('POST', `${S}/numbers`, { id: 'shop', body: { numbers: [ADA] }, status: 200 });
    same(numbers[0].registered, true, 'registered');
  });

  await test('the lines of the documentation work with curl', async () => {
    const curl = (line) => {
      const env = { ...process.env, C: `${room.http}/v1` };
      const { status, stdout, stderr } = spawnSync('bash', ['-c', `curl -sS --max-time 30 -w '\n%{http_code}' ${line}`], { env, encoding: 'utf8' });
      same(status, 0, `exit code of curl ${line}: ${stderr}`);
      const end = stdout.lastIndexOf('\n');
      return { code: Number(stdout.slice(end)), body: JSON.parse(stdout.slice(0, end)) };
    };
    const list = curl('"$C/sessions?status=CONNECTED&prefix=shop"');
    same([list.code, list.body.sessions.map(({ sessionId }) => sessionId)], [200, ['shop']], 'all lines');
    const credentials = curl('$C/sessions/shop/credentials');
    same([credentials.code, credentials.body.storedPhone], [200, SHOP], 'credentials');
    const sent = curl(`$C/sessions/shop/messages -H content-type:application/json -d '{"to":"${ADA}","text":"by curl"}'`);
    same(sent.code, 200, 'a text');
    await world.sandbox.wait('received', { phone: ADA, text: 'by curl' });
    const unknown = curl('$C/sessions/nobody');
    same(unknown.code, 404, 'an unknown session');
  });

  await test('numbers in one form', async () => {
    const form = async (number) => (await call('GET', '/v1/format-phone', { query: `?country=62&number=${encodeURIComponent(number)}`, status: 200 })).formatted;
    for (const number of ['0812-3456-7890', '81234567890', '6281234567890', '+62 812 3456 7890']) same(await form(number), '6281234567890', number);
    same(code(await call('GET', '/v1/format-phone', { query: '?number=hello', status: 400 })), 'INVALID_PHONE', 'no number');
  });

  await test('changes come as server-sent events and go on after Last-Event-ID', async () => {
    const first = await follow(room, '/v1/watch');
    await first.until((event) => event.session.sessionId === 'shop' && event.session.status === 'LINE_STATUS_CONNECTED', 'shop as it is');
    await call('POST', `${S}/disconnect`, { id: 'shop', body: {}, status: 200 });
    const stopped = await first.until((event) => event.session.status === 'LINE_STATUS_STOPPED', 'stopped');
    first.stop();
    same(code(await call('POST', `${S}/messages`, { id: 'shop', body: { to: ADA, text: 'x' }, status: 409 })), 'STOPPED', 'a send meanwhile says so');
    same((await call('GET', `${S}/status`, { id: 'shop' })).isDisconnected, true, 'the old status');
    const since = world.connection.records.length;
    await call('POST', `${S}/connect`, { id: 'shop', body: {}, status: 200 });
    await connected('shop', since);
    const next = await follow(room, `/v1/sessions/shop/watch`, { 'last-event-id': stopped.id });
    await next.until((event) => event.session.status === 'LINE_STATUS_CONNECTED', 'connected again');
    truth(!next.events.some((event) => event.id === stopped.id || event.session.status === 'LINE_STATUS_STOPPED'), 'what was seen came again');
    next.stop();
    same((await room.get('/v1/watch', { headers: { 'last-event-id': 'garbage' } })).status, 400, 'a bad id');
    for (const path of ['/v1/watch', `${S}/watch`]) covered.add(`GET ${path}`);
  });

  await test('restart takes the line down and up with its credentials', async () => {
    const since = world.connection.records.length;
    same((await call('POST', `${S}/restart`, { id: 'shop', status: 200 })).success, true, 'success');
    await connected('shop', since);
  });

  await test('an outcome that takes longer is 202 with its place', async () => {
    await world.worker.stop();
    const answer = await room.get('/v1/sessions/shop/disconnect?wait=500ms', { method: 'POST' });
    same(answer.status, 202, 'status');
    const { commandId } = await answer.json();
    const place = answer.headers.get('location');
    same(place, `/v1/sessions/shop/commands/${commandId}`, 'place');
    same((await call('POST', `${S}/reconnect`, { id: 'shop', query: '?wait=500ms', status: 202 })).retryIn, 3000, 'the old shape');
    world.startWorker();
    for (const limit = Date.now() + 30_000; ; ) {
      const { state } = await (await room.get(place)).json();
      if (state === 'COMMAND_STATE_DONE') break;
      truth(Date.now() < limit, `still ${state}`);
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  });

  await must('an explicit disconnect then reconnect keeps the credentials; a reset asks for a QR', async () => {
    const answer = await call('POST', `${S}/reset-credentials`, { id: 'shop', body: { dryRun: true }, status: 200 });
    same(answer.before.storedPhone, SHOP, 'what would be forgotten');
    same(await call('DELETE', `${S}/credentials`, { id: 'shop', status: 200 }), { nextRetryAt: null, retryCount: 0, sessionId: 'shop', status: 'needs_qr', success: true }, 'the old shape');
    same(await call('GET', `${S}/credentials/status`, { id: 'shop' }), { canReset: true, hasCredentials: false, storedPhone: null }, 'afterwards');
    same((await call('POST', `${S}/reset`, { id: 'shop', status: 200 })).retryCount, 0, 'account reset');
    const { qr } = await call('POST', `${S}/regenerate-qr`, { id: 'shop', status: 200 });
    truth(decoded(ofDataUrl(qr)), 'a fresh QR');
    same((await call('DELETE', S, { id: 'shop', status: 200 })).success, true, 'delete');
  });

  await test('pair by QR and by code, and log out', async () => {
    truth((await call('POST', `${S}/pair`, { id: 'kiosk/1 ä', body: {}, status: 200 })).qr.text, 'a QR for an id of any letters');
    same((await call('GET', S, { id: 'kiosk/1 ä', status: 200 })).sessionId, 'kiosk/1 ä', 'the id comes back');
    const { code: shown } = await call('POST', `${S}/pair`, { id: 'till', body: { method: 'PAIR_METHOD_CODE', phoneNumber: SHOP }, status: 200 });
    truth(/^[1-9A-Z]{4}-[1-9A-Z]{4}$/.test(shown.code), 'a code');
    await sandbox.post('/admin/mock-phone/enter-code', { code: shown.code });
    await connected('till');
    same((await call('POST', `${S}/logout`, { id: 'till', body: {}, status: 200 })).session.status, 'LINE_STATUS_LOGGED_OUT', 'logged out');
  });

  await test('bad requests are refused, each by name', async () => {
    const refused = async (path, init) => {
      const answer = await room.get(path, init);
      return [answer.status, (await answer.json()).error.code].join(' ');
    };
    const post = (body, type = 'application/json') => ({ method: 'POST', body, headers: { 'content-type': type } });
    same(await refused('/v1/sessions/nobody'), '404 SESSION_UNKNOWN', 'unknown session');
    same(await refused(`/v1/sessions/${'x'.repeat(4096)}`), '400 MISSING_SESSION_ID', 'an id of 4 KB');
    same(await refused('/v1/sessions/a%00b'), '400 MISSING_SESSION_ID', 'a zero byte');
    same(await refused('/v1/nowhere'), '404 INVALID_REQUEST', 'no such path');
    same(await refused('/v1/sessions/shop', { method: 'PATCH' }), '405 INVALID_REQUEST', 'no such method');
    same(await refused('/v1/sessions/shop/messages', post('{')), '400 INVALID_REQUEST', 'no JSON');
    same(await refused('/v1/sessions/shop/messages', post('{"too":"x"}')), '400 INVALID_REQUEST', 'a field that is none');
    same(await refused('/v1/sessions/shop/messages', post('{"sessionId":"other","to":"1","text":"x"}')), '400 INVALID_REQUEST', 'two sessions');
    same(await refused('/v1/sessions/shop/messages', post('to=1', 'application/x-www-form-urlencoded')), '415 INVALID_REQUEST', 'a form');
    same((await room.get('/v1/sessions/shop/messages', post('x'.repeat(2_000_000)))).status, 413, 'a body too large');
    same(await refused('/v1/sessions/shop/disconnect', { method: 'POST', headers: { origin: 'https://evil.example' } }), "403 ACCESS_DENIED", "another site's page");
    same(await raw(room, 'GET /v1/sessions HTTP/1.1\r\nHost: evil.example\r\n\r\n'), 403, 'under another name');
  });

  await test('a client that sends a byte now and then is let go, and one that reads nothing harms nobody', async () => {
    const idle = await Promise.all(Array.from({ length: 20 }, () => connectTo(room)));
    idle.forEach((socket) => socket.resume().write('GET /v1/sess'));
    const lazy = await Promise.all(Array.from({ length: 200 }, () => connectTo(room)));
    lazy.forEach((socket) => {
      socket.pause();
      socket.write('GET /v1/watch HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n');
    });
    same((await room.get('/v1/sessions')).status, 200, 'others meanwhile');
    const [answer] = await Promise.all([new Promise((resolve) => idle[0].once('data', resolve)), ...idle.map((socket) => new Promise((resolve) => socket.once('close', resolve)))]);
    truth(String(answer).startsWith('HTTP/1.1 408'), `the slow one is told: ${answer}`);
    lazy.forEach((socket) => socket.destroy());
  });

  await test('health, metrics and every path of the document', async () => {
    for (const path of ['/healthz', '/readyz', '/health']) same((await room.get(path)).status, 200, path);
    truth((await (await room.get('/metrics')).text()).includes('linekeeper_control_events_read_total'), 'metrics');
    same(await call('GET', '/v1/webhook/stats', { status: 200 }), { delivered: 0, endpoints: [], failed: 0, failureRate: 0, parked: 0, pending: 0 }, 'webhooks that nobody set');
    covered.add('GET /v1/openapi.json');
    const all = Object.entries(document.paths).flatMap(([path, item]) =>
      Object.keys(item).filter((key) => key !== 'parameters').map((method) => `${method.toUpperCase()} ${path}`)
    );
    same(all.filter((one) => !covered.has(one)), [], 'paths that nobody called');
  });

  await test('all end in order', async () => {
    await room.stop();
    await world.stop();
  });
}

async function connectTo(room) {
  const { hostname, port } = new URL(room.http);
  const socket = net.connect(Number(port), hostname);
  socket.on('error', () => {});
  await new Promise((resolve) => socket.once('connect', resolve));
  return socket;
}

/// The status of a request written by hand.
async function raw(room, text) {
  const socket = await connectTo(room);
  socket.write(text);
  const answer = await new Promise((resolve) => socket.once('data', resolve));
  socket.destroy();
  return Number(String(answer).split(' ')[1]);
}

/// Reads server-sent events as they come.
async function follow(room, path, headers = {}) {
  const stop = new AbortController();
  const answer = await room.get(path, { headers, signal: stop.signal });
  if (!answer.ok) throw new Error(`${path}: ${answer.status}`);
  const events = [];
  let wake = () => {};
  const reading = (async () => {
    let text = '';
    for await (const part of answer.body.pipeThrough(new TextDecoderStream())) {
      text += part;
      for (let end; (end = text.indexOf('\n\n')) >= 0; text = text.slice(end + 2)) {
        const fields = Object.fromEntries(text.slice(0, end).split('\n').map((line) => [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 2)]));
        if (fields.data) events.push({ id: fields.id, session: JSON.parse(fields.data) });
        wake();
      }
    }
  })();
  reading.catch(() => {});
  return {
    events,
    stop: () => stop.abort(),
    async until(fits, what, ms = 60_000) {
      const limit = Date.now() + ms;
      for (;;) {
        const found = events.find(fits);
        if (found) return found;
        if (Date.now() > limit) throw new Error(`${what}: not within ${ms} ms`);
        await new Promise((resolve) => {
          const timer = setTimeout(resolve, limit - Date.now());
          wake = () => (clearTimeout(timer), resolve());
        });
      }
    }
  };
}
