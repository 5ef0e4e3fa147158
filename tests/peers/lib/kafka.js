// Apache Kafka itself, one process, and its command line client as reader and writer.
import { EventEmitter, once } from 'node:events';
import fs from 'node:fs';
import path from 'node:path';
import readline from 'node:readline';
import { fileURLToPath } from 'node:url';
import { deadline } from './peer.js';
import { freePorts, Program, reachable } from './program.js';

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../../..');
const jars =
  process.env.LINEKEEPER_KAFKA_JARS ??
  (process.env.LINEKEEPER_CACHE ? path.join(process.env.LINEKEEPER_CACHE, 'kafka-jars') : path.join(root, 'build/kafka-jars'));

export class Kafka {
  constructor(folder) {
    this.folder = folder;
  }

  async start() {
    const [port, controller] = await freePorts(2);
    this.port = port;
    this.brokers = `127.0.0.1:${port}`;
    const settings = {
      'process.roles': 'broker,controller',
      'node.id': 1,
      'controller.quorum.voters': `1@127.0.0.1:${controller}`,
      listeners: `PLAINTEXT://${this.brokers},CONTROLLER://127.0.0.1:${controller}`,
      'advertised.listeners': `PLAINTEXT://${this.brokers}`,
      'controller.listener.names': 'CONTROLLER',
      'inter.broker.listener.name': 'PLAINTEXT',
      'log.dirs': path.join(this.folder, 'kafka'),
      'auto.create.topics.enable': false,
      'message.max.bytes': 20_000_000,
      'offsets.topic.replication.factor': 1,
      'offsets.topic.num.partitions': 3,
      'transaction.state.log.replication.factor': 1,
      'transaction.state.log.min.isr': 1,
      'transaction.state.log.num.partitions': 3,
      'share.coordinator.state.topic.replication.factor': 1,
      'share.coordinator.state.topic.min.isr': 1,
      'share.coordinator.state.topic.num.partitions': 3,
      'group.initial.rebalance.delay.ms': 0,
      'group.min.session.timeout.ms': 500,
      // A restarted broker is refused until its old session ends: these make that short.
      'broker.session.timeout.ms': 1500,
      'broker.heartbeat.interval.ms': 300
    };
    const lines = Object.entries(settings).map(([name, value]) => `${name}=${value}\n`);
    fs.writeFileSync(path.join(this.folder, 'kafka.properties'), lines.join(''));
    fs.writeFileSync(
      path.join(this.folder, 'log4j2.properties'),
      'appender.out.type=Console\nappender.out.name=out\nappender.out.layout.type=PatternLayout\n' +
        'appender.out.layout.pattern=%d %p %c{1} %m%n\nrootLogger.level=warn\nrootLogger.appenderRef.out.ref=out\n'
    );
    const properties = path.join(this.folder, 'kafka.properties');
    const format = this.java('kafka.tools.StorageTool', ['format', '-t', 'bGluZWtlZXBlci1wZWVycw', '-c', properties]);
    const { code } = await format.ended;
    if (code !== 0) throw new Error(`Kafka's storage could not be formatted (${jars}):\n${format.tail()}`);
    await this.again();
  }

  java(program, args) {
    return new Program(`Kafka ${program}`, 'java', [
      ...['-Xms64m', '-Xmx384m', '-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1'],
      `-Dlog4j2.configurationFile=${path.join(this.folder, 'log4j2.properties')}`,
      ...['-cp', `${jars}/*`, program, ...args]
    ]);
  }

  /// Starts it on its old port with its old data.
  async again() {
    this.broker = this.java('kafka.Kafka', [path.join(this.folder, 'kafka.properties')]);
    await reachable(this.port, 60_000, this.broker);
  }

  async kill() {
    await this.broker?.kill();
  }
}

const kcat = (name, kafka, args, options) =>
  new Program(name, 'kcat', ['-b', kafka.brokers, '-E', '-q', '-X', 'reconnect.backoff.max.ms=500', ...args], options);

/// Everything in one topic from its beginning, as it comes.
export class Reader extends EventEmitter {
  constructor(kafka, topic) {
    super();
    this.setMaxListeners(0);
    this.topic = topic;
    this.records = []; // {id: ce_id, headers, value}
    this.program = kcat(`reader of ${topic}`, kafka, ['-C', '-t', topic, '-o', 'beginning', '-J', '-u'], { onOutput() {} });
    readline.createInterface({ input: this.program.child.stdout }).on('line', (line) => this.take(line));
  }

  take(line) {
    const record = JSON.parse(line);
    const headers = {};
    for (let i = 0; i + 1 < (record.headers?.length ?? 0); i += 2) headers[record.headers[i]] = record.headers[i + 1];
    let value;
    try {
      value = JSON.parse(record.payload);
    } catch {
      value = undefined; // Not JSON: the headers tell enough.
    }
    this.records.push({ id: headers.ce_id, headers, value });
    this.emit('record');
  }

  /// The records without repetitions, told apart by ce_id.
  get events() {
    const seen = new Set();
    return this.records.filter(({ id }) => seen.size !== seen.add(id).size);
  }

  /// Waits until `find` gives something, and gives that.
  async until(find, what, ms = 30_000) {
    const limit = Date.now() + ms;
    for (;;) {
      const found = find();
      if (found) return found;
      const left = limit - Date.now();
      const late = `${what} in ${this.topic}: not within ${ms} ms`;
      if (left <= 0) throw new Error(late);
      if (this.program.end) throw new Error(`${this.program.name} ended:\n${this.program.tail()}`);
      await deadline(once(this, 'record'), left, late);
    }
  }
}

/// Writes JSON commands, or whatever text, to one topic, in order. The client reads its input in blocks, so what was
/// written meanwhile is one run of it.
export class Writer {
  constructor(kafka, topic) {
    this.kafka = kafka;
    this.topic = topic;
    this.lines = [];
    this.done = Promise.resolve();
  }

  write(key, value) {
    this.lines.push(`${key}\t${typeof value === 'string' ? value : JSON.stringify(value)}\n`);
    if (this.lines.length === 1) this.done = this.done.then(() => this.run());
  }

  async run() {
    const lines = this.lines.splice(0);
    const args = ['-P', '-t', this.topic, '-K', '\t', '-H', 'content-type=application/json', '-X', 'linger.ms=0'];
    args.push('-X', 'enable.idempotence=true', '-X', 'message.max.bytes=20000000');
    this.program = kcat(`writer of ${this.topic}`, this.kafka, args, { input: 'pipe' });
    this.program.child.stdin.on('error', () => {});
    this.program.child.stdin.end(lines.join(''));
    const { code } = await this.program.ended;
    if (code !== 0) throw new Error(`${this.program.name} ended with ${code}:\n${this.program.tail()}`);
  }
}
