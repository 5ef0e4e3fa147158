// A store that is full or went back in time, and a server that wants a pause: the line says so by name, waits as it must,
// and nothing is lost, doubled or encrypted twice with one key.
import fs from 'node:fs';
import path from 'node:path';
import { Chat } from './lib/chat.js';
import { inWorld, must, same, test } from './lib/checks.js';
import { pairByQr } from './lib/peer.js';

const SHOP = '491707000001';
const ADA = '491707000002';
const BEN = '491707000003';

await inWorld(async (world) => {
  const chat = new Chat(world, 'shop', SHOP);
  const config = (name, value) => world.redis.command('CONFIG', 'SET', name, value);
  const reason = (code, since) => {
    const fits = ({ value }) => value?.sessionId === 'shop' && value.reason?.code === code;
    return world.connection.until(() => world.connection.records.slice(since).find(fits), `shop ${code}`);
  };
  const appended = () => path.join(world.folder, 'appendonlydir');

  await must('a line is paired and talks', async () => {
    world.startWorker();
    await world.pair('shop', SHOP);
    await chat.meet('ada', ADA);
    for (let i = 0; i < 3; ++i) {
      chat.write(`out ${i}`);
      await chat.answer(`in ${i}`);
      await chat.allArrive();
    }
  });

  await must('Redis is full: the line stays up and says so, nothing moves, and all arrives once there is room', async () => {
    const since = world.connection.records.length;
    const ended = world.worker.log.split('connection ended').length;
    await config('maxmemory', '1');
    chat.write('into a full store');
    await chat.answer('while it is full');
    await reason('STORE_FULL', since);
    await world.until(async () => /STORE_FULL/.test(await world.worker.trouble()), 'STORE_FULL at /readyz');
    const without = (count) => world.until(async () => (await world.worker.metric('linekeeper_lines_without_room')) === count, `${count} lines without room`);
    await without(1);
    // Commands that need no room end all the same.
    const nobody = world.send('nobody', ADA, 'from nobody');
    same((await world.outcome(nobody)).error.code, 'NEEDS_PAIRING', 'a send of a line without credentials');
    same(world.inbound('shop').some(({ text }) => text.includes('while it is full')), false, 'whether a text came in');
    await config('maxmemory', '0');
    await chat.allArrive();
    await world.until(async () => (await world.worker.trouble()) === '', 'ready again');
    await without(0);
    same(world.worker.log.split('connection ended').length, ended, 'connections that ended');
  });

  await must('a full store and a hand-over: the next holder does what waited', async () => {
    await config('maxmemory', '1');
    const since = world.connection.records.length;
    chat.write('just before the worker goes');
    await reason('STORE_FULL', since);
    await world.worker.stop();
    await config('maxmemory', '0');
    world.startWorker();
    await chat.allArrive();
  });

  await must('Redis comes back with an older copy while the worker runs: STATE_ROLLED_BACK, and all is read', async () => {
    const copy = path.join(world.folder, 'copy');
    await world.redis.kill('SIGTERM');
    fs.cpSync(appended(), copy, { recursive: true });
    await world.startRedis();
    for (let i = 0; i < 3; ++i) {
      chat.write(`that the copy does not know ${i}`);
      await chat.answer(`nor this ${i}`);
      await chat.allArrive();
    }
    const since = world.connection.records.length;
    await world.redis.kill('SIGTERM');
    fs.rmSync(appended(), { recursive: true });
    fs.renameSync(copy, appended());
    await world.startRedis();
    // A line whose lease outlived the restart stays connected, and notices with the next thing it reads or writes.
    chat.write('the first after it went back');
    await reason('STATE_ROLLED_BACK', since);
    await world.status('shop', 'CONNECTED', { since });
    for (let i = 0; i < 3; ++i) {
      chat.write(`after it went back ${i}`);
      await chat.answer(`and after that ${i}`);
      await chat.allArrive();
    }
    same(await world.worker.metric('linekeeper_state_rolled_back_total'), 1, 'lines that went back');
  });

  await must('a weaker Redis restarts while no worker runs: the next one does not trust it', async () => {
    await world.worker.stop();
    await world.redis.kill('SIGTERM');
    await world.startRedis({ appendfsync: 'everysec' });
    const since = world.connection.records.length;
    world.startWorker();
    await reason('STATE_ROLLED_BACK', since);
    await world.status('shop', 'CONNECTED', { since });
    chat.write('from a store that may have forgotten');
    await chat.answer('to a store that may have forgotten');
    await chat.allArrive();
    const again = world.connection.records.length;
    await world.worker.stop();
    world.startWorker();
    await world.status('shop', 'CONNECTED', { since: again });
    same(await world.worker.metric('linekeeper_state_rolled_back_total'), 0, 'lines that went back, under the same run');
  });

  await must('a rate limit pauses the line, over a restart, and every waiting send is told until when', async () => {
    const since = world.connection.records.length;
    await world.sandbox.post('/admin/faults', { kind: 'ack', code: 429, phone: SHOP, device: 1, times: 1 });
    const first = world.send('shop', ADA, `${chat.mark} limited`);
    const paused = ({ value }) => value?.sessionId === 'shop' && value.pauses?.[0]?.code === 'RATE_LIMITED';
    const told = await world.connection.until(() => world.connection.records.slice(since).find(paused), 'a pause');
    const { until } = told.value.pauses[0];
    if (!(Date.parse(until) > Date.now() + 200_000)) throw new Error(`a pause until ${until}`);
    const second = world.send('shop', ADA, `${chat.mark} behind it`);
    const waits = (id) => ({ value }) => value?.outbound?.commandId === id && value.outbound.state === 'OUTBOUND_STATE_WAITING';
    for (const id of [first, second]) {
      const { value } = await world.messages.until(() => world.messages.records.find(waits(id)), `${id} waits`);
      same([value.outbound.error.code, value.outbound.notBefore], ['RATE_LIMITED', until], 'what the waiting send was told');
    }
    const after = world.connection.records.length;
    await world.worker.stop();
    world.startWorker();
    const again = await world.status('shop', 'CONNECTED', { since: after });
    same(again.pauses?.[0], { code: 'RATE_LIMITED', until }, 'the pause after a restart');
    const late = `late-${Date.now()}`;
    const notAfter = new Date(Date.now() + 1500).toISOString();
    world.command('send', { sessionId: 'shop', commandId: late, to: ADA, text: `${chat.mark} too late`, notAfter });
    same((await world.outcome(late)).error.code, 'EXPIRED', 'a send whose time ends within the pause');
    same(world.outcomes(second), [], 'outcomes of the send that waits');
    same(chat.stranger.texts.some(({ text }) => text.includes('behind it')), false, 'whether it arrived');
  });

  await must('a restricted account writes to who knows it, and to nobody else', async () => {
    // A new link knows no pause, and nobody.
    world.command('reset', { sessionId: 'shop', commandId: 'anew', logout: true });
    const done = ({ value }) => value?.commandId === 'anew' && value.outcome;
    await world.connection.until(() => world.connection.records.find(done), 'the reset');
    const since = world.connection.records.length;
    world.command('pair', { sessionId: 'shop' });
    await world.scan('shop', SHOP, since);
    const connected = await world.status('shop', 'CONNECTED', { since });
    same(connected.pauses, undefined, 'pauses of a new link');
    await chat.reach();
    const ben = await pairByQr(world.sandbox, 'ben', BEN);
    await world.sandbox.post('/admin/faults', { kind: 'ack', code: 463, phone: SHOP, times: 1 });
    const refused = await world.outcome(world.send('shop', BEN, `${chat.mark} hello stranger`));
    same([refused.state, refused.error.code], ['OUTBOUND_STATE_FAILED', 'ACCOUNT_RESTRICTED'], 'the first contact');
    if (!refused.notBefore) throw new Error('nobody is told when it may be tried again');
    const other = await world.outcome(world.send('shop', '491707000004', `${chat.mark} and you`));
    same([other.error.code, other.error.detail], ['ACCOUNT_RESTRICTED', 'first_contacts_paused'], 'another first contact');
    same(other.notBefore, refused.notBefore, 'when it may be tried again');
    const friend = await world.outcome(world.send('shop', ADA, `${chat.mark} still here`));
    same(friend.state, 'OUTBOUND_STATE_ACCEPTED', 'a text to somebody who wrote to us');
    await ben.stop();
    ben.forget();
  });

  await test('nothing came twice', async () => {
    for (const { text } of chat.said) {
      same(new Set(chat.stranger.texts.filter((heard) => heard.text === text).map(({ id }) => id)).size, 1, `ids of "${text}"`);
    }
  });

  await test('no text, number, QR or key is in the log', async () => same(chat.leaks(), [], 'in the log'));

  await test('worker and sandbox end in order, and no sanitizer spoke', async () => {
    await chat.stranger.stop();
    chat.stranger.forget();
    await world.stop();
  });
}, { lease: 6000 });
