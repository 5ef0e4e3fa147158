// Everything a Linekeeper line needs to live: Kafka, Redis, the sandbox and one worker, each a process of its own.
import { spawnSync } from 'node:child_process';
import crypto from 'node:crypto';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { Kafka, Reader, Writer } from './kafka.js';
import { freePorts, Program, reachable } from './program.js';
import { Sandbox } from './sandbox.js';

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../../..');
const binary = process.env.LINEKEEPER_WORKER ?? path.join(root, 'build/dev/bin/linekeeper-worker');

export class World {
  static async start() {
    const world = new World();
    try {
      await world.begin();
    } catch (error) {
      await world.discard();
      throw error;
    }
    return world;
  }

  constructor() {
    this.folder = fs.mkdtempSync(path.join(os.tmpdir(), 'linekeeper-world-'));
    process.on('exit', () => fs.rmSync(this.folder, { recursive: true, force: true }));
    this.kafka = new Kafka(this.folder);
    this.workers = []; // every one that ever ran; the last is the present one
    this.serial = 0;
  }

  async begin() {
    const [redisPort, httpPort] = await freePorts(2);
    this.redisPort = redisPort;
    this.httpPort = httpPort;
    this.ring = path.join(this.folder, 'ring');
    this.sealingKey = crypto.randomBytes(32).toString('base64');
    fs.writeFileSync(this.ring, `k1:${this.sealingKey}\n`, { mode: 0o600 });
    const [sandbox] = await Promise.all([Sandbox.start(), this.startRedis(), this.kafka.start()]);
    this.sandbox = sandbox;
    this.noiseRoot = String(await sandbox.get('/admin/noise-root')).trim();
    await this.createTopics();
    this.connection = new Reader(this.kafka, 'linekeeper.events.connection');
    this.messages = new Reader(this.kafka, 'linekeeper.events.message');
    this.rejected = new Reader(this.kafka, 'linekeeper.commands.rejected');
    this.writers = new Map();
  }

  async createTopics() {
    for (let tries = 1; ; ++tries) {
      const made = spawnSync(binary, ['topics', 'create', '--kafka-brokers', this.kafka.brokers], { encoding: 'utf8', env: {} });
      if (made.status === 0) return;
      if (tries === 20) throw new Error(`topics create ended with ${made.status}:\n${made.stderr}`);
    }
  }

  async startRedis() {
    const args = ['--port', this.redisPort, '--bind', '127.0.0.1', '--dir', this.folder, '--save', ''];
    args.push('--appendonly', 'yes', '--appendfsync', 'always', '--logfile', '');
    this.redis = new Program('redis-server', 'redis-server', args.map(String));
    await reachable(this.redisPort, 10_000, this.redis);
  }

  get worker() {
    return this.workers.at(-1);
  }

  startWorker({ crashAt, flags = [] } = {}) {
    const env = crashAt ? { LINEKEEPER_CRASH_AT: crashAt } : {};
    const settings = {
      'kafka-brokers': this.kafka.brokers,
      'redis-url': `redis://127.0.0.1:${this.redisPort}/0`,
      'key-ring': this.ring,
      'whatsapp-url': this.sandbox.url,
      'tls-ca': 'insecure',
      'noise-root': this.noiseRoot,
      'event-format': 'json',
      'http-listen': `127.0.0.1:${this.httpPort}`,
      'lease-ttl': '2s',
      'lease-margin': '400ms',
      'send-rate': 'off',
      'backoff-max': '2s',
      'log-format': 'json',
      'log-level': 'trace'
    };
    const args = Object.entries(settings).flatMap(([name, value]) => [`--${name}`, value]);
    for (const property of ['session.timeout.ms=1000', 'heartbeat.interval.ms=250']) args.push('--kafka-property', property);
    this.workers.push(new Program('the worker', binary, [...args, ...flags], { env }));
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
  async status(sessionId, status, { since = 0, ms = 30_000 } = {}) {
    const fits = ({ value }) => value?.sessionId === sessionId && value.status === `LINE_STATUS_${status}`;
    const found = await this.connection.until(() => this.connection.records.slice(since).find(fits), `${sessionId} ${status}`, ms);
    return found.value;
  }

  /// Pairs by command, QR from the events, and a phone that scans it.
  async pair(sessionId, phone) {
    this.command('pair', { sessionId });
    await this.scan(sessionId, phone);
    return await this.status(sessionId, 'CONNECTED');
  }

  async scan(sessionId, phone) {
    const shown = () => this.connection.records.filter(({ value }) => value?.sessionId === sessionId && value.qr).at(-1);
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

  async outcome(commandId, ms = 30_000) {
    return await this.messages.until(() => this.outcomes(commandId)[0], `the outcome of ${commandId}`, ms);
  }

  /// Texts that came in on a line, without repetitions, in order.
  inbound(sessionId) {
    return this.messages.events
      .filter(({ value }) => value?.sessionId === sessionId && value.inbound && !value.inbound.fromMe)
      .map(({ id, value }) => ({ event: id, ...value.inbound }));
  }

  async hears(sessionId, text, ms = 30_000) {
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
    const silent = this.workers.every((worker) => !worker.report) && !this.sandbox.log.match(/Sanitizer|runtime error:/);
    if (silent) return;
    throw new Error(this.workers.map((worker) => worker.report ?? '').join('') || this.sandbox.log.slice(-6000));
  }

  async stop() {
    await this.worker?.stop();
    await this.sandbox.stop();
    this.checkReports();
  }

  /// Whatever still runs ends, and what it wrote is removed.
  async discard() {
    await this.worker?.kill();
    for (const reader of [this.connection, this.messages, this.rejected]) await reader?.program.kill();
    for (const writer of this.writers?.values() ?? []) await writer.program?.kill();
    await this.kafka.kill();
    await this.redis?.kill();
    if (this.sandbox) this.sandbox.child.kill('SIGKILL');
    fs.rmSync(this.folder, { recursive: true, force: true });
  }
}
