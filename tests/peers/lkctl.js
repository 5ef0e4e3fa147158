// lkctl, as a person in a shell uses it: pairs, looks, sends, resets, and lets the doctor find what is wrong.
import { spawnSync } from 'node:child_process';
import crypto from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { inWorld, must, same, test } from './lib/checks.js';
import { ControlRoom } from './lib/control.js';
import { Program } from './lib/program.js';

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../..');
const binary = process.env.LINEKEEPER_LKCTL ?? path.join(root, 'build/dev/bin/lkctl');
const SHOP = '491705570001';
const ADA = '491705570002';

function truth(value, what) {
  if (!value) throw new Error(what);
}

await inWorld(async (world) => {
  const room = await ControlRoom.start(world);
  try {
    await room.ready();
    await checks(world, room);
  } finally {
    await room.kill();
    if (room.program.report) throw new Error(room.program.report);
  }
}, { lease: 6000 });

async function checks(world, room) {
  const { sandbox } = world;
  await sandbox.post('/admin/phones', { phone: ADA });
  world.startWorker();
  const run = async (...args) => {
    const program = new Program(`lkctl ${args.join(' ')}`, binary, ['--server', room.address, ...args], { env: room.env });
    let out = '';
    program.child.stdout.on('data', (data) => (out += data));
    const { code } = await program.ended;
    if (program.report) throw new Error(program.report);
    return { code, out, log: program.log };
  };
  const json = async (...args) => {
    const { code, out, log } = await run('--output', 'json', ...args);
    same(code, 0, `exit code of ${args.join(' ')}: ${log}`);
    return out.trim().split('\n').filter(Boolean).map((line) => JSON.parse(line));
  };

  await must('pair shows a QR in the terminal and ends when the line is connected', async () => {
    const pairing = run('pair', 'shop');
    await world.scan('shop', SHOP);
    const { code, out } = await pairing;
    same(code, 0, 'exit code');
    truth(out.includes('█') && out.includes(`CONNECTED as ${SHOP}`), out);
  });

  await test('list, status and check, for people and for programs', async () => {
    truth(/^SESSION +STATUS/.test((await run('list')).out), 'a header');
    truth(new RegExp(`^shop +CONNECTED .* ${SHOP}`, 'm').test((await run('list')).out), 'a row');
    same((await json('list', '--status', 'CONNECTED')).map(({ sessionId }) => sessionId), ['shop'], 'list');
    same(await json('list', '--status', 'STOPPED'), [], 'list of none');
    same((await run('list', '--status', 'HAPPY')).code, 2, 'no such status');
    truth((await run('status', 'shop')).out.includes(SHOP), 'status');
    same((await json('status', 'shop'))[0].keyId, 'k1', 'status in JSON');
    same((await json('check', 'shop', ADA))[0].numbers[0].registered, true, 'check');
  });

  await test('send says what became of it, and command says it again', async () => {
    truth((await run('send', 'shop', `+${ADA}`, 'from the shell', '--command-id', 'sh-1')).out.startsWith('accepted as '), 'accepted');
    await sandbox.wait('received', { phone: ADA, text: 'from the shell' });
    same((await run('command', 'shop', 'sh-1')).out, 'DONE\n', 'command');
  });

  await test('failures have a code, a sentence and an exit code', async () => {
    const unknown = await run('status', 'nobody');
    same(unknown.code, 1, 'exit code');
    truth(unknown.log.includes('SESSION_UNKNOWN: '), unknown.log);
    await world.worker.stop();
    const pending = await run('--timeout', '5', 'disconnect', 'shop', '--command-id', 'sh-2');
    same(pending.code, 3, 'exit code');
    truth(pending.log.includes("lkctl command SESSION 'sh-2'"), pending.log);
    world.startWorker();
    same((await run('disconnect', 'shop', '--command-id', 'sh-2')).code, 0, 'the repetition');
    same((await run('connect', 'shop')).code, 0, 'connect');
  });

  await test('watch tells each change as it comes', async () => {
    const watching = new Program('lkctl watch', binary, ['--server', room.address, '--output', 'json', 'watch', 'shop']);
    const told = new Promise((resolve) => watching.child.stdout.on('data', () => watching.log.includes('STOPPED') && resolve()));
    watching.child.stdout.on('data', () => {});
    await run('disconnect', 'shop');
    await told;
    await watching.kill('SIGTERM');
  });

  await test('reset asks before it forgets', async () => {
    truth((await run('reset', 'shop', '--dry-run')).out.includes(`would forget the credentials (${SHOP})`), 'dry run');
    const asked = await run('reset', 'shop');
    same(asked.code, 2, 'nobody to ask');
    truth(asked.log.includes('--yes'), asked.log);
    truth((await run('reset', 'shop', '--yes', '--reason', 'test')).out.includes('NEEDS_PAIRING'), 'reset');
  });

  const doctor = (changed = {}) => {
    const settings = { 'kafka-brokers': world.kafka.brokers, 'redis-url': `redis://127.0.0.1:${world.redisPort}/0`, 'key-ring': world.ring, ...changed };
    return run('--output', 'json', 'doctor', ...Object.entries(settings).flatMap(([name, value]) => [`--${name}`, value]));
  };
  const found = ({ out }, what) => JSON.parse(out).filter((finding) => finding.what === what);

  await test('the doctor finds nothing where all is well', async () => {
    const { code, out } = await doctor();
    same([code, JSON.parse(out).filter(({ grade }) => grade === 'bad')], [0, []], 'findings');
    for (const what of ['Kafka', 'topics', 'Redis', 'eviction', 'persistence', 'clock', 'key ring', 'control room']) truth(found({ out }, what).length > 0, `nothing about ${what}`);
  });

  await test('the doctor names what is wrong and how to mend it', async () => {
    const topics = await doctor({ 'topic-prefix': 'elsewhere.' });
    same(topics.code, 1, 'exit code');
    truth(found(topics, 'topics').some(({ grade, says }) => grade === 'bad' && says.includes('topics create')), 'missing topics');
    const since = world.connection.records.length;
    const pairing = run('pair', 'shop');
    const fresh = () => world.connection.records.slice(since).find(({ value }) => value?.sessionId === 'shop' && value.qr);
    await world.connection.until(fresh, 'a fresh QR');
    await world.scan('shop', SHOP);
    same((await pairing).code, 0, 'pairing again');
    const other = path.join(world.folder, 'other-ring');
    fs.writeFileSync(other, `k2:${crypto.randomBytes(32).toString('base64')}\n`, { mode: 0o600 });
    truth(found(await doctor({ 'key-ring': other }), 'key ring').some(({ grade, says }) => grade === 'bad' && says.includes('k1')), 'a ring that opens nothing');
    const cli = (...args) => spawnSync('redis-cli', ['-p', String(world.redisPort), ...args]);
    cli('config', 'set', 'appendfsync', 'everysec');
    truth(found(await doctor(), 'persistence')[0].says.includes('appendfsync always'), 'weak persistence');
    cli('config', 'set', 'maxmemory-policy', 'allkeys-lru');
    const evicting = await doctor();
    truth([...found(evicting, 'eviction'), ...found(evicting, 'Redis')].some(({ grade, says }) => grade === 'bad' && says.includes('noeviction')), `eviction: ${evicting.out}`);
    cli('config', 'set', 'maxmemory-policy', 'noeviction');
    cli('config', 'set', 'appendfsync', 'always');
    const nowhere = await doctor({ 'kafka-brokers': '127.0.0.1:1', 'redis-url': 'redis://127.0.0.1:1/0' });
    same([found(nowhere, 'Kafka')[0].grade, found(nowhere, 'Redis')[0].grade], ['bad', 'bad'], 'nobody there');
  });

  await test('disconnect and connect keep the credentials, logout asks before it ends them', async () => {
    const standing = async (verb, ...more) => {
      const { code, out, log } = await run(verb, 'shop', ...more);
      same(code, 0, `exit code of ${verb}: ${log}`);
      return out.trim();
    };
    truth((await standing('disconnect')).includes('STOPPED'), 'disconnected');
    truth((await standing('connect')).includes('CONNECTING'), 'on its way');
    await world.until(async () => /\bCONNECTED\b/.test((await run('status', 'shop')).out), 'a line that is back', 60_000);
    same((await run('logout', 'shop')).code, 2, 'nobody to ask');
    truth((await standing('logout', '--yes')).includes('LOGGED_OUT'), 'logged out');
    // The reset before left its device to the phone; the one paired since is gone.
    same((await sandbox.devices()).filter(({ phone }) => phone === SHOP).map(({ device }) => device), [1], 'devices of the phone');
  });

  await test('the shells take the completion', async () => {
    const { out } = await run('completion', 'bash');
    const script = path.join(world.folder, 'completion');
    fs.writeFileSync(script, `${out}\nCOMP_WORDS=(lkctl st); COMP_CWORD=1; _lkctl; echo "\${COMPREPLY[@]}"\n`);
    same(spawnSync('bash', [script], { encoding: 'utf8' }).stdout.trim(), 'status', 'completed');
    truth((await run('completion', 'zsh')).out.startsWith('#compdef lkctl'), 'zsh');
  });

  await test('all end in order', async () => {
    await room.stop();
    await world.stop();
  });
}
