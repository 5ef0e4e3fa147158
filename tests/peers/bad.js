// Bad input, and a connection that breaks: every wrong command ends with a stable code, nothing is lost, nothing is
// doubled, and nothing secret gets into the log. Redis, Kafka and the server away: outage.js.
import { doubles, inWorld, must, same, test } from './lib/checks.js';
import { greet } from './lib/greeting.js';
import { pairByQr } from './lib/peer.js';

const SHOP = '491705555555';
const ADA = '491706666666';
const jid = (number) => `${number}@s.whatsapp.net`;
const mark = `w${Date.now().toString(36)}`; // stands in every text, to find it in logs

await inWorld(async (world) => {
  const { sandbox } = world;
  const wanted = { line: [], ada: [] }; // texts that must arrive
  let ada;

  function write(text) {
    wanted.line.push(`${mark} ${text}`);
    return world.send('shop', ADA, `${mark} ${text}`);
  }
  async function answer(text) {
    wanted.ada.push(`${mark} ${text}`);
    await ada.send(jid(SHOP), `${mark} ${text}`);
  }
  async function allArrive(ms = 60_000) {
    for (const text of wanted.line) await ada.hears(text, ms);
    for (const text of wanted.ada) await world.hears('shop', text, ms);
  }
  const rejection = async (sessionId, code) => {
    const fits = ({ headers }) => headers.code === code && headers['session-id'] === sessionId;
    return await world.rejected.until(() => world.rejected.records.find(fits), `${code} for "${sessionId}"`);
  };

  await must('two pair commands at once make one pairing', async () => {
    world.startWorker();
    world.command('pair', { sessionId: 'shop', commandId: 'first' });
    world.command('pair', { sessionId: 'shop', commandId: 'second' });
    await world.scan('shop', SHOP);
    await world.status('shop', 'CONNECTED');
    for (const id of ['first', 'second']) {
      const ended = () => world.connection.events.filter(({ value }) => value?.commandId === id && value.outcome);
      await world.connection.until(() => ended()[0], `the outcome of ${id}`);
      same(ended().map(({ value }) => value.outcome), ['COMMAND_OUTCOME_DONE'], `outcomes of ${id}`);
    }
    const { devices } = await sandbox.get(`/admin/devices?phone=${SHOP}`);
    same(devices.length, 1, 'linked devices');
    ada = await pairByQr(sandbox, 'ada', ADA);
    await greet(world, { session: 'shop', phone: SHOP, stranger: ada, mark });
  });

  await must('the same command three times is one message with one outcome', async () => {
    const text = `${mark} three times`;
    const command = { sessionId: 'shop', commandId: 'thrice', to: ADA, text };
    for (let i = 0; i < 3; ++i) world.command('send', command);
    wanted.line.push(text);
    await ada.hears(text);
    await world.outcome('thrice');
    world.command('send', { ...command, text: `${mark} other content` });
    const reused = () => world.outcomes('thrice').find(({ error }) => error?.code === 'COMMAND_ID_REUSED');
    await world.messages.until(reused, 'COMMAND_ID_REUSED');
    const states = world.outcomes('thrice').map(({ state }) => state);
    same(states, ['OUTBOUND_STATE_ACCEPTED', 'OUTBOUND_STATE_FAILED'], 'outcomes: the first, and the one of the reuse');
    await write('after the reuse');
    await allArrive();
    same(ada.texts.filter((heard) => heard.text === text).length, 1, 'times it arrived');
    same(ada.texts.some((heard) => heard.text.includes('other content')), false, 'whether the other content arrived');
  });

  await test('what can never succeed is rejected by name', async () => {
    world.command('send', '{"sessionId": "shop', 'shop');
    await rejection('', 'MALFORMED_COMMAND');
    world.command('send', { to: ADA, text: `${mark} from nobody` });
    await rejection('', 'MISSING_SESSION_ID');
    world.command('send', { sessionId: 'shop', to: 'abc', text: `${mark} to nobody` });
    await rejection('shop', 'INVALID_PHONE');
    world.command('send', { sessionId: 'shop', to: ADA });
    await rejection('shop', 'EMPTY_CONTENT');
    world.command('send', { sessionId: 'shop', to: ADA, text: mark.repeat(10_000) });
    await rejection('shop', 'TEXT_TOO_LONG');
    world.command('send', { sessionId: 'shop', to: ADA, text: 'x'.repeat(10_000_000) });
    await world.rejected.until(
      () => world.rejected.records.find(({ headers }) => headers.code === 'COMMAND_TOO_LARGE'),
      'COMMAND_TOO_LARGE'
    );
  });

  await test('a number that is not on WhatsApp ends as RECIPIENT_UNREACHABLE', async () => {
    const id = world.send('shop', '491700000000', `${mark} is there anybody`);
    const { state, error } = await world.outcome(id);
    same([state, error?.code], ['OUTBOUND_STATE_FAILED', 'RECIPIENT_UNREACHABLE'], 'the outcome');
  });

  await test('a send for a line that never paired ends as NEEDS_PAIRING', async () => {
    const id = world.send('stranger', ADA, `${mark} unpaired`);
    const { state, error } = await world.outcome(id);
    same([state, error?.code], ['OUTBOUND_STATE_FAILED', 'NEEDS_PAIRING'], 'the outcome');
  });

  await must('the connection dies around messages: nothing is lost', async () => {
    const device = { phone: SHOP, device: 1 };
    for (const fault of [
      { kind: 'drop-before-ack' },
      { kind: 'drop-after-ack' },
      { kind: 'drop', after: 3 },
      { kind: 'ack', lost: 'on' },
      { kind: 'duplicate' },
      { kind: 'corrupt-enc' }
    ]) {
      await sandbox.post('/admin/faults', { ...fault, ...device, times: 1 });
      write(`out amid ${fault.kind}`);
      await answer(`in amid ${fault.kind}`);
      await allArrive();
    }
    await sandbox.call('DELETE', '/admin/faults');
  });

  await must('the server breaks off the handshake, refuses and freezes: the line comes back', async () => {
    const since = world.connection.records.length;
    await sandbox.post('/admin/faults', { kind: 'handshake', times: 2 });
    await sandbox.post('/admin/end', { how: 'drop', phone: SHOP, device: 1 });
    write('over a broken handshake');
    await world.status('shop', 'CONNECTED', { since, ms: 60_000 });
    await sandbox.post('/admin/freeze', { for: '3s', phone: SHOP, device: 1 });
    write('into the ice');
    await answer('out of the ice');
    await allArrive();
  });

  await test('nothing came twice', async () => {
    same(doubles(world.inbound('shop').map(({ text }) => text)), [], 'texts that came in twice');
    for (const text of wanted.line) {
      same(new Set(ada.texts.filter((heard) => heard.text === text).map(({ id }) => id)).size, 1, `ids of "${text}"`);
    }
  });

  await test('no text, number, QR or key is in the log', async () => {
    const parts = world.qrs.flatMap((qr) => qr.split(',')).filter((part) => part.length > 8);
    same(world.leaked([mark, SHOP, ADA, 'xxxxxxxxxxxxxxxx', world.sealingKey, ...parts]), [], 'in the log');
  });

  await test('worker and sandbox end in order, and no sanitizer spoke', async () => {
    await ada.stop();
    ada.forget();
    await world.stop();
  });
}, { lease: 6000 });
