// All lines: where each stands, since when, why, and what to do.
import { useMemo, useState } from 'preact/hooks';
import { useNow } from './now.js';
import { advice, kStatuses, nameOf, phone, since, words } from './words.js';

const kShown = 200; // Rows at a time: a browser draws thousands slowly.

export function Status({ value }) {
  const { label, tone } = words(value);
  return <span class={`status ${tone}`}>{label}</span>;
}

function NewLine() {
  const [name, setName] = useState('');
  const open = (event) => {
    event.preventDefault();
    if (name.trim()) location.hash = `#/lines/${encodeURIComponent(name.trim())}`;
  };
  return (
    <form class="inline" onSubmit={open}>
      <label>
        New line
        <input placeholder="session id" maxlength="128" value={name} onInput={(e) => setName(e.currentTarget.value)} />
      </label>
      <button type="submit">Open</button>
    </form>
  );
}

export function ListView({ lines, failed }) {
  const now = useNow();
  const [text, setText] = useState('');
  const [status, setStatus] = useState('');
  const [most, setMost] = useState(kShown);
  const counts = useMemo(() => {
    const count = {};
    for (const line of lines?.values() ?? []) count[nameOf(line.status)] = (count[nameOf(line.status)] ?? 0) + 1;
    return count;
  }, [lines]);
  const found = useMemo(() => {
    const wanted = text.trim().toLowerCase().replace(/^\+/, '');
    return [...(lines?.values() ?? [])]
      .filter((line) => !status || nameOf(line.status) === status)
      .filter((line) => !wanted || line.sessionId.toLowerCase().includes(wanted) || (line.phoneNumber ?? '').includes(wanted))
      .sort((a, b) => (a.sessionId < b.sessionId ? -1 : 1));
  }, [lines, text, status]);

  return (
    <>
      <h1>Lines</h1>
      <div class="tools">
        <label>
          Find
          <input type="search" placeholder="session or number" value={text} onInput={(e) => setText(e.currentTarget.value)} />
        </label>
        <label>
          Status
          <select value={status} onChange={(e) => setStatus(e.currentTarget.value)}>
            <option value="">All ({lines?.size ?? 0})</option>
            {kStatuses.map((name) => (
              <option key={name} value={name}>
                {words(name).label} ({counts[name] ?? 0})
              </option>
            ))}
          </select>
        </label>
        <NewLine />
      </div>
      {!lines && !failed && <p role="status">Reading the lines…</p>}
      {lines && lines.size === 0 && <p>There is no line yet. Name one above and pair it with a phone.</p>}
      {lines && lines.size > 0 && found.length === 0 && <p role="status">No line fits.</p>}
      {found.length > 0 && (
        <table>
          <caption class="unseen">
            {found.length} of {lines.size} lines
          </caption>
          <thead>
            <tr>
              <th scope="col">Line</th>
              <th scope="col">Status</th>
              <th scope="col">Since</th>
              <th scope="col">What to do</th>
            </tr>
          </thead>
          <tbody>
            {found.slice(0, most).map((line) => (
              <tr key={line.sessionId}>
                <th scope="row">
                  <a href={`#/lines/${encodeURIComponent(line.sessionId)}`}>{line.sessionId}</a>
                  <small>{phone(line.phoneNumber)}</small>
                </th>
                <td>
                  <Status value={line.status} />
                </td>
                <td>{since(line.since, now)}</td>
                <td>
                  {advice(line)} {line.reason?.code && <code>{line.reason.code}</code>}
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
      {found.length > most && (
        <button type="button" onClick={() => setMost(most + kShown)}>
          Show more ({found.length - most} left)
        </button>
      )}
    </>
  );
}
