// Apache Kafka itself, one process, and its command line client as reader and writer.
import { EventEmitter, once } from 'node:events';
import fs from 'node:fs';
import net from 'node:net';
import path from 'node:path';
import readline from 'node:readline';
import { fileURLToPath } from 'node:url';
import { say } from './checks.js';
import { deadline } from './peer.js';
import { freePorts, Program } from './program.js';
import { Proxy } from './proxy.js';

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../../..');
const jars =
  process.env.LINEKEEPER_KAFKA_JARS ??
  (process.env.LINEKEEPER_CACHE ? path.join(process.env.LINEKEEPER_CACHE, 'kafka-jars') : path.join(root, 'build/kafka-jars'));
const TRIES = 3;

export class Kafka {
  /// `doors` are further listeners by name, each with its `protocol` and its settings; `settings` are the broker's, and
  /// `format` what the storage is formatted with besides.
  constructor(folder, { doors = {}, settings = {}, format = [] } = {}) {
    this.folder = folder;
    this.more = { doors: Object.entries(doors), settings, format };
    this.doors = {}; // their addresses by name
  }

  /// A broker may die while it starts, of a controller that was not there in time: tried anew with other ports and empty
  /// data.
  async start() {
    for (let tries = 1; ; ++tries) {
      this.data = path.join(this.folder, `kafka-${tries}`);
      try {
        await this.prepare();
        return await this.run();
      } catch (error) {
        await this.kill();
        this.side?.stop();
        if (tries === TRIES) throw error;
        say(`     Kafka did not start, trying again: ${error.message}`);
      }
    }
  }

  async prepare() {
    const [port, controller, behind, side] = await freePorts(4);
    this.port = port;
    // The same broker once more, for those who shall lose it alone.
    this.side = await Proxy.start(behind, side);
    this.sideBrokers = `127.0.0.1:${side}`;
    this.brokers = `127.0.0.1:${port}`;
    const doors = [];
    for (const [name, { protocol, settings: own = {} }] of this.more.doors) {
      const [its] = await freePorts(1);
      this.doors[name] = `127.0.0.1:${its}`;
      doors.push({ listens: `,${name}://127.0.0.1:${its}`, speaks: `,${name}:${protocol}`, own: Object.entries(own), name });
    }
    const all = (what) => doors.map((door) => door[what]).join('');
    const settings = {
      'process.roles': 'broker,controller',
      'node.id': 1,
      'controller.quorum.voters': `1@127.0.0.1:${controller}`,
      listeners: `PLAINTEXT://${this.brokers},SIDE://127.0.0.1:${behind},CONTROLLER://127.0.0.1:${controller}${all('listens')}`,
      'advertised.listeners': `PLAINTEXT://${this.brokers},SIDE://${this.sideBrokers}${all('listens')}`,
      'listener.security.protocol.map': `PLAINTEXT:PLAINTEXT,SIDE:PLAINTEXT,CONTROLLER:PLAINTEXT${all('speaks')}`,
      'controller.listener.names': 'CONTROLLER',
      'inter.broker.listener.name': 'PLAINTEXT',
      'log.dirs': this.data,
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
      'broker.heartbeat.interval.ms': 300,
      ...this.more.settings
    };
    for (const { name, own } of doors)
      for (const [setting, value] of own) settings[`listener.name.${name.toLowerCase()}.${setting}`] = value;
    const lines = Object.entries(settings).map(([name, value]) => `${name}=${value}\n`);
    fs.writeFileSync(path.join(this.folder, 'kafka.properties'), lines.join(''));
    fs.writeFileSync(
      path.join(this.folder, 'log4j2.properties'),
      'appender.out.type=Console\nappender.out.name=out\nappender.out.layout.type=PatternLayout\n' +
        'appender.out.layout.pattern=%d %p %c{1} %m%n\nrootLogger.level=warn\nrootLogger.appenderRef.out.ref=out\n' +
        'logger.server.name=kafka.server.KafkaRaftServer\nlogger.server.level=info\n' +
        'logger.groups.name=org.apache.kafka.coordinator.group.GroupMetadataManager\nlogger.groups.level=info\n'
    );
    const properties = path.join(this.folder, 'kafka.properties');
    const format = this.java('kafka.tools.StorageTool', [
      ...['format', '-t', 'bGluZWtlZXBlci1wZWVycw', '-c', properties],
      ...this.more.format
    ]);
    const { code } = await format.ended;
    if (code !== 0) throw new Error(`Kafka's storage could not be formatted (${jars}):\n${format.tail()}`);
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
    for (let tries = 1; ; ++tries) {
      try {
        return await this.run();
      } catch (error) {
        await this.kill();
        if (tries === TRIES) throw error;
        say(`     Kafka did not start, once more: ${error.message}`);
      }
    }
  }

  /// Until it accepts clients. An open port alone does not say that.
  async run() {
    this.broker = this.java('kafka.Kafka', [path.join(this.folder, 'kafka.properties')]);
    const { broker } = this;
    const started = () => broker.log.includes('Kafka Server started');
    for (const limit = Date.now() + 90_000; !started(); ) {
      if (broker.end) throw new Error(`Kafka ended while it started:\n${broker.tail()}`);
      if (Date.now() > limit) throw new Error(`Kafka is not there within 90 s:\n${broker.tail()}`);
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }

  /// How many members of groups this broker has given up because it did not hear from them in time.
  get expelled() {
    return this.broker.log.match(/has failed, removing it from the group|removed members who haven't sent their sync/g)?.length ?? 0;
  }

  async kill() {
    await this.broker?.kill();
  }

  /// SIGTERM: what it has taken is on disk.
  async stop() {
    await this.broker.kill('SIGTERM');
  }
}

export const kcat = (name, kafka, args, options) =>
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
    const read = { id: headers.ce_id, headers, value };
    this.records.push(read);
    this.emit('record', read);
  }

  /// The records without repetitions, told apart by ce_id.
  get events() {
    const seen = new Set();
    return this.records.filter(({ id }) => seen.size !== seen.add(id).size);
  }

  /// Waits until `find` gives something, and gives that.
  async until(find, what, ms = 60_000) {
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

// Kafka's own protocol, as far as tests need it.
const int = (bytes, value) => {
  const out = Buffer.alloc(bytes);
  out.writeIntBE(value, 0, bytes);
  return out;
};
const text = (value) => Buffer.concat([int(2, Buffer.byteLength(value)), Buffer.from(value)]);

/// One request by the tests' own listener; the answer's body, after size, correlation id and throttle time.
async function ask(kafka, api, version, body) {
  const request = Buffer.concat([int(2, api), int(2, version), int(4, 1), text('linekeeper-tests'), ...body]);
  const socket = net.connect(kafka.port, '127.0.0.1');
  try {
    await deadline(once(socket, 'connect'), 30_000, 'a connection to Kafka');
    socket.write(Buffer.concat([int(4, request.length), request]));
    let answer = Buffer.alloc(0);
    while (answer.length < 4 || answer.length < 4 + answer.readInt32BE(0)) {
      const [piece] = await deadline(once(socket, 'data'), 60_000, "Kafka's answer");
      answer = Buffer.concat([answer, piece]);
    }
    return answer.subarray(12);
  } finally {
    socket.destroy();
  }
}

/// Adds partitions to topics, up to `count` in all (CreatePartitions, version 0).
export async function growPartitions(kafka, topics, count) {
  const named = topics.map((topic) => Buffer.concat([text(topic), int(4, count), int(4, -1)]));
  const answer = await ask(kafka, 37, 0, [int(4, topics.length), ...named, int(4, 10_000), int(1, 0)]);
  // The number of topics; then each with its error.
  for (let i = 0, at = 4; i < topics.length; ++i) {
    at += 2 + answer.readInt16BE(at);
    const error = answer.readInt16BE(at);
    if (error !== 0) throw new Error(`Kafka did not grow ${topics[i]}: error ${error}`);
    const reason = answer.readInt16BE(at + 2);
    at += 4 + Math.max(reason, 0);
  }
}

const OPERATIONS = { Read: 3, Write: 4, Create: 5, Describe: 8, DescribeConfigs: 10 };
const RESOURCES = { topic: 2, group: 3 };

/// Grants rights (CreateAcls, version 1): `principal` like "User:ada", `resource` "topic" or "group", `prefixed` whether
/// `name` is how the names begin.
export async function allow(kafka, grants) {
  const one = ({ principal, operation, resource, name, prefixed }) =>
    Buffer.concat([
      ...[int(1, RESOURCES[resource]), text(name), int(1, prefixed ? 4 : 3), text(principal), text('*')],
      ...[int(1, OPERATIONS[operation]), int(1, 3)]
    ]);
  const answer = await ask(kafka, 30, 1, [int(4, grants.length), ...grants.map(one)]);
  for (let i = 0, at = 4; i < grants.length; ++i) {
    const error = answer.readInt16BE(at);
    const size = Math.max(answer.readInt16BE(at + 2), 0);
    if (error !== 0) throw new Error(`Kafka did not grant ${JSON.stringify(grants[i])}: ${answer.toString('utf8', at + 4, at + 4 + size)}`);
    at += 4 + size;
  }
}

/// Writes JSON commands, or whatever text, to one topic, in order. The client reads its input in blocks, so what was
/// written meanwhile is one run of it.
export class Writer {
  /// Without `partition` the client's own partitioner chooses, which is not the workers'.
  constructor(kafka, topic, partition) {
    this.kafka = kafka;
    this.topic = topic;
    this.partition = partition;
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
    if (this.partition !== undefined) args.push('-p', String(this.partition));
    this.program = kcat(`writer of ${this.topic}`, this.kafka, args, { input: 'pipe' });
    this.program.child.stdin.on('error', () => {});
    this.program.child.stdin.end(lines.join(''));
    const { code } = await this.program.ended;
    if (code !== 0) throw new Error(`${this.program.name} ended with ${code}:\n${this.program.tail()}`);
  }
}
