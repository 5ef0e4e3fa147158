// Kafka and Redis as operators secure them: TLS, logins, client certificates, a user with few rights for each program.
// The rights are those of docs/secured-kafka-and-redis.md, word for word. What is wrong or missing is named, and mended
// on the server it works. JWTs against a control room.
import crypto from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { Authority } from './lib/authority.js';
import { inWorld, must, same, test } from './lib/checks.js';
import { ControlRoom } from './lib/control.js';
import { Signer } from './lib/jwt.js';
import { allow } from './lib/kafka.js';
import { Program } from './lib/program.js';

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../..');
const lkctl = process.env.LINEKEEPER_LKCTL ?? path.join(root, 'build/dev/bin/lkctl');
const page = fs.readFileSync(path.join(root, 'docs/secured-kafka-and-redis.md'), 'utf8').split('\n');
const SHOP = '491705590001';
const ADA = '491705590002';

const secret = () => crypto.randomBytes(12).toString('base64url');
const passwords = Object.fromEntries(
  ['linekeeper-setup', 'linekeeper-worker', 'linekeeper-control', 'newcomer', 'reader', 'scram', 'redis-worker', 'redis-control'].map(
    (name) => [name, secret()]
  )
);

function truth(value, what) {
  if (!value) throw new Error(what);
}

/// The grants of the documentation, as Kafka's protocol takes them.
function documentedGrants() {
  const lines = page.filter((line) => line.startsWith('acl User:'));
  truth(lines.length >= 6, 'the documentation grants nothing');
  return lines.flatMap((line) => {
    const words = line.split(/\s+/);
    const after = (flag) => words.flatMap((word, i) => (word === flag ? [words[i + 1]] : []));
    const resource = words.includes('--group') ? 'group' : 'topic';
    const [name] = after(`--${resource}`);
    const prefixed = after('--resource-pattern-type')[0] === 'prefixed';
    return after('--operation').map((operation) => ({ principal: words[1], operation, resource, name, prefixed }));
  });
}

/// The documentation's line for this user of Redis, as ACL SETUSER takes it.
function documentedUser(name, password) {
  const line = page.find((line) => line.startsWith(`user ${name} `));
  truth(line?.includes('>PASSWORD'), `the documentation does not know ${name}`);
  return line.replace('>PASSWORD', `>${password}`).split(/\s+/).slice(1);
}

const grant = (user, resource, name, ...operations) =>
  operations.map((operation) => ({ principal: `User:${user}`, operation, resource, name, prefixed: name.endsWith('.') }));

let authority;
let stranger; // an authority that nobody trusts
let server;
let tlsPort;

function secureKafka(world) {
  authority = new Authority(world.folder, 'authority');
  stranger = new Authority(world.folder, 'stranger');
  server = authority.issue('server');
  const users = ['linekeeper-setup', 'linekeeper-worker', 'linekeeper-control', 'newcomer', 'reader'];
  const accounts = users.map((user) => `user_${user}="${passwords[user]}"`).join(' ');
  const tls = {
    'ssl.keystore.type': 'PEM',
    'ssl.keystore.location': server.both,
    'ssl.truststore.type': 'PEM',
    'ssl.truststore.location': authority.certificate
  };
  const modules = 'org.apache.kafka.common.security';
  return {
    doors: {
      SASL: {
        protocol: 'SASL_SSL',
        settings: {
          ...tls,
          'sasl.enabled.mechanisms': 'PLAIN,SCRAM-SHA-256',
          'plain.sasl.jaas.config': `${modules}.plain.PlainLoginModule required ${accounts};`,
          'scram-sha-256.sasl.jaas.config': `${modules}.scram.ScramLoginModule required;`
        }
      },
      MTLS: {
        protocol: 'SSL',
        settings: { ...tls, 'ssl.client.auth': 'required', 'ssl.principal.mapping.rules': 'RULE:^CN=([^,]*).*$/$1/' }
      }
    },
    settings: {
      'authorizer.class.name': 'org.apache.kafka.metadata.authorizer.StandardAuthorizer',
      'super.users': 'User:ANONYMOUS' // the tests' own readers and writers, by the plain listener
    },
    format: ['--add-scram', `SCRAM-SHA-256=[name=scram,password=${passwords.scram}]`]
  };
}

/// Kafka by password over TLS, as lines of a configuration file.
const login = (world, user, { password = passwords[user], ca = authority.certificate, mechanism = 'PLAIN' } = {}) => [
  `kafka-brokers = ${world.kafka.doors.SASL}`,
  ...['security.protocol=SASL_SSL', `ssl.ca.location=${ca}`].map((property) => `kafka-property = ${property}`),
  ...[`sasl.mechanism=${mechanism}`, `sasl.username=${user}`, `sasl.password=${password}`].map((property) => `kafka-property = ${property}`)
];

/// Kafka by client certificate.
const certificate = (world, { certificate: file, key } = {}) => [
  `kafka-brokers = ${world.kafka.doors.MTLS}`,
  ...['security.protocol=SSL', `ssl.ca.location=${authority.certificate}`].map((property) => `kafka-property = ${property}`),
  ...(file ? [`kafka-property = ssl.certificate.location=${file}`, `kafka-property = ssl.key.location=${key}`] : [])
];

let files = 0;
function written(world, text) {
  const file = path.join(world.folder, `secured-${++files}`);
  fs.writeFileSync(file, `${text}\n`, { mode: 0o600 });
  return file;
}

const redis = (world, user, { password = passwords[user.replace('linekeeper', 'redis')], ca } = {}) => ({
  'redis-url': `rediss://${user}@127.0.0.1:${tlsPort}/0`,
  'redis-password-file': written(world, password),
  'tls-ca': ca ?? world.trusted
});

await inWorld(checks, {
  kafka: secureKafka,
  redis(world) {
    const { certificate: file, key } = server;
    tlsPort = world.httpPorts.pop();
    return {
      'tls-port': tlsPort,
      ...{ 'tls-cert-file': file, 'tls-key-file': key, 'tls-ca-cert-file': authority.certificate, 'tls-auth-clients': 'no' },
      requirepass: secret() // of the default user, which is the tests'
    };
  },
  async prepare(world) {
    await allow(world.kafka, documentedGrants());
    for (const program of ['worker', 'control']) {
      const password = passwords[`redis-${program}`];
      await world.redis.command('ACL', 'SETUSER', ...documentedUser(`linekeeper-${program}`, password));
    }
    return ['--config', written(world, login(world, 'linekeeper-setup').join('\n'))];
  }
});

async function checks(world) {
  const { sandbox } = world;
  // One file for Redis and the sandbox alike, as tls-ca wants it.
  const bundle = [fs.readFileSync(authority.certificate, 'utf8'), await sandbox.get('/admin/tls-certificate')];
  world.trusted = written(world, bundle.join('\n'));
  await sandbox.post('/admin/phones', { phone: ADA });
  const rooms = [];
  const programs = [];
  try {
    await steps(world, rooms, programs);
  } finally {
    for (const room of rooms) await room.kill();
    for (const program of programs) await program.kill();
  }
}

async function steps(world, rooms, programs) {
  const { sandbox } = world;
  const properties = (lines) => {
    const setting = (name) => lines.filter((line) => line.startsWith(`${name} = `)).map((line) => line.slice(name.length + 3));
    return { brokers: setting('kafka-brokers')[0], flags: setting('kafka-property').flatMap((property) => ['--kafka-property', property]) };
  };
  /// A worker that reaches Kafka so, and Redis so.
  const worker = (name, kafka, settings) => {
    const { brokers, flags } = properties(kafka);
    return world.startWorker({ name, settings: { 'kafka-brokers': brokers, ...settings }, flags });
  };
  const control = async (kafka, settings) => {
    const { brokers } = properties(kafka);
    const config = written(world, kafka.join('\n'));
    const room = await ControlRoom.start(world, { settings: { config, 'kafka-brokers': brokers, ...settings } });
    rooms.push(room);
    return room;
  };
  const run = async (name, ...args) => {
    const program = new Program(name, args[0], args.slice(1));
    programs.push(program);
    const { code } = await program.ended;
    if (program.report) throw new Error(program.report);
    return { code, text: program.log };
  };
  const says = async (program, pattern) => {
    let said;
    const fits = async () => pattern.test((said = await program.trouble()));
    await world.until(fits, `${program.name} says ${pattern}`, 60_000).catch((error) => {
      throw new Error(`${error.message}; it says: ${said}`);
    });
    truth(!program.end, `${program.name} ended`);
  };
  const ready = (program) => says(program, /^$/);
  const roomSays = async (room, pattern) => {
    let said;
    const fits = async () => {
      if (room.program.end) throw new Error(`control ended:\n${room.program.tail()}`);
      said = await room.get('/readyz').then((answer) => answer.text(), () => '');
      return pattern.test(said);
    };
    await world.until(fits, `control says ${pattern}`, 60_000).catch((error) => {
      throw new Error(`${error.message}; it says: ${said}`);
    });
  };
  const mine = certificate(world, authority.issue('linekeeper-control'));
  let room;

  await must('a worker by password over TLS: a line pairs, and a message comes in', async () => {
    const first = worker('a', login(world, 'linekeeper-worker'), redis(world, 'linekeeper-worker'));
    await ready(first);
    await world.pair('shop', SHOP);
    await sandbox.post(`/admin/phones/${ADA}/send`, { to: SHOP, text: 'are you open?' });
    await world.hears('shop', 'are you open?');
  });

  await must('a control room by client certificate: it sees the line and sends', async () => {
    room = await control(mine, redis(world, 'linekeeper-control'));
    await room.ready(60_000);
    const shown = await (await room.get('/v1/sessions/shop')).json();
    same([shown.session?.status ?? shown.status], ['LINE_STATUS_CONNECTED'], 'the line');
    const sent = await room.get('/v1/sessions/shop/messages?wait=30s', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ to: ADA, text: 'until eight' })
    });
    same(sent.status, 200, `sending: ${await sent.text()}`);
    const { messages } = await sandbox.get(`/admin/phones/${ADA}/messages`);
    same(messages.filter(({ text }) => text === 'until eight').length, 1, 'how often it arrived');
  });

  await test('lkctl: the list, and a doctor who finds nothing wrong', async () => {
    const list = await run('lkctl list', lkctl, '--server', room.address, 'list');
    truth(list.code === 0 && list.text.includes('shop'), `the list: ${list.text}`);
    const settings = { ...redis(world, 'linekeeper-control'), config: written(world, mine.join('\n')), 'key-ring': world.ring };
    const flags = Object.entries(settings).flatMap(([name, value]) => [`--${name}`, value]);
    const doctor = await run('lkctl doctor', lkctl, '--server', room.address, '--output', 'json', 'doctor', ...flags);
    const findings = JSON.parse(doctor.text);
    same(findings.filter(({ grade }) => grade !== 'ok'), [], 'what the doctor found');
  });

  await test('what is wrong with Kafka is named, and ends nobody', async () => {
    const wrong = [
      ['password', login(world, 'linekeeper-worker', { password: 'wrong' }), /refuses our login: .*sasl\.password.*Invalid username or password/],
      ['authority', login(world, 'linekeeper-worker', { ca: stranger.certificate }), /no TLS with Kafka: check ssl\.ca\.location.*verif/],
      ['no certificate', certificate(world), /no TLS with Kafka: check .*our own certificate/],
      ['a stranger', certificate(world, stranger.issue('linekeeper-control')), /no TLS with Kafka: check .*our own certificate/],
      ['plain text', [`kafka-brokers = ${world.kafka.doors.SASL}`], /security\.protocol does not fit/]
    ];
    const rights = redis(world, 'linekeeper-worker');
    for (let i = 0; i < wrong.length; i += 3) {
      const now = wrong.slice(i, i + 3).map(([name, kafka, words]) => [worker(name, kafka, { ...rights, 'group-id': 'try' }), words]);
      await Promise.all(now.map(([program, words]) => says(program, words)));
      await Promise.all(now.map(([program]) => program.stop()));
    }
    const away = await control(login(world, 'linekeeper-control', { password: 'wrong' }), redis(world, 'linekeeper-control'));
    await roomSays(away, /refuses our login/);
    await away.stop();
    const topics = world.run('topics', 'create', '--config', written(world, login(world, 'linekeeper-setup', { password: 'wrong' }).join('\n')));
    same([topics.status, /refuses our login/.test(topics.stderr)], [1, true], `topics create: ${topics.stderr}`);
  });

  await test('SCRAM with a librdkafka that is too old for it is said at start', async () => {
    const program = worker('scram', login(world, 'scram', { mechanism: 'SCRAM-SHA-256' }), { ...redis(world, 'linekeeper-worker'), 'group-id': 'try' });
    // Newer ones log in, and then lack rights.
    await says(program, /refuses our login|denies us a right on topic/);
    const old = program.log.includes('SCRAM does not work with librdkafka');
    same(/refuses our login/.test(await program.trouble()), old, 'whether the login fails with the library that it was said of');
    await program.stop();
  });

  await test('each right that is missing in Kafka is named; once granted, the worker goes on', async () => {
    const made = world.run('topics', 'create', '--config', written(world, login(world, 'newcomer').join('\n')));
    same([made.status, /denies us a right on topic linekeeper\./.test(made.stderr)], [1, true], `topics create: ${made.stderr}`);
    const program = worker('newcomer', login(world, 'newcomer'), redis(world, 'linekeeper-worker'));
    await says(program, /denies us a right on topic linekeeper\./);
    await allow(world.kafka, [...grant('newcomer', 'topic', 'linekeeper.events.', 'Write'), ...grant('newcomer', 'topic', 'linekeeper.commands.', 'Write')]);
    await says(program, /denies us a right on .*group/);
    await allow(world.kafka, grant('newcomer', 'group', 'linekeeper-workers', 'Read'));
    await says(program, /denies us a right on topic linekeeper\.commands\./);
    await allow(world.kafka, grant('newcomer', 'topic', 'linekeeper.commands.', 'Read'));
    await ready(program);
    await program.stop();
  });

  await test('a control room that may not write says so to whoever sends', async () => {
    const reader = login(world, 'reader');
    const narrow = await control(reader, redis(world, 'linekeeper-control'));
    await roomSays(narrow, /denies us a right on topic linekeeper\.events\./);
    await allow(world.kafka, [...grant('reader', 'topic', 'linekeeper.events.', 'Read'), ...grant('reader', 'topic', 'linekeeper.commands.', 'Describe')]);
    await roomSays(narrow, /denies us a right on topic linekeeper\.commands\.rejected/);
    await allow(world.kafka, grant('reader', 'topic', 'linekeeper.commands.rejected', 'Read'));
    await roomSays(narrow, /^ready/);
    const send = async () => {
      const answer = await narrow.get('/v1/sessions/shop/messages', {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ to: ADA, text: 'let me' })
      });
      return { status: answer.status, text: await answer.text() };
    };
    const refused = await send();
    same(refused.status, 503, `sending: ${refused.text}`);
    truth(/KAFKA_UNAVAILABLE/.test(refused.text) && /denies us a right/.test(refused.text), `what it says: ${refused.text}`);
    await narrow.stop();
  });

  await test('what is wrong with Redis is named, and ends nobody', async () => {
    const rules = documentedUser('linekeeper-worker', passwords['redis-worker']).slice(1);
    await world.redis.command('ACL', 'SETUSER', 'mute', ...rules, '-evalsha');
    await world.redis.command('ACL', 'SETUSER', 'weak', ...rules, '-srem', '-zadd');
    await world.redis.command('ACL', 'SETUSER', 'elsewhere', ...rules, 'resetkeys', '~other:*');
    const narrow = (user) => redis(world, user, { password: passwords['redis-worker'] });
    const kafka = login(world, 'linekeeper-worker');
    await allow(world.kafka, grant('linekeeper-worker', 'group', 'try', 'Read'));
    const wrong = [
      ['redis password', redis(world, 'linekeeper-worker', { password: 'wrong' }), /refuses us: check user and password/],
      ['redis authority', { ...redis(world, 'linekeeper-worker'), 'tls-ca': stranger.certificate }, /no connection to Redis .*certificate/],
      ['redis command', narrow('mute'), /denies our user a right it needs .*evalsha/],
      ['redis script', narrow('weak'), /denies our user a right it needs \(SREM, ZADD\)/],
      ['redis keys', narrow('elsewhere'), /denies our user a right it needs \(DEL, EXISTS, GET, /]
    ];
    const now = wrong.map(([name, settings, words]) => [worker(name, kafka, { ...settings, 'group-id': 'try' }), words]);
    await Promise.all(now.map(([program, words]) => says(program, words)));
    await Promise.all(now.map(([program]) => program.stop()));
    // The users of the documentation are denied what they do not need, and were never denied what they need.
    const limited = world.redis.as('linekeeper-worker', passwords['redis-worker']);
    for (const command of [['FLUSHALL'], ['GET', 'other'], ['CONFIG', 'SET', 'save', ''], ['KEYS', 'lk:*']]) {
      const denied = await limited.command(...command).then(
        () => '',
        (error) => error.message
      );
      truth(denied.includes('NOPERM'), `${command.join(' ')} was not denied: ${denied}`);
    }
  });

  await must('a reset by the control room ends it all, with no right missing anywhere', async () => {
    const since = world.connection.records.length;
    const done = await room.get('/v1/sessions/shop/reset-credentials?wait=30s', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ reason: 'the end', logout: true })
    });
    same(done.status, 200, `reset: ${await done.text()}`);
    await world.status('shop', 'NEEDS_PAIRING', { since });
    const denied = [...world.workers.filter(({ id }) => id === 'a'), room.program].filter(({ log }) => /denies/.test(log));
    same(denied.map(({ name }) => name), [], 'who lacked a right');
    await room.stop();
  });

  await test('JWTs: accepted by both algorithms, with their roles and sessions; refused by name', async () => {
    const rsa = new Signer('RS256', 'rsa-1');
    const ec = new Signer('ES256', 'ec-1');
    const other = new Signer('ES256', 'ec-1');
    const jwks = written(world, JSON.stringify({ keys: [rsa.jwk, ec.jwk] }));
    const guarded = await control(mine, {
      ...redis(world, 'linekeeper-control'),
      ...{ 'jwks-file': jwks, 'jwt-audience': 'linekeeper', 'jwt-issuer': 'https://id.example' }
    });
    await guarded.ready(60_000);
    const now = Math.floor(Date.now() / 1000);
    const claims = (more = {}) => ({ sub: 'ada', aud: 'linekeeper', iss: 'https://id.example', exp: now + 600, roles: ['read'], ...more });
    const call = async (token, target = '/v1/sessions', body) => {
      const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' };
      const answer = await guarded.get(target, body ? { method: 'POST', headers, body: JSON.stringify(body) } : { headers });
      const { error } = await answer.json();
      return error ? [answer.status, error.code, error.detail].filter(Boolean) : [answer.status];
    };
    same(await call(rsa.token(claims())), [200], 'RS256');
    same(await call(ec.token(claims({ aud: ['else', 'linekeeper'] }))), [200], 'ES256, one audience of several');
    // Nine refusals: the tenth within a minute would close the door.
    const refused = {
      expired: rsa.token(claims({ exp: now - 600 })),
      audience: rsa.token(claims({ aud: 'elsewhere' })),
      issuer: ec.token(claims({ iss: 'https://evil.example' })),
      unknown_key: rsa.token(claims(), { kid: 'rsa-2' }),
      algorithm: rsa.unsigned(claims()),
      signature: other.token(claims()),
      not_yet_valid: ec.token(claims({ nbf: now + 600 })),
      claims: ec.token(claims({ sessions: 'shop-' }))
    };
    for (const [why, token] of Object.entries(refused)) same(await call(token), [401, 'UNAUTHENTICATED', why], `a token refused for ${why}`);
    // The public key as the secret of an HMAC: what a library that believes the header would accept.
    const head = rsa.token(claims(), { alg: 'HS256' }).split('.').slice(0, 2).join('.');
    const pem = rsa.publicKey.export({ type: 'spki', format: 'pem' });
    const forged = `${head}.${crypto.createHmac('sha256', pem).update(head).digest('base64url')}`;
    same(await call(forged), [401, 'UNAUTHENTICATED', 'algorithm'], 'an HMAC under the public key');

    const sender = ec.token(claims({ roles: undefined, scope: 'openid send', sessions: ['shop'] }));
    const text = { to: ADA, text: 'hello' };
    same(await call(sender, '/v1/sessions/shop'), [200], "a line within the token's sessions");
    same(await call(sender, '/v1/sessions/other'), [403, 'ACCESS_DENIED', 'session'], 'a line outside of them');
    same(await call(sender, '/v1/sessions/other/messages', text), [403, 'ACCESS_DENIED', 'session'], 'a message for that line');
    same(await call(sender, '/v1/sessions/shop/pair', {}), [403, 'ACCESS_DENIED', 'role'], 'pairing with the role send');
    same(await call(rsa.token(claims()), '/v1/sessions/shop/messages', text), [403, 'ACCESS_DENIED', 'role'], 'sending with the role read');
    same((await call(sender, '/v1/sessions/shop/messages', text))[1], 'NEEDS_PAIRING', 'sending with the role send');
    const stub = guarded.client({ token: rsa.token(claims()) });
    same((await stub.call('listSessions', {})).sessions?.map(({ sessionId }) => sessionId), ['shop'], 'over gRPC');
    stub.close();
    await guarded.stop();
  });

  await test('all end in order; no password was ever logged', async () => {
    await world.stop();
    const logs = [...world.workers, ...rooms.map(({ program }) => program), ...programs].map(({ log }) => log).join('');
    const known = Object.entries(passwords).filter(([, password]) => logs.includes(password));
    same(known.map(([name]) => name), [], 'passwords in logs');
  });
}
