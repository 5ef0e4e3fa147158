import { inWorld, must, same, say } from './lib/checks.js';
import { pairByQr } from './lib/peer.js';
import fs from 'node:fs';
const SHOP = '491705555555', ADA = '491706666666';
const jid = (number) => `${number}@s.whatsapp.net`;
const range = (from, to) => Array.from({ length: to - from }, (_, i) => from + i);
await inWorld(async (world) => {
  const { sandbox } = world;
  world.startWorker();
  await world.pair('shop', SHOP);
  const ada = await pairByQr(sandbox, 'ada', ADA);
  world.send('shop', ADA, 'x'); await ada.hears('x'); await ada.send(jid(SHOP), 'y'); await world.hears('shop', 'y');
  const crossing = range(0, 50).map((i) => `line crossing ${i}`);
  const back = range(0, 50).map((i) => `ada crossing ${i}`);
  crossing.forEach((t) => world.send('shop', ADA, t));
  const ids = await Promise.all(back.map((text) => ada.send(jid(SHOP), text)));
  try {
    for (const text of back) await world.hears('shop', text, 15000);
    for (const text of crossing) await ada.hears(text, 15_000);
    say('all fine');
  } catch (e) { say(e.message); }
  const got = world.inbound('shop').map((m) => m.text);
  const missing = back.map((t, i) => [t, ids[i]]).filter(([t]) => !got.includes(t));
  say('missing at line', JSON.stringify(missing));
  say('stubs', JSON.stringify(world.messages.records.filter((r) => r.value?.inbound && !r.value.inbound.text).map((r) => r.value.inbound)));
  const missA = crossing.filter((t) => !ada.texts.some((x) => x.text === t));
  say('missing at ada', JSON.stringify(missA));
  fs.writeFileSync('/tmp/proof-worker.log', world.worker.log);
  say(JSON.stringify(await sandbox.device(SHOP, 1)));
  for (const [, id] of missing) say(JSON.stringify((await sandbox.get(`/admin/journal?phone=${SHOP}&device=1&id=${id}`))));
  say(JSON.stringify(await sandbox.get('/admin/counters')));
  ada.forget();
});
