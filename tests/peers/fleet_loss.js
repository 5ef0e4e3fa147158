// Redis has no memory left, and then nothing at all, while lines are connected. Both are named, and nothing that was
// promised is lost.
import { Cast } from './lib/cast.js';
import { inWorld, must, same, test } from './lib/checks.js';
import { Fleet } from './lib/fleet.js';

const TTL = 2000; // ms, the harness' lease-ttl

await inWorld(async (world) => {
  const fleet = new Fleet(world);
  const [first] = fleet.lines;
  let cast;

  async function check() {
    fleet.checkOrder();
    await fleet.neverTwice();
  }
  const trouble = (worker, pattern) =>
    world.until(async () => pattern.test(await worker.trouble()), `${worker.name} says ${pattern}`, 60_000);
  const config = (name, value) => world.redis.command('CONFIG', 'SET', name, value);

  await must('two workers share the lines', async () => {
    fleet.start('a');
    await fleet.pair();
    fleet.start('b');
    await fleet.evenOn('a', 'b');
    cast = await Cast.of(fleet);
  });

  await must('Redis is full: lines stay up, commits stop by name, and all is done once there is room', async () => {
    await fleet.evenOn('a', 'b');
    const before = await fleet.seen();
    await config('maxmemory', '1mb');
    for (const line of fleet.lines) cast.traffic.out(line, `${cast.traffic.mark} out ${line.name} without room`);
    const named = () => world.running.some(({ log }) => log.includes('STORE_FULL') || /out of memory|memory is full/i.test(log));
    await world.until(named, 'a full store in the log', 60_000);
    // Longer than any lease lasts without renewal.
    const renewed = Date.now() + 2 * TTL;
    await world.until(() => Date.now() > renewed, 'two lives of a lease');
    await config('maxmemory', '0');
    await cast.traffic.settled();
    cast.traffic.check();
    same(await fleet.moved(before), [], 'lines that logged in anew');
    await check();
  });

  await must('Redis is emptied while lines are connected: STATE_LOST, and nothing connects', async () => {
    await world.redis.command('FLUSHALL');
    for (const name of ['a', 'b']) await trouble(fleet.worker(name), /STATE_LOST/);
    const none = async () => (await fleet.seen()).every(({ active }) => !active);
    await world.until(none, 'no line connected');
    const logins = async () => (await world.sandbox.get('/admin/counters')).logins;
    const before = await logins();
    await fleet.worker('a').stop();
    fleet.start('a');
    await trouble(fleet.worker('a'), /STATE_LOST/);
    same([await logins(), (await world.redis.keys('*:line:*')).length], [before, 0], 'logins since, and lines written anew');
  });

  await must('after `store accept` workers use it: the lines are unknown, and can be paired anew', async () => {
    const done = world.run('store', 'accept', '--redis-url', `redis://127.0.0.1:${world.redisPort}/0`, '--key-ring', world.ring);
    same(done.status, 0, `store accept: ${done.stderr}`);
    for (const name of ['a', 'b']) {
      await world.until(async () => (await fleet.worker(name).trouble()) === '', `${name} is ready`, 60_000);
    }
    const { error } = await world.outcome(world.send(first.name, cast.listener.number, 'who are you'));
    same(error?.code, 'NEEDS_PAIRING', 'what a send gets');
    const since = world.connection.records.length;
    world.command('pair', { sessionId: first.name });
    await world.scan(first.name, first.phone, since);
    await world.status(first.name, 'CONNECTED', { since });
  });

  await test('workers and sandbox end in order, and no sanitizer spoke', async () => {
    await cast.leave();
    await world.stop();
  });
});
