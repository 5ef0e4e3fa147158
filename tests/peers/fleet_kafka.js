// What can be wrong with Kafka, or with how workers are attached to it: a worker that loses it alone, one that loses the
// server alone, commands in other partitions, unequal partition counts, strangers in the group, two workers of one name.
// Each is named, each text arrives once, and no line is connected twice.
import { Cast } from './lib/cast.js';
import { inWorld, must, same, test } from './lib/checks.js';
import { Fleet } from './lib/fleet.js';
import { growPartitions, kcat, Reader, Writer } from './lib/kafka.js';
import { Proxy } from './lib/proxy.js';
import { shardOf } from './lib/shards.js';

const kinds = ['pair', 'reset', 'send', 'line'];
const topic = (kind) => `linekeeper.commands.${kind}`;

await inWorld(async (world) => {
  const fleet = new Fleet(world);
  const [first] = fleet.lines;
  let cast, way;

  async function check() {
    fleet.checkOrder();
    await fleet.neverTwice();
  }
  const forwarded = async () => {
    const counts = world.running.map((worker) => worker.metric('linekeeper_commands_forwarded_total'));
    return (await Promise.all(counts)).reduce((sum, count) => sum + count, 0);
  };
  /// What any worker logged with this text in it.
  const logged = (text) => world.workers.some(({ log }) => log.includes(text));

  await must('two workers share the lines, one of them with ways to Kafka and to the server of its own', async () => {
    const server = new URL(world.sandbox.url);
    way = await Proxy.start(Number(server.port));
    server.port = way.port;
    fleet.start('a');
    await fleet.pair();
    const settings = { 'kafka-brokers': world.kafka.sideBrokers, 'whatsapp-url': server.href };
    fleet.start('b', { settings: { ...settings, 'stand-aside-after': '3s', 'stand-aside-for': '5s' } });
    await fleet.evenOn('a', 'b');
    cast = await Cast.of(fleet);
  });

  await must('a worker that Kafka has lost hands its lines over one by one, and shares again when it is back', async () => {
    await cast.under(async () => {
      const b = fleet.worker('b');
      world.kafka.side.cut();
      await fleet.evenOn('a');
      await world.until(async () => /kafka/i.test(await b.trouble()), 'b says that Kafka is away');
      world.kafka.side.heal();
      await fleet.evenOn('a', 'b');
    });
    await check();
  });

  await must('a worker that cannot reach the server alone stands aside, and shares again when it can', async () => {
    const b = fleet.worker('b');
    await cast.under(async () => {
      way.cut();
      await world.until(async () => /no line can log in from here/i.test(await b.trouble()), 'b says that no line can log in');
      await fleet.evenOn('a');
      way.heal();
      await fleet.evenOn('a', 'b');
    });
    same([await b.trouble(), await b.metric('linekeeper_standing_aside')], ['', 0], 'b, once it is back');
    await check();
  });

  await must('commands in partitions of other lines are forwarded once, in order', async () => {
    const COUNT = 30;
    const before = await forwarded();
    const reader = new Reader(world.kafka, topic('send'));
    const wrong = (shardOf(first.name) + 1) % 12;
    const writer = new Writer(world.kafka, topic('send'), wrong);
    const texts = Array.from({ length: COUNT }, (_, i) => `${cast.traffic.mark} out ${first.name} astray ${i}`);
    texts.forEach((text, i) => {
      const id = `astray-${i}`;
      cast.traffic.sent.push({ line: first, text, id });
      writer.write(first.name, { sessionId: first.name, commandId: id, to: cast.listener.number, text });
    });
    await writer.done;
    await cast.traffic.settled();
    cast.traffic.check();
    const copies = reader.records.filter(({ value }) => value?.commandId?.startsWith('astray-'));
    const origins = copies.filter(({ headers }) => headers['linekeeper-origin']);
    await reader.program.kill();
    same([origins.length, (await forwarded()) - before], [COUNT, COUNT], 'copies in Kafka, and forwarded by count');
  });

  await must('a worker of the same name takes its share like any other', async () => {
    const twin = fleet.start('twin', { id: 'a' });
    const connected = (worker) => worker.metric('linekeeper_lines_connected');
    const shared = async () => {
      const counts = await Promise.all(world.running.map(connected));
      return counts.length === 3 && counts.every((count) => count === 4);
    };
    await cast.under(async () => {
      await world.until(shared, 'four lines on each of three workers', 60_000);
      await twin.stop();
      await fleet.evenOn('a', 'b');
    });
    // One name for two workers is all right for the lines; their events tell them apart by token.
    await fleet.neverTwice();
  });

  await must('a topic with more partitions than the others: named, and what is in the surplus ones is done', async () => {
    await growPartitions(world.kafka, [topic('send')], 14);
    await fleet.worker('b').stop();
    fleet.start('b');
    await fleet.evenOn('a', 'b');
    await world.until(() => logged('unequal partition counts'), 'unequal partition counts in the log', 60_000);
    for (const partition of [12, 13]) {
      const writer = new Writer(world.kafka, topic('send'), partition);
      const text = `${cast.traffic.mark} out ${first.name} surplus ${partition}`;
      cast.traffic.sent.push({ line: first, text, id: `surplus-${partition}` });
      const to = cast.listener.number;
      writer.write(first.name, { sessionId: first.name, commandId: `surplus-${partition}`, to, text });
      await writer.done;
      await cast.traffic.settled();
    }
    cast.traffic.check();
    await check();
  });

  await must('all grown to the same count: sessions move to other shards, and nothing is lost', async () => {
    await growPartitions(world.kafka, [...kinds.filter((kind) => kind !== 'send').map(topic)], 14);
    for (const name of ['a', 'b']) {
      await fleet.worker(name).stop();
      fleet.start(name);
    }
    await fleet.connected(() => true);
    await cast.under(async () => {
      for (const line of fleet.lines) await cast.traffic.both(line);
    });
    await check();
  });

  await must('a stranger in the group takes shards and goes: what lay there is done then', async () => {
    const args = ['-G', 'linekeeper-workers', '-X', 'partition.assignment.strategy=cooperative-sticky'];
    args.push('-X', 'enable.auto.commit=false', '-X', 'session.timeout.ms=3000', '-X', 'heartbeat.interval.ms=250', topic('pair'));
    const stranger = kcat('a stranger in the group', world.kafka, args);
    const shards = async () => {
      const counts = await Promise.all(world.running.map((worker) => worker.metric('linekeeper_kafka_shards')));
      return counts.reduce((sum, count) => sum + count, 0);
    };
    await world.until(async () => (await shards()) < 14, 'the stranger has shards', 60_000);
    // Commands for all lines, those in the stranger's shards too.
    for (const line of fleet.lines) cast.traffic.out(line, `${cast.traffic.mark} out ${line.name} with a stranger`);
    await stranger.kill('SIGTERM');
    await world.until(async () => (await shards()) === 14, 'all shards are back', 60_000);
    await cast.traffic.settled();
    cast.traffic.check();
    await check();
  });

  await test('workers and sandbox end in order, and no sanitizer spoke', async () => {
    await cast.leave();
    await world.stop();
  });
});
