// One line per check, and an exit code that says whether all held.
import { deadline } from './peer.js';

// libsignal prints whole sessions, private keys included, on its own initiative.
export const say = console.log.bind(console);
for (const level of ['log', 'info', 'warn', 'error']) if (!process.env.PEER_LOG) console[level] = () => {};

let passed = 0;
let failed = 0;

/// A check that the later ones build on: its failure ends them all.
class Stop extends Error {}

export async function must(name, body, ms) {
  if (!(await test(name, body, ms))) throw new Stop(name);
}

export async function test(name, body, ms = 300_000) {
  const start = performance.now();
  const took = () => `${((performance.now() - start) / 1000).toFixed(1)} s`;
  try {
    await deadline(body(), ms, 'the whole check');
    ++passed;
    say(`ok   ${name} (${took()})`);
    return true;
  } catch (error) {
    ++failed;
    say(`FAIL ${name} (${took()}): ${process.env.PEER_STACK ? error.stack : error.message}`);
    return false;
  }
}

/// The last line, and the exit code that goes with it.
export function tally() {
  say(`${passed} passed, ${failed} failed`);
  return failed === 0 && passed > 0 ? 0 : 1;
}

/// Runs the checks; one that the others build on ends them.
export async function all(checks) {
  await checks().catch((error) => {
    if (!(error instanceof Stop)) throw error;
  });
}

export function same(actual, expected, what) {
  const [a, e] = [JSON.stringify(actual), JSON.stringify(expected)];
  if (a !== e) throw new Error(`${what}: ${a} instead of ${e}`);
}

/// The values that occur more than once.
export function doubles(values) {
  const seen = new Set();
  return values.filter((value) => seen.size === seen.add(value).size);
}

/// Runs the checks in a world of their own, which is gone afterwards, whatever happens.
export async function inWorld(checks, options) {
  const { World } = await import('./world.js');
  process.on('unhandledRejection', (error) => {
    say(`FAIL ${error.stack}`);
    process.exit(1); // What runs ends with us.
  });
  const world = await World.start(options);
  try {
    await checks(world);
  } catch (error) {
    if (!(error instanceof Stop)) throw error;
    for (const worker of new Set([...world.running, world.worker])) {
      if (worker) say(`--- the last words of ${worker.name}\n${worker.tail(40)}`);
    }
    for (const worker of world.workers) if (worker.report) say(worker.report);
  } finally {
    if (process.env.PEER_LOGS) await world.keepLogs(process.env.PEER_LOGS);
    await world.discard();
  }
  process.exit(tally());
}
