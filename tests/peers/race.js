// The worker's threads meet: Kafka's, the loops', the signals'. Short, because it runs under ThreadSanitizer, which makes
// everything ten times slower: two lines, texts both ways, Redis and Kafka restarted, a new key ring, an orderly end.
import crypto from 'node:crypto';
import fs from 'node:fs';
import { inWorld, must, same, test } from './lib/checks.js';
import { Chat } from './lib/chat.js';
import { pairByQr } from './lib/peer.js';

const COUNT = 20;

await inWorld(async (world) => {
  const chat = new Chat(world, 'shop', '491705555555');
  const turns = async (what) => {
    for (let i = 0; i < COUNT; ++i) {
      chat.write(`${what} ${i}`);
      await chat.answer(`${what} ${i}`);
    }
    await chat.allArrive(120_000);
  };

  await must('lines pair on a worker with three loops', async () => {
    world.startWorker({ settings: { threads: '3' } });
    await world.pair('shop', chat.phone);
    await world.pair('stand', '491707777777');
    chat.stranger = await pairByQr(world.sandbox, 'ada', '491706666666');
  });

  await must(`${COUNT} texts each way`, () => turns('at first'));

  await must('Redis restarts, the key ring changes, and texts go on', async () => {
    await world.redis.kill('SIGTERM');
    chat.write('while Redis is away');
    await world.startRedis();
    fs.writeFileSync(world.ring, `k2:${crypto.randomBytes(32).toString('base64')}\nk1:${world.sealingKey}\n`);
    world.worker.child.kill('SIGHUP');
    await turns('after Redis');
    await world.until(() => world.worker.log.includes('line sealed anew'), 'lines sealed anew', 60_000);
  });

  await must('Kafka restarts, and texts go on', async () => {
    await world.kafka.kill();
    await chat.answer('while Kafka is away');
    await world.kafka.again();
    await turns('after Kafka');
  });

  await test('health and metrics answer meanwhile', async () => {
    same((await world.worker.get('/healthz')).status, 200, 'health');
    await world.until(async () => (await world.worker.trouble()) === '', 'a worker that is ready');
    same(await world.worker.metric('linekeeper_lines_connected'), 2, 'lines connected');
  });

  await test('nothing came twice', () => chat.nothingTwice());

  await test('worker and sandbox end in order, and no sanitizer spoke', async () => {
    await chat.stranger.stop();
    chat.stranger.forget();
    await world.stop();
  });
});
