// One line: live status, pairing, what can be done, what happened.
import { useCallback, useEffect, useRef, useState } from 'preact/hooks';
import { at, get, post } from './api.js';
import { Status } from './list.jsx';
import { useNow } from './now.js';
import { Live, PairForm } from './pairing.jsx';
import { ResetDialog } from './reset_dialog.jsx';
import { advice, clock, nameOf, phone, since, words } from './words.js';

const kEvents = 50;

/// What is known of the line, read again with every change; and the changes themselves, newest first.
function useLine(id, subscribe, live) {
  const [line, setLine] = useState(null);
  const [problem, setProblem] = useState(null);
  const [events, setEvents] = useState([]);
  const turn = useRef(0);

  const read = useCallback(async () => {
    const mine = ++turn.current;
    try {
      const found = await get(at(id, '?includePairing=true')).catch((error) => {
        // Who may only look is not shown the QR.
        if (error.status === 403) return get(at(id));
        throw error;
      });
      if (mine !== turn.current) return;
      setProblem(null);
      setLine(found);
    } catch (error) {
      if (mine !== turn.current) return;
      if (error.status === 404) {
        setProblem(null);
        setLine({ sessionId: id, unknown: true });
      } else {
        setProblem(error);
      }
    }
  }, [id]);

  useEffect(() => {
    read();
    return () => ++turn.current;
  }, [read, live]);
  useEffect(
    () =>
      subscribe((change) => {
        if (change.sessionId !== id) return;
        const entry = { time: Date.now(), status: change.status, reason: change.reason, progress: change.progress };
        setEvents((known) => [entry, ...known].slice(0, kEvents));
        read();
      }),
    [id, subscribe, read]
  );
  return { line, problem, events, read };
}

function Facts({ line, now }) {
  const facts = [
    ['Number', phone(line.phoneNumber)],
    ['Hidden id', line.lid],
    ['Since', since(line.since, now)],
    ['Next attempt', line.nextRetryAt && clock(line.nextRetryAt)],
    ['Worker', line.ownerWorker],
    ['Fencing token', line.fencingToken],
    ['Credentials', line.hasCredentials ? 'stored' : 'none']
  ];
  return (
    <dl>
      {facts
        .filter(([, value]) => value)
        .map(([name, value]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </div>
        ))}
    </dl>
  );
}

function Events({ events }) {
  return (
    <section>
      <h2>Last events</h2>
      {events.length === 0 && <p>Nothing has happened since this page was opened.</p>}
      <ol class="events">
        {events.map((event) => (
          <li key={`${event.time}-${event.status}-${event.progress?.done ?? ''}`}>
            <time>{clock(event.time)}</time> {words(event.status).label} {event.reason?.code && <code>{event.reason.code}</code>}
          </li>
        ))}
      </ol>
    </section>
  );
}

export function LineView({ id, subscribe, live }) {
  const now = useNow();
  const { line, problem, events, read } = useLine(id, subscribe, live);
  const [said, setSaid] = useState(null); // {text, bad} of the last action.
  const [busy, setBusy] = useState('');
  const [resetting, setResetting] = useState(false);
  const title = useRef(null);

  useEffect(() => {
    document.title = `${id} · Linekeeper`;
    title.current?.focus();
    return () => {
      document.title = 'Linekeeper';
    };
  }, [id]);

  /// Runs one call, says how it ended.
  const act = async (name, call) => {
    setBusy(name);
    setSaid(null);
    try {
      const { pending } = await call();
      setSaid({ text: pending ? `${name}: sent. The outcome is still to come.` : `${name}: done.` });
      return true;
    } catch (error) {
      setSaid({ text: `${name}: ${error.message}`, code: error.code, bad: true });
      return false;
    } finally {
      setBusy('');
      read();
    }
  };
  const button = (name, verb) => (
    <button type="button" disabled={Boolean(busy)} onClick={() => act(name, () => post(at(id, `/${verb}?wait=20s`)))}>
      {busy === name ? `${name}…` : name}
    </button>
  );
  const status = nameOf(line?.status);
  const pairable = line && !['PAIRING', 'CONNECTING', 'SYNCING', 'CONNECTED', 'DISCONNECTED'].includes(status);

  return (
    <article>
      <p>
        <a href="#/">All lines</a>
      </p>
      <h1 ref={title} tabindex="-1">
        {id}
      </h1>
      {problem && (
        <p class="problem" role="alert">
          {problem.message} <code>{problem.code}</code>
        </p>
      )}
      {!line && !problem && <p role="status">Reading the line…</p>}
      {line && (
        <>
          <p role="status" class="state">
            {line.unknown ? 'Nobody has paired this line yet.' : <Status value={line.status} />} <span>{!line.unknown && advice(line)}</span>{' '}
            {line.reason?.code && <code>{line.reason.code}</code>}
          </p>
          {status === 'SYNCING' && line.progress && (
            <label>
              Messages that waited: {line.progress.done ?? 0} of {line.progress.total}
              <progress max={line.progress.total} value={line.progress.done ?? 0} />
            </label>
          )}
          {status === 'PAIRING' && <Live line={line} now={now} read={read} />}
          {pairable && <PairForm busy={busy} pair={(body) => act('Pair', () => post(at(id, '/pair?wait=25s'), body))} />}
        </>
      )}
      <div aria-live="polite">
        {said && (
          <p class={said.bad ? 'problem' : 'done'}>
            {said.text} {said.code && <code>{said.code}</code>}
          </p>
        )}
      </div>
      {line && !line.unknown && (
        <>
          <div class="actions" role="group" aria-label="What to do with the line">
            {button('Connect', 'connect')}
            {button('Disconnect', 'disconnect')}
            {button('Log out', 'logout')}
            <button type="button" class="danger" disabled={Boolean(busy)} onClick={() => setResetting(true)}>
              Reset…
            </button>
          </div>
          <Facts line={line} now={now} />
        </>
      )}
      <Events events={events} />
      {resetting && (
        <ResetDialog id={id} close={() => setResetting(false)} reset={(body) => act('Reset', () => post(at(id, '/reset-credentials?wait=25s'), body))} />
      )}
    </article>
  );
}
