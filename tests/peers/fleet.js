// Three workers share twelve lines while texts go both ways: workers come, leave, die and freeze, and each line is
// connected once, each command has one outcome and each text arrives once and in order.
import { Cast } from './lib/cast.js';
import { inWorld, must, same, say, test } from './lib/checks.js';
import { Fleet, quantile } from './lib/fleet.js';

await inWorld(async (world) => {
  const fleet = new Fleet(world);
  const frozen = new Map(); // line → how often its worker was frozen while it was connected
  let cast;

  /// Texts go on while `change` is made; afterwards all have arrived, and no line was connected twice.
  async function underTraffic(change) {
    await cast.under(change);
    fleet.checkOrder();
    await fleet.neverTwice(frozen);
  }

  await must('a worker alone pairs and connects every line', async () => {
    fleet.start('a');
    await fleet.pair();
    cast = await Cast.of(fleet);
  });

  for (const [workers, share] of [
    [['a', 'b'], 6],
    [['a', 'b', 'c'], 4]
  ]) {
    const last = workers.at(-1);
    await must(`worker ${workers.length} takes its share and disconnects no other line`, async () => {
      await fleet.undisturbed({
        change: () =>
          underTraffic(async () => {
            fleet.start(last);
            await fleet.evenOn(...workers);
          }),
        async check(before) {
          const moved = await fleet.moved(before);
          same(moved.length, share, 'lines that moved');
          same([...moved].sort(), [...fleet.shares()[last]].sort(), 'where they went');
        },
        async undo() {
          await fleet.worker(last).stop();
          await fleet.evenOn(...workers.slice(0, -1));
        }
      });
    });
  }

  await must('all three are rolled one after the other: nothing is lost, and each line waits a moment only', async () => {
    const gaps = [];
    await underTraffic(async () => {
      for (const name of ['a', 'b', 'c']) {
        const leaving = fleet.shares()[name];
        await fleet.worker(name).stop();
        await fleet.connected((worker) => worker !== name);
        gaps.push(...(await fleet.gaps(leaving)));
        fleet.start(name);
        await fleet.evenOn('a', 'b', 'c');
      }
    });
    say(`     gaps of ${gaps.length} lines: median ${quantile(gaps, 0.5)} ms, longest ${Math.max(...gaps)} ms`);
  });

  await must('a worker is killed: its lines come back on the others', async () => {
    const back = async () => {
      fleet.start('b');
      await fleet.evenOn('a', 'b', 'c');
    };
    let lines;
    await fleet.undisturbed({
      async change() {
        lines = fleet.shares().b;
        await underTraffic(async () => {
          await fleet.worker('b').kill();
          await fleet.connected((worker) => worker !== 'b');
        });
      },
      check: async (before) => same((await fleet.moved(before)).sort(), [...lines].sort(), 'lines that logged in anew'),
      undo: back,
      expected: 1 // itself
    });
    await back();
  });

  await must('a worker freezes beyond its lease, and wakes: nothing it says is believed', async () => {
    const lines = fleet.shares().c;
    for (const name of lines) frozen.set(name, 1);
    await underTraffic(async () => {
      fleet.worker('c').freeze();
      await fleet.connected((worker) => worker !== 'c');
      const before = await fleet.seen();
      fleet.worker('c').thaw();
      // It joins again and takes its share as a new worker would: by hand-over.
      await fleet.evenOn('a', 'b', 'c');
      const replaced = ({ name, replaced: count }) => [name, count];
      same((await fleet.seen()).map(replaced), before.map(replaced), 'how often each line was connected twice');
    });
  });

  await test('workers and sandbox end in order, and no sanitizer spoke', async () => {
    await cast.leave();
    await world.stop();
  });
});
