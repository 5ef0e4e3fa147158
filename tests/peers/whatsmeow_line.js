// A line of ours and whatsmeow write to each other through the whole system: commands, worker, sandbox, events. The
// client at the other end is somebody else's, so what both understand is the wire.
import { doubles, inWorld, must, same, test } from './lib/checks.js';
import { Whatsmeow } from './lib/whatsmeow.js';

const SHOP = '491705555555';
const ANN = '491706666666';
const jid = (number) => `${number}@s.whatsapp.net`;
const range = (count) => Array.from({ length: count }, (_, i) => i);

await inWorld(async (world) => {
  const { sandbox } = world;
  const ann = new Whatsmeow(sandbox, 'ann');
  const write = (text) => world.send('shop', `+${ANN}`, text);
  const turn = async (i) => {
    write(`line ${i}`);
    await ann.hears(`line ${i}`);
    await ann.send(jid(SHOP), `ann ${i}`);
    await world.hears('shop', `ann ${i}`);
  };

  await must('a line pairs', async () => {
    world.startWorker();
    await world.pair('shop', SHOP);
  });

  await must('whatsmeow pairs', () => ann.pair(ANN));

  await must('20 texts each way in turns', async () => {
    for (const i of range(20)) await turn(i);
  });

  await test('the line sees that its text was delivered and read', async () => {
    await ann.call('presence', { state: 'available' });
    const { messageId } = await world.outcome(write('read me'));
    const { chat } = await ann.hears('read me');
    const reached = (state) => () =>
      world.messages.events.find(
        ({ value }) => value?.outbound?.messageId === messageId && value.outbound.state === `OUTBOUND_STATE_${state}`
      );
    await world.messages.until(reached('DELIVERED'), 'delivered');
    await ann.call('markRead', { ids: [messageId], chat, author: chat });
    await world.messages.until(reached('READ'), 'read');
  });

  await test('the author sees that the line received', async () => {
    const id = await ann.send(jid(SHOP), 'did it arrive');
    await world.hears('shop', 'did it arrive');
    await ann.until('Receipt', (e) => e.ids.includes(id));
  });

  await test('a message that one side cannot read is sent again', async () => {
    await sandbox.post('/admin/faults', { kind: 'corrupt-enc', phone: ANN, device: ann.device, times: 1 });
    write('damaged on the way out');
    await ann.hears('damaged on the way out', 40_000);
    await sandbox.post('/admin/faults', { kind: 'corrupt-enc', phone: SHOP, device: 1, times: 1 });
    await ann.send(jid(SHOP), 'damaged on the way in');
    await world.hears('shop', 'damaged on the way in', 40_000);
  });

  await test('a session that whatsmeow lost is made anew', async () => {
    const { lid } = await sandbox.get(`/admin/phones/${SHOP}`);
    same(await ann.call('forget', { jid: lid.replace('@', ':1@') }), true, 'there was one');
    for (const i of range(3)) await turn(100 + i);
  });

  await test('each waits for the other that is away', async () => {
    await ann.kill();
    await sandbox.wait('disconnected', { phone: ANN, device: ann.device });
    const away = range(5).map((i) => `for ann ${i}`);
    for (const text of away) await world.outcome(write(text));
    await ann.restart();
    await ann.hears(away.at(-1));
    same(ann.texts.filter((e) => e.text.startsWith('for ann')).map((e) => e.text), away, 'what ann heard');

    const since = world.connection.records.length;
    await world.worker.stop();
    await sandbox.wait('disconnected', { phone: SHOP, device: 1 });
    const back = range(5).map((i) => `for the line ${i}`);
    for (const text of back) await ann.send(jid(SHOP), text);
    world.startWorker();
    await world.status('shop', 'CONNECTED', { since });
    await world.hears('shop', back.at(-1));
    const heard = world.inbound('shop').map(({ text }) => text);
    same(heard.filter((text) => text.startsWith('for the line')), back, 'what the line heard');
  });

  await test('nothing is doubled, and nothing was malformed', async () => {
    same(doubles(ann.texts.map((e) => e.id)), [], 'ids at ann');
    same(doubles(world.inbound('shop').map(({ messageId }) => messageId)), [], 'ids at the line');
    await sandbox.wait('drained', { phone: SHOP, device: 1 });
    const counters = await sandbox.get('/admin/counters');
    same([counters.malformed, counters.phone_undecryptable], [0, 0], 'malformed, undecryptable at phones');
  });

  await test('all end in order', async () => {
    await ann.kill();
    await world.stop();
  });
});
