// How a line gets its phone: the form that asks for it, the QR that renews itself, the code to type.
import { useEffect, useState } from 'preact/hooks';
import { at, text } from './api.js';

const left = (time, now) => Math.max(0, Math.ceil((Date.parse(time) - now) / 1000));

export function PairForm({ busy, pair }) {
  const [method, setMethod] = useState('PAIR_METHOD_QR');
  const [number, setNumber] = useState('');
  const [takeOver, setTakeOver] = useState(false);
  const byCode = method === 'PAIR_METHOD_CODE';
  const submit = (event) => {
    event.preventDefault();
    pair({ method, phoneNumber: number.replace(/[^\d]/g, ''), takeOver, qrRounds: byCode ? 0 : 3 });
  };
  return (
    <form class="card" onSubmit={submit}>
      <fieldset>
        <legend>Pair with a phone</legend>
        <label class="choice">
          <input type="radio" name="method" checked={!byCode} onChange={() => setMethod('PAIR_METHOD_QR')} /> by QR
        </label>
        <label class="choice">
          <input type="radio" name="method" checked={byCode} onChange={() => setMethod('PAIR_METHOD_CODE')} /> by code
        </label>
        <label>
          {byCode ? 'Phone number' : 'Expected phone number (optional)'}
          <input type="tel" inputmode="tel" placeholder="49 170 1234567" required={byCode} value={number} onInput={(e) => setNumber(e.currentTarget.value)} />
        </label>
        <label class="choice">
          <input type="checkbox" checked={takeOver} onChange={(e) => setTakeOver(e.currentTarget.checked)} /> take the number over, should another line have it
        </label>
      </fieldset>
      <button type="submit" disabled={Boolean(busy)}>
        {busy === 'Pair' ? 'Pairing…' : 'Pair'}
      </button>
    </form>
  );
}

function QrPicture({ id, qr, now, read }) {
  const [picture, setPicture] = useState('');
  const seconds = left(qr.expiresAt, now);
  useEffect(() => {
    let wanted = true;
    text(at(id, '/qr?format=svg'))
      .then((svg) => wanted && setPicture(`data:image/svg+xml;base64,${btoa(svg)}`))
      .catch(() => wanted && setPicture(''));
    return () => {
      wanted = false;
    };
  }, [id, qr.text]);
  // The next one is told by an event; should that get lost, the clock tells.
  useEffect(() => {
    if (seconds === 0) read();
  }, [seconds === 0, read]);
  return (
    <div class="card qr">
      {picture ? <img src={picture} alt="QR code to scan with the phone" width="280" height="280" /> : <p role="status">Drawing the QR…</p>}
      <div>
        <p>On the phone: Settings, Linked devices, Link a device. Then scan this.</p>
        <p>
          {seconds > 0 ? `Renews itself in ${seconds} s.` : 'A new one is coming…'}{' '}
          <span>
            {qr.remaining ?? 0} more in this round, {qr.roundsRemaining ?? 0} more rounds.
          </span>
        </p>
        <progress max="60" value={Math.min(60, seconds)} aria-label="Seconds left for this QR" />
      </div>
    </div>
  );
}

function CodeToType({ code, now }) {
  return (
    <div class="card">
      <p>On the phone: Settings, Linked devices, Link with phone number. Then type:</p>
      <p class="code">{code.code}</p>
      <p>It lives for another {left(code.expiresAt, now)} s.</p>
    </div>
  );
}

/// What is live while a line is pairing.
export function Live({ line, now, read }) {
  if (line.code) return <CodeToType code={line.code} now={now} />;
  if (line.qr) return <QrPicture id={line.sessionId} qr={line.qr} now={now} read={read} />;
  return <p role="status">Asking the server for a QR or code…</p>;
}
