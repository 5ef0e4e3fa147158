// A certificate authority of a test's own, and what it signs.
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';

const ec = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '2'];

export class Authority {
  constructor(folder, name) {
    this.folder = path.join(folder, name);
    fs.mkdirSync(this.folder);
    this.openssl('req', '-x509', ...ec, '-keyout', 'ca.key', '-out', 'ca.pem', '-subj', `/CN=${name}`);
    this.certificate = this.file('ca.pem');
  }

  openssl(...args) {
    execFileSync('openssl', args, { cwd: this.folder, stdio: ['ignore', 'ignore', 'pipe'] });
  }

  file(name) {
    return path.join(this.folder, name);
  }

  /// A key and a certificate for servers at this machine's loopback address and for the client of that name, as files;
  /// `both` holds one after the other, as Kafka wants them.
  issue(name) {
    const [key, certificate] = [`${name}.key`, `${name}.pem`];
    const names = ['-addext', 'subjectAltName=IP:127.0.0.1,DNS:localhost', '-addext', 'basicConstraints=critical,CA:FALSE'];
    const signed = ['-CA', 'ca.pem', '-CAkey', 'ca.key', '-subj', `/CN=${name}`];
    this.openssl('req', '-x509', ...ec, ...signed, ...names, '-keyout', key, '-out', certificate);
    const both = this.file(`${name}-both.pem`);
    fs.writeFileSync(both, [key, certificate].map((file) => fs.readFileSync(this.file(file), 'utf8')).join(''), { mode: 0o600 });
    return { key: this.file(key), certificate: this.file(certificate), both };
  }
}
