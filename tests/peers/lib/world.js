// Everything Linekeeper lines need to live: Kafka, Redis, the sandbox and workers, each a process of its own.
import { spawnSync } from 'node:child_process';
import crypto from 'node:crypto';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { Kafka, Reader, Writer } from './kafka.js';
import { freePorts } from './program.js';
import { RedisServer } from './redis.js';
import { Sandbox } from './sandbox.js';
import { Worker } from './worker.js';

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../../..');
const binary = process.env.LINEKEEPER_WORKER ?? path.join(root, 'build/dev/bin/linekeeper-worker');

export class World {
  /// `topics` are flags of `topics create`, `sandbox` those of the sandbox; `kafka` as Kafka takes it, `redis` settings
  /// of the server. `prepare` is called once the servers are up and gives the flags by which `topics create` reaches Kafka.
  /// `lease` is how long leases last, in ms: short ones where workers die, longer ones where a machine that stood still for
  /// a moment must not end a connection.
  static async start(options = {}) {
    const world = new World(options);
    try {
      await world.begin();
    } catch (error) {
      await world.discard();
      throw error;
    }
    return world;
  }

  constructor({ topics = [], sandbox = [], lease = 2000, kafka, redis, prepare } = {}) {
    this.flags = { topics, sandbox };
    this.lease = lease;
    this.redisSettings = redis;
    this.prepare = prepare ?? ((world) => ['--kafka-brokers', world.kafka.brokers]);
    this.folder = fs.mkdtempSync(path.join(os.tmpdir(), 'linekeeper-world-'));
    process.on('exit', () => fs.rmSync(this.folder, { recursive: true, force: true }));
    this.kafka = new Kafka(this.folder, kafka?.(this));
    this.workers = []; // every one that ever ran; the last is the present one
    this.sandboxes = [];
    this.ports = new Map(); // of the workers' health, by name
    this.serial = 0;
  }

  async begin() {
    const [redisPort, sandboxPort, ...httpPorts] = await freePorts(18);
    this.redisPort = redisPort;
    this.sandboxPort = sandboxPort;
    this.httpPorts = httpPorts;
    this.ring = path.join(this.folder, 'ring');
    this.sealingKey = crypto.randomBytes(32).toString('base64');
    fs.writeFileSync(this.ring, `k1:${this.sealingKey}\n`, { mode: 0o600 });
    // Its keys survive a restart, unlike all that it knows.
    this.sandboxSeed = crypto.randomBytes(32).toString('hex');
    await Promise.all([this.startSandbox(), this.startRedis(this.redisSettings?.(this)), this.kafka.start()]);
    const { sandbox } = this;
    this.noiseRoot = String(await sandbox.get('/admin/noise-root')).trim();
    await this.createTopics(await this.prepare(this));
    this.connection = new Reader(this.kafka, 'linekeeper.events.connection');
    this.newest = new Map();
    this.connection.on('record', ({ value }) => this.keep(value));
    this.messages = new Reader(this.kafka, 'linekeeper.events.message');
    this.rejected = new Reader(this.kafka, 'linekeeper.commands.rejected');
    this.writers = new Map();
  }

  async createTopics(reach) {
    for (let tries = 1; ; ++tries) {
      const made = this.run('topics', 'create', ...reach, ...this.flags.topics);
      if (made.status === 0) return;
      if (tries === 20) throw new Error(`topics create ended with ${made.status}:\n${made.stderr}`);
    }
  }

  /// A call of the worker's program that ends by itself.
  run(...args) {
    return spawnSync(binary, args, { encoding: 'utf8', env: {} });
  }

  /// On its old port with what it wrote before; `settings` of redis-server by name.
  async startRedis(settings = {}) {
    this.redis = await RedisServer.start(this.redisPort, this.folder, settings);
  }

  /// On its old port with its old keys. It has forgotten every phone.
  async startSandbox() {
    const flags = ['--noise-root-seed', this.sandboxSeed, ...this.flags.sandbox];
    this.sandbox = await Sandbox.start(flags, `127.0.0.1:${this.sandboxPort}`);
    this.sandboxes.push(this.sandbox);
  }

  get worker() {
    return this.workers.at(-1);
  }
  /// Those that run now.
  get running() {
    return this.workers.filter((worker) => !worker.end);
  }

  get leases() {
    return { 'lease-ttl': `${this.lease}ms`, 'lease-margin': `${this.lease / 5}ms` };
  }

  /// `name` becomes its worker-id and keeps its health port over restarts; `id` is another worker-id than its name.
  /// `settings` by name win over those here.
  startWorker({ name, id = name, crashAt, settings: more = {}, flags = [] } = {}) {
    const env = crashAt ? { LINEKEEPER_CRASH_AT: crashAt } : {};
    if (!this.ports.has(name)) this.ports.set(name, this.httpPorts.pop());
    const port = this.ports.get(name);
    const settings = {
      'kafka-brokers': this.kafka.brokers,
      'redis-url': `redis://127.0.0.1:${this.redisPort}/0`,
      'key-ring': this.ring,
      'whatsapp-url': this.sandbox.url,
      'tls-ca': 'insecure',
      'noise-root': this.noiseRoot,
      'event-format': 'json',
      'http-listen': `127.0.0.1:${port}`,
      ...this.leases,
      'send-rate': 'off',
      'backoff-max': '2s',
      'log-format': 'json',
      'log-level': 'trace',
      ...(id ? { 'worker-id': id } : {}),
      ...more
    };
    const args = Object.entries(settings).flatMap(([setting, value]) => [`--${setting}`, value]);
    // Not shorter: between its two requests to join, a member says nothing for a second (run-a-worker.md).
    for (const property of ['session.timeout.ms=3000', 'heartbeat.interval.ms=250']) args.push('--kafka-property', property);
    this.workers.push(new Worker(name ?? 'without a name', port, binary, [...args, ...flags], { env }));
    this.worker.expected = Boolean(crashAt);
    return this.worker;
  }

  command(kind, value, key = value.sessionId ?? 'nobody') {
    const topic = `linekeeper.commands.${kind}`;
    if (!this.writers.has(topic)) this.writers.set(topic, new Writer(this.kafka, topic));
    this.writers.get(topic).write(key, value);
  }

  /// Produces a send command and gives its id.
  send(sessionId, to, text, commandId = `c${++this.serial}-${crypto.randomBytes(4).toString('hex')}`) {
    this.command('send', { sessionId, commandId, to, text });
    return commandId;
  }

  /// Waits for a status of a line that is newer than the first `since` records.
  async status(sessionId, status, { since = 0, ms = 60_000 } = {}) {
    const fits = ({ value }) => value?.sessionId === sessionId && value.status === `LINE_STATUS_${status}`;
    const found = await this.connection.until(() => this.connection.records.slice(since).find(fits), `${sessionId} ${status}`, ms);
    return found.value;
  }

  /// Of each line the newest event is kept, as a reader must choose it: by token, then by sequence.
  keep(value) {
    if (!value?.order) return;
    const order = ({ token = 0, sequence = 0 }) => [BigInt(token), BigInt(sequence)];
    const known = this.newest.get(value.sessionId);
    const [a, b] = [order(value.order), order(known?.order ?? {})];
    if (!known || a[0] > b[0] || (a[0] === b[0] && a[1] > b[1])) this.newest.set(value.sessionId, value);
  }

  latest(sessionId) {
    return this.newest.get(sessionId);
  }

  /// The name of the worker on which the line is connected, by its newest event; nothing while it is not.
  owner(sessionId) {
    const newest = this.latest(sessionId);
    return newest?.status === 'LINE_STATUS_CONNECTED' ? newest.workerId : undefined;
  }

  /// Waits until a line is connected on a worker that fits.
  async connectedOn(sessionId, fits = () => true, ms = 60_000) {
    const found = () => {
      const owner = this.owner(sessionId);
      return owner && fits(owner) ? owner : undefined;
    };
    return await this.connection.until(found, `${sessionId} connected where it should be`, ms);
  }

  /// Asks again and again until something is so, and gives that.
  async until(find, what, ms = 60_000) {
    const limit = Date.now() + ms;
    for (;;) {
      const found = await find();
      if (found) return found;
      if (Date.now() > limit) throw new Error(`${what}: not within ${ms} ms`);
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }

  /// Pairs by command, QR from the events, and a phone that scans it.
  async pair(sessionId, phone) {
    this.command('pair', { sessionId });
    await this.scan(sessionId, phone);
    return await this.status(sessionId, 'CONNECTED');
  }

  /// Scans the newest QR of a line that is newer than the first `since` records.
  async scan(sessionId, phone, since = 0) {
    const fits = ({ value }) => value?.sessionId === sessionId && value.qr;
    const shown = () => this.connection.records.slice(since).filter(fits).at(-1);
    const { value } = await this.connection.until(shown, `a QR of ${sessionId}`);
    this.qrs ??= [];
    this.qrs.push(value.qr.text);
    return await this.sandbox.post(`/admin/mock-phone/scan-qr?phone=${phone}`, value.qr.text);
  }

  /// All endings of a send command, without repetitions: accepted, failed or unknown.
  outcomes(commandId) {
    return this.messages.events
      .map(({ value }) => value?.outbound)
      .filter((update) => update?.commandId === commandId)
      .filter(({ state }) => /_(ACCEPTED|FAILED|UNKNOWN)$/.test(state));
  }

  async outcome(commandId, ms = 60_000) {
    return await this.messages.until(() => this.outcomes(commandId)[0], `the outcome of ${commandId}`, ms);
  }

  /// Texts that came in on a line, without repetitions, in order.
  inbound(sessionId) {
    return this.messages.events
      .filter(({ value }) => value?.sessionId === sessionId && value.inbound && !value.inbound.fromMe)
      .map(({ id, value }) => ({ event: id, ...value.inbound }));
  }

  async hears(sessionId, text, ms = 60_000) {
    const find = () => this.inbound(sessionId).find((message) => message.text === text);
    return await this.messages.until(find, `text "${text}"`, ms);
  }

  /// What of `secrets` stands in the log of any worker.
  leaked(secrets) {
    const log = this.workers.map((worker) => worker.log).join('');
    return secrets.filter((secret) => secret && log.includes(secret));
  }

  /// Throws when a sanitizer spoke, or a worker that nobody killed died.
  checkReports() {
    const died = this.workers.find((worker) => worker.died && !worker.report);
    if (died) throw new Error(`${died.name} died of ${died.end.signal ?? died.end.code}:\n${died.tail()}`);
    const silent = this.workers.every((worker) => !worker.report) && this.sandboxes.every(({ log }) => !log.match(/Sanitizer|runtime error:/));
    if (silent) return;
    throw new Error(this.workers.map((worker) => worker.report ?? '').join('') || this.sandboxes.map(({ log }) => log.slice(-6000)).join(''));
  }

  async stop() {
    await Promise.all(this.running.map((worker) => worker.stop()));
    await this.sandbox.stop();
    this.checkReports();
  }

  /// What every worker and sandbox said, a file each, and what the sandbox knows, for whoever looks for a defect.
  async keepLogs(folder) {
    fs.mkdirSync(folder, { recursive: true });
    const devices = await this.sandbox.devices().catch(() => []);
    for (const device of devices) {
      const journal = await this.sandbox.get(`/admin/journal?phone=${device.phone}&device=${device.device}`);
      const lines = [device, ...journal.stanzas].map((entry) => `${JSON.stringify(entry)}\n`);
      fs.writeFileSync(path.join(folder, `device-${device.phone}-${device.device}.jsonl`), lines.join(''));
    }
    this.workers.forEach(({ id, log }, i) => fs.writeFileSync(path.join(folder, `${i}-${id}.log`), log));
    this.sandboxes.forEach(({ log }, i) => fs.writeFileSync(path.join(folder, `sandbox-${i}.log`), log));
    fs.writeFileSync(path.join(folder, 'kafka.log'), this.kafka.broker?.log ?? '');
    for (const reader of [this.connection, this.messages, this.rejected]) {
      const lines = reader.records.map((record) => `${JSON.stringify(record)}\n`);
      fs.writeFileSync(path.join(folder, `${reader.topic}.jsonl`), lines.join(''));
    }
  }

  /// Whatever still runs ends, and what it wrote is removed.
  async discard() {
    await Promise.all(this.workers.map((worker) => worker.kill()));
    for (const reader of [this.connection, this.messages, this.rejected]) await reader?.program.kill();
    for (const writer of this.writers?.values() ?? []) await writer.program?.kill();
    await this.kafka.kill();
    await this.redis?.kill();
    for (const sandbox of this.sandboxes) sandbox.child.kill('SIGKILL');
    fs.rmSync(this.folder, { recursive: true, force: true });
  }
}
