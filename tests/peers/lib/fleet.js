// Several workers with their lines, and what the server saw of them.
import { same, say } from './checks.js';
import { oneForEach } from './shards.js';

const phoneOf = (i) => String(491706000000 + i);

export class Fleet {
  /// One line for each partition, so that who owns how many is known beforehand.
  constructor(world, partitions = 12) {
    this.world = world;
    this.lines = oneForEach(partitions).map((name, i) => ({ name, phone: phoneOf(i) }));
    this.ofPhone = new Map(this.lines.map((line) => [line.phone, line]));
  }

  get names() {
    return this.lines.map(({ name }) => name);
  }

  /// Pairs all lines at once.
  async pair() {
    const { world } = this;
    for (const { name } of this.lines) world.command('pair', { sessionId: name });
    for (const { name, phone } of this.lines) await world.scan(name, phone);
    await this.connected(() => true);
  }

  start(name, options = {}) {
    return this.world.startWorker({ name, ...options });
  }

  /// The present worker of this name.
  worker(name) {
    return this.world.workers.findLast((worker) => worker.id === name);
  }

  /// The lines connected on each worker, by their newest events; those that are not connected under `undefined`.
  shares() {
    const shares = {};
    for (const name of this.names) (shares[this.world.owner(name)] ??= []).push(name);
    return shares;
  }

  /// Waits until every line is connected, at the server too, on a worker that fits.
  async connected(fits, ms = 60_000) {
    for (const name of this.names) await this.world.connectedOn(name, fits, ms);
    const all = async () => (await this.seen()).every(({ active }) => active);
    await this.world.until(all, 'every line listening at the server', ms);
  }

  /// Waits until each of these workers has its even share of the lines, and nobody else has any.
  async evenOn(...workers) {
    const [least, most] = [Math.floor, Math.ceil].map((round) => round(this.lines.length / workers.length));
    const even = () => {
      const shares = this.shares();
      const sizes = workers.map((name) => shares[name]?.length ?? 0);
      const all = sizes.reduce((sum, size) => sum + size, 0) === this.lines.length;
      return all && sizes.every((size) => size >= least && size <= most);
    };
    const sizes = () => JSON.stringify(Object.fromEntries(Object.entries(this.shares()).map(([k, v]) => [k, v.length])));
    await this.world.connection.until(even, `the lines evenly on ${workers.join(', ')}`, 60_000).catch((error) => {
      throw new Error(`${error.message}; they are ${sizes()}`);
    });
    await this.connected((worker) => workers.includes(worker));
  }

  /// Each line as the server sees it: how often it logged in, how often while it was connected already, and when.
  async seen() {
    const devices = await this.world.sandbox.devices();
    return devices
      .filter(({ phone }) => this.ofPhone.has(phone))
      .map(({ phone, active, stays, counters: { logins, replaced } }) => {
        return { name: this.ofPhone.get(phone).name, active, stays, logins, replaced };
      });
  }

  /// The lines that logged in since `before`, which is an older answer of `seen`.
  async moved(before) {
    const logins = new Map(before.map(({ name, logins: count }) => [name, count]));
    return (await this.seen()).filter(({ name, logins: count }) => count !== logins.get(name)).map(({ name }) => name);
  }

  /// What a machine that stood still for a while leaves behind: members that Kafka gave up, leases that ran out. Then
  /// lines move that should have stayed, as they must.
  stalls() {
    const lost = /"lease lost"|frozen for longer than the leases/g;
    const leases = this.world.workers.reduce((sum, { log }) => sum + (log.match(lost)?.length ?? 0), 0);
    return this.world.kafka.expelled + leases;
  }

  /// Makes a change and checks what came of it. If the machine stood still meanwhile, the change is undone and made again;
  /// `expected` are the stalls that belong to the change. A change that never passes undisturbed is an error.
  async undisturbed({ change, check, undo, expected = 0 }) {
    for (let tries = 1; ; ++tries) {
      const before = this.stalls();
      const seen = await this.seen();
      await change();
      try {
        return await check(seen);
      } catch (error) {
        if (this.stalls() - before <= expected || tries === 3) throw error;
        say(`     the machine stood still, once more: ${error.message}`);
      }
      await undo();
    }
  }

  /// No line was ever connected twice, but for so many each of those whose worker was frozen.
  async neverTwice(allowed = new Map()) {
    const wrong = (await this.seen()).filter(({ name, replaced }) => replaced > (allowed.get(name) ?? 0));
    same(wrong.map(({ name, replaced, stays }) => ({ name, replaced, stays })), [], 'lines that were connected twice');
  }

  /// How long the server waited for each of these lines: from the end of a connection to the next that listens.
  async gaps(names) {
    const last = ({ stays }) => stays.at(-1).active_ms - stays.at(-2).until_ms;
    return (await this.seen()).filter(({ name, stays }) => names.includes(name) && stays.length > 1).map(last);
  }

  /// No two events of a line have the same place in the order, and no token was used by two workers.
  checkOrder() {
    const places = new Map();
    const owners = new Map();
    for (const { id, value } of this.world.connection.events) {
      const { token = '0', sequence = '0' } = value?.order ?? {};
      if (!value || token === '0') continue;
      const place = `${value.sessionId} ${token} ${sequence}`;
      same(places.get(place) ?? id, id, `the event at ${place}`);
      places.set(place, id);
      const owner = owners.get(`${value.sessionId} ${token}`) ?? value.workerId;
      same(owner, value.workerId, `the worker with token ${token} of ${value.sessionId}`);
      owners.set(`${value.sessionId} ${token}`, owner);
    }
  }
}

/// The `share`th part of sorted numbers, e.g. 0.99 for p99.
export function quantile(numbers, share) {
  const sorted = [...numbers].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))];
}
