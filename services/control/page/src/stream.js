// Changes of lines as they happen: the service's event stream, read with fetch, because EventSource sends no token.
import { headers } from './api.js';

const kPauses = [500, 1000, 2000, 5000, 10_000];

/// Calls `changed(session)` for every change and `live(true|false)` as the stream stands or is away, until the signal.
export async function watch({ changed, live, signal }) {
  let last = '';
  for (let failed = 0; !signal.aborted; ++failed) {
    try {
      const answer = await fetch('/v1/watch', { signal, cache: 'no-store', headers: headers(last ? { 'last-event-id': last } : {}) });
      if (answer.ok) {
        for await (const event of events(answer.body)) {
          if (failed >= 0) live(true);
          failed = -1;
          if (event.id) last = event.id;
          if (event.data) changed(JSON.parse(event.data));
        }
      }
    } catch {
      // The stream ended; below it is opened again.
    }
    if (signal.aborted) return;
    live(false);
    await new Promise((resolve) => setTimeout(resolve, kPauses[Math.min(Math.max(failed, 0), kPauses.length - 1)]));
  }
}

/// Server-sent events of a body; a comment is an event without data.
async function* events(body) {
  const reader = body.pipeThrough(new TextDecoderStream()).getReader();
  let left = '';
  for (;;) {
    const { value, done } = await reader.read();
    if (done) return;
    left += value;
    for (let end = left.indexOf('\n\n'); end >= 0; end = left.indexOf('\n\n')) {
      const event = { data: '' };
      for (const line of left.slice(0, end).split('\n')) {
        if (line.startsWith('id: ')) event.id = line.slice(4);
        if (line.startsWith('data: ')) event.data += line.slice(6);
      }
      left = left.slice(end + 2);
      yield event;
    }
  }
}
