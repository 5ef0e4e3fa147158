// The sandbox under test: one process on a free port, driven through its admin calls.
import { spawn } from 'node:child_process';
import https from 'node:https';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../../..');

/// Accepts the sandbox's self-signed certificate: it is ours, on loopback.
export const agent = new https.Agent({ rejectUnauthorized: false, keepAlive: true });

export class Sandbox {
  static async start(flags = [], listen = '127.0.0.1:0') {
    const binary = process.env.LINEKEEPER_SANDBOX ?? path.join(root, 'build/dev/bin/linekeeper-sandbox');
    // The kernel ends it if we are killed.
    const args = ['--pdeathsig', 'KILL', binary, '--listen', listen, '--log-format', 'json'];
    const child = spawn('setpriv', [...args, ...flags], {
      stdio: ['ignore', 'pipe', 'pipe']
    });
    const sandbox = new Sandbox(child);
    child.stderr.on('data', (data) => (sandbox.log += data));
    const url = await new Promise((resolve, reject) => {
      let out = '';
      child.stdout.on('data', (data) => {
        out += data;
        const found = out.match(/wss:\/\/[^\s]+/);
        if (found) resolve(found[0]);
      });
      child.on('error', reject);
      child.on('exit', (code) => reject(new Error(`the sandbox ended with ${code}: ${sandbox.log}`)));
    });
    sandbox.url = url;
    sandbox.host = new URL(url).host;
    return sandbox;
  }

  constructor(child) {
    this.child = child;
    this.log = '';
    this.ended = new Promise((resolve) => child.on('exit', (code, signal) => resolve({ code, signal })));
  }

  /// The answer as JSON where it is; an error names what the sandbox said.
  async call(method, target, body) {
    const text = body === undefined ? '' : typeof body === 'string' ? body : JSON.stringify(body);
    const { status, data } = await new Promise((resolve, reject) => {
      const request = https.request(
        `https://${this.host}${target}`,
        { method, agent, headers: { 'content-length': Buffer.byteLength(text) } },
        (response) => {
          let all = '';
          response.on('data', (piece) => (all += piece));
          response.on('end', () => resolve({ status: response.statusCode, data: all }));
        }
      );
      request.on('error', reject);
      request.end(text);
    });
    if (status >= 300) throw new Error(`${method} ${target}: ${status} ${data.trim()}`);
    try {
      return JSON.parse(data);
    } catch {
      return data;
    }
  }

  get(target) {
    return this.call('GET', target);
  }
  post(target, body) {
    return this.call('POST', target, body);
  }

  /// Long-polls until something is so; the timeout is the sandbox's to tell.
  wait(until, parameters = {}, timeout = '60s') {
    return this.get('/admin/wait?' + new URLSearchParams({ until, timeout, ...parameters }));
  }

  async device(phone, device) {
    const { devices } = await this.get(`/admin/devices?phone=${phone}`);
    return devices.find((d) => d.device === device);
  }

  /// As if its machine had gone: no goodbye to anybody.
  async kill() {
    this.child.kill('SIGKILL');
    await this.ended;
  }

  /// Everything about all linked devices: connections, queues, counters, and when each was connected.
  async devices() {
    return (await this.get('/admin/devices')).devices;
  }

  /// An orderly end. Anything else than exit code 0 is an error: sanitizers speak that way.
  async stop() {
    this.child.kill('SIGTERM');
    const { code, signal } = await this.ended;
    if (code !== 0) throw new Error(`the sandbox ended with ${code ?? signal}:\n${this.log}`);
  }
}
