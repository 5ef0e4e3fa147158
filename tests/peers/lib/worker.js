// One worker of the fleet: a process with a health port of its own.
import http from 'node:http';
import { Program } from './program.js';

export class Worker extends Program {
  constructor(id, port, binary, args, options) {
    super(`worker ${id}`, binary, args, options);
    this.id = id;
    this.port = port;
  }

  /// What it says at its health port. While it does not listen, status 0.
  async get(target) {
    return await new Promise((resolve) => {
      const none = () => resolve({ status: 0, text: '' });
      const request = http.get({ host: '127.0.0.1', port: this.port, path: target, timeout: 20_000 }, (response) => {
        let text = '';
        response.on('data', (piece) => (text += piece));
        response.on('end', () => resolve({ status: response.statusCode, text }));
        response.on('error', none);
      });
      request.on('timeout', () => request.destroy());
      request.on('error', none);
    });
  }

  /// The sum of a metric over its labels, or of one that has this text among its labels.
  async metric(name, label = '') {
    const { text } = await this.get('/metrics');
    return text
      .split('\n')
      .filter((line) => (line.startsWith(`${name} `) || line.startsWith(`${name}{`)) && line.includes(label))
      .reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(' '))), 0);
  }

  /// Why it is not ready; empty once it is.
  async trouble() {
    const { status, text } = await this.get('/readyz');
    return status === 200 ? '' : text.trim() || 'it does not answer';
  }

  freeze() {
    this.child.kill('SIGSTOP');
  }
  thaw() {
    this.child.kill('SIGCONT');
  }
}
