// The worker is killed with -9 between any two steps, at a step named in its environment, and started again: every text
// arrives once, counted by message id, and every command has one outcome.
import { inWorld, must, same, test } from './lib/checks.js';
import { greet } from './lib/greeting.js';
import { pairByQr } from './lib/peer.js';

const SHOP = '491705555555';
const ADA = '491706666666';
const STAND = '491707777777';
const jid = (number) => `${number}@s.whatsapp.net`;

await inWorld(async (world) => {
  const { sandbox } = world;
  const sent = []; // {step, text, id}
  const received = []; // {step, text}
  let ada;

  /// A worker that dies at `step`, what makes it die there, and one that goes on.
  async function dieAt(step, act) {
    // In order, so that nothing is left open: a leftover would reach its crash point before the line is connected.
    await world.worker.stop();
    const since = world.connection.records.length;
    const worker = world.startWorker({ crashAt: step });
    await world.status('shop', 'CONNECTED', { since });
    await act();
    const late = setTimeout(() => worker.kill('SIGTERM'), 60_000);
    const { signal } = await worker.ended;
    clearTimeout(late);
    same(signal, 'SIGKILL', 'how the worker ended');
    const again = world.connection.records.length;
    world.startWorker();
    await world.status('shop', 'CONNECTED', { since: again });
  }

  await must('a line and a stranger pair and know each other', async () => {
    world.startWorker();
    await world.pair('shop', SHOP);
    ada = await pairByQr(sandbox, 'ada', ADA);
    await greet(world, { session: 'shop', phone: SHOP, stranger: ada });
  });

  for (const step of ['begin', 'before_commit', 'committed', 'answered', 'concluded', 'published']) {
    await test(`killed at send.${step}: the text arrives once`, async () => {
      const text = `sent over send.${step}`;
      let id;
      await dieAt(`send.${step}`, async () => {
        id = world.send('shop', ADA, text);
        sent.push({ step, text, id });
      });
      await ada.hears(text);
      const { state, messageId } = await world.outcome(id);
      same(state, 'OUTBOUND_STATE_ACCEPTED', 'the outcome');
      same(ada.texts.find((heard) => heard.text === text).id, messageId, 'its message id');
    });
  }

  for (const step of ['before_commit', 'committed', 'published']) {
    await test(`killed at inbound.${step}: the text comes in once`, async () => {
      const text = `heard over inbound.${step}`;
      await dieAt(`inbound.${step}`, async () => {
        received.push({ step, text });
        await ada.send(jid(SHOP), text);
      });
      await world.hears('shop', text);
    });
  }

  await test('killed at control.begin: pairing begins all the same', async () => {
    await dieAt('control.begin', async () => world.command('pair', { sessionId: 'stand', commandId: 'pair-stand' }));
    await world.scan('stand', STAND);
    await world.status('stand', 'CONNECTED');
  });

  await test('killed at control.concluded: the outcome is published', async () => {
    const command = { sessionId: 'stand', commandId: 'connect-stand', action: 'LINE_ACTION_CONNECT' };
    await dieAt('control.concluded', async () => world.command('line', command));
    const answers = ({ value }) => value?.commandId === 'connect-stand' && value.outcome;
    await world.connection.until(() => world.connection.records.find(answers), 'the outcome of connect');
    for (const id of ['pair-stand', 'connect-stand']) {
      const outcomes = world.connection.events.filter(({ value }) => value?.commandId === id && value.outcome);
      same(outcomes.map(({ value }) => value.outcome), ['COMMAND_OUTCOME_DONE'], `outcomes of ${id}`);
    }
  });

  let holder = 'stand';
  // `told` first: after the others, what is still to be told would kill the next worker before it gets to the new pairing.
  for (const step of ['told', 'stored', 'committed']) {
    await test(`killed at takeover.${step}: the number changes hands once, and who had it is told`, async () => {
      const [heir, loser] = [`heir-${step}`, holder];
      const since = world.connection.records.length;
      await dieAt(`takeover.${step}`, async () => {
        world.command('pair', { sessionId: heir, commandId: `pair-${heir}`, takeOver: true });
        await world.scan(heir, STAND);
      });
      // A device that the server did not get to know asks for the phone once more.
      const seen = new Set(world.qrs);
      const outcomes = () => world.connection.events.filter(({ value }) => value?.commandId === `pair-${heir}` && value.outcome);
      const settled = async () => {
        const shown = world.connection.records.filter(({ value }) => value?.sessionId === heir && value.qr).at(-1)?.value.qr.text;
        if (shown && !seen.has(shown)) {
          seen.add(shown);
          await world.scan(heir, STAND).catch(() => {});
        }
        return outcomes().length > 0 && world.latest(heir)?.status === 'LINE_STATUS_CONNECTED';
      };
      await world.until(settled, `${heir} connected`, 60_000);
      same(outcomes().map(({ value }) => value.outcome), ['COMMAND_OUTCOME_DONE'], 'outcomes of the pairing');
      const { reason } = await world.status(loser, 'LOGGED_OUT', { since, ms: 60_000 });
      same(reason?.detail, 'taken_over', 'what the loser is told');
      holder = heir;
    });
  }

  await test('afterwards the line still talks both ways', async () => {
    world.send('shop', ADA, 'still here');
    await ada.hears('still here');
    await ada.send(jid(SHOP), 'here too');
    await world.hears('shop', 'here too');
    await sandbox.wait('drained', { phone: SHOP, device: 1 });
  });

  await test('each text has one message id, each command one outcome, each text that came in one ce_id', async () => {
    for (const { step, text, id } of sent) {
      same(new Set(ada.texts.filter((heard) => heard.text === text).map((heard) => heard.id)).size, 1, `ids at ${step}`);
      same(world.outcomes(id).map(({ state }) => state), ['OUTBOUND_STATE_ACCEPTED'], `outcomes at ${step}`);
    }
    const inbound = world.inbound('shop').map(({ text }) => text);
    for (const { step, text } of received) same(inbound.filter((t) => t === text).length, 1, `events at ${step}`);
  });

  await test('worker and sandbox end in order, and no sanitizer spoke', async () => {
    await ada.stop();
    ada.forget();
    await world.stop();
  });
});
