// The page in a real browser: a person pairs a line by scanning the picture on the screen, watches it connect, resets it
// and sees it ask for a QR again; with the mouse, with the keyboard, on a phone's screen, with a token.
import crypto from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import axe from 'axe-core';
import jsQR from 'jsqr';
import { chromium } from 'playwright-core';
import { PNG } from 'pngjs';
import { inWorld, must, same, test } from './lib/checks.js';
import { ControlRoom } from './lib/control.js';

const SHOP = '491705570001';
const DESK = '491705570002';
const KEYS = '491705570003';
const FRIEND = '491705570009';
const kWait = 60_000;
const read = jsQR.default ?? jsQR;
// With PAGE_IMAGES=folder the screens that the documentation shows are written there.
const images = process.env.PAGE_IMAGES;
const browser = ['chromium', 'chromium-browser', 'google-chrome'].map((name) => path.join('/usr/bin', name)).find((file) => fs.existsSync(file));

function truth(value, what) {
  if (!value) throw new Error(what);
}

await inWorld(async (world) => {
  truth(browser, 'there is no chromium: ./dev setup installs it');
  const chrome = await chromium.launch({ executablePath: browser, args: ['--no-sandbox', '--disable-dev-shm-usage'] });
  const room = await ControlRoom.start(world);
  const rooms = [room];
  try {
    await room.ready(kWait);
    await checks(world, room, chrome, rooms);
  } finally {
    await chrome.close();
    for (const one of rooms) await one.kill();
    for (const one of rooms) if (one.program.report) throw new Error(one.program.report);
  }
});

async function checks(world, room, chrome, rooms) {
  const strange = []; // Requests to anywhere else, and what the browser complained about.
  async function open({ viewport = { width: 1280, height: 800 }, at = room.http, ...more } = {}) {
    const context = await chrome.newContext({ viewport, ...more });
    const page = await context.newPage();
    page.setDefaultTimeout(kWait);
    page.on('request', (request) => {
      if (!request.url().startsWith(at) && !request.url().startsWith('data:')) strange.push(request.url());
    });
    page.on('console', (message) => {
      // The browser names every answer of 400 and above; which of those are right the checks say.
      if (message.type() === 'error' && !message.text().startsWith('Failed to load resource')) strange.push(message.text());
    });
    page.on('pageerror', (error) => strange.push(error.message));
    await page.goto(`${at}/`);
    return page;
  }
  const heading = (page, name) => page.getByRole('heading', { level: 1, name, exact: true });
  const state = (page, text) => page.locator('.state').filter({ hasText: text }).waitFor();
  const picture = async (page, name) => images && (await page.screenshot({ path: path.join(images, name) }));

  /// What a phone's camera sees: the screen, not the document.
  async function scanned(page, other) {
    return await world.until(async () => {
      const shown = page.getByRole('img', { name: 'QR code to scan with the phone' });
      if ((await shown.count()) === 0) return undefined;
      const { data, width, height } = PNG.sync.read(await page.screenshot());
      const text = read(new Uint8ClampedArray(data), width, height)?.data;
      return text && text !== other ? text : undefined;
    }, 'a QR on the screen', kWait);
  }
  /// The phone scans what the screen shows, and once more if that was replaced just then.
  async function scan(page, phone, text) {
    await world.until(async () => {
      const done = await world.sandbox.post(`/admin/mock-phone/scan-qr?phone=${phone}`, text).catch(() => undefined);
      if (!done) text = await scanned(page, text);
      return done;
    }, 'a scan that counts', kWait);
  }

  async function accessible(page, what) {
    await page.evaluate(axe.source.includes('module.exports') ? `(() => { const module = {}; ${axe.source} })()` : axe.source);
    const { violations } = await page.evaluate(() => globalThis.axe.run(document, { resultTypes: ['violations'] }));
    same(violations.map(({ id, nodes }) => `${id}: ${nodes[0].html}`), [], `what axe finds on ${what}`);
  }
  async function fits(page, what) {
    const [inner, scroll] = await page.evaluate(() => [document.documentElement.clientWidth, document.documentElement.scrollWidth]);
    truth(scroll <= inner, `${what} is ${scroll} wide on a screen of ${inner}`);
  }

  // The first QR lives so long, and those after it a third of that.
  world.startWorker({ settings: { 'qr-time': '15s' } });
  let page;

  await must('the page comes from the service alone, under a strict policy, and is not sent twice', async () => {
    const answer = await room.get('/');
    const policy = answer.headers.get('content-security-policy');
    truth(policy.includes("default-src 'none'") && policy.includes("script-src 'self'") && !policy.includes('unsafe'), policy);
    same((await room.get('/page.js', { headers: { 'if-none-match': '"other"' } })).status, 200, 'a browser with another one');
    const { headers } = await room.get('/page.js');
    same((await room.get('/page.js', { headers: { 'if-none-match': headers.get('etag') } })).status, 304, 'a browser that has it');
    same((await room.get('/page.js', { method: 'POST' })).status, 405, 'POST');
    page = await open();
    await page.getByText('There is no line yet.').waitFor();
    await accessible(page, 'the empty list');
  });

  await must('a line is named and paired by scanning the picture on the screen', async () => {
    await page.getByLabel('New line').fill('shop');
    await page.getByRole('button', { name: 'Open' }).click();
    await heading(page, 'shop').waitFor();
    await page.getByText('Nobody has paired this line yet.').waitFor();
    await accessible(page, 'an unknown line');
    await page.getByRole('button', { name: 'Pair', exact: true }).click();
    await state(page, 'Pairing');
    const text = await scanned(page);
    await page.getByText(/Renews itself in \d+ s\./).waitFor();
    await accessible(page, 'a QR');
    await picture(page, 'page-qr.png');
    await scan(page, SHOP, text);
    await state(page, 'Connected');
    await page.getByText(`+${SHOP}`).waitFor();
    same(await page.getByRole('img', { name: /QR/ }).count(), 0, 'QRs on the screen of a connected line');
  });

  await test('what happened is listed, and the line is in the list of all', async () => {
    await page.locator('.events li').filter({ hasText: 'Connected' }).first().waitFor();
    await accessible(page, 'a connected line');
    await picture(page, 'page-line.png');
    await page.getByRole('link', { name: 'All lines' }).click();
    await page.getByRole('row').filter({ hasText: 'shop' }).filter({ hasText: 'Connected' }).waitFor();
    await accessible(page, 'the list');
    await page.getByLabel('Find').fill('nothing like it');
    await page.getByText('No line fits.').waitFor();
    await page.getByLabel('Find').fill(SHOP.slice(-4));
    await page.getByRole('row').filter({ hasText: 'shop' }).waitFor();
    await page.getByLabel('Status').selectOption('LOGGED_OUT');
    await page.getByText('No line fits.').waitFor();
    await page.getByLabel('Status').selectOption('');
    await page.getByLabel('Find').fill('');
  });

  await test('an answer that is no leaves the line as it is; a disconnected line says what to do', async () => {
    await page.getByRole('link', { name: 'shop' }).click();
    await page.getByRole('button', { name: 'Reset…' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByText(`The credentials of +${SHOP} will be forgotten`).waitFor();
    await accessible(page, 'the question before a reset');
    await picture(page, 'page-reset.png');
    await dialog.getByRole('button', { name: 'Keep it' }).click();
    await dialog.waitFor({ state: 'detached' });
    await state(page, 'Connected');
    await page.getByRole('button', { name: 'Disconnect' }).click();
    await state(page, 'Stopped');
    await page.locator('.state').filter({ hasText: 'connect' }).waitFor();
    await page.getByRole('button', { name: 'Connect', exact: true }).click();
    await state(page, 'Connected');
  });

  await must('a reset forgets the line, and it asks for a QR again', async () => {
    await page.getByRole('button', { name: 'Reset…' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByText('will be forgotten').first().waitFor();
    await dialog.getByLabel('Reason, for the record').fill('a test of the page');
    await dialog.getByRole('button', { name: 'Reset the line' }).click();
    await dialog.waitFor({ state: 'detached' });
    await state(page, 'Needs pairing');
    same((await (await room.get('/v1/sessions/shop/credentials')).json()).hasCredentials ?? false, false, 'credentials');
    truth(room.audit.some((line) => JSON.stringify(line).includes('ResetCredentials')), 'no audit record of the reset');
    await page.getByRole('button', { name: 'Pair', exact: true }).click();
    await scan(page, SHOP, await scanned(page));
    await state(page, 'Connected');
  });

  await test('a line that catches up on what waited shows how far it is', async () => {
    await page.getByRole('button', { name: 'Disconnect' }).click();
    await state(page, 'Stopped');
    await world.sandbox.post('/admin/phones', { phone: FRIEND, name: 'Friend' });
    for (const text of ['one', 'two', 'three']) await world.sandbox.post(`/admin/phones/${FRIEND}/send`, { to: SHOP, text });
    // The server does not say that this was all, so the line stays at it.
    await world.sandbox.post('/admin/faults', { kind: 'offline', hold: 'on', times: 1, phone: SHOP });
    await page.getByRole('button', { name: 'Connect', exact: true }).click();
    await state(page, 'Syncing');
    const bar = page.getByRole('progressbar', { name: 'Messages that waited' });
    await bar.waitFor();
    // Both at one moment: the next message may come in between.
    const [done, total, said] = await bar.evaluate((element) => [element.value, element.max, element.parentElement.textContent.trim()]);
    truth(total >= 3 && done >= 1 && done <= total, `${done} of ${total}`);
    same(said, `Messages that waited: ${done} of ${total}`, 'its label');
    await accessible(page, 'a line that catches up');
    await world.sandbox.post('/admin/end', { how: 'drop', phone: SHOP });
    await state(page, 'Connected');
    same(await bar.count(), 0, 'bars of a connected line');
  });

  await test('a QR on the screen is followed by the next one by itself', async () => {
    await page.goto(`${room.http}/#/lines/desk`);
    await heading(page, 'desk').waitFor();
    await page.getByRole('button', { name: 'Pair', exact: true }).click();
    const first = await scanned(page);
    const next = await scanned(page, first);
    truth(next !== first, 'the same QR');
    await scan(page, DESK, next);
    await state(page, 'Connected');
  });

  await test('the keyboard alone: find, open, pair by code, answer a dialog', async () => {
    await page.goto(`${room.http}/`);
    await heading(page, 'Lines').waitFor();
    await page.getByLabel('New line').focus();
    await page.keyboard.type('keys');
    await page.keyboard.press('Enter');
    await heading(page, 'keys').waitFor();
    await page.getByLabel('by QR').focus();
    await page.keyboard.press('ArrowRight');
    await page.getByLabel('Phone number', { exact: true }).waitFor();
    await page.keyboard.press('Tab');
    await page.keyboard.type(`+${KEYS}`);
    await page.keyboard.press('Enter');
    const shown = page.locator('.code');
    await shown.waitFor();
    truth(/^[1-9A-Z]{4}-[1-9A-Z]{4}$/.test(await shown.textContent()), 'no code to type');
    await accessible(page, 'a code');
    await world.sandbox.post(`/admin/mock-phone/enter-code?phone=${KEYS}`, { code: await shown.textContent() });
    await state(page, 'Connected');
    await page.getByRole('button', { name: 'Reset…' }).focus();
    await page.keyboard.press('Enter');
    await page.getByRole('dialog').waitFor();
    await page.keyboard.press('Escape');
    await page.getByRole('dialog').waitFor({ state: 'detached' });
    await state(page, 'Connected');
  });

  await test('on the screen of a phone nothing is cut off, light or dark', async () => {
    const small = await open({ viewport: { width: 360, height: 740 }, isMobile: true, hasTouch: true, colorScheme: 'dark' });
    await small.getByRole('row').filter({ hasText: 'shop' }).waitFor();
    await fits(small, 'the list');
    await accessible(small, 'the list on a phone');
    await picture(small, 'page-phone-list.png');
    await small.getByRole('link', { name: 'shop' }).click();
    await state(small, 'Connected');
    await fits(small, 'a line');
    await accessible(small, 'a line on a phone');
    await picture(small, 'page-phone-line.png');
    await small.context().close();
  });

  await test('a name that is meant as markup is text', async () => {
    const name = '<img src=x onerror=alert(1)>';
    await page.goto(`${room.http}/#/lines/${encodeURIComponent(name)}`);
    await heading(page, name).waitFor();
    await page.getByText('Nobody has paired this line yet.').waitFor();
    same(await page.locator('h1 img').count(), 0, 'pictures in the heading');
  });

  await test('a service that goes away is named, and all is live again when it is back', async () => {
    await page.goto(`${room.http}/`);
    await page.getByText('Live', { exact: true }).waitFor();
    await room.stop();
    await page.getByText('Not live: looking for the service…').waitFor();
    const again = await ControlRoom.start(world, { settings: { 'http-listen': new URL(room.http).host } });
    rooms.push(again);
    await page.getByText('Live', { exact: true }).waitFor();
    await page.getByRole('row').filter({ hasText: 'shop' }).filter({ hasText: 'Connected' }).waitFor();
  });

  await test('with tokens the page asks for one, keeps it for the tab, and shows what it may', async () => {
    const reader = crypto.randomBytes(16).toString('hex');
    const file = path.join(world.folder, 'access');
    fs.writeFileSync(file, `rita sha256:${crypto.createHash('sha256').update(reader).digest('hex')} read\n`, { mode: 0o600 });
    const guarded = await ControlRoom.start(world, { settings: { 'access-file': file } });
    rooms.push(guarded);
    await guarded.ready(kWait);
    const asked = await open({ at: guarded.http });
    await heading(asked, 'Sign in').waitFor();
    await accessible(asked, 'the sign-in');
    await asked.getByLabel('Token').fill('wrong');
    await asked.getByRole('button', { name: 'Sign in' }).click();
    await asked.getByRole('alert').waitFor();
    await asked.getByLabel('Token').fill(reader);
    await asked.getByRole('button', { name: 'Sign in' }).click();
    await asked.getByRole('link', { name: 'shop' }).click();
    await state(asked, 'Connected');
    await asked.getByRole('button', { name: 'Disconnect' }).click();
    await asked.locator('.problem').filter({ hasText: 'ACCESS_DENIED' }).waitFor();
    await state(asked, 'Connected');
    await asked.getByRole('button', { name: 'Sign out' }).click();
    await heading(asked, 'Sign in').waitFor();
    await asked.context().close();
  });

  await test('no request went anywhere else, and the browser had nothing to complain about', async () => same(strange, [], 'noticed'));

  await test('no QR, code or number is in the log of the room', async () => {
    const log = rooms.map(({ program }) => program.log).join('\n');
    same([SHOP, DESK, KEYS].filter((number) => log.includes(number)), [], 'numbers in the log');
    truth(!/2@[\w+/=]{20}/.test(log), 'a QR is in the log');
  });

  await test('worker and sandbox end in order, and no sanitizer spoke', async () => {
    await page.context().close();
    await world.stop();
  });
}
