// A fleet under whatever a seeded die says: workers start, drain, die and freeze, Redis and Kafka restart, one worker
// loses Kafka, the server cuts, refuses and forgets acks, while texts go both ways. Afterwards each text has arrived once,
// each command has one outcome, and no line was connected twice.
//
//   LINEKEEPER_TEST_SEED=7 LINEKEEPER_TEST_STEPS=40 node tests/peers/chaos.js
//
// The same seed gives the same steps; what they meet is up to the machine.
import { Cast } from './lib/cast.js';
import { inWorld, must, say, test } from './lib/checks.js';
import { Fleet } from './lib/fleet.js';

const SEED = Number(process.env.LINEKEEPER_TEST_SEED ?? Math.floor(Math.random() * 1e9));
const STEPS = Number(process.env.LINEKEEPER_TEST_STEPS ?? 40);
const FROZEN = 4000; // ms, beyond lease and session timeout

/// Numbers from 0 to below 1, the same for the same seed (mulberry32).
function dice(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

await inWorld(async (world) => {
  const fleet = new Fleet(world);
  const frozen = new Map(); // line → how often its worker was frozen while it may have been connected
  const roll = dice(SEED);
  const pick = (list) => list[Math.floor(roll() * list.length)];
  const names = ['a', 'b', 'c'];
  const runs = (name) => fleet.worker(name) && !fleet.worker(name).end;
  const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
  const fault = (body) => world.sandbox.post('/admin/faults', { times: 1, ...body });
  // `c` has a way to Kafka of its own, which can be cut.
  const start = (name) => fleet.start(name, name === 'c' ? { settings: { 'kafka-brokers': world.kafka.sideBrokers } } : {});
  let cast;

  const steps = {
    start: async (name) => runs(name) || start(name),
    drain: async (name) => runs(name) && (await fleet.worker(name).stop(60_000)),
    kill: async (name) => runs(name) && (await fleet.worker(name).kill()),
    freeze: async (name) => {
      if (!runs(name)) return;
      for (const line of fleet.names) {
        const owner = world.owner(line);
        if (owner === name || owner === undefined) frozen.set(line, (frozen.get(line) ?? 0) + 1);
      }
      fleet.worker(name).freeze();
      await pause(FROZEN);
      fleet.worker(name).thaw();
    },
    loseKafka: async () => {
      world.kafka.side.cut();
      await pause(FROZEN);
      world.kafka.side.heal();
    },
    restartRedis: async () => {
      await world.redis.kill(pick(['SIGTERM', 'SIGKILL']));
      await world.startRedis();
    },
    restartKafka: async () => {
      await world.kafka.kill();
      await world.kafka.again();
    },
    cut: async (_, line) => world.sandbox.post('/admin/end', { how: 'drop', phone: line.phone }),
    cutAll: async () => {
      const body = { how: 'stream-error', code: 503 };
      for (const { phone } of fleet.lines) await world.sandbox.post('/admin/end', { ...body, phone });
    },
    loseAck: async (_, line) => fault({ kind: 'ack', lost: 'on', phone: line.phone }),
    cutBeforeAck: async (_, line) => fault({ kind: 'drop-before-ack', phone: line.phone }),
    refuse: async (_, line) => fault({ kind: 'login-stream-error', code: 503, phone: line.phone }),
    breakHandshakes: async () => fault({ kind: 'handshake', times: 3 })
  };

  await must('three workers share the lines', async () => {
    start('a');
    await fleet.pair();
    start('b');
    start('c');
    await fleet.evenOn(...names);
    cast = await Cast.of(fleet);
  });

  await must(`${STEPS} steps with seed ${SEED}: nothing is lost, nothing comes twice`, async () => {
    const { traffic } = cast;
    traffic.start();
    for (let i = 0; i < STEPS; ++i) {
      const [step, name, line, rest] = [pick(Object.keys(steps)), pick(names), pick(fleet.lines), roll() * 1500];
      say(`     ${i}: ${step} ${name} ${line.name}`);
      await steps[step](name, line);
      if (!names.some(runs)) start(name);
      await pause(rest);
    }
    for (const name of names) await steps.start(name);
    await world.sandbox.call('DELETE', '/admin/faults');
    await fleet.evenOn(...names);
    await traffic.stop(180_000);
    traffic.check({ order: false });
    fleet.checkOrder();
    await fleet.neverTwice(frozen);
  }, 900_000);

  await test('workers and sandbox end in order, and no sanitizer spoke', async () => {
    await cast.leave();
    await world.stop();
  });
});
