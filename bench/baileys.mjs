// Baileys lines in one process, state in memory, told what to do by lines of JSON on stdin.
// Everything is left at its default except where the sandbox is and that nothing is logged.
import { randomBytes } from 'node:crypto';
import https from 'node:https';
import path from 'node:path';
import readline from 'node:readline';
import { fileURLToPath, pathToFileURL } from 'node:url';

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..');
const library = path.join(root, 'tests/peers/node_modules/@whiskeysockets/baileys/lib/index.js');
const { default: makeWASocket, initAuthCreds } = await import(pathToFileURL(library));

const url = process.argv[2]; // wss://127.0.0.1:8443/ws/chat
const host = new URL(url).host;
const agent = new https.Agent({ rejectUnauthorized: false, keepAlive: true });

const answer = (what) => process.stdout.write(JSON.stringify(what) + '\n');
for (const level of ['log', 'info', 'warn', 'error', 'debug']) console[level] = () => {};

const silent = { level: 'silent', child: () => silent };
for (const level of ['trace', 'debug', 'info', 'warn', 'error', 'fatal']) silent[level] = () => {};

function memoryState() {
  const stored = new Map();
  const keys = {
    get: async (type, ids) => {
      const found = {};
      for (const id of ids) {
        const value = stored.get(`${type}/${id}`);
        if (value !== undefined) found[id] = value;
      }
      return found;
    },
    set: async (data) => {
      for (const type in data) {
        for (const id in data[type]) {
          const value = data[type][id];
          if (value === null || value === undefined) stored.delete(`${type}/${id}`);
          else stored.set(`${type}/${id}`, value);
        }
      }
    }
  };
  return { creds: initAuthCreds(), keys };
}

function scan(phone, qr) {
  return new Promise((resolve, reject) => {
    const request = https.request(
      `https://${host}/admin/mock-phone/scan-qr?phone=${phone}`,
      { method: 'POST', agent, headers: { 'content-length': Buffer.byteLength(qr) } },
      (response) => {
        response.resume();
        response.on('end', () => (response.statusCode < 300 ? resolve() : reject(new Error(`${response.statusCode}`))));
      }
    );
    request.on('error', reject);
    request.end(qr);
  });
}

const totals = { opens: 0, texts: 0, refused: 0 };
const waiting = [];
function moved() {
  for (let i = waiting.length - 1; i >= 0; --i) if (waiting[i].holds()) waiting.splice(i, 1)[0].done();
}
const until = (holds) => new Promise((done) => (holds() ? done() : waiting.push({ holds, done })));

class Line {
  constructor(phone) {
    this.phone = phone;
    this.state = memoryState();
    this.acks = new Map();
    this.connect();
  }

  connect() {
    this.open = false;
    const socket = makeWASocket({ waWebSocketUrl: url, agent, fetchAgent: agent, auth: this.state, logger: silent });
    this.socket = socket;
    socket.ev.on('creds.update', (update) => Object.assign(this.state.creds, update));
    socket.ev.on('connection.update', (update) => {
      if (update.qr && !this.scanned) {
        this.scanned = true;
        scan(this.phone, update.qr).catch((error) => answer({ error: `scan ${this.phone}: ${error.message}` }));
      }
      if (update.connection === 'open') {
        this.open = true;
        ++totals.opens;
        moved();
      }
      if (update.connection === 'close') this.connect();
    });
    socket.ev.on('messages.upsert', ({ messages }) => {
      for (const { key, message } of messages) {
        if (key.fromMe || !(message?.conversation ?? message?.extendedTextMessage?.text)) continue;
        ++totals.texts;
      }
      moved();
    });
    socket.ws.on('CB:ack,class:message', ({ attrs }) => {
      if (attrs.error) ++totals.refused;
      const done = this.acks.get(attrs.id);
      this.acks.delete(attrs.id);
      done?.();
    });
  }

  /// One after the other, each only when the server has the one before: as a Linekeeper line does.
  async send(to, count, text) {
    for (let i = 0; i < count; ++i) {
      const messageId = '3EB0' + randomBytes(9).toString('hex').toUpperCase();
      const acknowledged = new Promise((done) => this.acks.set(messageId, done));
      await this.socket.sendMessage(`${to}@s.whatsapp.net`, { text: `${text} ${i}` }, { messageId });
      await acknowledged;
    }
  }
}

const lines = [];
const actions = {
  async pair({ phones }) {
    let next = 0;
    const worker = async () => {
      while (next < phones.length) {
        const line = new Line(phones[next++]);
        lines.push(line);
        await until(() => line.open);
      }
    };
    await Promise.all(Array.from({ length: 4 }, worker));
  },
  async opens({ count }) {
    await until(() => totals.opens >= count);
  },
  async texts({ count }) {
    await until(() => totals.texts >= count);
  },
  async send({ to, count, text }) {
    await Promise.all(to.map((number, i) => lines[i].send(number, count, text)));
  },
  async totals() {},
  async collect() {
    global.gc?.();
  }
};

for await (const text of readline.createInterface({ input: process.stdin })) {
  const { act, ...parameters } = JSON.parse(text);
  try {
    await actions[act](parameters);
    answer({ done: act, ...totals });
  } catch (error) {
    answer({ error: `${act}: ${error.message}` });
  }
}
process.exit(0);
