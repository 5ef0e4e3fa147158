// One line and one stranger who write to each other, and whether all of it arrived.
import { doubles, same } from './checks.js';
import { greet, reach } from './greeting.js';
import { pairByQr } from './peer.js';

export const jid = (number) => `${number}@s.whatsapp.net`;

export class Chat {
  constructor(world, line, phone) {
    this.world = world;
    this.line = line;
    this.phone = phone;
    this.mark = `w${Date.now().toString(36)}`; // stands in every text, to find it in logs
    this.said = []; // {text, id}: what must reach the stranger
    this.answers = []; // texts that must reach the line
  }

  /// The stranger pairs, and the two get to know each other.
  async meet(name, number) {
    this.stranger = await pairByQr(this.world.sandbox, name, number);
    await this.greet();
  }

  get both() {
    return { session: this.line, phone: this.phone, stranger: this.stranger, mark: this.mark };
  }
  async greet() {
    await greet(this.world, this.both);
  }
  /// The stranger alone writes.
  async reach() {
    await reach(this.world, this.both);
  }

  /// The line writes; gives the command's id.
  write(text) {
    const whole = `${this.mark} ${text}`;
    const id = this.world.send(this.line, this.stranger.number, whole);
    this.said.push({ text: whole, id });
    return id;
  }

  async answer(text) {
    const whole = `${this.mark} ${text}`;
    this.answers.push(whole);
    await this.stranger.send(jid(this.phone), whole);
  }

  async allArrive(ms = 60_000) {
    for (const { text } of this.said) await this.stranger.hears(text, ms);
    for (const text of this.answers) await this.world.hears(this.line, text, ms);
  }

  /// Nothing came twice: texts out by message id, texts in by ce_id, outcomes one a command.
  async nothingTwice() {
    same(doubles(this.world.inbound(this.line).map(({ text }) => text)), [], 'texts that came in twice');
    for (const { text, id } of this.said) {
      const ids = new Set(this.stranger.texts.filter((heard) => heard.text === text).map((heard) => heard.id));
      same(ids.size, 1, `ids of "${text}"`);
      await this.world.outcome(id);
      same(this.world.outcomes(id).map(({ state }) => state), ['OUTBOUND_STATE_ACCEPTED'], `outcomes of "${text}"`);
    }
  }

  /// What of all this, numbers and keys included, stands in a worker's log.
  leaks() {
    const parts = (this.world.qrs ?? []).flatMap((qr) => qr.split(',')).filter((part) => part.length > 8);
    return this.world.leaked([this.mark, this.phone, this.stranger.number, this.world.sealingKey, ...parts]);
  }
}
