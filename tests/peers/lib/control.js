// linekeeper-control as a process, and a client of it in another language than its own.
import grpc from '@grpc/grpc-js';
import loader from '@grpc/proto-loader';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { freePorts, Program } from './program.js';

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../../..');
const binary = process.env.LINEKEEPER_CONTROL ?? path.join(root, 'build/dev/bin/linekeeper-control');
const options = { keepCase: false, longs: String, enums: String, defaults: false, oneofs: true, includeDirs: [path.join(root, 'proto')] };
const load = (file) => grpc.loadPackageDefinition(loader.loadSync(file, options));
const { v1 } = load('linekeeper/v1/control.proto').linekeeper;
const details = loader.loadSync(['google/rpc/status.proto', 'google/rpc/error_details.proto'], options);

export { grpc };

/// What an error carries beside its code: the reason, detail and command id of its ErrorInfo.
export function infoOf(error) {
  const [packed] = error.metadata?.get('grpc-status-details-bin') ?? [];
  if (!packed) return {};
  const status = details['google.rpc.Status'].deserialize(packed);
  const info = details['google.rpc.ErrorInfo'].deserialize(status.details[0].value);
  return { reason: info.reason, domain: info.domain, ...info.metadata };
}

export class Client {
  constructor(address, { token, credentials = grpc.credentials.createInsecure(), channel = {} } = {}) {
    this.stub = new v1.Control(address, credentials, channel);
    this.token = token;
  }

  get metadata() {
    const metadata = new grpc.Metadata();
    if (this.token) metadata.set('authorization', `Bearer ${this.token}`);
    return metadata;
  }

  /// Gives the answer, or throws an error with `code` (gRPC's name), `reason`, `detail` and `commandId`.
  call(method, request, ms = 60_000) {
    return new Promise((resolve, reject) => {
      this.stub[method](request, this.metadata, { deadline: Date.now() + ms }, (error, answer) => {
        if (!error) return resolve(answer);
        reject(failureOf(error));
      });
    });
  }

  /// A stream whose messages are kept; `until` waits for one that fits.
  stream(method, request, ms = 120_000) {
    return new Stream(this.stub[method](request, this.metadata, ms ? { deadline: Date.now() + ms } : {}));
  }

  close() {
    this.stub.close();
  }
}

function failureOf(error) {
  const { reason, detail, command_id: commandId, domain } = infoOf(error);
  const code = grpc.status[error.code];
  return Object.assign(new Error(`${code} ${reason ?? ''} ${error.details}`), { code, reason, detail, commandId, domain });
}

class Stream {
  constructor(call) {
    this.call = call;
    this.messages = [];
    this.wake = () => {};
    call.on('data', (message) => {
      this.messages.push(message);
      this.wake();
    });
    this.ended = new Promise((resolve) => {
      call.on('end', () => resolve(undefined));
      call.on('error', (error) => resolve(failureOf(error)));
    });
    this.ended.then((failure) => {
      this.failure = failure;
      this.over = true;
      this.wake();
    });
  }

  async until(find, what, ms = 60_000) {
    const limit = Date.now() + ms;
    for (;;) {
      const found = this.messages.find(find);
      if (found) return found;
      if (this.over) throw new Error(`${what}: the stream ended with ${this.failure ?? 'OK'}`);
      const left = limit - Date.now();
      if (left <= 0) throw new Error(`${what}: not within ${ms} ms; had ${JSON.stringify(this.messages.at(-1))}`);
      await new Promise((resolve) => {
        const timer = setTimeout(resolve, left);
        this.wake = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
  }

  cancel() {
    this.call.cancel();
  }
}

export class ControlRoom {
  static async start(world, { flags = [], settings = {} } = {}) {
    const room = new ControlRoom();
    const [grpcPort, httpPort] = await freePorts(2);
    room.address = `127.0.0.1:${grpcPort}`;
    room.http = `http://127.0.0.1:${httpPort}`;
    const all = {
      'kafka-brokers': world.kafka.brokers,
      'redis-url': `redis://127.0.0.1:${world.redisPort}/0`,
      'key-ring': world.ring,
      'grpc-listen': room.address,
      'http-listen': `127.0.0.1:${httpPort}`,
      'log-format': 'json',
      'log-level': 'debug',
      ...settings
    };
    const args = Object.entries(all).flatMap(([name, value]) => (value === null ? [] : [`--${name}`, value]));
    room.program = new Program('the control room', binary, [...args, ...flags]);
    return room;
  }

  client(options) {
    return new Client(this.address, options);
  }

  async get(path, init) {
    return await fetch(`${this.http}${path}`, init);
  }

  /// Until it says that it can answer.
  async ready(ms = 60_000) {
    const limit = Date.now() + ms;
    for (let said = 'nothing'; ; ) {
      if (this.program.end) throw new Error(`control ended:\n${this.program.tail()}`);
      try {
        const answer = await this.get('/readyz');
        said = await answer.text();
        if (answer.ok) return;
      } catch (error) {
        said = error.message;
      }
      if (Date.now() > limit) throw new Error(`control is not ready within ${ms} ms: ${said}`);
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }

  /// The audit lines, parsed.
  get audit() {
    return this.program.log
      .split('\n')
      .filter((line) => line.includes('"audit"'))
      .map((line) => JSON.parse(line));
  }

  async stop() {
    await this.program.stop();
    if (this.program.report) throw new Error(this.program.report);
  }
  async kill() {
    await this.program?.kill();
  }
}
