// Control's calls over HTTP. A token is kept as long as the tab is, and goes nowhere but into the Authorization header.
const kToken = 'linekeeper.token';

/// A refusal with the service's stable code, its sentence, and the HTTP status.
export class Refused extends Error {
  constructor(status, error) {
    super(error?.message || `The service answered ${status}.`);
    this.status = status;
    this.code = error?.code ?? '';
    this.detail = error?.detail ?? '';
  }
}

export const token = {
  get: () => sessionStorage.getItem(kToken) ?? '',
  set: (value) => sessionStorage.setItem(kToken, value),
  forget: () => sessionStorage.removeItem(kToken)
};

export function headers(more = {}) {
  const bearer = token.get();
  return bearer ? { ...more, authorization: `Bearer ${bearer}` } : more;
}

async function request(path, init = {}) {
  let answer;
  try {
    answer = await fetch(path, { cache: 'no-store', ...init, headers: headers(init.headers) });
  } catch (error) {
    if (error.name === 'AbortError') throw error;
    throw new Refused(0, { code: 'UNREACHABLE', message: 'The control service cannot be reached.' });
  }
  if (answer.ok) return answer;
  const body = await answer.json().catch(() => ({}));
  throw new Refused(answer.status, body.error);
}

export async function get(path, init) {
  return await (await request(path, init)).json();
}

export async function text(path, init) {
  return await (await request(path, init)).text();
}

/// The id makes a repetition of the same call harmless.
export async function post(path, body = {}) {
  const id = `page-${Array.from(crypto.getRandomValues(new Uint8Array(12)), (byte) => byte.toString(16).padStart(2, '0')).join('')}`;
  const answer = await request(path, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'idempotency-key': id },
    body: JSON.stringify(body)
  });
  return { pending: answer.status === 202, ...(await answer.json()) };
}

export const at = (session, rest = '') => `/v1/sessions/${encodeURIComponent(session)}${rest}`;
