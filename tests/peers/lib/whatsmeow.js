// One whatsmeow client as a process of ours (tests/peers/whatsmeow), with its store in a file, so that it can be killed
// and started again.
import { EventEmitter, once } from 'node:events';
import fs from 'node:fs';
import path from 'node:path';
import readline from 'node:readline';
import { fileURLToPath } from 'node:url';
import { deadline, home } from './peer.js';
import { Program } from './program.js';

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../../..');
const binary = process.env.LINEKEEPER_WHATSMEOW ?? path.join(root, 'build/dev/tests/peers/whatsmeow-peer');

export class Whatsmeow extends EventEmitter {
  constructor(sandbox, name) {
    super();
    this.setMaxListeners(0);
    this.sandbox = sandbox;
    this.name = name;
    this.folder = fs.mkdtempSync(path.join(home, `${name}-`));
    this.events = []; // everything it reported, in order, over all its lives
    this.complaints = []; // its warnings and errors
    this.log = [];
    this.calls = 0;
    this.waiting = new Map();
  }

  async start() {
    const certificate = path.join(this.folder, 'server.pem');
    fs.writeFileSync(certificate, await this.sandbox.get('/admin/tls-certificate'));
    const root = String(await this.sandbox.get('/admin/noise-root')).trim();
    const args = ['--server', this.sandbox.host, '--certificate', certificate, '--noise-root', root];
    args.push('--store', path.join(this.folder, 'store.db'), '--system', this.name);
    this.program = new Program(this.name, binary, args, { input: 'pipe', onOutput: () => {} });
    this.program.child.stdin.on('error', () => {}); // It ended; that is told below.
    this.program.ended.then(
      () => this.lost(),
      () => this.lost()
    );
    readline.createInterface({ input: this.program.child.stdout }).on('line', (line) => this.hear(JSON.parse(line)));
    await this.call('connect');
  }

  hear(line) {
    if (line.number !== undefined) {
      this.waiting.get(line.number)?.(line);
      this.waiting.delete(line.number);
    } else if (line.log) {
      this.log.push(line);
      if (process.env.PEER_LOG) process.stderr.write(`${this.name} ${line.log} ${line.module}: ${line.text}\n`);
      if (line.log === 'warn' || line.log === 'error') this.complaints.push(line.text);
    } else {
      this.events.push(line);
      if (process.env.PEER_LOG) process.stderr.write(`${this.name} ${JSON.stringify(line)}\n`);
      this.emit('event');
    }
  }

  /// The process is gone: whoever waits for its word hears of that.
  lost() {
    for (const resolve of this.waiting.values()) resolve({ error: `the process ended:\n${this.program.tail()}` });
    this.waiting.clear();
  }

  /// The result of a command; what it failed with is thrown.
  async call(call, parameters) {
    const number = ++this.calls;
    const answered = new Promise((resolve) => this.waiting.set(number, resolve));
    this.program.child.stdin.write(JSON.stringify({ number, call, with: parameters }) + '\n');
    const { result, error } = await deadline(answered, 70_000, `${this.name}: ${call}`);
    if (error) throw new Error(`${this.name}: ${call}: ${error}`);
    return result;
  }

  find(event, fits = () => true, since = 0) {
    return this.events.slice(since).find((entry) => entry.event === event && fits(entry));
  }

  /// An event that fits, among those since the given count.
  async until(event, fits = () => true, { since = 0, ms = 30_000 } = {}) {
    const limit = Date.now() + ms;
    for (;;) {
      const found = this.find(event, fits, since);
      if (found) return found;
      const left = limit - Date.now();
      if (left <= 0) throw new Error(`${this.name}: ${event}: not within ${ms} ms; last ${JSON.stringify(this.events.slice(-3))}`);
      await deadline(once(this, 'event'), left, `${this.name}: ${event}`).catch(() => {});
    }
  }

  async send(to, text) {
    return (await this.call('send', { to, text })).id;
  }

  get texts() {
    return this.events.filter((entry) => entry.event === 'Message' && entry.kind === 'text');
  }

  async hears(text, ms = 30_000) {
    return await this.until('Message', (entry) => entry.text === text, { ms });
  }

  async sees(id, type, ms = 30_000) {
    return await this.until('Receipt', (entry) => entry.ids.includes(id) && entry.type === type, { ms });
  }

  async connected(since = 0) {
    await this.until('Connected', undefined, { since });
  }

  /// Its first QR is scanned by the phone of this number.
  async pair(phone) {
    await this.start();
    const { codes } = await this.until('QR');
    const { device } = await this.sandbox.post(`/admin/mock-phone/scan-qr?phone=${phone}`, codes[0]);
    return await this.paired(phone, device);
  }

  async pairByCode(phone) {
    await this.start();
    await this.until('QR');
    const code = await this.call('pairCode', { phone });
    await this.sandbox.post('/admin/mock-phone/enter-code', { code, phone });
    return await this.paired(phone);
  }

  async paired(phone, device) {
    const { jid, lid } = await this.until('PairSuccess');
    await this.connected();
    this.phone = phone;
    this.device = Number(jid.match(/:(\d+)@/)[1]);
    this.lid = lid;
    if (device !== undefined && this.device !== device) throw new Error(`${this.name}: device ${jid}, not ${device}`);
    return this;
  }

  /// The process ends at once; the store stays.
  async kill() {
    await this.program.kill();
  }

  async restart() {
    const since = this.events.length;
    await this.start();
    await this.connected(since);
  }
}
