// An endpoint of webhooks: an HTTP server that checks each signature with another implementation than ours, remembers
// what came, and answers as it is told.
import crypto from 'node:crypto';
import { EventEmitter, once } from 'node:events';
import http from 'node:http';
import https from 'node:https';
import { deadline } from './peer.js';

export class Receiver extends EventEmitter {
  /// `tls` is {key, cert}.
  static async start(secret, { tls, path = '/hook' } = {}) {
    const receiver = new Receiver(secret);
    receiver.server = tls ? https.createServer(tls) : http.createServer();
    receiver.server.on('request', (request, response) => receiver.serve(request, response));
    receiver.server.on('tlsClientError', () => ++receiver.refusedHandshakes);
    await new Promise((resolve) => receiver.server.listen(0, '127.0.0.1', resolve));
    receiver.url = `http${tls ? 's' : ''}://127.0.0.1:${receiver.server.address().port}${path}`;
    return receiver;
  }

  constructor(secret) {
    super();
    this.setMaxListeners(0);
    this.secret = secret;
    this.requests = []; // each that came, as {id, body, data, headers, answered}
    this.wrong = []; // what was wrong with requests
    this.refusedHandshakes = 0;
    this.answer = () => ({ status: 204 }); // or a promise of it: until that is kept the request waits
  }

  async serve(request, response) {
    const pieces = [];
    try {
      for await (const piece of request) pieces.push(piece);
    } catch {
      return; // Its sender was killed in the middle of it.
    }
    const text = Buffer.concat(pieces);
    const { headers } = request;
    const body = this.check(request, headers, text);
    const taken = { id: body?.id, data: body?.data, body, headers, text: text.toString() };
    this.requests.push(taken);
    this.emit('request');
    const { status, headers: more = {}, body: said = '' } = await this.answer(taken, this.requests.length);
    taken.answered = status;
    response.writeHead(status, more).end(said);
    this.emit('request');
  }

  check(request, headers, text) {
    const expect = (truth, what) => truth || this.wrong.push(what);
    const timestamp = headers['linekeeper-timestamp'];
    const right = crypto.createHmac('sha256', this.secret).update(`${timestamp}.`).update(text).digest();
    const given = String(headers['linekeeper-signature']).split(',').map((one) => Buffer.from(one.replace(/^v1=/, ''), 'hex'));
    expect(given.some((one) => one.length === right.length && crypto.timingSafeEqual(one, right)), 'the signature');
    expect(Math.abs(Date.now() / 1000 - Number(timestamp)) < 300, `the timestamp ${timestamp}`);
    expect(request.method === 'POST', request.method);
    expect(headers['content-type'] === 'application/cloudevents+json', headers['content-type']);
    try {
      const body = JSON.parse(text);
      expect(body.specversion === '1.0' && body.subject === body.data.sessionId, 'the attributes');
      expect(headers['linekeeper-event-id'] === encodeURI(body.id), 'the id in the header');
      return body;
    } catch (error) {
      this.wrong.push(error.message);
      return undefined;
    }
  }

  /// The first request of each event that was taken, in the order they came.
  get taken() {
    const seen = new Set();
    return this.requests.filter(({ id, answered }) => answered >= 200 && answered < 300 && seen.size !== seen.add(id).size);
  }
  /// The texts among those.
  get texts() {
    return this.taken.map(({ data }) => data.inbound?.text).filter((text) => text !== undefined);
  }

  async until(find, what, ms = 60_000) {
    const limit = Date.now() + ms;
    for (;;) {
      const found = find(this);
      if (found) return found;
      const late = `${what}: not within ${ms} ms; had ${this.requests.length} requests, texts ${JSON.stringify(this.texts.slice(-5))}`;
      if (Date.now() >= limit) throw new Error(late);
      await deadline(once(this, 'request'), limit - Date.now(), late);
    }
  }

  close() {
    this.server.closeAllConnections();
    this.server.close();
  }
}
