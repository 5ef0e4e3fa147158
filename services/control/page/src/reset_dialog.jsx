// A reset forgets credentials for good: first what there is to forget, then a confirmation.
import { useEffect, useRef, useState } from 'preact/hooks';
import { at, post } from './api.js';
import { phone } from './words.js';

export function ResetDialog({ id, reset, close }) {
  const dialog = useRef(null);
  const [before, setBefore] = useState(null);
  const [problem, setProblem] = useState(null);
  const [logout, setLogout] = useState(true);
  const [reason, setReason] = useState('');
  const [running, setRunning] = useState(false);

  useEffect(() => {
    dialog.current.showModal();
    post(at(id, '/reset-credentials'), { dryRun: true }).then((found) => setBefore(found.before ?? {}), setProblem);
  }, [id]);

  const submit = async (event) => {
    event.preventDefault();
    setRunning(true);
    await reset({ logout, reason });
    dialog.current?.close();
  };
  return (
    <dialog ref={dialog} onClose={close} aria-labelledby="reset-title">
      <form onSubmit={submit}>
        <h2 id="reset-title">Reset {id}?</h2>
        {problem && (
          <p class="problem" role="alert">
            {problem.message} <code>{problem.code}</code>
          </p>
        )}
        {!before && !problem && <p role="status">Looking at what there is to forget…</p>}
        {before && (
          <p>
            {before.hasCredentials
              ? `The credentials of ${phone(before.storedPhone) || 'this line'} will be forgotten, and with them every key and message that is kept. A phone must pair it again.`
              : 'There are no credentials. What is left of earlier ones will be forgotten.'}
          </p>
        )}
        <label class="choice">
          <input type="checkbox" checked={logout} onChange={(e) => setLogout(e.currentTarget.checked)} /> first log out at WhatsApp, so that the phone does not list it any more
        </label>
        <label>
          Reason, for the record
          <input maxlength="200" value={reason} onInput={(e) => setReason(e.currentTarget.value)} />
        </label>
        <div class="actions">
          <button type="submit" class="danger" disabled={running || !before}>
            {running ? 'Resetting…' : 'Reset the line'}
          </button>
          <button type="button" onClick={() => dialog.current.close()}>
            Keep it
          </button>
        </div>
      </form>
    </dialog>
  );
}
