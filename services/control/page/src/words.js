// What a status means to the person who looks, and what to do about it.
const kStatus = {
  NEEDS_PAIRING: ['Needs pairing', 'waits', 'Pair it with a phone.'],
  PAIRING: ['Pairing', 'busy', 'Scan the QR with the phone, or type the code there.'],
  CONNECTING: ['Connecting', 'busy', ''],
  SYNCING: ['Syncing', 'busy', 'Messages that waited are being fetched.'],
  CONNECTED: ['Connected', 'good', ''],
  DISCONNECTED: ['Disconnected', 'busy', 'It tries again by itself.'],
  STOPPED: ['Stopped', 'waits', 'Connect it when it is wanted again.'],
  LOGGED_OUT: ['Logged out', 'bad', 'Pair it again.'],
  ACCOUNT_LOCKED: ['Account locked', 'bad', 'Unlock the account on the phone, then pair again.'],
  CONFLICT: ['Conflict', 'bad', 'Stop the other client that uses these credentials, then connect.'],
  BANNED: ['Banned', 'bad', 'WhatsApp banned the number.'],
  CLIENT_OUTDATED: ['Client outdated', 'bad', 'Set whatsapp-version to a newer one, then connect.']
};

export const kStatuses = Object.keys(kStatus);
export const nameOf = (status = '') => status.replace('LINE_STATUS_', '');

export function words(status) {
  const [label, tone, todo] = kStatus[nameOf(status)] ?? ['Unknown', 'waits', ''];
  return { label, tone, todo };
}

/// The reason in the service's own sentence; without one, what the status asks for.
export function advice(session) {
  return session.reason?.message || words(session.status).todo;
}

export function since(time, now) {
  const seconds = Math.max(0, Math.round((now - Date.parse(time)) / 1000));
  if (!time || Number.isNaN(seconds)) return '';
  if (seconds < 90) return `${seconds} s`;
  if (seconds < 5400) return `${Math.round(seconds / 60)} min`;
  if (seconds < 129_600) return `${Math.round(seconds / 3600)} h`;
  return `${Math.round(seconds / 86_400)} days`;
}

export function clock(time) {
  const date = new Date(time);
  return Number.isNaN(date.getTime()) ? '' : date.toLocaleTimeString([], { hour12: false });
}

export const phone = (number) => (number ? `+${number}` : '');
