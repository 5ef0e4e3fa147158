// A way to a local port that can be cut for those who go by it, while everybody else reaches the port itself.
import net from 'node:net';

export class Proxy {
  /// On `port`, or on a free one.
  static async start(target, port = 0) {
    const proxy = new Proxy(target);
    await new Promise((resolve, reject) => proxy.server.once('error', reject).listen(port, '127.0.0.1', resolve));
    proxy.port = proxy.server.address().port;
    return proxy;
  }

  constructor(target) {
    this.sockets = new Set();
    this.server = net.createServer((near) => {
      if (this.closed) return void near.destroy();
      const far = net.connect(target, '127.0.0.1');
      for (const [from, to] of [
        [near, far],
        [far, near]
      ]) {
        this.sockets.add(from);
        from.pipe(to);
        from.on('error', () => {});
        from.on('close', () => {
          this.sockets.delete(from);
          to.destroy();
        });
      }
    });
    this.server.unref();
  }

  /// Every connection breaks, and no new one is served.
  cut() {
    this.closed = true;
    for (const socket of this.sockets) socket.destroy();
  }

  heal() {
    this.closed = false;
  }

  stop() {
    this.cut();
    this.server.close();
  }
}
