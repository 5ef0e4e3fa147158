// redis-server as a process of ours, and a client of a few lines that keeps bytes as they are.
import { once } from 'node:events';
import net from 'node:net';
import { deadline } from './peer.js';
import { Program, reachable } from './program.js';

export class RedisServer extends Program {
  /// `settings` win over the ones that promise to keep what was acknowledged.
  static async start(port, folder, settings = {}) {
    const all = { port, bind: '127.0.0.1', dir: folder, save: '', appendonly: 'yes', appendfsync: 'always', logfile: '', ...settings };
    const server = new RedisServer(port, Object.entries(all).flatMap(([name, value]) => [`--${name}`, String(value)]));
    server.password = settings.requirepass;
    await reachable(port, 60_000, server);
    // It listens before it has read what it wrote, and refuses until then.
    for (const limit = Date.now() + 60_000; ; ) {
      const refused = await server.command('PING').then(
        () => undefined,
        (error) => error
      );
      if (!refused) return server;
      if (Date.now() > limit || !/LOADING/.test(refused.message)) throw refused;
    }
  }

  constructor(port, args) {
    super('redis-server', 'redis-server', args);
    this.port = port;
  }

  /// The same server, spoken to as another user.
  as(user, password) {
    return Object.assign(Object.create(this), { user, password });
  }

  /// One command; strings come back as buffers.
  async command(...args) {
    const socket = net.connect(this.port, '127.0.0.1');
    const answer = (async () => {
      await once(socket, 'connect');
      if (this.password) {
        socket.write(encoded(['AUTH', ...(this.user ? [this.user] : []), this.password]));
        await reply(socket);
      }
      socket.write(encoded(args));
      return await reply(socket);
    })();
    try {
      return await deadline(answer, 30_000, `Redis ${args[0]}`);
    } finally {
      socket.destroy();
    }
  }

  async text(...args) {
    return (await this.command(...args))?.toString();
  }

  async keys(pattern) {
    return (await this.command('KEYS', pattern)).map(String);
  }
}

function encoded(args) {
  const parts = args.flatMap((arg) => {
    const bytes = Buffer.isBuffer(arg) ? arg : Buffer.from(String(arg));
    return [Buffer.from(`$${bytes.length}\r\n`), bytes, Buffer.from('\r\n')];
  });
  return Buffer.concat([Buffer.from(`*${args.length}\r\n`), ...parts]);
}

/// The value at `at` and where the next begins, or nothing if not all of it is there yet.
function parse(data, at) {
  const end = data.indexOf('\r\n', at);
  if (end < 0) return undefined;
  const head = data.toString('latin1', at + 1, end);
  const next = end + 2;
  switch (String.fromCharCode(data[at])) {
    case '+':
      return [Buffer.from(head), next];
    case '-':
      return [new Error(`Redis: ${head}`), next];
    case ':':
      return [Number(head), next];
    case '$': {
      const length = Number(head);
      if (length < 0) return [null, next];
      return data.length < next + length + 2 ? undefined : [data.subarray(next, next + length), next + length + 2];
    }
    case '*': {
      const items = [];
      let from = next;
      for (let i = 0; i < Number(head); ++i) {
        const found = parse(data, from);
        if (!found) return undefined;
        items.push(found[0]);
        from = found[1];
      }
      return [items, from];
    }
    default:
      throw new Error('not an answer of Redis');
  }
}

async function reply(socket) {
  let data = Buffer.alloc(0);
  for (;;) {
    const found = parse(data, 0);
    if (found) {
      if (found[0] instanceof Error) throw found[0];
      return found[0];
    }
    const [piece] = await once(socket, 'data');
    data = Buffer.concat([data, piece]);
  }
}
