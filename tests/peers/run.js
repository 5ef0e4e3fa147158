// Two strangers pair with the sandbox and chat through it. One line per test; exit code 0 only if all passed.
import { Sandbox } from './lib/sandbox.js';
import { deadline, pairByCode, pairByQr, Peer } from './lib/peer.js';

// libsignal prints whole sessions, private keys included, on its own initiative.
const say = console.log.bind(console);
for (const level of ['log', 'info', 'warn', 'error']) if (!process.env.PEER_LOG) console[level] = () => {};

const ADA = '491701111111';
const BOB = '491702222222';
const READ = 4; // Baileys' numbers: 2 server, 3 delivered, 4 read
const DELIVERED = 3;

let passed = 0;
let failed = 0;
async function test(name, body) {
  const start = performance.now();
  const took = () => `${((performance.now() - start) / 1000).toFixed(1)} s`;
  try {
    await deadline(body(), 120_000, 'the whole test');
    ++passed;
    say(`ok   ${name} (${took()})`);
  } catch (error) {
    ++failed;
    say(`FAIL ${name} (${took()}): ${process.env.PEER_STACK ? error.stack : error.message}`);
  }
}

function same(actual, expected, what) {
  const [a, e] = [JSON.stringify(actual), JSON.stringify(expected)];
  if (a !== e) throw new Error(`${what}: ${a} instead of ${e}`);
}

const jid = (number) => `${number}@s.whatsapp.net`;
const sandbox = await Sandbox.start();
let ada, bob, second, coded;

await test('a client pairs by QR', async () => {
  ada = await pairByQr(sandbox, 'ada', ADA);
});

await test('another client pairs by QR', async () => {
  bob = await pairByQr(sandbox, 'bob', BOB);
  same(bob.closes, [515], 'ends of connections while pairing');
});

await test('twenty texts each way in turns arrive once and in order', async () => {
  for (let i = 0; i < 20; ++i) {
    await ada.send(jid(BOB), `ada ${i}`);
    await bob.hears(`ada ${i}`);
    await bob.send(jid(ADA), `bob ${i}`);
    await ada.hears(`bob ${i}`);
  }
  const count = (peer, who) => peer.texts.filter((t) => t.text.startsWith(`${who} `)).map((t) => t.text);
  const wanted = (who) => Array.from({ length: 20 }, (_, i) => `${who} ${i}`);
  same(count(bob, 'ada'), wanted('ada'), 'what bob heard');
  same(count(ada, 'bob'), wanted('bob'), 'what ada heard');
  const counters = await sandbox.get('/admin/counters');
  same([counters.retries_asked, counters.nacks], [0, 0], 'retries and nacks');
});

await test('phones receive what their contacts write', async () => {
  await sandbox.wait('received', { phone: BOB, text: 'ada 19' });
  await sandbox.wait('received', { phone: BOB, text: 'bob 19' });
  const { messages, undecryptable } = await sandbox.get(`/admin/phones/${BOB}/messages`);
  same(undecryptable, 0, 'undecryptable at the phone');
  same(messages.filter((m) => m.own).length, 20, "copies of the own companion's texts");
});

await test('a text from a phone arrives at strangers and at its own companion', async () => {
  await sandbox.post(`/admin/phones/${ADA}/send`, { to: BOB, text: 'from the phone' });
  await bob.hears('from the phone');
  const copy = await ada.hears('from the phone');
  same(copy.own, true, 'marked as own');
});

await test('an answer reaches the phone', async () => {
  await bob.send(jid(ADA), 'to the phone');
  const mail = await sandbox.wait('received', { phone: ADA, text: 'to the phone' });
  same(mail.own, false, 'own');
});

await test('the author sees delivered, then read', async () => {
  const id = await ada.send(jid(BOB), 'read me');
  const heard = await bob.hears('read me');
  await ada.sees(id, DELIVERED);
  await bob.socket.readMessages([{ remoteJid: heard.from, id: heard.id, fromMe: false }]);
  await ada.sees(id, READ);
});

await test('a phone that reads tells the author', async () => {
  const id = await ada.send(jid(BOB), 'read me at the phone');
  await sandbox.wait('received', { phone: BOB, text: 'read me at the phone' });
  await ada.sees(id, DELIVERED); // Baileys forgets a read that a delivered overtakes
  await sandbox.post(`/admin/phones/${BOB}/read`);
  await ada.sees(id, READ);
});

await test('a second companion of an account pairs and gets copies', async () => {
  second = await pairByQr(sandbox, 'second', ADA);
  await bob.send(jid(ADA), 'to both of you');
  await Promise.all([ada.hears('to both of you'), second.hears('to both of you')]);
  await second.send(jid(BOB), 'from the second');
  await bob.hears('from the second');
  const copy = await ada.hears('from the second');
  same(copy.own, true, 'marked as own');
});

await test('a client pairs by code', async () => {
  coded = await pairByCode(sandbox, 'coded', '491703333333');
  await coded.send(jid(BOB), 'hello from a code');
  await bob.hears('hello from a code');
  await bob.send(jid('491703333333'), 'hello to a code');
  await coded.hears('hello to a code');
});

await test('five texts wait for a client that is away, and come once and in order', async () => {
  const device = bob.device;
  await bob.stop();
  await sandbox.wait('disconnected', { phone: BOB, device });
  for (let i = 0; i < 5; ++i) await ada.send(jid(BOB), `while away ${i}`);
  const { queue } = await sandbox.wait('queued', { phone: BOB, device, count: 5 });
  same(queue.message, 5, 'messages in the queue');

  await bob.start();
  await bob.opened();
  await bob.hears('while away 4');
  await sandbox.wait('drained', { phone: BOB, device });
  const heard = bob.texts.filter((t) => t.text.startsWith('while away')).map((t) => t.text);
  same(heard, [0, 1, 2, 3, 4].map((i) => `while away ${i}`), 'what came');
});

await test('clients restarted from disk go on where they were', async () => {
  for (const peer of [ada, bob]) {
    const { device, number } = peer;
    await peer.stop();
    await sandbox.wait('disconnected', { phone: number, device });
    await peer.start();
    await peer.opened();
  }
  await ada.send(jid(BOB), 'after the restart');
  await bob.hears('after the restart');
  await bob.send(jid(ADA), 'here too');
  await ada.hears('here too');
});

await test('a damaged message is recovered by a retry receipt', async () => {
  await sandbox.post('/admin/faults', { kind: 'corrupt-enc', phone: BOB, device: bob.device, times: 1 });
  await ada.send(jid(BOB), 'damaged on the way');
  await bob.hears('damaged on the way', 40_000);
  const { counters } = await sandbox.device(BOB, bob.device);
  if (counters.retries_asked < 1) throw new Error('no retry receipt was seen');
});

await test('a session forgotten by one side is made anew', async () => {
  const { lid } = await sandbox.get(`/admin/phones/${ADA}`);
  const address = `${lid.split('@')[0]}_1.${ada.device}`;
  await bob.state.keys.set({ session: { [address]: null } });
  await bob.stop();
  await bob.start();
  await bob.opened();
  await ada.send(jid(BOB), 'do you remember me');
  await bob.hears('do you remember me', 40_000);
});

await test('texts that cross arrive all, and none twice', async () => {
  const COUNT = 20;
  const all = (who) => Array.from({ length: COUNT }, (_, i) => `crossing ${who} ${i}`);
  await Promise.all([
    ...all('ada').map((text) => ada.send(jid(BOB), text)),
    ...all('bob').map((text) => bob.send(jid(ADA), text))
  ]);
  for (const text of all('ada')) await bob.hears(text, 60_000);
  for (const text of all('bob')) await ada.hears(text, 60_000);
  const count = (peer) => peer.texts.filter((t) => t.text.startsWith('crossing') && !t.own).length;
  same([count(ada), count(bob)], [COUNT, COUNT], 'crossing texts');
});

await test('a document goes up and comes down unchanged', async () => {
  const bytes = Buffer.alloc(100_000, 'linekeeper');
  await ada.write(jid(BOB), { document: bytes, mimetype: 'text/plain', fileName: 'a.txt' });
  await bob.until('media', () => bob.media.length > 0, 30_000, 'a document');
  const { downloadMediaMessage } = await import('@whiskeysockets/baileys');
  const got = await downloadMediaMessage(bob.media[0], 'buffer', {});
  same(got.equals(bytes), true, 'the same bytes');
});

await test('a wrong code is refused, the right one links', async () => {
  const peer = new Peer(sandbox, 'typo');
  await peer.start();
  await peer.showsQr();
  const code = await peer.socket.requestPairingCode('491704444444');
  await sandbox.wait('code-requested', { phone: '491704444444' });
  const wrong = (code[0] === 'A' ? 'B' : 'A') + code.slice(1);
  await sandbox.post('/admin/mock-phone/enter-code', { code: wrong });
  const { connections } = await sandbox.get('/admin/connections');
  const { connection } = connections.find((c) => c.code_for === '491704444444');
  await sandbox.wait('stanza', { connection, tag: 'iq', type: 'error' });
  await sandbox.post('/admin/mock-phone/enter-code', { code });
  await peer.opened();
  same(peer.number, '491704444444', 'the number');
  await peer.stop();
});

await test('presence and typing reach the other side', async () => {
  const seen = [];
  bob.socket.ev.on('presence.update', (update) => {
    seen.push(...Object.values(update.presences).map((p) => p.lastKnownPresence));
    bob.emit('presence');
  });
  await bob.socket.presenceSubscribe(jid(ADA));
  await bob.socket.sendPresenceUpdate('available');
  await ada.socket.sendPresenceUpdate('available');
  await bob.until('presence', () => seen.includes('available'), 10_000, 'ada is there');
  await ada.socket.sendPresenceUpdate('composing', jid(BOB));
  await bob.until('presence', () => seen.includes('composing'), 10_000, 'ada types');
});

await test('the same credentials connected twice: the older connection is replaced', async () => {
  const twin = new Peer(sandbox, 'twin');
  twin.folder = coded.folder;
  await twin.start();
  await coded.until('close', () => coded.closes.includes(440), 30_000, 'replaced');
  await twin.opened();
  const { connections } = await sandbox.get('/admin/connections');
  same(connections.filter((c) => c.phone === coded.number).length, 1, 'connections of that device');
  coded = twin;
});

await test('a device removed by its phone is told, and cannot log in again', async () => {
  await sandbox.call('DELETE', `/admin/phones/${ADA}/devices/${second.device}`);
  await second.until('close', () => second.closes.includes(401), 20_000, 'logged out');
  second.closes.length = 0;
  await second.start();
  await second.until('close', () => second.closes.includes(401), 20_000, 'refused at login');
});

await test('a client that logs out is gone, and its account knows', async () => {
  const { number, device } = coded;
  await coded.socket.logout().catch(() => {});
  await sandbox.wait('removed', { phone: number, device });
});

await test('nothing is left unconfirmed, doubled or undecryptable', async () => {
  for (const peer of [ada, bob]) await sandbox.wait('drained', { phone: peer.number, device: peer.device });
  const ids = [...ada.texts, ...bob.texts].map((t) => t.id);
  const counters = await sandbox.get('/admin/counters');
  same([counters.malformed, counters.phone_undecryptable], [0, 0], 'malformed, undecryptable at phones');
  const own = (peer) => peer.texts.map((t) => t.id);
  same(new Set(own(ada)).size, own(ada).length, "ada's texts without doubles");
  same(new Set(own(bob)).size, own(bob).length, "bob's texts without doubles");
  if (ids.length === 0) throw new Error('no texts at all');
});

for (const peer of [ada, bob, second, coded]) await peer?.stop().catch(() => {});
await test('the sandbox stops in order', () => sandbox.stop());
say(`${passed} passed, ${failed} failed`);
process.exit(failed === 0 ? 0 : 1);
