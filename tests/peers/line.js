// A Linekeeper line and a stranger write to each other over Kafka, Redis and the sandbox, with everything in between
// stopped and started, and nothing lost, doubled or out of order.
import { doubles, inWorld, must, same, test } from './lib/checks.js';
import { greet } from './lib/greeting.js';
import { pairByQr } from './lib/peer.js';

const SHOP = '491705555555';
const ADA = '491706666666';
const jid = (number) => `${number}@s.whatsapp.net`;
const range = (from, to) => Array.from({ length: to - from }, (_, i) => from + i);
const mark = `w${Date.now().toString(36)}`; // stands in every text, to find it in logs
const ours = (i) => `${mark} line ${i}`;
const theirs = (i) => `${mark} ada ${i}`;

let world, sandbox, ada;
const commands = new Map(); // text → command id

function write(text) {
  commands.set(text, world.send('shop', `+${ADA}`, text));
}

async function turn(i) {
  write(ours(i));
  await ada.hears(ours(i));
  await ada.send(jid(SHOP), theirs(i));
  await world.hears('shop', theirs(i));
}

/// Each text once, by message id, in the order given.
function heardByAda(wanted) {
  const seen = new Set();
  const once = ada.texts.filter(({ id, own }) => !own && seen.size !== seen.add(id).size).map(({ text }) => text);
  same(once.filter((text) => wanted.includes(text)), wanted, 'what Ada heard');
}

function heardByLine(wanted) {
  const inbound = world.inbound('shop');
  same(inbound.map(({ text }) => text).filter((text) => wanted.includes(text)), wanted, 'what the line heard');
  same(doubles(inbound.map(({ messageId }) => messageId)), [], 'message ids under two ce_ids');
}

async function restartWorker(meanwhile = async () => {}) {
  const since = world.connection.records.length;
  await world.worker.stop();
  await sandbox.wait('disconnected', { phone: SHOP, device: 1 });
  await meanwhile();
  world.startWorker();
  await world.status('shop', 'CONNECTED', { since });
}

async function restartAda(meanwhile = async () => {}) {
  const { device } = ada;
  await ada.stop();
  await sandbox.wait('disconnected', { phone: ADA, device });
  await meanwhile();
  await ada.start();
  await ada.opened();
}

await inWorld(async (started) => {
  world = started;
  ({ sandbox } = world);
  await must('a line pairs: command, QR from the events, scan, connected', async () => {
    world.startWorker();
    const connected = await world.pair('shop', SHOP);
    same(connected.phoneNumber, SHOP, 'the number in the event');
  });

  await must('the stranger pairs', async () => {
    ada = await pairByQr(sandbox, 'ada', ADA);
    await greet(world, { session: 'shop', phone: SHOP, stranger: ada, mark });
  });

  await must('25 texts each way in turns', async () => {
    for (const i of range(0, 25)) await turn(i);
  });

  await must('the worker restarts, and 15 more in turns', async () => {
    await restartWorker();
    for (const i of range(25, 40)) await turn(i);
  });

  await must('the stranger restarts from disk, and 10 more in turns', async () => {
    await restartAda();
    for (const i of range(40, 50)) await turn(i);
  });

  await must('20 texts wait for the stranger who is offline', async () => {
    await restartAda(async () => {
      for (const i of range(50, 70)) write(ours(i));
      for (const i of range(50, 70)) await world.outcome(commands.get(ours(i)));
    });
    await ada.hears(ours(69));
  });

  await must('20 texts wait for the line whose worker is stopped', async () => {
    await restartWorker(async () => {
      for (const i of range(50, 70)) await ada.send(jid(SHOP), theirs(i));
    });
    await world.hears('shop', theirs(69));
  });

  await must('a session that the stranger lost is recovered by a retry receipt', async () => {
    for (const i of range(70, 80)) await turn(i);
    const asked = async () => (await sandbox.device(ADA, ada.device)).counters.retries_asked;
    const before = await asked();
    same(await ada.forgetsSessions(), true, 'a session was there and is deleted');
    await turn(80);
    if ((await asked()) <= before) throw new Error('no retry receipt was seen');
  });

  await must('the rest of 100 each way in turns', async () => {
    for (const i of range(81, 100)) await turn(i);
  });

  await test('none of 200 texts is missing, doubled or out of order', async () => {
    heardByAda(range(0, 100).map(ours));
    heardByLine(range(0, 100).map(theirs));
  });

  await test('every command has one outcome: accepted', async () => {
    for (const [text, id] of commands) {
      await world.outcome(id);
      same(world.outcomes(id).map(({ state }) => state), ['OUTBOUND_STATE_ACCEPTED'], `outcomes of "${text}"`);
      const { messageId } = world.outcomes(id)[0];
      same(ada.texts.find((heard) => heard.text === text)?.id, messageId, `id of "${text}"`);
    }
  });

  await test('50 texts each way at once: none missing, none doubled', async () => {
    const crossing = range(0, 50).map((i) => `${mark} line crossing ${i}`);
    const back = range(0, 50).map((i) => `${mark} ada crossing ${i}`);
    crossing.forEach(write);
    await Promise.all(back.map((text) => ada.send(jid(SHOP), text)));
    for (const text of crossing) await ada.hears(text, 60_000);
    for (const text of back) await world.hears('shop', text, 60_000);
    for (const text of crossing) await world.outcome(commands.get(text));
    const ids = (text) => new Set(ada.texts.filter((heard) => heard.text === text).map(({ id }) => id)).size;
    same(crossing.filter((text) => ids(text) !== 1), [], 'texts that reached the stranger under two ids');
    const inbound = world.inbound('shop').map(({ text }) => text);
    same(doubles(inbound), [], 'texts that came in twice');
    same(crossing.filter((text) => world.outcomes(commands.get(text)).length !== 1), [], 'outcomes');
  });

  await test('nothing is left unconfirmed or malformed at the server', async () => {
    await sandbox.wait('drained', { phone: SHOP, device: 1 });
    await sandbox.wait('drained', { phone: ADA, device: ada.device });
    const counters = await sandbox.get('/admin/counters');
    same([counters.malformed, counters.phone_undecryptable], [0, 0], 'malformed, undecryptable at phones');
  });

  await test('no text, number, QR or key is in the log', async () => {
    const parts = world.qrs.flatMap((qr) => qr.split(','));
    same(world.leaked([mark, SHOP, ADA, world.sealingKey, ...parts.filter((part) => part.length > 8)]), [], 'in the log');
  });

  await test('worker and sandbox end in order, and no sanitizer spoke', async () => {
    await ada.stop();
    ada.forget();
    await world.stop();
  });
}, { lease: 6000 });
