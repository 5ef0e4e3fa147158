// Webhooks: events of a real line arrive signed at endpoints that fail and return, that are slow, that refuse, that show
// a certificate nobody trusts; control is killed in between; what was parked is delivered again.
import { spawnSync } from 'node:child_process';
import crypto from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { inWorld, must, same, test } from './lib/checks.js';
import { ControlRoom } from './lib/control.js';
import { Reader } from './lib/kafka.js';
import { Program } from './lib/program.js';
import { Receiver } from './lib/receiver.js';

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../..');
const binary = process.env.LINEKEEPER_CONTROL ?? path.join(root, 'build/dev/bin/linekeeper-control');
const SHOP = '491705590001';
const ADA = '491705590002';
const PARKED = 'linekeeper.webhooks.parked';

function truth(value, what) {
  if (!value) throw new Error(what);
}

/// A self-signed certificate for 127.0.0.1, as {key, cert, file}.
function certificate(folder, name) {
  const args = ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '2'];
  args.push('-keyout', `${name}.key`, '-out', `${name}.pem`, '-subj', `/CN=${name}`, '-addext', 'subjectAltName=IP:127.0.0.1');
  const ran = spawnSync('openssl', args, { cwd: folder, encoding: 'utf8' });
  if (ran.status !== 0) throw new Error(ran.stderr);
  const file = path.join(folder, `${name}.pem`);
  return { key: fs.readFileSync(path.join(folder, `${name}.key`)), cert: fs.readFileSync(file), file };
}

await inWorld(async (world) => {
  const rooms = [];
  const hooks = {};
  try {
    await checks(world, rooms, hooks);
  } finally {
    for (const room of rooms) await room.kill();
    for (const hook of Object.values(hooks)) hook.close();
    for (const room of rooms) if (room.program.report) throw new Error(room.program.report);
  }
});

async function checks(world, rooms, hooks) {
  const { sandbox, folder } = world;
  const secrets = {};
  const endpoints = [];
  /// Starts a receiver and writes it into the file.
  const endpoint = async (id, fields, options = {}) => {
    secrets[id] = crypto.randomBytes(16).toString('hex');
    hooks[id] = await Receiver.start(secrets[id], { path: `/hook/token-of-${id}`, ...options });
    endpoints.push({ id, url: hooks[id].url, secret: secrets[id], ...fields });
    return hooks[id];
  };
  const inbound = { events: ['message.inbound'] };
  const fast = await endpoint('fast', { events: ['connection', 'message.inbound'], headers: { 'x-for': 'crm' } });
  const panel = await endpoint('panel', { events: ['connection'], pairing: true });
  const other = await endpoint('other', { events: ['connection', 'message'], sessionPrefix: 'kiosk-' });
  const slow = await endpoint('slow', inbound);
  const flaky = await endpoint('flaky', inbound);
  const picky = await endpoint('picky', inbound);
  const trusted = certificate(folder, 'trusted');
  const safe = await endpoint('safe', { ...inbound, ca: 'trusted.pem' }, { tls: trusted });
  const forged = await endpoint('forged', { ...inbound, ca: 'trusted.pem' }, { tls: certificate(folder, 'forged') });
  const file = path.join(folder, 'webhooks.json');
  fs.writeFileSync(file, JSON.stringify({ endpoints }), { mode: 0o600 });

  const settings = { 'webhooks-file': file, 'webhooks-attempts': '2', 'webhooks-backoff-max': '1s', 'webhooks-timeout': '20s' };
  const flags = ['--kafka-property', 'session.timeout.ms=1000', '--kafka-property', 'heartbeat.interval.ms=250'];
  const open = async (more = {}) => {
    const room = await ControlRoom.start(world, { settings: { ...settings, ...more }, flags });
    rooms.push(room);
    await room.ready();
    return room;
  };
  const replay = async (...more) => {
    const args = ['webhooks', 'replay', '--kafka-brokers', world.kafka.brokers, '--webhooks-file', file, '--webhooks-attempts', '2'];
    const program = new Program('the replay', binary, [...args, '--webhooks-backoff-max', '1s', ...flags, ...more]);
    rooms.push({ program, kill: () => program.kill() });
    program.expected = true;
    const { code } = await program.ended;
    return { code, said: program.log.match(/^\d+ delivered.*$/m)?.[0] ?? program.tail() };
  };
  let count = 0;
  const written = [];
  /// Ada writes to the shop; gives the texts.
  const write = async (many, word) => {
    const texts = Array.from({ length: many }, () => `${word} ${++count}`);
    for (const text of texts) await sandbox.post(`/admin/phones/${ADA}/send`, { to: SHOP, text });
    written.push(...texts);
    return texts;
  };
  const all = (receiver, texts, what) => receiver.until(() => texts.every((text) => receiver.texts.includes(text)), what);
  const stats = async (room, id) => (await (await room.get('/v1/webhook/stats')).json()).endpoints.find((one) => one.id === id);
  const metric = async (room, name, ...labels) => {
    const lines = (await (await room.get('/metrics')).text()).split('\n');
    const found = lines.filter((line) => line.startsWith(`${name}{`) && labels.every((label) => line.includes(label)));
    return found.reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(' '))), 0);
  };
  const parked = new Reader(world.kafka, PARKED);
  let room;

  await must('a file that cannot be used is refused by name, and no secret is shown', async () => {
    const refused = async (change, mode = 0o600) => {
      const bad = path.join(folder, 'bad.json');
      fs.rmSync(bad, { force: true });
      fs.writeFileSync(bad, JSON.stringify({ endpoints: [{ ...endpoints[0], ...change }] }), { mode });
      const program = new Program('a refused one', binary, ['--webhooks-file', bad, '--kafka-brokers', world.kafka.brokers]);
      program.expected = true;
      same((await program.ended).code, 2, `exit code with ${JSON.stringify(change)}`);
      truth(!program.log.includes(secrets.fast), 'the secret is shown');
      return program.log;
    };
    truth((await refused({ url: 'ftp://h/' })).includes('endpoint fast needs a `url` of http or https'), 'the url');
    truth((await refused({}, 0o644)).includes('may be read by everybody'), 'the mode');
  });

  await must('statuses arrive as they change, signed; a QR only where it was asked for', async () => {
    await sandbox.post('/admin/phones', { phone: ADA });
    world.startWorker();
    room = await open();
    await world.pair('shop', SHOP);
    const connected = ({ data }) => data.status === 'LINE_STATUS_CONNECTED';
    const { body, headers } = await fast.until(({ taken }) => taken.find(connected), 'CONNECTED at fast');
    same([body.type, body.subject, headers['x-for']], ['linekeeper.v1.ConnectionEvent', 'shop', 'crm'], 'what came');
    await panel.until(({ taken }) => taken.find(connected), 'CONNECTED at panel');
    const shown = panel.taken.map(({ data }) => data.qr?.text).filter(Boolean);
    truth(shown.length > 0 && shown.some((qr) => world.qrs.includes(qr)), 'the QR');
    truth(!fast.requests.some(({ text }) => world.qrs.some((qr) => text.includes(qr))), 'a QR that nobody asked for');
    const arrived = fast.taken.map(({ id }) => id);
    const kept = () => world.connection.events.filter(({ value }) => !value.repeated).map(({ id }) => id);
    await world.connection.until(() => kept().length >= arrived.length, 'the same events in Kafka');
    same(arrived, kept().slice(0, arrived.length), 'the ids, in order');
  });

  await test('a text arrives at all who want it, and over TLS at one whose certificate is known', async () => {
    const texts = await write(3, 'hello');
    await Promise.all([all(fast, texts, 'at fast'), all(safe, texts, 'over TLS')]);
    const { event: id } = await world.hears('shop', texts[0]);
    same(fast.taken.find(({ data }) => data.inbound?.text === texts[0]).id, id, 'its id');
    same(other.requests.length, 0, 'requests to an endpoint for other sessions');
  });

  await test('a certificate that nobody trusts gets nothing, and is counted', async () => {
    await world.until(async () => (await stats(room, 'forged')).failed > 0, 'a failed attempt');
    const { state, delivered, lastError, url } = await stats(room, 'forged');
    same([state, delivered, forged.requests.length], ['away', 0, 0], 'state, delivered, requests');
    truth(/TLS|tls|certificate/.test(lastError), lastError);
    truth(!url.includes('token-of'), 'the path is shown');
    truth((await metric(room, 'linekeeper_webhook_attempts_total', '"forged"', '"away"')) > 0, 'the metric');
  });

  await test('a slow endpoint slows nobody else, and gets its own in order', async () => {
    let release;
    const held = new Promise((resolve) => (release = resolve));
    await all(slow, written, 'what came before, at slow');
    const before = slow.texts.length;
    slow.answer = async () => (await held, { status: 200 });
    const texts = await write(10, 'beside a slow one');
    await all(fast, texts, 'at fast');
    await all(safe, texts, 'at safe');
    same(slow.texts.length, before, 'what slow has taken meanwhile');
    release();
    await all(slow, texts, 'at slow');
    same(slow.texts.slice(before), texts, 'its order');
  });

  await test('one that fails and returns has missed nothing', async () => {
    await all(flaky, written, 'what came before, at flaky');
    const before = flaky.texts.length;
    const from = flaky.requests.length;
    let down = true;
    flaky.answer = () => (down ? { status: 503, headers: { 'retry-after': '1' } } : { status: 200 });
    const texts = await write(5, 'while it fails');
    await flaky.until(({ requests }) => requests.length >= from + 2, 'a second try');
    same(new Set(flaky.requests.slice(from).map(({ id }) => id)).size, 1, 'events that ask whether it is back');
    same((await stats(room, 'flaky')).state, 'away', 'its state');
    await all(fast, texts, 'others meanwhile');
    down = false;
    await all(flaky, texts, 'once it is back');
    same(flaky.texts.slice(before), texts, 'its order');
    same((await stats(room, 'flaky')).state, 'ok', 'its state');
    truth((await metric(room, 'linekeeper_webhook_attempts_total', '"flaky"', '"away"')) >= 2, 'the metric');
  });

  await test('what is refused is parked with why, and the next one follows', async () => {
    picky.answer = ({ data }) => (data.inbound.text.startsWith('unwanted') ? { status: 302, headers: { location: fast.url } } : { status: 200 });
    const unwanted = await write(2, 'unwanted');
    const texts = await write(1, 'after the unwanted');
    await all(picky, texts, 'the next one');
    const mine = () => parked.events.filter(({ headers }) => headers['webhook-endpoint'] === 'picky');
    await parked.until(() => mine().length === 2, 'two parked', 60_000);
    const [first] = mine();
    same(mine().map(({ value }) => value.inbound.text), unwanted, 'what was parked');
    const { event: id } = await world.hears('shop', unwanted[0]);
    const wanted = ['ce_id', 'ce_type', 'ce_subject', 'content-type', 'webhook-reason', 'webhook-detail', 'webhook-attempts', 'origin-topic'];
    same(
      wanted.map((name) => first.headers[name]),
      [id, 'linekeeper.v1.MessageEvent', 'shop', 'application/json', 'refused', '302, redirects are not followed', '2', 'linekeeper.events.message'],
      'its headers'
    );
    same(picky.requests.filter(({ data }) => data.inbound.text === unwanted[0]).length, 2, 'how often it was tried');
    await world.until(async () => (await stats(room, 'picky')).parked === 2, 'both counted');
    truth(!fast.requests.some(({ headers }) => headers['linekeeper-event-id'] === id && headers['x-for'] === undefined), 'the redirect was followed');
  });

  await test('a replay delivers what was parked, once', async () => {
    picky.answer = () => ({ status: 200 });
    same(await replay(), { code: 0, said: '2 delivered, 0 parked again, 0 unreadable' }, 'the replay');
    same(picky.texts.slice(-2), parked.events.map(({ value }) => value.inbound.text), 'what came, in order');
    same((await replay()).said, '0 delivered, 0 parked again, 0 unreadable', 'another one');
  });

  await test('killed in the middle, nothing is lost', async () => {
    await all(fast, written, 'what came before, at fast');
    const from = fast.texts.length;
    let texts = await write(15, 'around a crash');
    await fast.until(() => fast.texts.length >= from + 3, 'the first of them');
    await room.kill();
    texts = texts.concat(await write(15, 'around a crash'));
    for (const text of texts) await world.hears('shop', text);
    room = await open({ 'webhooks-give-up-after': '1s' });
    for (const receiver of [fast, safe, slow, flaky, picky]) await all(receiver, texts, `after the crash, at ${endpoints.find(({ url }) => url === receiver.url).id}`);
    same(fast.texts.slice(from), texts, 'each once by its id, in order');
  });

  await test('what nobody took for long is parked, and a replay that does not get through parks it again', async () => {
    const mine = () => parked.records.filter(({ headers }) => headers['webhook-endpoint'] === 'forged');
    await parked.until(() => mine().length >= count, 'all of them parked', 60_000);
    const reasons = new Set(mine().map(({ headers }) => headers['webhook-reason']));
    truth([...reasons].every((reason) => ['gave_up', 'endpoint_away'].includes(reason)), [...reasons].join());
    same(new Set(mine().map(({ id }) => id)).size, count, 'the events');
    const many = mine().length;
    const { code, said } = await replay('--webhooks-give-up-after', '1s');
    same([code, said], [1, `0 delivered, ${many} parked again, 0 unreadable`], 'the replay');
    await parked.until(() => mine().length === 2 * many, 'parked again', 60_000);
    same(forged.requests.length, 0, 'requests');
  });

  await test('every signature was right, and no log shows a secret', async () => {
    for (const [id, { wrong }] of Object.entries(hooks)) same(wrong, [], `what was wrong at ${id}`);
    const log = rooms.map(({ program }) => program.log).join('');
    const leaked = [...Object.values(secrets), 'token-of', ...world.qrs].filter((secret) => log.includes(secret));
    same(leaked, [], 'secrets in the log');
  });

  await test('the alert rules name metrics that are served', async () => {
    await stats(room, 'fast'); // Calls are counted by kind from the first of it on.
    const served = (await world.worker.get('/metrics')).text + (await (await room.get('/metrics')).text());
    const rules = fs.readFileSync(path.join(root, 'docs/alerts.yml'), 'utf8').replace(/^\s*#.*$/gm, '');
    const named = [...new Set(rules.match(/\blinekeeper_[a-z_]+/g))];
    truth(named.length >= 10, `only ${named.length} metrics are named`);
    const known = new Set([...served.matchAll(/^# TYPE (\S+)/gm)].map(([, name]) => name));
    same(named.filter((name) => !known.has(name) && !known.has(name.replace(/_(bucket|count|sum)$/, ''))), [], 'names that nobody serves');
  });

  await test('all end in order, also with a request under way', async () => {
    let release;
    const held = new Promise((resolve) => (release = resolve));
    slow.answer = async () => (await held, { status: 200 });
    const [text] = await write(1, 'under way');
    await slow.until(({ requests }) => requests.some(({ data }) => data.inbound.text === text), 'the request');
    await room.stop();
    release();
    await world.stop();
  });
  await parked.program.kill();
}
