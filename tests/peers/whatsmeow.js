// whatsmeow, a client of other people in another language, against the sandbox: with a second one, with Baileys and with
// the virtual phone. It complains in its log about whatever it cannot read, and here it must find nothing.
import { all, doubles, must, same, tally, test } from './lib/checks.js';
import { pairByQr } from './lib/peer.js';
import { Sandbox } from './lib/sandbox.js';
import { Whatsmeow } from './lib/whatsmeow.js';

const MIA = '491707111111';
const TOM = '491707222222';
const BAI = '491707333333';
const COD = '491707444444';
const SHY = '491707555555';
const NOBODY = '491709999999';
const jid = (number) => `${number}@s.whatsapp.net`;
const range = (count) => Array.from({ length: count }, (_, i) => i);

/// Each writes in turn, and all the others hear it.
async function everybodyHears(chat, people, text) {
  for (const author of people) {
    const said = `${text} by ${author.name}`;
    await author.send(chat, said);
    for (const other of people) if (other !== author) await other.hears(said);
  }
}

const sandbox = await Sandbox.start();
const mia = new Whatsmeow(sandbox, 'mia');
const tom = new Whatsmeow(sandbox, 'tom');
const cod = new Whatsmeow(sandbox, 'cod');
const mia2 = new Whatsmeow(sandbox, 'mia2');
let bai, shy, group;

// The end of a connection is an error in its log; so is what was damaged on purpose.
const unexpected = (text) => !/reading from websocket|websocket not connected|assuming automatic reconnect|decrypt/.test(text);

await all(async () => {
  await must('whatsmeow pairs by QR', () => mia.pair(MIA));
  await must('a second whatsmeow pairs by QR', () => tom.pair(TOM));
  await must('whatsmeow pairs by code', () => cod.pairByCode(COD));
  await must('Baileys pairs', async () => {
    bai = await pairByQr(sandbox, 'bai', BAI);
  });

  await test('the phone shares keys, history and its name', async () => {
    await mia.until('HistorySync');
    await mia.until('AppStateSyncComplete', (e) => e.name === 'critical_block');
    same((await mia.call('who')).name, `Phone ${MIA}`, 'name');
  });

  await test('whatsmeow and whatsmeow write 20 texts each way in turns', async () => {
    for (const i of range(20)) {
      await mia.send(jid(TOM), `mia ${i}`);
      await tom.hears(`mia ${i}`);
      await tom.send(jid(MIA), `tom ${i}`);
      await mia.hears(`tom ${i}`);
    }
  });

  await test('whatsmeow and Baileys write 20 texts each way in turns', async () => {
    for (const i of range(20)) {
      await mia.send(jid(BAI), `mia to bai ${i}`);
      await bai.hears(`mia to bai ${i}`);
      await bai.send(jid(MIA), `bai to mia ${i}`);
      await mia.hears(`bai to mia ${i}`);
    }
  });

  await test('the one that was linked by code writes and hears', async () => {
    await cod.send(jid(TOM), 'from a code');
    await tom.hears('from a code');
    await tom.send(jid(COD), 'to a code');
    await cod.hears('to a code');
  });

  await test('phone and whatsmeow', async () => {
    await sandbox.post(`/admin/phones/${MIA}/send`, { to: TOM, text: 'from the phone' });
    await tom.hears('from the phone');
    same((await mia.hears('from the phone')).own, true, 'own');
    await tom.send(jid(MIA), 'to the phone');
    await sandbox.wait('received', { phone: MIA, text: 'to the phone' });
  });

  await test('delivered and read come back', async () => {
    await tom.call('presence', { state: 'available' });
    const id = await mia.send(jid(TOM), 'read me');
    const { chat } = await tom.hears('read me');
    await mia.sees(id, '');
    await tom.call('markRead', { ids: [id], chat, author: chat });
    await mia.sees(id, 'read');
    const other = await bai.send(jid(TOM), 'bai: read me');
    const heard = await tom.hears('bai: read me');
    await bai.sees(other, 3);
    await tom.call('markRead', { ids: [other], chat: heard.chat, author: heard.chat });
    await bai.sees(other, 4);
    await sandbox.post(`/admin/phones/${TOM}/read`);
  });

  await test('edit, revoke, reaction', async () => {
    const id = await mia.send(jid(TOM), 'first');
    const heard = await tom.hears('first');
    await mia.call('edit', { to: jid(TOM), id, text: 'second' });
    await tom.until('Message', (e) => e.kind === 'message_edit' && e.about === id && e.text === 'second');
    await tom.call('react', { to: heard.chat, author: heard.chat, id, text: '+' });
    await mia.until('Message', (e) => e.kind === 'reaction' && e.about === id);
    await mia.call('revoke', { to: jid(TOM), id });
    await tom.until('Message', (e) => e.kind === 'revoke' && e.about === id);
  });

  await test('a document goes up and comes down', async () => {
    const { id } = await mia.call('document', { to: jid(TOM), text: 'linekeeper '.repeat(10000) });
    await tom.until('Message', (e) => e.id === id);
    same((await tom.call('download', { id })).size, 110000, 'size');
    await mia.call('document', { to: jid(BAI), text: 'a document for Baileys' });
    await bai.until('media', () => bai.media.length > 0, 30_000, 'a document');
    const { downloadMediaMessage } = await import('@whiskeysockets/baileys');
    same(String(await downloadMediaMessage(bai.media[0], 'buffer', {})), 'a document for Baileys', 'content');
    await bai.socket.sendMessage(jid(MIA), { document: Buffer.from('from Baileys'), mimetype: 'text/plain', fileName: 'b.txt' });
    const doc = await mia.until('Message', (e) => e.kind === 'document' && !e.own);
    same((await mia.call('download', { id: doc.id })).size, 12, 'size');
  });

  await test('who is on WhatsApp', async () => {
    same(
      await mia.call('isOnWhatsApp', { phones: [`+${TOM}`, `+${NOBODY}`] }),
      [
        { in: true, jid: jid(TOM), query: `+${TOM}` },
        { in: false, jid: jid(NOBODY), query: `+${NOBODY}` }
      ],
      'answers'
    );
  });

  await test('about, devices, LID and picture of somebody', async () => {
    await tom.call('setAbout', { text: 'busy' });
    const info = await mia.call('userInfo', { jid: jid(TOM) });
    const { lid } = await sandbox.get(`/admin/phones/${TOM}`);
    same([info.about, info.lid, info.devices], ['busy', lid, [jid(TOM), `${TOM}:1@s.whatsapp.net`]], 'what is known');
    await mia.until('UserAbout', (e) => e.text === 'busy');
    const why = await mia.call('picture', { jid: jid(TOM) }).catch((e) => e.message);
    same(/does not have a profile picture/.test(why), true, why);
  });

  await test('privacy, blocklist, disappearing default', async () => {
    same((await mia.call('privacy')).ReadReceipts, 'all', 'read receipts at first');
    await mia.call('setPrivacy', { name: 'readreceipts', value: 'none' });
    same((await mia.call('privacy')).ReadReceipts, 'none', 'read receipts');
    await mia.call('setPrivacy', { name: 'readreceipts', value: 'all' });
    same((await mia.call('block', { jid: jid(COD), action: 'block' })).JIDs, [jid(COD)], 'blocked');
    same((await mia.call('blocklist')).JIDs, [jid(COD)], 'the list');
    same((await mia.call('block', { jid: jid(COD), action: 'unblock' })).JIDs, null, 'blocked after all');
    await mia.call('disappearing', { seconds: 86400 });
    await mia.call('disappearing', { seconds: 0 });
  });

  await test('presence and typing', async () => {
    await mia.call('presence', { state: 'available' });
    await mia.call('subscribe', { jid: jid(TOM) });
    await mia.until('Presence', (e) => !e.unavailable);
    await tom.call('presence', { state: 'unavailable' });
    await mia.until('Presence', (e) => e.unavailable);
    await tom.call('presence', { state: 'available' });
    await tom.call('typing', { jid: jid(MIA), state: 'composing' });
    await mia.until('ChatPresence', (e) => e.state === 'composing');
  });

  await test('a second companion of the account, with app state between them', async () => {
    await mia2.pair(MIA);
    await mia2.until('HistorySync');
    await tom.send(jid(MIA), 'to both');
    await Promise.all([mia.hears('to both'), mia2.hears('to both')]);
    await mia2.send(jid(TOM), 'from the second');
    await tom.hears('from the second');
    same((await mia.hears('from the second')).own, true, 'own');
    await mia.call('mute', { jid: jid(TOM), muted: true });
    await mia2.until('AppStateSyncComplete', (e) => e.name === 'regular_high');
    await mia.call('mute', { jid: jid(TOM), muted: false });
    await mia2.until('Mute', (e) => !e.muted); // The first patch of a collection is no event for it.
    await mia2.call('setName', { name: 'Mia the Great' });
    await mia.until('PushNameSetting', (e) => e.name === 'Mia the Great');
    await mia2.call('fetch', { name: 'regular_high', full: true });
  });

  await test('a stranger reaches a restricted account only with its token', async () => {
    await sandbox.post('/admin/phones', { phone: SHY, name: 'Shy', restricted: true });
    shy = await pairByQr(sandbox, 'shy', SHY);
    const why = await tom.send(jid(SHY), 'may I').catch((error) => error.message);
    same(/463/.test(why), true, why);
    await shy.socket.issuePrivacyTokens([jid(TOM)]);
    await sandbox.wait('drained', { phone: TOM, device: tom.device });
    await tom.send(jid(SHY), 'now I may');
    await shy.hears('now I may');
    same(shy.texts.length, 1, 'texts that came');
  });

  await must('whatsmeow makes a group, and everybody in it hears everybody', async () => {
    group = await mia.call('createGroup', { name: 'Friends', people: [jid(TOM), jid(BAI)] });
    same(group.members, { [MIA]: 'superadmin', [TOM]: 'member', [BAI]: 'member' }, 'members');
    await tom.until('JoinedGroup', (e) => e.jid === group.jid);
    for (const i of range(5)) await everybodyHears(group.jid, [mia, tom, bai], `round ${i}`);
    same((await tom.call('groups')).map((g) => g.name), ['Friends'], "tom's groups");
    same((await bai.socket.groupMetadata(group.jid)).subject, 'Friends', 'what Baileys knows');
  });

  await test('somebody is added, reads what comes then, and is removed', async () => {
    same(await mia.call('changeGroup', { jid: group.jid, people: [jid(COD)], action: 'add' }), [0], 'codes');
    await cod.until('JoinedGroup', (e) => e.jid === group.jid);
    await everybodyHears(group.jid, [mia, bai, cod, tom], 'with four');
    same(await mia.call('changeGroup', { jid: group.jid, people: [jid(COD)], action: 'remove' }), [0], 'codes');
    await cod.until('GroupInfo', (e) => e.leave === 1);
    const why = await cod.send(group.jid, 'still here').catch((error) => error.message);
    same(/not.*participant|403/.test(why), true, why);
    await everybodyHears(group.jid, [tom, bai, mia], 'with three');
  });

  await test('name, description, admins only, invitation', async () => {
    await mia.call('nameGroup', { jid: group.jid, name: 'Best friends' });
    await tom.until('GroupInfo', (e) => e.name === 'Best friends');
    await bai.socket.groupUpdateDescription(group.jid, 'all of us');
    await tom.until('GroupInfo', (e) => e.topic === 'all of us');
    await mia.call('announceOnly', { jid: group.jid, on: true });
    await tom.until('GroupInfo', (e) => e.announce === true);
    const why = await tom.send(group.jid, 'may I not').catch((error) => error.message);
    same(/403/.test(why), true, why);
    await mia.call('announceOnly', { jid: group.jid, on: false });
    const link = await mia.call('inviteLink', { jid: group.jid });
    same(await cod.call('join', { link }), group.jid, 'joined');
    await everybodyHears(group.jid, [cod, mia, tom], 'by invitation');
    await cod.call('leave', { jid: group.jid });
    await mia.until('GroupInfo', (e) => e.leave === 1, { since: mia.events.length - 3 });
    same(Object.keys((await mia.call('group', { jid: group.jid })).members), [MIA, TOM, BAI], 'who is left');
  });

  await test('in a group the author sees delivered and read', async () => {
    const id = await mia.send(group.jid, 'read me, all');
    const heard = await tom.hears('read me, all');
    await mia.until('Receipt', (e) => e.ids.includes(id) && e.chat === group.jid && e.type === '');
    await tom.call('markRead', { ids: [id], chat: group.jid, author: heard.from });
    await mia.until('Receipt', (e) => e.ids.includes(id) && e.chat === group.jid && e.type === 'read');
  });

  await test('Baileys makes a group with whatsmeow, on two devices', async () => {
    const made = await bai.socket.groupCreate('Ours', [jid(MIA), jid(TOM)]);
    await mia2.until('JoinedGroup', (e) => e.jid === made.id);
    for (const i of range(3)) await everybodyHears(made.id, [bai, mia, mia2, tom], `ours ${i}`);
  });

  await test('so far whatsmeow had nothing to complain about', async () => {
    for (const peer of [mia, tom, cod, mia2]) same(peer.complaints.filter(unexpected), [], peer.name);
    const counters = await sandbox.get('/admin/counters');
    same([counters.retries_asked, counters.nacks], [0, 0], 'retries and nacks');
  });

  await test('a damaged message is asked for again', async () => {
    for (const [from, to] of [[mia, tom], [bai, tom], [tom, bai]]) {
      const number = to.phone ?? to.number;
      await sandbox.post('/admin/faults', { kind: 'corrupt-enc', phone: number, device: to.device, times: 1 });
      const text = `damaged ${from.name} ${to.name}`;
      await from.send(jid(number), text);
      await to.hears(text, 40_000);
      await sandbox.post('/admin/faults', { kind: 'corrupt-enc', phone: number, device: to.device, times: 1 });
      await from.send(group.jid, `${text} in the group`);
      await to.hears(`${text} in the group`, 40_000);
    }
  });

  await test('a session forgotten by one side', async () => {
    const { lid } = await mia.call('who');
    same(await tom.call('forget', { jid: lid }), true, 'there was one');
    await mia.send(jid(TOM), 'do you remember me');
    await tom.hears('do you remember me', 40_000);
  });

  await test('killed, 5 texts wait, and come once and in order', async () => {
    await tom.kill();
    await sandbox.wait('disconnected', { phone: TOM, device: tom.device });
    for (const i of range(5)) await mia.send(jid(TOM), `away ${i}`);
    await bai.send(jid(TOM), 'away bai');
    await sandbox.wait('queued', { phone: TOM, device: tom.device, count: 6 });
    const since = tom.events.length;
    await tom.restart();
    await tom.hears('away bai');
    await tom.until('OfflineSyncCompleted', undefined, { since });
    same(tom.texts.filter((e) => e.text.startsWith('away')).map((e) => e.text), [...range(5).map((i) => `away ${i}`), 'away bai'], 'texts');
    await sandbox.wait('drained', { phone: TOM, device: tom.device });
  });

  await test('dropped connections come back by themselves', async () => {
    for (const how of [{ how: 'drop' }, { how: 'stream-error', code: 503 }, { how: 'stream-error', code: 515 }]) {
      const since = mia.events.length;
      await sandbox.post('/admin/end', { ...how, phone: MIA, device: mia.device });
      await mia.connected(since);
    }
    await mia.send(jid(TOM), 'here again');
    await tom.hears('here again');
  });

  await test('50 texts at once', async () => {
    await Promise.all(range(50).map((i) => mia.send(jid(TOM), `burst ${i}`)));
    for (const i of range(50)) await tom.hears(`burst ${i}`);
  });

  await test('logout by the client', async () => {
    await mia2.call('logout');
    await sandbox.wait('removed', { phone: MIA, device: mia2.device });
  });

  await test('logout by the phone', async () => {
    await sandbox.call('DELETE', `/admin/phones/${COD}/devices/${cod.device}`);
    await cod.until('LoggedOut', (e) => !e.onConnect);
  });

  await test('nothing malformed, unknown or doubled', async () => {
    await sandbox.wait('drained', { phone: MIA, device: mia.device });
    await sandbox.wait('drained', { phone: TOM, device: tom.device });
    for (const peer of [mia, tom, cod, mia2]) same(peer.complaints.filter(unexpected), [], peer.name);
    const counters = await sandbox.get('/admin/counters');
    same([counters.malformed, counters.unknown_iqs, counters.phone_undecryptable], [0, 0, 0], 'malformed, unknown, phone');
    for (const peer of [mia, tom]) same(doubles(peer.texts.map((e) => e.id)), [], 'doubles');
  });
});
for (const peer of [bai, shy]) await peer?.stop().catch(() => {});
for (const peer of [mia, tom, cod, mia2]) await peer.program?.kill();
await test('the sandbox stops in order', () => sandbox.stop());
process.exit(tally());
