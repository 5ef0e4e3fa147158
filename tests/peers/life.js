// The life of lines: every end a server can give a connection, pairing in all its ways, numbers that two sessions want,
// and the line commands, each from the statuses where it makes a difference.
import fs from 'node:fs';
import path from 'node:path';
import { inWorld, must, same, test } from './lib/checks.js';
import { Lines } from './lib/lines.js';

const number = (i) => `4917055${String(10_000 + i)}`;
const names = ['shop', 'ice', 'gone', 'forced', 'locked', 'banned', 'temporary', 'outdated', 'taken', 'parked'];
const PHONE = Object.fromEntries(names.map((name, i) => [name, number(i)]));
const kQrTime = '10s'; // Six codes in 27 s instead of 160.
const kCodeTimeout = '15s';

await inWorld(async (world) => {
  const lines = new Lines(world);
  const { sandbox } = world;
  const config = path.join(world.folder, 'worker.conf');
  const writeVersion = (version) => fs.writeFileSync(config, `whatsapp-version = ${version}\n`);
  writeVersion('2.3000.1000000001');
  const start = (name) =>
    world.startWorker({ name, settings: { 'qr-time': kQrTime, 'pair-code-timeout': kCodeTimeout }, flags: ['--config', config] });
  const reconnects = async (name, since) => await world.status(name, 'CONNECTED', { since, ms: 60_000 });

  await must('five pair commands within a second end in one pairing, each with an outcome', async () => {
    start('one');
    const ids = [1, 2, 3, 4, 5].map(() => lines.pair('shop'));
    await world.scan('shop', PHONE.shop);
    for (const id of ids) same(await lines.outcome(id), ['DONE', '', ''], id);
    same(await lines.devices(PHONE.shop), [1], 'linked devices');
  });

  await must('ten lines pair', async () => {
    await Promise.all(names.slice(1).map((name) => world.pair(name, PHONE[name])));
  }, 240_000);

  await test('a pair command for a connected line changes nothing', async () => {
    same(await lines.outcome(lines.pair('shop')), ['DONE', 'ALREADY_CONNECTED', ''], 'without a number');
    same(await lines.outcome(lines.pair('shop', { phoneNumber: PHONE.shop })), ['DONE', 'ALREADY_CONNECTED', ''], 'for its own');
    const other = lines.pair('shop', { phoneNumber: number(77) });
    same(await lines.outcome(other), ['FAILED', 'CREDENTIALS_CONFLICT', 'phone_mismatch'], 'for another');
    same(await lines.attempts(PHONE.shop), 1, 'logins');
  });

  await test('what cannot be a number or a code is rejected without a connection', async () => {
    const { connections } = await sandbox.get('/admin/counters');
    const bad = [
      ['INVALID_PHONE', { phoneNumber: '0170' }],
      ['INVALID_PHONE', {}],
      ['INVALID_PAIRING_CODE', { phoneNumber: number(50), customCode: 'ABCD0000' }],
      ['INVALID_PAIRING_CODE', { phoneNumber: number(50), customCode: 'ABC' }]
    ];
    for (const [code, more] of bad) {
      const id = lines.pair('nobody', { method: 'PAIR_METHOD_CODE', ...more });
      const found = () => world.rejected.records.find(({ headers }) => headers['command-id'] === id);
      same((await world.rejected.until(found, `a rejection of ${id}`)).headers.code, code, JSON.stringify(more));
    }
    same((await sandbox.get('/admin/counters')).connections, connections, 'connections');
  });

  await test('pairing by code: shown once the server knows it, published again, entered', async () => {
    const first = lines.pair('coded', { method: 'PAIR_METHOD_CODE', phoneNumber: number(51) });
    const { code, status } = await lines.code('coded');
    same(status, 'LINE_STATUS_PAIRING', 'the status');
    const left = Date.parse(code.expiresAt) - Date.now();
    if (left < 150_000 || left > 180_500) throw new Error(`the code lives for another ${left} ms`);
    const since = lines.now;
    const second = lines.pair('coded', { method: 'PAIR_METHOD_CODE', phoneNumber: number(51) });
    same((await lines.code('coded', since)).code.code, code.code, 'the code shown again');
    const third = lines.pair('coded', { phoneNumber: number(52) });
    same(await lines.outcome(third), ['FAILED', 'CREDENTIALS_CONFLICT', 'pairing_another_number'], 'a pairing of another number');
    await sandbox.post('/admin/mock-phone/enter-code', { code: code.code });
    for (const id of [first, second]) same(await lines.outcome(id), ['DONE', '', ''], id);
  });

  await test('a custom code works in any spelling', async () => {
    const id = lines.pair('custom', { method: 'PAIR_METHOD_CODE', phoneNumber: number(53), customCode: 'abcd-2345' });
    same((await lines.code('custom')).code.code, 'ABCD-2345', 'the code shown');
    await sandbox.post('/admin/mock-phone/enter-code', { code: 'ABCD2345' });
    same(await lines.outcome(id), ['DONE', '', ''], 'the outcome');
  });

  await test('a code that the server refuses ends by name, unpaired, with nothing shown', async () => {
    const refused = { 400: 'BAD_REQUEST', 403: 'FORBIDDEN', 429: 'RATE_LIMITED', 452: 'FEATURE_UNAVAILABLE', 500: 'SERVICE_UNAVAILABLE' };
    for (const [code, name] of Object.entries(refused)) {
      await lines.fault('link-code', { code: Number(code), times: 1 });
      const event = await lines.outcomeEvent(lines.pair('refused', { method: 'PAIR_METHOD_CODE', phoneNumber: number(54) }));
      same([event.status, event.reason.code], ['LINE_STATUS_NEEDS_PAIRING', name], `after ${code}`);
      const wait = event.nextRetryAt ? Date.parse(event.nextRetryAt) - Date.now() : 0;
      same(wait > 25 * 60_000, code === '429', `whether ${code} says when to try again`);
    }
    same(lines.events.some((value) => value.sessionId === 'refused' && value.code), false, 'whether a code was shown');
  });

  await test('a code that is not there in time ends as PAIRING_TIMEOUT', async () => {
    await lines.fault('link-code', { lost: 'on', times: 1 });
    const id = lines.pair('late', { method: 'PAIR_METHOD_CODE', phoneNumber: number(55) });
    same((await lines.outcome(id)).slice(0, 2), ['FAILED', 'PAIRING_TIMEOUT'], 'the outcome');
    same(world.latest('late').status, 'LINE_STATUS_NEEDS_PAIRING', 'the status');
  });

  await test('515: at once, with everything kept and no second QR', async () => {
    const since = lines.now;
    await lines.end('stream-error', PHONE.shop, { code: 515 });
    const connecting = await world.status('shop', 'CONNECTING', { since });
    same([connecting.reason?.code, connecting.nextRetryAt], ['RESTART_REQUIRED', undefined], 'the event');
    await reconnects('shop', since);
    const after = lines.events.slice(since).filter(({ sessionId }) => sessionId === 'shop');
    same(after.some(({ qr }) => qr), false, 'whether a QR was shown');
    same(await lines.devices(PHONE.shop), [1], 'devices');
  });

  await test('503 and a lost connection: the event says when it is tried again, and how often it was', async () => {
    for (const [how, code, more] of [['stream-error', 'SERVICE_UNAVAILABLE', { code: 503 }], ['drop', 'NETWORK', {}]]) {
      const since = lines.now;
      await lines.fault('login-failure', { code: 503, phone: PHONE.shop, times: 1 });
      await lines.end(how, PHONE.shop, more);
      const first = await world.status('shop', 'DISCONNECTED', { since });
      same([first.reason.code, first.retryCount], [code, 1], 'the first');
      if (!first.nextRetryAt) throw new Error('no nextRetryAt');
      const second = await lines.event('shop', (value) => value.status === 'LINE_STATUS_DISCONNECTED' && value.retryCount === 2, 'a second', { since });
      same(second.reason.code, 'SERVICE_UNAVAILABLE', 'the second');
      same((await reconnects('shop', since)).retryCount, undefined, 'the count once it is connected');
    }
  });

  /// Whatever others do meanwhile, nobody logs in with this number.
  async function staysAway(name) {
    const before = await lines.attempts(PHONE[name]);
    const since = lines.now;
    await lines.end('drop', PHONE.shop);
    await reconnects('shop', since);
    const fresh = lines.now;
    await lines.end('stream-error', PHONE.shop, { code: 515 });
    await reconnects('shop', fresh);
    same(await lines.attempts(PHONE[name]), before, `login attempts of ${name}`);
  }

  await test('replaced: CONFLICT with advice, no reconnect until a command', async () => {
    const since = lines.now;
    await lines.end('replaced', PHONE.parked);
    const { reason, nextRetryAt } = await world.status('parked', 'CONFLICT', { since });
    same([reason.code, nextRetryAt], ['CONFLICT', undefined], 'the event');
    if (!/connect/.test(reason.message)) throw new Error(`no advice: ${reason.message}`);
    await staysAway('parked');
    lines.line('parked', 'CONNECT');
    await reconnects('parked', since);
  });

  await test('401, 516, 403, 406: credentials archived and wiped, nothing scheduled, no connection', async () => {
    const since = lines.now;
    await sandbox.call('DELETE', `/admin/phones/${PHONE.gone}/devices/1`);
    await lines.end('stream-error', PHONE.forced, { code: 516 });
    await lines.fault('login-failure', { code: 403, phone: PHONE.locked, header: 'We noticed\nunusual activity', subtext: 'Open WhatsApp on your phone' });
    await lines.fault('login-failure', { code: 406, phone: PHONE.banned });
    for (const name of ['locked', 'banned']) await lines.end('drop', PHONE[name]);
    const ends = { gone: 'LOGGED_OUT', forced: 'LOGGED_OUT', locked: 'ACCOUNT_LOCKED', banned: 'BANNED' };
    for (const [name, status] of Object.entries(ends)) {
      const event = await world.status(name, status, { since });
      same([event.reason.code, event.nextRetryAt, event.retryCount], [status, undefined, undefined], name);
      const words = event.reason.message.split(' WhatsApp says: ')[1];
      same(words, name === 'locked' ? 'We noticed unusual activity: Open WhatsApp on your phone' : undefined, `words for the owner of ${name}`);
    }
    for (const name of Object.keys(ends)) await staysAway(name);
    for (const [name, status] of Object.entries(ends)) {
      same(await lines.outcome(lines.line(name, 'CONNECT')), ['FAILED', status, ''], `connect for ${name}`);
      const [line] = await world.redis.keys(`lk:*:line:${name}`);
      const sealed = (await world.redis.command('HKEYS', line)).filter((field) => field.length === 16);
      same(sealed.length, 0, `sealed fields of ${name}`);
      const [archive] = await world.redis.keys(`lk:*:archive:${name}`);
      const ttl = Number(await world.redis.command('PTTL', archive));
      if (!(ttl > 23 * 3600_000 && ttl <= 24 * 3600_000)) throw new Error(`the archive of ${name} stays for ${ttl} ms`);
    }
    await sandbox.call('DELETE', '/admin/faults');
    // A pair command, and only that, brings it back.
    const again = lines.now;
    const id = lines.pair('gone');
    await world.scan('gone', PHONE.gone, again);
    same(await lines.outcome(id), ['DONE', '', ''], 'the pairing afterwards');
  });

  await test('402: until it expires, then one try', async () => {
    const since = lines.now;
    await lines.fault('login-failure', { code: 402, 'ban-code': 101, expire: 4, phone: PHONE.temporary, times: 1 });
    await lines.end('drop', PHONE.temporary);
    const event = await world.status('temporary', 'BANNED', { since });
    if (!event.nextRetryAt) throw new Error('no nextRetryAt');
    const back = await reconnects('temporary', since);
    if (Date.parse(back.time) < Date.parse(event.nextRetryAt)) throw new Error('it was tried before the ban ended');
  });

  await test('405: waits, and goes on with the version that the file has after SIGHUP', async () => {
    const since = lines.now;
    await lines.fault('login-failure', { code: 405, phone: PHONE.outdated, times: 1 });
    await lines.end('drop', PHONE.outdated);
    const event = await world.status('outdated', 'CLIENT_OUTDATED', { since });
    same([event.reason.detail, event.nextRetryAt], ['refused_2.3000.1000000001', undefined], 'the event');
    await staysAway('outdated');
    writeVersion('2.3000.1000000002');
    world.worker.child.kill('SIGHUP');
    await reconnects('outdated', since);
  });

  await test('a stopped line stays so over the death of its worker, and a pairing that died with it goes on', async () => {
    const since = lines.now;
    same((await lines.outcome(lines.line('parked', 'DISCONNECT')))[0], 'DONE', 'disconnect');
    await sandbox.wait('disconnected', { phone: PHONE.parked });
    const midway = lines.pair('midway');
    await lines.event('midway', ({ qr }) => qr, 'a QR');
    const attempts = await lines.attempts(PHONE.parked);
    await world.worker.kill();
    const restarted = lines.now;
    start('one');
    await reconnects('shop', restarted);
    await world.scan('midway', number(56), restarted);
    same(await lines.outcome(midway), ['DONE', '', ''], 'the pairing');
    same(await lines.devices(number(56)), [1], 'linked devices');
    same([world.latest('parked').status, await lines.attempts(PHONE.parked)], ['LINE_STATUS_STOPPED', attempts], 'the stopped line');
    same((await lines.outcome(lines.line('parked', 'CHECK_NUMBERS', { numbers: [PHONE.shop] }))).slice(0, 2), ['FAILED', 'STOPPED'], 'check');
    same(lines.events.slice(since).some((v) => v.sessionId === 'parked' && v.status === 'LINE_STATUS_CONNECTING'), false, 'whether it connected');
  });

  // Three that take their time, while the others go on.
  await sandbox.post('/admin/freeze', { for: '60s', phone: PHONE.ice });
  const frozenSince = lines.now;
  const expiring = lines.pair('expiring');
  const rounds = lines.pair('rounds', { qrRounds: 2 });

  await test('a pair command for another number removes the credentials of a line that is not connected', async () => {
    const since = lines.now;
    const id = lines.pair('parked', { phoneNumber: number(57) });
    const removed = await lines.event('parked', (v) => v.reason?.detail === 'other_number_removed', 'the removal', { since });
    same([removed.status, removed.reason.code], ['LINE_STATUS_NEEDS_PAIRING', 'CREDENTIALS_CONFLICT'], 'the event');
    await world.scan('parked', number(57), since);
    same(await lines.outcome(id), ['DONE', '', ''], 'the outcome');
    same(world.latest('parked').phoneNumber, number(57), 'the number');
  });

  await test('a scan by another number than expected is refused, and the number stays free', async () => {
    const id = lines.pair('expects', { phoneNumber: number(58) });
    await world.scan('expects', number(59)).catch(() => {});
    same(await lines.outcome(id), ['FAILED', 'CREDENTIALS_CONFLICT', 'phone_mismatch'], 'the outcome');
    same(await lines.devices(number(59)), [], 'devices of the other');
  });

  await test('a second session cannot have a number that another one holds', async () => {
    const id = lines.pair('rival');
    await world.scan('rival', PHONE.shop).catch(() => {});
    same(await lines.outcome(id), ['FAILED', 'CREDENTIALS_CONFLICT', 'claimed'], 'the outcome');
    same([world.latest('shop').status, await lines.devices(PHONE.shop)], ['LINE_STATUS_CONNECTED', [1]], 'the holder');
  });

  await test('line commands: logout and numbers, from each status that matters', async () => {
    same(await lines.outcome(lines.line('stranger', 'LOGOUT')), ['FAILED', 'NEEDS_PAIRING', 'nothing_to_log_out'], 'never paired');
    same(await lines.outcome(lines.line('stranger', 'CONNECT')), ['FAILED', 'NEEDS_PAIRING', ''], 'connect, never paired');
    same(await lines.outcome(lines.line('custom', 'LOGOUT')), ['DONE', 'LOGGED_OUT', 'logged_out_by_operator'], 'connected');
    same([world.latest('custom').status, await lines.devices(number(53))], ['LINE_STATUS_LOGGED_OUT', []], 'afterwards');
    same((await lines.outcome(lines.line('custom', 'LOGOUT')))[0], 'DONE', 'again');
    lines.line('coded', 'DISCONNECT');
    await world.status('coded', 'STOPPED');
    const offline = await lines.outcome(lines.line('coded', 'LOGOUT'));
    same(offline, ['DONE', 'LOGGED_OUT', 'the_phone_may_still_list_this_device'], 'stopped');
    same([world.latest('coded').status, await lines.devices(number(51))], ['LINE_STATUS_LOGGED_OUT', [1]], 'afterwards: the phone still lists it');

    const check = async (id) => (await lines.outcomeEvent(id)).numbers?.map(({ registered }) => registered ?? false);
    const numbers = [PHONE.ice, '491700000000'];
    same(await check(lines.line('shop', 'CHECK_NUMBERS', { numbers })), [true, false], 'numbers, connected');
    const since = lines.now;
    await lines.fault('login-failure', { code: 503, phone: PHONE.shop });
    await lines.end('drop', PHONE.shop);
    await world.status('shop', 'DISCONNECTED', { since });
    const waits = lines.line('shop', 'CHECK_NUMBERS', { numbers });
    const late = lines.line('shop', 'CHECK_NUMBERS', { numbers, notAfter: new Date(Date.now() + 1500).toISOString() });
    same((await lines.outcome(late)).slice(0, 2), ['FAILED', 'EXPIRED'], 'numbers, too late');
    await sandbox.call('DELETE', '/admin/faults');
    same(await check(waits), [true, false], 'numbers, once it is connected again');
  });

  await test('QR codes that nobody scans: QR_EXPIRED, after as many rounds as were asked for', async () => {
    same((await lines.outcome(expiring, 150_000)).slice(0, 2), ['FAILED', 'QR_EXPIRED'], 'one round');
    same((await lines.outcome(rounds, 150_000)).slice(0, 2), ['FAILED', 'QR_EXPIRED'], 'two rounds');
    const shown = lines.events.filter((value) => value.sessionId === 'rounds' && value.qr && !value.repeated);
    const left = new Set(shown.map(({ qr }) => qr.roundsRemaining ?? 0));
    same([...left], [1, 0], 'rounds left');
    same(world.latest('rounds').status, 'LINE_STATUS_NEEDS_PAIRING', 'the status');
  });

  await test('a connection that is there but dead is given up', async () => {
    const silent = await lines.event('ice', (v) => v.status === 'LINE_STATUS_DISCONNECTED', 'given up', { since: frozenSince, ms: 150_000 });
    same([silent.reason.code, silent.reason.detail], ['NETWORK', 'silent'], 'the event');
    await reconnects('ice', frozenSince);
  });

  await must('taking over a number: the loser is logged out wherever it runs and never comes back', async () => {
    start('two');
    const elsewhere = async () => {
      for (let i = 0; ; ++i) {
        const name = `winner-${i}`;
        const id = lines.pair(name, { takeOver: true });
        await lines.event(name, ({ qr }) => qr, 'a QR');
        if (world.latest(name).workerId !== world.owner('taken')) return { name, id };
        lines.line(name, 'DISCONNECT');
      }
    };
    await world.until(() => new Set(names.map((name) => world.owner(name))).has('two'), 'lines on the second worker', 60_000);
    await world.connectedOn('taken');
    for (const loser of ['taken', 'shop']) {
      const since = lines.now;
      if (loser === 'shop') {
        lines.line('shop', 'DISCONNECT');
        await world.status('shop', 'STOPPED', { since });
      }
      const { name, id } = loser === 'taken' ? await elsewhere() : { name: 'heir', id: lines.pair('heir', { takeOver: true }) };
      await world.scan(name, PHONE[loser]);
      same(await lines.outcome(id), ['DONE', '', ''], 'the pairing');
      const lost = await lines.event(loser, (v) => v.status === 'LINE_STATUS_LOGGED_OUT', 'the loss', { since });
      same([lost.reason.code, lost.reason.detail], ['LOGGED_OUT', 'taken_over'], 'the event');
      // A device that was connected is removed at the server; of one that was not, the phone may show the old entry.
      if (loser === 'taken') same(await lines.devices(PHONE.taken), [2], 'devices');
      same((await lines.outcome(lines.line(loser, 'CONNECT'))).slice(0, 2), ['FAILED', 'LOGGED_OUT'], 'connect');
      const again = lines.pair(loser);
      await world.scan(loser, PHONE[loser], lines.now).catch(() => {});
      same(await lines.outcome(again), ['FAILED', 'CREDENTIALS_CONFLICT', 'claimed'], 'pairing again without taking over');
      same(world.latest(name).status, 'LINE_STATUS_CONNECTED', 'the winner');
    }
  }, 180_000);

  await test('no number, QR, code or key is in the log', async () => {
    const parts = world.qrs.flatMap((qr) => qr.split(',')).filter((part) => part.length > 8);
    const codes = lines.events.filter(({ code }) => code).map(({ code }) => code.code);
    same(world.leaked([...Object.values(PHONE), world.sealingKey, 'ABCD2345', ...codes, ...parts]), [], 'in the log');
  });

  await test('workers and sandbox end in order, and no sanitizer spoke', async () => {
    await world.stop();
  });
}, { lease: 6000 });
