// Texts from and to every line of a fleet, as long as it is asked for, and whether all of them arrived, once, in order.
import { doubles, same } from './checks.js';

const jid = (number) => `${number}@s.whatsapp.net`;
const kEvery = 250; // ms between two rounds

export class Traffic {
  /// `writer` writes to the lines, `listener` hears from them. They are two, because Baileys mixes up a ratchet now and
  /// then when texts cross.
  constructor(fleet, { writer, listener }) {
    this.fleet = fleet;
    this.world = fleet.world;
    this.writer = writer;
    this.listener = listener;
    this.mark = `t${Date.now().toString(36)}`;
    this.serial = 0;
    this.sent = []; // {line, text, id}: commands
    this.written = []; // {line, text}: what the stranger wrote
    this.outcomes = new Map(); // command id → outbound updates that end it
    this.inbound = []; // {line, text, messageId}, without repetitions
    this.read = 0; // records seen
    this.seen = new Set();
  }

  /// A text out of, and one into, each of `perRound` lines, again and again until `stop`.
  start(perRound = 3) {
    this.running = true;
    this.loop = this.run(perRound);
    this.loop.catch(() => {});
  }

  async run(perRound) {
    while (this.running) {
      const round = Date.now();
      for (let i = 0; i < perRound; ++i) await this.both(this.fleet.lines[this.serial % this.fleet.lines.length]);
      await new Promise((resolve) => setTimeout(resolve, Math.max(0, round + kEvery - Date.now())));
    }
  }

  async both(line) {
    const number = String(++this.serial).padStart(5, '0');
    this.out(line, `${this.mark} out ${line.name} ${number}`);
    await this.into(line, `${this.mark} in ${line.name} ${number}`);
  }

  out(line, text) {
    this.sent.push({ line, text, id: this.world.send(line.name, this.listener.number, text) });
  }

  async into(line, text) {
    await this.writer.send(jid(line.phone), text);
    this.written.push({ line, text });
  }

  /// Ends it and waits until everything has arrived.
  async stop(ms = 90_000) {
    this.running = false;
    await this.loop;
    await this.settled(ms);
  }

  async settled(ms = 90_000) {
    const heard = () => new Set(this.listener.texts.map(({ text }) => text));
    const late = () => {
      this.take();
      const [out, came] = [heard(), new Set(this.inbound.map(({ text }) => text))];
      return [
        ...this.sent.filter(({ id }) => !this.outcomes.has(id)).map(({ text }) => `no outcome of ${text}`),
        ...this.sent.filter(({ text, id }) => this.accepted(id) && !out.has(text)).map(({ text }) => `not heard: ${text}`),
        ...this.written.filter(({ text }) => !came.has(text)).map(({ text }) => `not heard: ${text}`)
      ];
    };
    await this.world.until(() => late().length === 0, 'all texts', ms).catch((error) => {
      const missing = late();
      throw new Error(`${error.message}: ${missing.length} missing, ${missing.slice(0, 5).join('; ')}`);
    });
  }

  /// New events, told apart by ce_id.
  take() {
    const { records } = this.world.messages;
    for (; this.read < records.length; ++this.read) {
      const { id, value } = records[this.read];
      if (!value || this.seen.has(id)) continue;
      this.seen.add(id);
      const { outbound, inbound, sessionId } = value;
      if (outbound && /_(ACCEPTED|FAILED|UNKNOWN)$/.test(outbound.state)) {
        this.outcomes.set(outbound.commandId, [...(this.outcomes.get(outbound.commandId) ?? []), outbound]);
      }
      if (inbound?.text?.startsWith(this.mark) && !inbound.fromMe) this.inbound.push({ line: sessionId, ...inbound });
    }
  }

  accepted(id) {
    return this.outcomes.get(id)?.[0].state.endsWith('_ACCEPTED');
  }

  /// Every command has one outcome, which is `accepted`; every text arrived under one id; nothing overtook anything, unless
  /// that is not asked: what was recovered by a retry may come late.
  check({ order = true } = {}) {
    this.take();
    const heard = new Map(); // text → ids, in the order of the first hearing
    for (const { text, id, own } of this.listener.texts) {
      if (!own && text.startsWith(this.mark)) heard.set(text, (heard.get(text) ?? new Set()).add(id));
    }
    for (const { text, id } of this.sent) {
      const ended = this.outcomes.get(id) ?? [];
      same(ended.map(({ state, error }) => error?.code ?? state), ['OUTBOUND_STATE_ACCEPTED'], `outcomes of "${text}"`);
      same([...(heard.get(text) ?? [])], [ended[0].messageId], `ids of "${text}"`);
    }
    same(doubles(this.inbound.map(({ text }) => text)), [], 'texts that came in under two ce_ids');
    if (!order) return;
    for (const { name } of this.fleet.lines) {
      const out = this.sent.filter(({ line }) => line.name === name).map(({ text }) => text);
      same([...heard.keys()].filter((text) => text.includes(` out ${name} `)), out, `what ${name} said, in order`);
      const came = this.written.filter(({ line }) => line.name === name).map(({ text }) => text);
      same(this.inbound.filter(({ line }) => line === name).map(({ text }) => text), came, `what ${name} heard, in order`);
    }
  }
}
