// What stands in Redis does not open: damaged, cut off, of a newer version, or sealed by another key ring. The line says
// so by name and touches nothing; other lines go on; with the right value or key it is back, and nothing was lost.
import crypto from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import { inWorld, must, same, test } from './lib/checks.js';
import { Chat } from './lib/chat.js';
import { bucketOf } from './lib/shards.js';

const SHOP = '491705555555';
const STAND = '491707777777';
const ADA = '491706666666';
const kHead = ['token', 'version', 'commit', 'run', 'key', 'salt', 'status', 'desired'];

await inWorld(async (world) => {
  const chat = new Chat(world, 'shop', SHOP);
  const line = `lk:{b${String(bucketOf('shop')).padStart(3, '0')}}:line:shop`;

  /// The hash of the line, as names and values.
  async function stored() {
    const flat = await world.redis.command('HGETALL', line);
    return Array.from({ length: flat.length / 2 }, (_, i) => [flat[2 * i], flat[2 * i + 1]]);
  }
  const isHead = (name) => kHead.includes(name.toString('latin1'));

  /// The worker is stopped, what is stored is replaced, and a worker starts. Gives what was there before.
  async function replaced(change, options) {
    await world.worker.stop();
    const before = await stored();
    for (const [name, value] of before.map(([name, value]) => [name, change(name, value)])) {
      await world.redis.command('HSET', line, name, value);
    }
    return { before, since: world.connection.records.length, worker: world.startWorker(options) };
  }

  async function restored(before) {
    await world.worker.stop();
    const flat = before.flat();
    await world.redis.command('DEL', line);
    await world.redis.command('HSET', line, ...flat);
    const since = world.connection.records.length;
    world.startWorker();
    await world.status('shop', 'CONNECTED', { since });
    chat.write(`readable again, ${since}`);
    await chat.answer(`readable again, ${since}`);
    await chat.allArrive();
  }

  await must('two lines and a stranger pair and talk', async () => {
    world.startWorker();
    await world.pair('shop', SHOP);
    await world.pair('stand', STAND);
    await chat.meet('ada', ADA);
    chat.write('hello');
    await chat.answer('hello');
    await chat.allArrive();
  });

  for (const [what, change] of [
    ['are damaged', (value) => Buffer.concat([value.subarray(0, -1), Buffer.from([value.at(-1) ^ 1])])],
    ['are cut off', (value) => value.subarray(0, value.length / 2)],
    ['are of a newer version', (value) => Buffer.concat([Buffer.from([99]), value.subarray(1)])],
    ['are empty', () => Buffer.alloc(0)]
  ]) {
    await must(`credentials that ${what}: STATE_UNREADABLE, nothing is wiped, the other line goes on`, async () => {
      const { before, since } = await replaced((name, value) => (isHead(name) ? value : change(value)));
      const { reason, nextRetryAt } = await world.status('shop', 'STOPPED', { since });
      same([reason?.code, nextRetryAt], ['STATE_UNREADABLE', undefined], 'the reason, and no next attempt');
      if (!reason.message) throw new Error('no sentence says what to do');
      await world.status('stand', 'CONNECTED', { since });
      const { state, error } = await world.outcome(world.send('shop', ADA, `${chat.mark} while unreadable`));
      same([state, error?.code], ['OUTBOUND_STATE_FAILED', 'STOPPED'], 'what a send gets');
      const sealed = (all) => all.filter(([name]) => !isHead(name)).length;
      same(sealed(await stored()), sealed(before), 'fields that are still there');
      await restored(before);
    });
  }

  await must('a head that makes no sense: STATE_UNREADABLE, and its sends do not wait for ever', async () => {
    const { before, since } = await replaced((name, value) => {
      return name.toString('latin1') === 'status' ? Buffer.from('\xff\xff\xff\xff', 'latin1') : value;
    });
    const { reason } = await world.status('shop', 'STOPPED', { since });
    same(reason?.code, 'STATE_UNREADABLE', 'the reason');
    const { error } = await world.outcome(world.send('shop', ADA, `${chat.mark} while the head is wrong`));
    same(error?.code, 'STOPPED', 'what a send gets');
    await restored(before);
  });

  await must('a version that is no number: STATE_UNREADABLE by name, after a restart too, until the line is reset', async () => {
    let { before, since } = await replaced((name, value) => (name.toString('latin1') === 'version' ? Buffer.from('1e5') : value));
    for (let turn = 0; turn < 2; ++turn) {
      if (turn > 0) {
        since = world.connection.records.length;
        await world.worker.stop();
        world.startWorker();
      }
      const { reason } = await world.status('shop', 'STOPPED', { since });
      same([reason?.code, reason?.detail], ['STATE_UNREADABLE', 'head'], `the reason, time ${turn + 1}`);
      const { error } = await world.outcome(world.send('shop', ADA, `${chat.mark} while the version is wrong, ${turn}`));
      same(error?.code, 'STOPPED', 'what a send gets');
    }
    await restored(before);
  });

  await must('another key ring: the worker is not ready and says why; with the right one all is back', async () => {
    await world.worker.stop();
    const before = await stored();
    const other = path.join(world.folder, 'other-ring');
    fs.writeFileSync(other, `k2:${crypto.randomBytes(32).toString('base64')}\n`, { mode: 0o600 });
    const since = world.connection.records.length;
    const worker = world.startWorker({ settings: { 'key-ring': other } });
    await world.until(async () => /STATE_UNREADABLE/.test(await worker.trouble()), 'STATE_UNREADABLE at /readyz');
    const connects = () => world.connection.records.slice(since).some(({ value }) => value?.status === 'LINE_STATUS_CONNECTED');
    same([connects(), worker.end], [false, undefined], 'whether a line connects, and whether the worker ended');
    same((await stored()).map(([, value]) => value), before.map(([, value]) => value), 'what is stored');
    await restored(before);
  });

  await test('nothing came twice', () => chat.nothingTwice());

  await test('no text, number, QR or key is in the log', async () => same(chat.leaks(), [], 'in the log'));

  await test('worker and sandbox end in order, and no sanitizer spoke', async () => {
    await chat.stranger.stop();
    chat.stranger.forget();
    await world.stop();
  });
}, { lease: 6000 });
