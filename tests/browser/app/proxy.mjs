// A TCP proxy that can do what networks do: pass, swallow every byte without closing, or be a pulled cable.

import { connect, createServer } from "node:net";

export class Proxy {
  /** A proxy on a port of its own, to this address. */
  static async to(host, port) {
    const proxy = new Proxy();
    Object.assign(proxy, { host, target: port, links: new Set(), mode: "pass" });
    proxy.listener = createServer((client) => proxy.#lead(client));
    await new Promise((done, fail) => {
      proxy.listener.once("error", fail).listen(0, "127.0.0.1", done);
    });
    proxy.port = proxy.listener.address().port;
    return proxy;
  }

  get url() {
    return `http://127.0.0.1:${this.port}`;
  }

  /** Bytes of both directions vanish, connections stay open, new ones are accepted and get no answer. */
  swallow() {
    this.mode = "swallow";
  }

  /** Every connection is reset, and so is every new one. */
  cut() {
    this.mode = "cut";
    for (const link of this.links) link.resetAndDestroy();
  }

  /** As at first. What was swallowed stays lost: connections that lost bytes are reset. */
  mend() {
    this.mode = "pass";
    for (const link of this.links) if (link.lossy) link.resetAndDestroy();
  }

  async close() {
    for (const link of this.links) link.destroy();
    await new Promise((done) => this.listener.close(done));
  }

  #lead(client) {
    if (this.mode === "cut") return client.resetAndDestroy();
    const server = connect(this.target, this.host);
    for (const [from, to] of [
      [client, server],
      [server, client],
    ]) {
      this.links.add(from);
      from.setNoDelay(true);
      from.on("data", (bytes) => {
        if (this.mode === "swallow") client.lossy = server.lossy = true;
        else if (!to.destroyed && !to.write(bytes)) from.pause();
      });
      to.on("drain", () => from.resume());
      from.on("end", () => to.end());
      from.on("error", () => to.destroy());
      from.on("close", () => {
        this.links.delete(from);
        to.destroy();
      });
    }
  }
}
