// The people of a fleet's tests: one stranger who writes to all lines, one who hears from them, and their texts.
import { reach } from './greeting.js';
import { pairByQr } from './peer.js';
import { Traffic } from './traffic.js';

export class Cast {
  static async of(fleet) {
    const { sandbox } = fleet.world;
    const cast = new Cast();
    cast.writer = await pairByQr(sandbox, 'writer', '491707777771');
    cast.listener = await pairByQr(sandbox, 'listener', '491707777772');
    cast.traffic = new Traffic(fleet, cast);
    // Once each way for every line, so that sessions are there.
    for (const { name, phone } of fleet.lines) await reach(fleet.world, { session: name, phone, stranger: cast.writer });
    for (const line of fleet.lines) await cast.traffic.both(line);
    await cast.traffic.settled();
    cast.traffic.check();
    return cast;
  }

  /// Texts go on while `change` is made; afterwards all have arrived, once and in order.
  async under(change) {
    const { traffic } = this;
    traffic.start();
    try {
      await change();
    } finally {
      await traffic.stop();
    }
    traffic.check();
  }

  async leave() {
    for (const peer of [this.writer, this.listener]) {
      await peer.stop();
      peer.forget();
    }
  }
}
