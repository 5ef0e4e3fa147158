// A program that ends when we do, however we end, and whose words are kept.
import { spawn } from 'node:child_process';
import crypto from 'node:crypto';
import dgram from 'node:dgram';
import fs from 'node:fs';
import net from 'node:net';

const running = new Set();
// The kernel ends them if we are killed; this if we merely leave.
process.on('exit', () => running.forEach((child) => child.kill('SIGKILL')));
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => process.exit(1));

// Settings of ours would be taken for settings of the programs.
const surroundings = Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('LINEKEEPER_')));

const kSanitizer = /ERROR: (Address|Leak|Thread|Memory)Sanitizer|runtime error:|SUMMARY: \w*Sanitizer/;

export class Program {
  constructor(name, command, args, { env = {}, input = 'ignore', onOutput } = {}) {
    this.name = name;
    this.log = '';
    this.child = spawn('setpriv', ['--pdeathsig', 'KILL', command, ...args], {
      stdio: [input, 'pipe', 'pipe'],
      env: { ...surroundings, ...env }
    });
    running.add(this.child);
    this.child.stdout.on('data', onOutput ?? ((data) => (this.log += data)));
    this.child.stderr.on('data', (data) => (this.log += data));
    this.ended = new Promise((resolve, reject) => {
      this.child.on('error', reject);
      this.child.on('close', (code, signal) => {
        running.delete(this.child);
        this.end = { code, signal };
        resolve(this.end);
      });
    });
    this.ended.catch(() => {});
  }

  tail(lines = 30) {
    return this.log.split('\n').slice(-lines).join('\n');
  }

  /// What a sanitizer said, if one spoke.
  get report() {
    const at = this.log.search(kSanitizer);
    return at < 0 ? undefined : this.log.slice(at, at + 6000);
  }

  /// A frozen one ends by SIGKILL all the same.
  async kill(signal = 'SIGKILL') {
    this.expected = true;
    if (!this.end) this.child.kill(signal);
    return await this.ended;
  }

  /// That it ended by itself, or by a signal that nobody here sent.
  get died() {
    return this.end !== undefined && !this.expected;
  }

  /// SIGTERM; anything but exit code 0 is an error: leaks are told that way.
  async stop(ms = 60_000) {
    if (this.end) throw new Error(`${this.name} had ended with ${this.end.code ?? this.end.signal}:\n${this.tail()}`);
    this.expected = true;
    this.child.kill('SIGTERM');
    const late = setTimeout(() => this.child.kill('SIGKILL'), ms);
    const { code, signal } = await this.ended;
    clearTimeout(late);
    if (code !== 0) throw new Error(`${this.name} ended with ${code ?? signal}:\n${this.report ?? this.tail()}`);
  }
}

// What is held for as long as we run: one UDP port for each TCP port given away.
const reservations = [];

/// Ports of the loopback interface for servers of a test, kept for them until we end: no outgoing connection is given
/// them, because they lie below the kernel's range for those, and no other test, because the UDP port of the same number
/// is held as its reservation (tests/support/free_port.cpp does the same).
export async function freePorts(count) {
  const lowest = 10_000;
  const range = Number(fs.readFileSync('/proc/sys/net/ipv4/ip_local_port_range', 'utf8').split(/\s/)[0]);
  const end = range > lowest + 1000 ? range : 32_768;
  const ports = [];
  for (let tries = 0; ports.length < count; ++tries) {
    if (tries > 10_000) throw new Error('no free port');
    const port = crypto.randomInt(lowest, end);
    const reservation = await bound(dgram.createSocket('udp4'), (socket) => socket.bind({ port, address: '127.0.0.1', exclusive: true }));
    if (!reservation) continue;
    const probe = await bound(net.createServer(), (server) => server.listen({ port, host: '127.0.0.1', exclusive: true }));
    if (!probe) {
      reservation.close();
      continue;
    }
    await new Promise((done) => probe.close(done));
    reservations.push(reservation.unref());
    ports.push(port);
  }
  return ports;
}

/// The socket once it has its port; nothing if somebody else has it.
function bound(socket, bind) {
  return new Promise((resolve) => {
    socket.once('error', () => resolve(undefined));
    socket.once('listening', () => resolve(socket));
    bind(socket);
  });
}

export async function reachable(port, ms, program) {
  const limit = Date.now() + ms;
  for (;;) {
    const open = await new Promise((resolve) => {
      const socket = net.connect(port, '127.0.0.1', () => resolve(true));
      socket.on('error', () => resolve(false));
      socket.on('connect', () => socket.destroy());
    });
    if (open) return;
    if (program.end) throw new Error(`${program.name} ended:\n${program.tail()}`);
    if (Date.now() > limit) throw new Error(`${program.name}: port ${port} not open within ${ms} ms`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
