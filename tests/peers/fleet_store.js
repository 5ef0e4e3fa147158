// What can be wrong with Redis while lines are connected: a lease deleted by hand, no way to it for one worker alone, a
// restart, a wrong password, eviction. Each is named, and nothing is lost.
import { Cast } from './lib/cast.js';
import { inWorld, must, same, test } from './lib/checks.js';
import { Fleet } from './lib/fleet.js';
import { Proxy } from './lib/proxy.js';
import { bucketOf } from './lib/shards.js';

const TTL = 2000; // ms, the harness' lease-ttl
const leaseOf = (name) => `lk:{b${String(bucketOf(name)).padStart(3, '0')}}:lease:${name}`;

await inWorld(async (world) => {
  const fleet = new Fleet(world);
  const [first] = fleet.lines;
  let cast, way;

  async function check() {
    fleet.checkOrder();
    await fleet.neverTwice();
  }
  const trouble = (worker, pattern) =>
    world.until(async () => pattern.test(await worker.trouble()), `${worker.name} says ${pattern}`, 60_000);
  const config = (name, value) => world.redis.command('CONFIG', 'SET', name, value);
  /// A worker that must not get anything to do: gives what it says until then.
  async function refused(settings, pattern) {
    const worker = fleet.start('newcomer', { settings });
    await trouble(worker, pattern);
    same(await worker.metric('linekeeper_lines_connected'), 0, 'lines of a worker that cannot use its store');
    await worker.stop();
  }

  await must('two workers share the lines, one of them with a way to Redis of its own', async () => {
    way = await Proxy.start(world.redisPort);
    fleet.start('a');
    await fleet.pair();
    fleet.start('b', { settings: { 'redis-url': `redis://127.0.0.1:${way.port}/0` } });
    await fleet.evenOn('a', 'b');
    cast = await Cast.of(fleet);
  });

  await must('a lease deleted by hand: its holder lets go, the line is back, nothing is lost', async () => {
    const before = await fleet.seen();
    await cast.under(async () => {
      const token = world.latest(first.name).order.token;
      await world.redis.command('DEL', leaseOf(first.name));
      const newer = () => BigInt(world.latest(first.name).order.token) > BigInt(token);
      await world.connection.until(newer, `a higher token for ${first.name}`);
      await fleet.connected(() => true);
    });
    same(await fleet.moved(before), [first.name], 'lines that logged in anew');
    await check();
  });

  await must('a worker that loses Redis alone closes its lines before their leases end', async () => {
    const lines = fleet.shares().b;
    const before = new Map((await fleet.seen()).map(({ name, stays }) => [name, stays.length]));
    await cast.under(async () => {
      const cutAt = Date.now();
      way.cut();
      const closed = async () => {
        const stays = (await fleet.seen()).filter(({ name }) => lines.includes(name));
        return stays.every(({ name, stays: all }) => all.at(before.get(name) - 1).until_ms) ? stays : undefined;
      };
      for (const { name, stays } of await world.until(closed, 'the lines of b are closed')) {
        const late = stays.at(before.get(name) - 1).until_ms - cutAt;
        if (late > TTL) throw new Error(`${name} was closed ${late} ms after the way was cut, its lease ended at ${TTL} at most`);
      }
      await trouble(fleet.worker('b'), /redis/i);
      way.heal();
      await fleet.connected(() => true);
    });
    await check();
  });

  await must('Redis restarts: the lines stay, and for one lease-ttl nobody takes a line', async () => {
    await fleet.evenOn('a', 'b');
    const lines = fleet.shares().b;
    await cast.under(async () => {
      await world.redis.kill('SIGTERM');
      await fleet.worker('b').kill();
      const since = Date.now();
      await world.startRedis();
      // Even those whose lease is gone: who knows what else is.
      await world.redis.command('DEL', ...lines.map(leaseOf));
      await fleet.evenOn('a');
      for (const { name, stays } of (await fleet.seen()).filter((line) => lines.includes(line.name))) {
        const early = since + TTL - stays.at(-1).from_ms;
        if (early > 0) throw new Error(`${name} was taken ${early} ms too early`);
      }
    });
    await check();
    fleet.start('b');
    await fleet.evenOn('a', 'b');
  });

  await must('a wrong password: a new worker says so and takes nothing; one that expires keeps nothing up it may not', async () => {
    await refused({ 'redis-url': `redis://:wrong-secret@127.0.0.1:${world.redisPort}/0` }, /password/i);
    await cast.under(async () => {
      await config('requirepass', 'changed-meanwhile');
      world.redis.password = 'changed-meanwhile';
      await world.redis.command('CLIENT', 'KILL', 'TYPE', 'normal', 'SKIPME', 'yes');
      for (const name of ['a', 'b']) await trouble(fleet.worker(name), /password/i);
      await config('requirepass', '');
      world.redis.password = undefined;
      await fleet.connected(() => true);
    });
    same(world.leaked(['wrong-secret', 'changed-meanwhile']), [], 'passwords in the log');
    await check();
  });

  await must('a Redis that evicts is refused, with the setting to change', async () => {
    await config('maxmemory-policy', 'allkeys-lru');
    const worker = fleet.start('newcomer');
    worker.expected = true;
    same((await worker.ended).code, 2, 'the exit code of a worker that must not start');
    if (!/noeviction/.test(worker.log)) throw new Error(`it does not say why:\n${worker.tail()}`);
    await config('maxmemory-policy', 'noeviction');
  });

  await test('workers and sandbox end in order, and no sanitizer spoke', async () => {
    way.stop();
    await cast.leave();
    await world.stop();
  });
});
