// A reset forgets: on a line in whatever state, no credential, key, payload or archive is left in Redis, and what stays
// is looked at key by key.
import { inWorld, must, same, test } from './lib/checks.js';
import { greet, reach } from './lib/greeting.js';
import { pairByQr } from './lib/peer.js';
import { Program } from './lib/program.js';
import { keysOf, openRecord } from './lib/stored.js';

const SHOP = '491707777777';
const ADA = '491708888888';
const jid = (number) => `${number}@s.whatsapp.net`;
const mark = `r${Date.now().toString(36)}`; // stands in every text, to find it in records
const kHead = ['audit', 'commit', 'desired', 'fresh', 'run', 'status', 'token', 'version'];

await inWorld(async (world) => {
  const { sandbox } = world;
  const redis = async (...args) => {
    const answer = await world.redis.command(...args);
    return Array.isArray(answer) ? answer.map((item) => item.toString('latin1')) : answer;
  };
  let ada;
  let serial = 0;

  /// Produces a reset and gives the event that ends it.
  async function reset(sessionId, fields = {}) {
    const commandId = `reset-${++serial}`;
    world.command('reset', { sessionId, commandId, actor: 'olga', reason: 'moved out', ...fields });
    return await ended(commandId);
  }
  async function ended(commandId) {
    const fits = ({ value }) => value?.commandId === commandId && value.outcome;
    return (await world.connection.until(() => world.connection.events.find(fits), `the outcome of ${commandId}`)).value;
  }
  const erased = (event, kind) => Number(event.reset.erased?.find((e) => e.kind === `ERASED_KIND_${kind}`)?.count ?? 0);

  /// Looks at every key of a session after a reset.
  async function onlyTheRestIsLeft(session, { purged = false } = {}) {
    const keys = await keysOf(world.redis, session);
    const kinds = Object.keys(keys).map((kind) => kind.replace(/:.*/, ''));
    const allowed = ['line', 'lease', 'commands', 'command', 'open', ...(purged ? [] : ['inbound'])];
    same(kinds.filter((kind) => !allowed.includes(kind)), [], `keys of ${session} that should be gone`);
    same((await redis('HKEYS', keys.line)).filter((name) => !kHead.includes(name)), [], 'fields that should be gone');
    const head = `${await redis('HGET', keys.line, 'status')}${await redis('HGET', keys.line, 'audit')}`;
    for (const [kind, key] of Object.entries(keys)) {
      if (!kind.startsWith('command:')) continue;
      const tag = kind.slice('command:'.length);
      const record = openRecord(world.sealingKey, session, tag, await redis('GET', key));
      // An outcome names its recipient, until a purge; the text went when the message was gone.
      const secrets = purged ? [mark, ADA, SHOP] : [mark];
      same(secrets.filter((secret) => record.includes(secret)), [], `what a record of ${session} tells`);
    }
    same([mark, ADA, SHOP, 'olga', 'moved out'].filter((secret) => head.includes(secret)), [], 'what its head tells');
    same(await redis('KEYS', 'lk:{n*'), [], 'claims on numbers');
    return keys;
  }
  async function isPaired(session) {
    await world.scan(session, SHOP);
    const fits = ({ value }) => value?.sessionId === session && value.status === 'LINE_STATUS_CONNECTED';
    const since = lastReset(session);
    await world.connection.until(() => world.connection.records.slice(since).find(fits), `${session} connected`);
  }
  const lastReset = (session) =>
    world.connection.records.findLastIndex(({ value }) => value?.sessionId === session && value.reset) + 1;
  async function pairsAgain(session) {
    const since = world.connection.records.length;
    world.command('pair', { sessionId: session });
    const shown = () => world.connection.records.slice(since).find(({ value }) => value?.sessionId === session && value.qr);
    const { value } = await world.connection.until(shown, `a QR of ${session}`);
    await sandbox.post(`/admin/mock-phone/scan-qr?phone=${SHOP}`, value.qr.text);
    await world.status(session, 'CONNECTED', { since });
  }
  const both = () => ({ session: 'shop', phone: SHOP, stranger: ada, mark });
  const devices = async () => (await sandbox.get(`/admin/devices?phone=${SHOP}`)).devices;

  await must('a line is paired and talks', async () => {
    world.startWorker();
    world.command('pair', { sessionId: 'shop', commandId: 'pair-1' });
    await isPaired('shop');
    ada = await pairByQr(sandbox, 'ada', ADA);
    await greet(world, both());
    for (let i = 0; i < 3; ++i) {
      const id = world.send('shop', ADA, `${mark} out ${i}`);
      await ada.hears(`${mark} out ${i}`);
      await world.outcome(id);
      await ada.send(jid(SHOP), `${mark} in ${i}`);
      await world.hears('shop', `${mark} in ${i}`);
    }
  });

  await test('a session nobody knows is reset all the same', async () => {
    const event = await reset('stranger');
    same([event.status, event.outcome], ['LINE_STATUS_NEEDS_PAIRING', 'COMMAND_OUTCOME_DONE'], 'how it ended');
    same(event.reset.erased, undefined, 'what was erased');
  });

  await must('a connected line logs out, forgets, and says who had it reset and what is gone', async () => {
    await sandbox.post('/admin/faults', { kind: 'ack', lost: 'on', phone: SHOP, device: 1, times: 1 });
    const begun = world.send('shop', ADA, `${mark} never acknowledged`);
    await ada.hears(`${mark} never acknowledged`);
    const event = await reset('shop', { logout: true });
    same([event.status, event.outcome], ['LINE_STATUS_NEEDS_PAIRING', 'COMMAND_OUTCOME_DONE'], 'how it ended');
    same([event.reset.actor, event.reset.reason, event.reset.logout], ['olga', 'moved out', 'RESET_LOGOUT_CONFIRMED'], 'the audit');
    if (!(erased(event, 'STATE_FIELDS') > 10)) throw new Error(`erased: ${JSON.stringify(event.reset)}`);
    same(erased(event, 'PLAINTEXTS'), 1, 'messages that were being sent');
    const outcome = await world.outcome(begun);
    same([outcome.state, outcome.error.code, outcome.error.detail], ['OUTBOUND_STATE_UNKNOWN', 'UNKNOWN_OUTCOME', 'reset'], 'its outcome');
    same(await devices(), [], 'devices that the phone lists');
    const keys = await onlyTheRestIsLeft('shop');
    if (!Object.keys(keys).some((kind) => kind.startsWith('inbound:'))) throw new Error('ids of inbound messages are gone');
  });

  await test('the same command again changes nothing, and its answer is the one that was given', async () => {
    const commandId = `reset-${serial}`;
    world.command('reset', { sessionId: 'shop', commandId, actor: 'olga', reason: 'moved out', logout: true });
    await reset('stranger'); // behind it in the same topic
    const answers = world.connection.events.filter(({ value }) => value?.commandId === commandId && value.outcome);
    same(answers.map(({ value }) => value.outcome), ['COMMAND_OUTCOME_DONE'], 'answers');
    await onlyTheRestIsLeft('shop');
  });

  await must('a send and a reset from before are superseded, each by what came after it', async () => {
    const late = Date.now();
    await pairsAgain('shop');
    const old = async (topic, commandId, value, at) => {
      const args = ['-P', '-b', world.kafka.brokers, '-t', `linekeeper.commands.${topic}`, '-K', '\t'];
      args.push('-H', 'content-type=application/json', '-H', `linekeeper-origin=linekeeper.commands.${topic}/7/0/${at}`);
      const writer = new Program('a writer', 'kcat', args, { input: 'pipe' });
      writer.child.stdin.end(`shop\t${JSON.stringify({ sessionId: 'shop', commandId, ...value })}\n`);
      await writer.ended;
    };
    await old('reset', 'old-reset', { logout: true }, late);
    same((await ended('old-reset')).outcome, 'COMMAND_OUTCOME_SUPERSEDED', 'the reset older than the link');
    same((await devices()).length, 1, 'devices after it');
    await old('send', 'old-send', { to: ADA, text: `${mark} too old` }, 1_000_000);
    const { state, error } = await world.outcome('old-send');
    same([state, error.code], ['OUTBOUND_STATE_FAILED', 'SUPERSEDED'], 'the send older than the reset');
  });

  await test('a reset while stopped, and another session may take the number', async () => {
    const since = world.connection.records.length;
    world.command('line', { sessionId: 'shop', action: 'LINE_ACTION_DISCONNECT' });
    await world.status('shop', 'STOPPED', { since });
    same((await reset('shop', { logout: true })).reset.logout, 'RESET_LOGOUT_UNCONFIRMED', 'the logout');
    await onlyTheRestIsLeft('shop');
    await pairsAgain('cafe');
    await reset('cafe', { logout: true });
    await onlyTheRestIsLeft('cafe');
  });

  await test('a reset while a QR is live: nothing can be linked by it any more', async () => {
    const since = world.connection.records.length;
    world.command('pair', { sessionId: 'shop', commandId: 'pair-live' });
    const { qr } = await world.status('shop', 'PAIRING', { since });
    await reset('shop');
    await onlyTheRestIsLeft('shop');
    const refused = await sandbox.post(`/admin/mock-phone/scan-qr?phone=${SHOP}`, qr.text).then(() => false, () => true);
    same(refused, true, 'whether the scan was refused');
  });

  await test('a reset under backoff and of a banned line: nothing is scheduled any more', async () => {
    for (const fault of [{ kind: 'upgrade', status: 503 }, { kind: 'login-failure', code: 402, 'ban-code': 101, expire: 2 }]) {
      await pairsAgain('shop');
      await sandbox.post('/admin/faults', fault);
      const since = world.connection.records.length;
      await sandbox.post('/admin/end', { how: 'drop', phone: SHOP });
      const down = await world.status('shop', fault.kind === 'upgrade' ? 'DISCONNECTED' : 'BANNED', { since });
      if (!down.nextRetryAt) throw new Error('no retry was scheduled');
      await reset('shop');
      await sandbox.call('DELETE', '/admin/faults');
      await onlyTheRestIsLeft('shop');
      // A retry would have come by now, and would be told.
      const after = lastReset('shop');
      await new Promise((resolve) => setTimeout(resolve, Math.max(0, Date.parse(down.nextRetryAt) - Date.now()) + 300));
      await reset('stranger');
      const told = world.connection.records.slice(after).filter(({ value }) => value?.sessionId === 'shop');
      same(told.filter(({ value }) => value.status !== 'LINE_STATUS_NEEDS_PAIRING').length, 0, 'signs of life');
    }
  });

  await test('a reset of a line that was logged out: its archive goes, too', async () => {
    await pairsAgain('shop');
    const since = world.connection.records.length;
    for (const { device } of await devices()) await sandbox.call('DELETE', `/admin/phones/${SHOP}/devices/${device}`);
    await world.status('shop', 'LOGGED_OUT', { since });
    await world.until(async () => 'archive' in (await keysOf(world.redis, 'shop')), 'an archive');
    same(erased(await reset('shop'), 'ARCHIVE'), 1, 'archives erased');
    await onlyTheRestIsLeft('shop');
  });

  await test('an operator brings wiped credentials back, where nobody holds the line and it has no others', async () => {
    await pairsAgain('shop');
    let since = world.connection.records.length;
    await sandbox.post('/admin/faults', { kind: 'login-failure', code: 401, phone: SHOP, times: 1 });
    await sandbox.post('/admin/end', { how: 'drop', phone: SHOP });
    await world.status('shop', 'LOGGED_OUT', { since });
    const settings = ['--redis-url', `redis://127.0.0.1:${world.redisPort}/0`, '--key-ring', world.ring];
    const leases = Object.entries(world.leases).flatMap(([name, value]) => [`--${name}`, value]);
    const tool = (...args) => world.run('archive', ...args, ...settings, ...leases);
    const refused = (pattern) => {
      const { status, stderr } = tool('restore', 'shop');
      if (status !== 1 || !pattern.test(stderr)) throw new Error(`exit code ${status}: ${stderr}`);
    };
    await world.until(() => /^shop\t23h 5\dm left\tLINE_STATUS_LOGGED_OUT/m.test(tool('list').stdout), 'the archive');
    refused(/A worker holds this line/);
    await world.worker.stop();
    const restored = tool('restore', 'shop');
    same([restored.status, restored.stdout.includes('STOPPED')], [0, true], `what the tool said: ${restored.stderr}`);
    refused(/no archive/);
    since = world.connection.records.length;
    world.startWorker();
    world.command('line', { sessionId: 'shop', action: 'LINE_ACTION_CONNECT' });
    await world.status('shop', 'CONNECTED', { since });
    await reach(world, both());
    await reset('shop', { logout: true });
  });

  await test('a reset of a line whose state does not open', async () => {
    await pairsAgain('shop');
    await world.worker.stop();
    const { line } = await keysOf(world.redis, 'shop');
    await redis('HSET', line, 'key', 'nobodys');
    const since = world.connection.records.length;
    world.startWorker();
    await reset('stranger');
    const event = await reset('shop');
    same(event.outcome, 'COMMAND_OUTCOME_DONE', 'how it ended');
    const told = world.connection.records.slice(since).filter(({ value }) => value?.sessionId === 'shop');
    same(told.some(({ value }) => value.status === 'LINE_STATUS_CONNECTED'), false, 'whether it connected');
    await onlyTheRestIsLeft('shop');
  });

  await test('a purge leaves of commands what answers a repetition, and no inbound id', async () => {
    await pairsAgain('shop');
    await reach(world, both());
    const id = world.send('shop', ADA, `${mark} out before the purge`);
    await world.outcome(id);
    const event = await reset('shop', { logout: true, purge: true });
    if (!(erased(event, 'COMMAND_CONTENTS') > 5)) throw new Error(`erased: ${JSON.stringify(event.reset)}`);
    same(erased(event, 'INBOUND_IDS') >= 4, true, 'whether the ids were counted');
    const keys = await onlyTheRestIsLeft('shop', { purged: true });
    const records = Object.entries(keys).filter(([kind]) => kind.startsWith('command:'));
    let telling = 0;
    for (const [kind, key] of records) {
      const record = openRecord(world.sealingKey, 'shop', kind.slice('command:'.length), await redis('GET', key));
      if (record.includes('linekeeper.commands')) ++telling; // its origin
    }
    if (telling > 1) throw new Error(`${telling} of ${records.length} records tell more than the reset's own may`);
    const count = world.outcomes(id).length;
    world.command('send', { sessionId: 'shop', commandId: id, to: ADA, text: `${mark} out before the purge` });
    world.command('send', { sessionId: 'shop', commandId: `${id}-next`, to: ADA, text: `${mark} behind it` });
    await world.outcome(`${id}-next`);
    same(world.outcomes(id).length, count, 'outcomes of a command that was purged');
  });

  await test('worker and sandbox end in order, and no sanitizer spoke', async () => {
    await ada.stop();
    ada.forget();
    await world.stop();
  });
}, { lease: 6000 });
