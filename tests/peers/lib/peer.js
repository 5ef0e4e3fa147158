// One Baileys client with its credentials on disk, so that it can be stopped and started like a process.
import { EventEmitter, once } from 'node:events';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import makeWASocket, { DisconnectReason, generateMessageIDV2, useMultiFileAuthState } from '@whiskeysockets/baileys';
import { agent } from './sandbox.js';

const silent = {
  level: 'silent',
  child: () => silent,
  trace() {},
  debug() {},
  info() {},
  warn() {},
  error() {},
  fatal() {}
};
const loud = {
  ...silent,
  level: process.env.PEER_LOG,
  child: () => loud,
  trace: (...a) => process.env.PEER_LOG === 'trace' && console.error('trace', ...a),
  debug: (...a) => console.error('debug', ...a),
  info: (...a) => console.error('info', ...a),
  warn: (...a) => console.error('warn', ...a),
  error: (...a) => console.error('error', ...a)
};

export function deadline(promise, ms, what) {
  let timer;
  const limit = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error(`${what}: not within ${ms} ms`)), ms);
  });
  return Promise.race([promise, limit]).finally(() => clearTimeout(timer));
}

// Downloads go by fetch, which knows nothing of the agent above.
process.env.NODE_TLS_REJECT_UNAUTHORIZED = '0';
process.removeAllListeners('warning');
process.on('warning', () => {});

// Everybody's credentials; gone with the process, because Baileys writes for a while after it was stopped.
export const home = fs.mkdtempSync(path.join(os.tmpdir(), 'linekeeper-peers-'));
process.on('exit', () => fs.rmSync(home, { recursive: true, force: true, maxRetries: 5 }));

export class Peer extends EventEmitter {
  constructor(sandbox, name) {
    super();
    this.setMaxListeners(0);
    this.sandbox = sandbox;
    this.name = name;
    this.folder = fs.mkdtempSync(path.join(home, `${name}-`));
    this.texts = []; // every text received, in order: {from, id, text, offline}
    this.closes = []; // the code of every end of a connection
    this.updates = []; // message status changes: {id, status}
    this.media = []; // messages with a document
    this.sent = new Map(); // id to what was sent, or to the promise of it
  }

  /// Connects, and again after the restart that every pairing asks for. Never after anything else.
  async start() {
    const { state, saveCreds } = await useMultiFileAuthState(this.folder);
    this.state = state;
    this.saveCreds = saveCreds;
    this.connect();
  }

  connect() {
    this.open = false;
    const socket = makeWASocket({
      waWebSocketUrl: this.sandbox.url,
      agent,
      fetchAgent: agent,
      auth: this.state,
      logger: process.env.PEER_LOG ? loud : silent,
      version: [2, 3000, 1035194821],
      browser: ['Linux', 'Chrome', '120.0.0'],
      syncFullHistory: false,
      markOnlineOnConnect: true,
      getMessage: async (key) => await this.sent.get(key.id)
    });
    this.socket = socket;
    socket.ev.on('creds.update', () => this.saveCreds());
    socket.ev.on('connection.update', (update) => {
      if (socket !== this.socket) return;
      if (update.qr) {
        this.qr = update.qr;
        this.emit('qr', update.qr);
      }
      if (update.connection === 'open') {
        this.open = true;
        this.emit('open');
      }
      if (update.connection === 'close') {
        const code = update.lastDisconnect?.error?.output?.statusCode;
        this.open = false;
        this.closes.push(code);
        this.emit('close', code);
        if (code === DisconnectReason.restartRequired) this.connect();
      }
    });
    socket.ev.on('messages.upsert', ({ messages, type }) => {
      for (const message of messages) {
        // A status that comes before Baileys told of the message itself is told with it.
        if (message.key.fromMe && message.status) this.updates.push({ id: message.key.id, status: message.status });
        if (message.message?.documentMessage && !message.key.fromMe) {
          this.media.push(message);
          this.emit('media');
        }
        const text = message.message?.conversation ?? message.message?.extendedTextMessage?.text;
        if (text === undefined || text === null) continue;
        const entry = {
          from: message.key.remoteJid,
          own: message.key.fromMe,
          id: message.key.id,
          text,
          offline: type === 'append'
        };
        if (entry.own && this.sent.has(entry.id)) continue; // its own, just sent
        this.texts.push(entry);
        this.emit('text', entry);
      }
      this.emit('status');
    });
    socket.ev.on('messages.update', (updates) => {
      for (const { key, update } of updates) {
        if (update.status === undefined) continue;
        this.updates.push({ id: key.id, status: update.status });
        this.emit('status');
      }
    });
    socket.ws.on('CB:ack,class:message', (node) => {
      this.emit('ack', node.attrs);
    });
  }

  async until(event, holds, ms, what) {
    const limit = Date.now() + ms;
    while (!holds()) {
      const left = limit - Date.now();
      if (left <= 0) throw new Error(`${this.name}: ${what}: not within ${ms} ms`);
      await deadline(once(this, event), left, `${this.name}: ${what}`);
    }
  }

  async opened(ms = 60_000) {
    await this.until('open', () => this.open, ms, 'connection open');
  }

  async showsQr(ms = 60_000) {
    await this.until('qr', () => this.qr !== undefined, ms, 'a QR');
    return this.qr;
  }

  get jid() {
    return this.state.creds.me?.id;
  }
  get number() {
    return this.jid.split(/[:@]/)[0];
  }
  get device() {
    return Number(this.jid.match(/:(\d+)@/)?.[1] ?? 0);
  }

  /// Hands a message to Baileys; a retry receipt may ask for it before Baileys says that it was sent.
  async write(to, content) {
    const messageId = generateMessageIDV2(this.jid);
    const written = this.socket.sendMessage(to, content, { messageId });
    this.sent.set(
      messageId,
      written.then(
        ({ message }) => message,
        () => undefined
      )
    );
    return await written;
  }

  /// Resolves with the id once the server has acknowledged the text. An ack with an error is one.
  async send(to, text) {
    const acknowledged = new Map();
    const listen = (attrs) => {
      acknowledged.set(attrs.id, attrs);
      this.emit('acknowledged');
    };
    this.on('ack', listen);
    try {
      const message = await this.write(to, { text });
      await this.until('acknowledged', () => acknowledged.has(message.key.id), 60_000, `ack of "${text}"`);
      const { error, phash } = acknowledged.get(message.key.id);
      if (error) throw new Error(`${this.name}: "${text}" was refused with ${error}`);
      // The server knows devices that got no copy. Baileys neither writes to them nor asks anew who is there.
      if (phash) await this.socket.getUSyncDevices([to], false, false);
      return message.key.id;
    } finally {
      this.off('ack', listen);
    }
  }

  async hears(text, ms = 60_000) {
    const find = () => this.texts.find((entry) => entry.text === text);
    await this.until('text', () => find() !== undefined, ms, `text "${text}"`);
    return find();
  }

  async sees(id, status, ms = 60_000) {
    const has = () => this.updates.some((update) => update.id === id && update.status >= status);
    await this.until('status', has, ms, `status ${status} of ${id}`);
  }

  /// The socket ends without a word; credentials stay.
  async stop() {
    const socket = this.socket;
    this.socket = undefined;
    this.open = false;
    await this.saveCreds();
    socket.end(undefined);
  }

  /// Its credentials go now rather than at the end of the process.
  forget() {
    fs.rm(this.folder, { recursive: true, force: true, maxRetries: 5 }, () => {});
  }

  /// Loses all Signal sessions, as if its disk had; keys and contacts stay. Tells whether there were any.
  async forgetsSessions() {
    const ids = fs.readdirSync(this.folder).flatMap((file) => file.match(/^session-(.+)\.json$/)?.[1] ?? []);
    await this.state.keys.set({ session: Object.fromEntries(ids.map((id) => [id, null])) });
    return ids.length > 0;
  }
}

export async function pairByQr(sandbox, name, phone) {
  const peer = new Peer(sandbox, name);
  await peer.start();
  const qr = await peer.showsQr();
  const found = await sandbox.post(`/admin/mock-phone/scan-qr?phone=${phone}`, qr);
  await peer.opened();
  if (peer.number !== phone || peer.device !== found.device) throw new Error(`${name}: paired as ${peer.jid}`);
  return peer;
}

export async function pairByCode(sandbox, name, phone) {
  const peer = new Peer(sandbox, name);
  await peer.start();
  await peer.showsQr();
  const code = await peer.socket.requestPairingCode(phone);
  await sandbox.wait('code-requested', { phone });
  await sandbox.post('/admin/mock-phone/enter-code', { code, phone });
  await peer.opened();
  return peer;
}
