// The control room over gRPC: a JavaScript client pairs, watches, sends and resets, one replica after the other, with
// worker, Kafka and Redis taken away underneath.
import { spawnSync } from 'node:child_process';
import crypto from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import loader from '@grpc/proto-loader';
import { inWorld, must, same, test } from './lib/checks.js';
import { ControlRoom, grpc } from './lib/control.js';
import { Program } from './lib/program.js';

const SHOP = '491705550001';
const ADA = '491705550002';
const LINE = 'LINE_STATUS_';

/// The error that `promise` ends with, as "CODE REASON"; fails if it does not.
async function refusal(promise) {
  try {
    await promise;
  } catch (error) {
    return [error.code, error.reason].join(' ');
  }
  throw new Error('no error came');
}

function truth(value, what) {
  if (!value) throw new Error(what);
}

function openssl(folder, ...args) {
  const ran = spawnSync('openssl', args, { cwd: folder, encoding: 'utf8' });
  if (ran.status !== 0) throw new Error(`openssl ${args.join(' ')}:\n${ran.stderr}`);
}

/// An authority, and certificates it signed: server, ops and one that is over.
function certificates(folder) {
  openssl(folder, 'req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-keyout', 'ca.key', '-out', 'ca.pem', '-subj', '/CN=Test CA', '-days', '2');
  fs.writeFileSync(path.join(folder, 'san'), 'subjectAltName=IP:127.0.0.1,DNS:localhost\n');
  for (const [name, days] of [['server', '2'], ['ops', '2'], ['old', '-1']]) {
    openssl(folder, 'req', '-new', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-keyout', `${name}.key`, '-out', `${name}.csr`, '-subj', `/CN=${name}`);
    openssl(folder, 'x509', '-req', '-in', `${name}.csr`, '-CA', 'ca.pem', '-CAkey', 'ca.key', '-CAcreateserial', '-out', `${name}.pem`, '-days', days, '-extfile', 'san');
  }
}

await inWorld(async (world) => {
  const { sandbox } = world;
  const rooms = [];
  const open = async (options) => {
    const room = await ControlRoom.start(world, options);
    rooms.push(room);
    await room.ready();
    return room;
  };
  try {
    await checks(world, sandbox, open);
  } finally {
    for (const room of rooms) {
      if (room.program.report) throw new Error(room.program.report);
      await room.kill();
    }
  }
}, { lease: 6000 });

async function checks(world, sandbox, open) {
  await sandbox.post('/admin/phones', { phone: ADA });
  world.startWorker();
  const room = await open();
  const client = room.client();
  const qrs = [];

  const pair = async (sessionId, phone) => {
    const stream = client.stream('pair', { sessionId });
    const { qr } = await stream.until((message) => message.qr, 'a QR');
    qrs.push(qr.text);
    truth(new Date(Number(qr.expiresAt.seconds) * 1000) > new Date(), 'a QR that has expired');
    await sandbox.post(`/admin/mock-phone/scan-qr?phone=${phone}`, qr.text);
    const last = await stream.until((message) => message.session, 'the end of pairing');
    same(await stream.ended, undefined, 'how the stream ended');
    return last;
  };

  await must('a client pairs a line by the stream alone', async () => {
    const last = await pair('shop', SHOP);
    same([last.session.status, last.session.phoneNumber, last.session.hasCredentials], [`${LINE}CONNECTED`, SHOP, true], 'the session');
  });

  await must('the status of the credentials says whose they are and who holds the line', async () => {
    const status = await client.call('getCredentialStatus', { sessionId: 'shop' });
    same([status.hasCredentials, status.storedPhone, status.canReset, status.keyId], [true, SHOP, true, 'k1'], 'credentials');
    truth(status.lid && status.ownerWorker && BigInt(status.fencingToken) > 0n, 'lid, owner and token are told');
    same(status.lastError, undefined, 'an error');
  });

  await test('a text is answered with its outcome, once per command id', async () => {
    const request = { sessionId: 'shop', commandId: 'hello-1', to: `+${ADA}`, text: 'hello from the control room' };
    const answer = await client.call('sendMessage', request);
    same([answer.commandId, answer.state], ['hello-1', 'OUTBOUND_STATE_ACCEPTED'], 'the answer');
    truth(answer.messageId && answer.serverTime, 'message id and time');
    await sandbox.wait('received', { phone: ADA, text: request.text });
    const again = await client.call('sendMessage', request);
    same(again.messageId, answer.messageId, 'the message id of the repetition');
    const { messages } = await sandbox.get(`/admin/phones/${ADA}/messages`);
    same(messages.filter(({ text }) => text === request.text).length, 1, 'how often it arrived');
    same(await refusal(client.call('sendMessage', { ...request, text: 'something else' })), 'ALREADY_EXISTS COMMAND_ID_REUSED', 'other content');
  });

  await test('what can never be sent is refused by name', async () => {
    const to = `+${ADA}`;
    same(await refusal(client.call('sendMessage', { sessionId: 'shop', to: 'nobody', text: 'x' })), 'INVALID_ARGUMENT INVALID_PHONE', 'to nobody');
    same(await refusal(client.call('sendMessage', { sessionId: 'shop', to })), 'INVALID_ARGUMENT EMPTY_CONTENT', 'nothing');
    same(await refusal(client.call('sendMessage', { sessionId: 'shop', to, text: 'x'.repeat(70_000) })), 'INVALID_ARGUMENT TEXT_TOO_LONG', 'too long');
    same(await refusal(client.call('sendMessage', { sessionId: 'shop', to, text: 'x'.repeat(1_500_000) })), 'INVALID_ARGUMENT COMMAND_TOO_LARGE', 'a record too large');
    same(await refusal(client.call('sendMessage', { sessionId: 'shop', to, text: 'x'.repeat(3_000_000) })), 'RESOURCE_EXHAUSTED ', 'a request too large');
  });

  await test('unknown sessions and ids that cannot be are told apart', async () => {
    for (const method of ['getSession', 'getCredentialStatus', 'resetCredentials', 'reconnect', 'disconnect', 'logout']) {
      same(await refusal(client.call(method, { sessionId: 'nobody' })), 'NOT_FOUND SESSION_UNKNOWN', method);
      for (const sessionId of ['', 'a\nb', 'x'.repeat(4096)]) {
        same(await refusal(client.call(method, { sessionId })), 'INVALID_ARGUMENT MISSING_SESSION_ID', `${method} of a bad id`);
      }
    }
    same(await refusal(client.call('reconnect', { sessionId: 'shop', commandId: 'a\u0007b' })), 'INVALID_ARGUMENT INVALID_COMMAND_ID', 'a bad command id');
    same(await refusal(client.call('getCommand', { sessionId: 'shop', commandId: 'never' })), 'NOT_FOUND COMMAND_UNKNOWN', 'a command nobody wrote');
    same(await refusal(client.call('listSessions', { pageToken: '!' })), 'INVALID_ARGUMENT INVALID_REQUEST', 'a page token');
    same(await refusal(client.call('checkNumbers', { sessionId: 'shop' })), 'INVALID_ARGUMENT INVALID_REQUEST', 'no numbers');
  });

  await test('registered numbers are told from others', async () => {
    const { numbers } = await client.call('checkNumbers', { sessionId: 'shop', numbers: [ADA, SHOP] });
    same(numbers.map(({ number, registered }) => [number.replace('+', ''), registered]), [[ADA, true], [SHOP, true]], 'numbers');
  });

  await must('ids with slashes, blanks and letters of any kind are ids like others, listed in pages', async () => {
    for (const sessionId of ['späti/1 Ω', 'kiosk-1', 'kiosk-2']) {
      const stream = client.stream('pair', { sessionId });
      await stream.until((message) => message.qr, `a QR of ${sessionId}`);
      stream.cancel();
    }
    const names = [];
    for (let pageToken = ''; ; ) {
      const page = await client.call('listSessions', { pageSize: 2, pageToken });
      names.push(...page.sessions.map(({ sessionId }) => sessionId));
      pageToken = page.nextPageToken;
      if (!pageToken) break;
    }
    same(names, ['kiosk-1', 'kiosk-2', 'shop', 'späti/1 Ω'], 'all sessions');
    const only = async (request) => (await client.call('listSessions', request)).sessions.map(({ sessionId }) => sessionId);
    same(await only({ prefix: 'kiosk-' }), ['kiosk-1', 'kiosk-2'], 'by prefix');
    same(await only({ statuses: [`${LINE}CONNECTED`] }), ['shop'], 'by status');
  });

  await test('a QR is in the session only where it is asked for', async () => {
    same((await client.call('getSession', { sessionId: 'kiosk-1' })).qr, undefined, 'QR unasked');
    truth((await client.call('getSession', { sessionId: 'kiosk-1', includePairing: true })).qr.text, 'a QR');
    const { sessions } = await client.call('listSessions', {});
    truth(!JSON.stringify(sessions).includes('2@'), 'a QR in the list');
  });

  const second = await open();
  const other = second.client();
  await must('a watch tells what is and what changes, and goes on at another replica', async () => {
    const watch = client.stream('watchSessions', {}, 0);
    await watch.until(({ session }) => session.sessionId === 'shop' && session.status === `${LINE}CONNECTED`, 'shop as it is');
    await client.call('disconnect', { sessionId: 'shop' });
    const stopped = await watch.until(({ session }) => session.status === `${LINE}STOPPED`, 'shop stopped');
    truth(!JSON.stringify(watch.messages).includes('2@'), 'a QR in the watch');
    watch.cancel();
    await client.call('reconnect', { sessionId: 'shop' });
    const resumed = other.stream('watchSessions', { resumeToken: stopped.resumeToken, prefix: 'shop' }, 0);
    await resumed.until(({ session }) => session.status === `${LINE}CONNECTED`, 'shop connected again');
    truth(!resumed.messages.some(({ session }) => session.status === `${LINE}STOPPED`), 'what was seen came again');
    resumed.cancel();
    same(await refusal(other.stream('watchSessions', { resumeToken: 'garbage' }).ended.then((e) => Promise.reject(e))), 'INVALID_ARGUMENT INVALID_REQUEST', 'a bad token');
  });

  await test('disconnect keeps the credentials, and a send meanwhile is refused by the status', async () => {
    const { session } = await client.call('disconnect', { sessionId: 'shop' });
    same([session.status, session.hasCredentials, session.stoppedByOperator], [`${LINE}STOPPED`, true, true], 'the session');
    same(await refusal(client.call('sendMessage', { sessionId: 'shop', to: ADA, text: 'x' })), 'FAILED_PRECONDITION STOPPED', 'a send');
    const since = world.connection.records.length;
    await client.call('reconnect', { sessionId: 'shop' });
    await world.status('shop', 'CONNECTED', { since });
  });

  await test('10,000 watchers are told, and what they cost is given back', async () => {
    const clients = Array.from({ length: 20 }, (_, i) => room.client({ channel: { 'grpc.use_local_subchannel_pool': 1, i } }));
    const watches = clients.flatMap((one) => Array.from({ length: 500 }, () => one.stream('watchSessions', { sessionId: 'shop' }, 0)));
    await Promise.all(watches.map((watch) => watch.until(() => true, 'the first word', 110_000)));
    watches.forEach((watch) => watch.cancel());
    clients.forEach((one) => one.close());
    truth((await client.call('getSession', { sessionId: 'shop' }, 60_000)).sessionId === 'shop', 'still answering');
  }, 240_000);

  await test('a command that nobody performs is pending, and its end is known later', async () => {
    await world.worker.stop();
    same(await refusal(client.call('disconnect', { sessionId: 'shop', commandId: 'later-1' }, 5000)), 'DEADLINE_EXCEEDED OUTCOME_PENDING', 'the answer');
    same(await refusal(other.call('getCommand', { sessionId: 'shop', commandId: 'later-1' })), 'NOT_FOUND COMMAND_UNKNOWN', 'at the other replica');
    const { status, reason, ownerWorker } = await client.call('getSession', { sessionId: 'shop' });
    same([status, reason.detail, ownerWorker], [`${LINE}DISCONNECTED`, 'no_worker', undefined], 'a line that nobody holds');
    world.startWorker();
    const answer = await client.call('disconnect', { sessionId: 'shop', commandId: 'later-1' });
    same(answer.commandId, 'later-1', 'the repetition');
    same((await other.call('getCommand', { sessionId: 'shop', commandId: 'later-1' })).state, 'COMMAND_STATE_DONE', 'what became of it');
  });

  await must('a dry run says what a reset would forget, and forgets nothing', async () => {
    const { before, session, commandId } = await client.call('resetCredentials', { sessionId: 'shop', dryRun: true });
    same([before.hasCredentials, before.storedPhone, session.hasCredentials, commandId], [true, SHOP, true, undefined], 'the answer');
  });

  await must('a reset of a line whose worker is dead completes with the next one', async () => {
    await world.worker.kill();
    const resetting = client.call('resetCredentials', { sessionId: 'shop', commandId: 'reset-1', reason: 'new owner' }, 60_000);
    world.startWorker();
    const { session, before } = await resetting;
    same([before.storedPhone, session.status, Boolean(session.hasCredentials)], [SHOP, `${LINE}NEEDS_PAIRING`, false], 'the answer');
    const status = await other.call('getCredentialStatus', { sessionId: 'shop' });
    same([Boolean(status.hasCredentials), status.storedPhone, status.keyId], [false, undefined, undefined], 'at the other replica');
  });

  await test('each change stands in the audit with caller, command and result', async () => {
    const line = room.audit.find(({ command }) => command === 'reset-1');
    same([line.caller, line.call, line.session, line.result, line.reason], ['local', 'ResetCredentials', 'shop', 'OK', 'new owner'], 'the reset');
    same(room.audit.find(({ command }) => command === 'later-1').result, 'OUTCOME_PENDING', 'the pending one');
  });

  await test('health and reflection answer', async () => {
    const health = await probe(room.address, 'linekeeper.v1.Control');
    same(health, 'SERVING', 'health');
    same((await services(room.address)).filter((name) => !name.includes('reflection')).sort(), ['grpc.health.v1.Health', 'linekeeper.v1.Control'], 'services');
  });

  await must('Kafka away: calls that need it fail at once, others go on, and it heals', async () => {
    await world.kafka.kill();
    // Until it has noticed, a call waits for its own end.
    const refused = async () => (await refusal(client.call('reconnect', { sessionId: 'shop' }, 20_000))) === 'UNAVAILABLE KAFKA_UNAVAILABLE';
    await world.until(refused, 'KAFKA_UNAVAILABLE before the end of the call', 120_000);
    same((await client.call('getCredentialStatus', { sessionId: 'shop' })).canReset, true, 'reading goes on');
    same((await room.get('/readyz')).status, 503, 'readiness');
    await world.kafka.again();
    await room.ready(60_000);
    await pair('shop', SHOP);
  });

  await must('Redis away: the store is named, and it heals', async () => {
    await world.redis.kill();
    same(await refusal(client.call('getSession', { sessionId: 'shop' })), 'UNAVAILABLE STORE_UNAVAILABLE', 'reading');
    same(await refusal(client.call('disconnect', { sessionId: 'shop' })), 'UNAVAILABLE STORE_UNAVAILABLE', 'changing');
    await world.startRedis();
    await room.ready();
    same((await client.call('getSession', { sessionId: 'shop' })).hasCredentials, true, 'afterwards');
  });

  await test('tokens decide who may what with which sessions', async () => {
    const [reader, tenant, admin] = ['reader', 'tenant', 'admin'].map(() => crypto.randomBytes(24).toString('hex'));
    const digest = (token) => crypto.createHash('sha256').update(token).digest('hex');
    const file = path.join(world.folder, 'access');
    fs.writeFileSync(file, `rita sha256:${digest(reader)} read\ntom sha256:${digest(tenant)} operate,send kiosk-\nann sha256:${digest(admin)} admin\n`, { mode: 0o600 });
    const guarded = await open({ settings: { 'access-file': file } });
    const as = (token) => guarded.client({ token });
    same(await refusal(as().call('listSessions', {})), 'UNAUTHENTICATED UNAUTHENTICATED', 'without a token');
    same((await as(reader).call('getSession', { sessionId: 'shop' })).sessionId, 'shop', 'the reader');
    same(await refusal(as(reader).call('disconnect', { sessionId: 'shop' })), 'PERMISSION_DENIED ACCESS_DENIED', 'the reader operates');
    same(await refusal(as(reader).call('getSession', { sessionId: 'kiosk-1', includePairing: true })), 'PERMISSION_DENIED ACCESS_DENIED', 'the reader wants a QR');
    same((await as(tenant).call('listSessions', {})).sessions.map(({ sessionId }) => sessionId), ['kiosk-1', 'kiosk-2'], "the tenant's list");
    for (const method of ['getSession', 'getCredentialStatus', 'disconnect']) {
      same(await refusal(as(tenant).call(method, { sessionId: 'shop' })), 'PERMISSION_DENIED ACCESS_DENIED', `the tenant: ${method} of another's`);
    }
    same(await refusal(as(tenant).call('resetCredentials', { sessionId: 'kiosk-1' })), 'PERMISSION_DENIED ACCESS_DENIED', 'the tenant resets');
    const watch = as(tenant).stream('watchSessions', {}, 0);
    await watch.until(({ session }) => session.sessionId === 'kiosk-2', 'what the tenant sees');
    truth(watch.messages.every(({ session }) => session.sessionId.startsWith('kiosk-')), "another's session in the watch");
    watch.cancel();
    same((await as(admin).call('resetCredentials', { sessionId: 'kiosk-1' })).session.status, `${LINE}NEEDS_PAIRING`, 'the admin resets');
    same(guarded.audit.at(-1).caller, 'ann', 'the caller in the audit');
    same(guarded.audit.find(({ caller, result }) => caller === 'tom' && result === 'ACCESS_DENIED').session, 'shop', 'the refused one');
    for (let i = 0; i < 10; ++i) await refusal(as('guess').call('listSessions', {}));
    same(await refusal(as(admin).call('listSessions', {})), 'RESOURCE_EXHAUSTED TOO_MANY_FAILURES', 'after ten guesses');
    truth(![reader, tenant, admin].some((token) => guarded.program.log.includes(token)), 'a token in the log');
  });

  await test('client certificates decide, and one that is over does not connect', async () => {
    const folder = fs.mkdtempSync(path.join(world.folder, 'tls-'));
    certificates(folder);
    const at = (name) => path.join(folder, name);
    fs.writeFileSync(at('access'), 'ops cert:ops admin\n', { mode: 0o600 });
    const room = await ControlRoom.start(world, {
      settings: { 'access-file': at('access'), 'tls-certificate': at('server.pem'), 'tls-key': at('server.key'), 'tls-client-ca': at('ca.pem') }
    });
    try {
      const read = (name) => fs.readFileSync(at(name));
      const as = (name) => room.client({ credentials: grpc.credentials.createSsl(read('ca.pem'), ...(name ? [read(`${name}.key`), read(`${name}.pem`)] : [])) });
      const limit = Date.now() + 60_000;
      let said;
      for (;;) {
        said = await as('ops').call('listSessions', {}).then((answer) => answer.sessions.length, (error) => error.message);
        if (typeof said === 'number' || Date.now() > limit) break;
      }
      truth(said > 0, `ops: ${said}`);
      same(await refusal(as().call('listSessions', {})), 'UNAUTHENTICATED UNAUTHENTICATED', 'without a certificate');
      same(await refusal(as('server').call('listSessions', {})), 'UNAUTHENTICATED UNAUTHENTICATED', 'a certificate of nobody');
      same(await refusal(as('old').call('listSessions', {}, 20_000)), 'UNAVAILABLE ', 'a certificate that is over');
      same(await refusal(room.client().call('listSessions', {}, 20_000)), 'UNAVAILABLE ', 'without TLS');
      truth(room.program.report === undefined, room.program.report);
    } finally {
      await room.kill();
    }
  });

  await test('it refuses to be open to others without knowing who they are', async () => {
    const binary = process.env.LINEKEEPER_CONTROL ?? 'build/dev/bin/linekeeper-control';
    for (const flag of ['--grpc-listen', '--http-listen']) {
      const program = new Program('an open control room', binary, [flag, '0.0.0.0:0']);
      same((await program.ended).code, 2, 'exit code');
      truth(program.log.includes('access-file'), `what it says: ${program.log}`);
    }
  });

  await test('no QR, number or key is in the log', async () => {
    const secrets = [...qrs.flatMap((qr) => qr.split(',')).filter((part) => part.length > 8), SHOP, ADA, world.sealingKey];
    for (const { program } of [room, second]) same(secrets.filter((secret) => program.log.includes(secret)), [], 'in the log');
  });

  await test('control rooms and workers end in order', async () => {
    const watch = client.stream('watchSessions', {}, 0);
    await watch.until(() => true, 'a watch that is open');
    await room.stop();
    await second.stop();
    await world.stop();
  });
}

/// grpc.health.v1, asked without generated code.
async function probe(address, service) {
  const { grpc: { health } } = grpc.loadPackageDefinition(
    loader.fromJSON(
      {
        nested: {
          grpc: { nested: { health: { nested: { v1: { nested: {
            Ask: { fields: { service: { type: 'string', id: 1 } } },
            Said: { fields: { status: { type: 'Status', id: 1 } }, nested: { Status: { values: { UNKNOWN: 0, SERVING: 1, NOT_SERVING: 2 } } } },
            Health: { methods: { Check: { requestType: 'Ask', responseType: 'Said' } } }
          } } } } } }
        }
      },
      { enums: String }
    )
  );
  const stub = new health.v1.Health(address, grpc.credentials.createInsecure());
  return await new Promise((resolve, reject) => stub.check({ service }, (error, answer) => (error ? reject(error) : resolve(answer.status))));
}

/// The names that server reflection lists.
async function services(address) {
  const { grpc: { reflection } } = grpc.loadPackageDefinition(
    loader.fromJSON({
      nested: {
        grpc: { nested: { reflection: { nested: { v1alpha: { nested: {
          Ask: { fields: { listServices: { type: 'string', id: 7 } } },
          Name: { fields: { name: { type: 'string', id: 1 } } },
          Names: { fields: { service: { rule: 'repeated', type: 'Name', id: 1 } } },
          Said: { fields: { listServicesResponse: { type: 'Names', id: 6 } } },
          ServerReflection: { methods: { ServerReflectionInfo: { requestType: 'Ask', requestStream: true, responseType: 'Said', responseStream: true } } }
        } } } } } }
      }
    })
  );
  const stub = new reflection.v1alpha.ServerReflection(address, grpc.credentials.createInsecure());
  return await new Promise((resolve, reject) => {
    const call = stub.serverReflectionInfo();
    call.on('data', (answer) => {
      resolve(answer.listServicesResponse.service.map(({ name }) => name));
      call.end();
    });
    call.on('error', reject);
    call.write({ listServices: '*' });
  });
}
