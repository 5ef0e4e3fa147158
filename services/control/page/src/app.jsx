// Who looks, at what: signed in or not, all lines or one. Holds what is known of the lines and keeps it live.
import { useCallback, useEffect, useRef, useState } from 'preact/hooks';
import { get, token } from './api.js';
import { LineView } from './line.jsx';
import { ListView } from './list.jsx';
import { SignIn } from './sign_in.jsx';
import { watch } from './stream.js';

const kPage = 500;

const route = () => {
  const match = /^#\/lines\/(.+)$/.exec(location.hash);
  try {
    return match ? decodeURIComponent(match[1]) : '';
  } catch {
    return '';
  }
};

/// An event knows nothing of leases and keys: what is known of those stays.
function merged(old, change) {
  const { ownerWorker, fencingToken, hasCredentials, stoppedByOperator } = old ?? {};
  return { ownerWorker, fencingToken, hasCredentials, stoppedByOperator, ...change };
}

export function App() {
  const [session, setSession] = useState(route);
  const [lines, setLines] = useState(null);
  const [problem, setProblem] = useState(null);
  const [live, setLive] = useState(false);
  const [signedIn, setSignedIn] = useState(0); // Counts sign-ins: each reads everything anew.
  const listeners = useRef(new Set());

  useEffect(() => {
    const follow = () => setSession(route());
    addEventListener('hashchange', follow);
    return () => removeEventListener('hashchange', follow);
  }, []);

  useEffect(() => {
    const stop = new AbortController();
    const changed = (change) => {
      setLines((known) => known && new Map(known).set(change.sessionId, merged(known.get(change.sessionId), change)));
      for (const listener of listeners.current) listener(change);
    };
    const read = async () => {
      const found = new Map();
      for (let next = ''; ; ) {
        const query = new URLSearchParams({ pageSize: kPage, pageToken: next });
        const page = await get(`/v1/sessions?${query}`, { signal: stop.signal });
        for (const line of page.sessions ?? []) found.set(line.sessionId, line);
        next = page.nextPageToken ?? '';
        if (!next) break;
      }
      setProblem(null);
      setLines(found);
    };
    // Read again whenever the stream was away: what happened meanwhile may be out of its reach.
    const again = () => read().catch((error) => error.name !== 'AbortError' && setProblem(error));
    let before = false;
    const standing = (now) => {
      setLive(now);
      if (now && !before) again();
      before = now;
    };
    again();
    watch({ changed, live: standing, signal: stop.signal });
    return () => stop.abort();
  }, [signedIn]);

  const subscribe = useCallback((listener) => {
    listeners.current.add(listener);
    return () => listeners.current.delete(listener);
  }, []);

  const signOut = () => {
    token.forget();
    setLines(null);
    setSignedIn((n) => n + 1);
  };

  if (problem?.status === 401) {
    return <SignIn problem={token.get() ? problem : null} done={() => (setProblem(null), setSignedIn((n) => n + 1))} />;
  }
  return (
    <>
      <header>
        <a class="home" href="#/">
          <img src="/icon.svg" alt="" width="24" height="24" /> Linekeeper
        </a>
        <span class={live ? 'live' : 'away'} role="status">
          {live ? 'Live' : 'Not live: looking for the service…'}
        </span>
        {token.get() && (
          <button type="button" class="quiet" onClick={signOut}>
            Sign out
          </button>
        )}
      </header>
      <main>
        {problem && (
          <p class="problem" role="alert">
            {problem.message} <code>{problem.code}</code>
          </p>
        )}
        {session ? (
          <LineView key={session} id={session} subscribe={subscribe} live={live} />
        ) : (
          <ListView lines={lines} failed={Boolean(problem)} />
        )}
      </main>
    </>
  );
}
