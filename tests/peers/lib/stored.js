// What a line leaves in Redis, and what stands in records that a worker sealed.
import crypto from 'node:crypto';

/// All keys of one session, by kind: {line: …, lease: …, 'command:<tag>': …}.
export async function keysOf(redis, session) {
  const found = {};
  for (const key of await redis.keys('lk:*')) {
    const match = key.match(/^lk:\{b\d{3}\}:(.+):([^:]+)$/);
    if (match && match[2] === session) found[match[1]] = key;
  }
  return found;
}

const leb = (n) => (n < 128 ? Buffer.from([n]) : Buffer.concat([Buffer.from([(n & 127) | 128]), leb(n >> 7)]));
const packed = (...texts) => Buffer.concat(texts.map((t) => Buffer.concat([leb(Buffer.byteLength(t)), Buffer.from(t)])));

/// Opens a record of the ledger as a worker would: nothing else proves what stands in it.
export function openRecord(ringKey, session, tag, sealed) {
  const id = sealed.subarray(2, 2 + sealed[1]).toString();
  const nonce = sealed.subarray(2 + sealed[1], 14 + sealed[1]);
  const body = sealed.subarray(14 + sealed[1]);
  const info = packed('linekeeper', 'values', session);
  const key = Buffer.from(crypto.hkdfSync('sha256', Buffer.from(ringKey, 'base64'), Buffer.alloc(0), info, 32));
  const opener = crypto.createDecipheriv('aes-256-gcm', key, nonce);
  opener.setAAD(Buffer.concat([Buffer.from([1]), packed(id, session, `command/${tag}`)]));
  opener.setAuthTag(body.subarray(-16));
  return Buffer.concat([opener.update(body.subarray(0, -16)), opener.final()]).toString('latin1');
}
