// Signs JSON Web Tokens, right ones and wrong ones.
import crypto from 'node:crypto';

const part = (value) => Buffer.from(JSON.stringify(value)).toString('base64url');

export class Signer {
  /// `alg` is RS256 or ES256.
  constructor(alg, kid) {
    const made =
      alg === 'RS256'
        ? crypto.generateKeyPairSync('rsa', { modulusLength: 2048 })
        : crypto.generateKeyPairSync('ec', { namedCurve: 'P-256' });
    Object.assign(this, made, { alg, kid });
  }

  /// Its entry in a JWKS document.
  get jwk() {
    return { ...this.publicKey.export({ format: 'jwk' }), kid: this.kid, use: 'sig', alg: this.alg };
  }

  /// `header` replaces parts of the token's header; the signature stays this key's own.
  token(claims, header = {}) {
    const head = { typ: 'JWT', alg: this.alg, kid: this.kid, ...header };
    const text = `${part(head)}.${part(claims)}`;
    const key = { key: this.privateKey, dsaEncoding: 'ieee-p1363' };
    return `${text}.${crypto.sign('sha256', Buffer.from(text), key).toString('base64url')}`;
  }

  /// Without a signature, as a library that believes the header would take it.
  unsigned(claims) {
    return `${part({ typ: 'JWT', alg: 'none' })}.${part(claims)}.`;
  }
}
