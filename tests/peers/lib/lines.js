// What the checks of a line's life ask again and again: events of one line, outcomes of its commands, what the sandbox
// saw of its number.
import crypto from 'node:crypto';

export class Lines {
  constructor(world) {
    this.world = world;
    this.serial = 0;
  }

  get events() {
    return this.world.connection.records.map(({ value }) => value).filter(Boolean);
  }
  /// For `since`: only what comes after now counts.
  get now() {
    return this.world.connection.records.length;
  }

  id(what) {
    return `${what}-${++this.serial}-${crypto.randomBytes(3).toString('hex')}`;
  }

  pair(sessionId, more = {}, commandId = this.id('pair')) {
    this.world.command('pair', { sessionId, commandId, ...more });
    return commandId;
  }
  line(sessionId, action, more = {}, commandId = this.id(action.toLowerCase())) {
    this.world.command('line', { sessionId, commandId, action: `LINE_ACTION_${action}`, ...more });
    return commandId;
  }

  ended(commandId) {
    return this.world.connection.events.map(({ value }) => value).filter((value) => value?.commandId === commandId && value.outcome);
  }
  /// [outcome, code, detail] of a command, as it ends.
  async outcome(commandId, ms = 60_000) {
    const event = await this.world.connection.until(() => this.ended(commandId)[0], `the outcome of ${commandId}`, ms);
    return [event.outcome.replace('COMMAND_OUTCOME_', ''), event.reason?.code ?? '', event.reason?.detail ?? ''];
  }
  async outcomeEvent(commandId) {
    return await this.world.connection.until(() => this.ended(commandId)[0], `the outcome of ${commandId}`);
  }

  /// The first event of a line after `since` that fits.
  async event(sessionId, fits, what, { since = 0, ms = 60_000 } = {}) {
    const found = () => this.world.connection.records.slice(since).find(({ value }) => value?.sessionId === sessionId && fits(value));
    return (await this.world.connection.until(found, `${sessionId}: ${what}`, ms)).value;
  }

  async code(sessionId, since) {
    return await this.event(sessionId, (value) => value.code, 'a pairing code', { since });
  }

  async attempts(phone) {
    return (await this.world.sandbox.get(`/admin/phones/${phone}`)).login_attempts;
  }
  async devices(phone) {
    return (await this.world.sandbox.get(`/admin/devices?phone=${phone}`)).devices.map(({ device }) => device);
  }
  async fault(kind, more) {
    await this.world.sandbox.post('/admin/faults', { kind, ...more });
  }
  async end(how, phone, more = {}) {
    return await this.world.sandbox.post('/admin/end', { how, phone, ...more });
  }
}
