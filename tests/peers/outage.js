// Redis, Kafka or the server are away, at the start or in the middle: the worker says so, stays up, and goes on when they
// come back. Nothing is lost, nothing comes twice, and nothing secret gets into the log.
import net from 'node:net';
import { inWorld, must, same, test } from './lib/checks.js';
import { Chat } from './lib/chat.js';
import { pairByQr } from './lib/peer.js';

const SHOP = '491705555555';
const ADA = '491706666666';
/// How long something stays away in the middle. `./dev test --full` takes the half minute.
const AWAY = Number(process.env.LINEKEEPER_TEST_AWAY_SECONDS ?? 10) * 1000;

await inWorld(async (world) => {
  const chat = new Chat(world, 'shop', SHOP);
  const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

  /// The worker runs, tells that it is not ready, and why.
  async function says(worker, pattern) {
    const fits = async () => !worker.end && pattern.test(await worker.trouble());
    await world.until(fits, `a worker that is not ready because of ${pattern}`, 60_000);
    same((await worker.get('/healthz')).status, 200, 'whether it is alive');
  }
  const ready = (worker) => world.until(async () => (await worker.trouble()) === '', 'a worker that is ready', 60_000);

  await must('without Redis a worker starts, says so, and works as soon as Redis is there', async () => {
    await world.redis.kill('SIGTERM');
    const worker = world.startWorker();
    world.command('pair', { sessionId: 'shop' });
    await says(worker, /redis/i);
    await world.startRedis();
    await world.scan('shop', SHOP);
    await world.status('shop', 'CONNECTED');
    await ready(worker);
    await chat.meet('ada', ADA);
    chat.write('with Redis');
    await chat.answer('with Redis');
    await chat.allArrive();
  });

  await must('without Kafka a worker starts, says so, and works as soon as Kafka is there', async () => {
    await world.worker.stop();
    await world.kafka.stop();
    const since = world.connection.records.length;
    const worker = world.startWorker();
    await says(worker, /kafka/i);
    await chat.answer('Kafka is not there yet');
    await world.kafka.again();
    await world.status('shop', 'CONNECTED', { since, ms: 60_000 });
    await ready(worker);
    chat.write('with Kafka');
    await chat.allArrive();
  });

  await must(`Redis is away for ${AWAY / 1000} s in the middle: nothing is lost`, async () => {
    const back = pause(AWAY);
    await world.redis.kill('SIGTERM');
    for (let i = 0; i < 5; ++i) {
      chat.write(`without Redis ${i}`);
      await chat.answer(`Redis is away ${i}`);
    }
    await says(world.worker, /redis/i);
    await back;
    await world.startRedis();
    await chat.allArrive();
  });

  await must(`Kafka is killed and away for ${AWAY / 1000} s in the middle: nothing is lost`, async () => {
    chat.write('just before');
    await world.writers.get('linekeeper.commands.send').done;
    await world.kafka.kill();
    const back = pause(AWAY);
    for (let i = 0; i < 5; ++i) await chat.answer(`Kafka is away ${i}`);
    await says(world.worker, /kafka/i);
    await back;
    await world.kafka.again();
    for (let i = 0; i < 5; ++i) chat.write(`Kafka is back ${i}`);
    await chat.allArrive();
  });

  await test('nothing came twice', () => chat.nothingTwice());

  await must('the server dies in the middle of a message and of a handshake: the line keeps trying', async () => {
    const since = world.connection.records.length;
    const { sandbox } = world;
    const line = { phone: SHOP, device: 1 };
    const { newest } = await sandbox.get(`/admin/journal?${new URLSearchParams(line)}`);
    // On its way, but never confirmed.
    await sandbox.post('/admin/faults', { kind: 'ack', lost: 'on', ...line });
    chat.inFlight = world.send('shop', ADA, `${chat.mark} into the void`);
    await sandbox.wait('stanza', { ...line, tag: 'message', direction: 'in', since: newest });
    await sandbox.kill();
    const { reason, nextRetryAt } = await world.status('shop', 'DISCONNECTED', { since });
    same([reason?.code, typeof nextRetryAt], ['NETWORK', 'string'], 'the reason, and whether it is told when it tries again');

    // In its place one that takes the first bytes of a handshake and breaks off, three times.
    let hellos = 0;
    const server = net.createServer((socket) => {
      socket.on('error', () => {});
      socket.once('data', () => {
        ++hellos;
        socket.destroy();
      });
    });
    await new Promise((resolve) => server.listen(world.sandboxPort, '127.0.0.1', resolve));
    await world.until(() => hellos >= 3, 'three attempts', 60_000);
    await new Promise((resolve) => server.close(resolve));
  });

  await must('the server comes back and knows nobody: the line is logged out, and nothing is tried any more', async () => {
    await world.startSandbox();
    const { reason, nextRetryAt } = await world.status('shop', 'LOGGED_OUT', { ms: 60_000 });
    same([reason?.code, nextRetryAt], ['LOGGED_OUT', undefined], 'the reason, and no next attempt');
    same(world.outcomes(chat.inFlight), [], 'outcomes of the text that may have arrived');
    same((await world.sandbox.get('/admin/counters')).logins_refused, 1, 'logins after the refusal');
  });

  await must('paired anew, the line works again, and what was on its way arrives under its old id', async () => {
    await chat.stranger.stop();
    chat.stranger.forget();
    chat.stranger = await pairByQr(world.sandbox, 'ada', ADA);
    const since = world.connection.records.length;
    world.command('pair', { sessionId: 'shop' });
    await world.scan('shop', SHOP, since);
    await world.status('shop', 'CONNECTED', { since });
    const { state, messageId } = await world.outcome(chat.inFlight);
    const { id } = await chat.stranger.hears(`${chat.mark} into the void`);
    same([state, messageId], ['OUTBOUND_STATE_ACCEPTED', id], 'its outcome');
    await chat.greet();
  });

  await test('no text, number, QR or key is in the log', async () => same(chat.leaks(), [], 'in the log'));

  await test('worker and sandbox end in order, and no sanitizer spoke', async () => {
    await chat.stranger.stop();
    chat.stranger.forget();
    await world.stop();
  });
}, { lease: 6000 });
