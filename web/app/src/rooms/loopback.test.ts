import { expect, it } from "vitest";
import { isLoopback } from "./loopback";

it("knows the names of the machine itself from those of others", () => {
  for (const name of ["localhost", "app.localhost", "127.0.0.1", "127.1.2.3", "[::1]"])
    expect(isLoopback(name), name).toBe(true);
  for (const name of ["localhost.example", "10.0.0.1", "1127.0.0.1", "127.0.0.1.example", "bridge.lan", "[fe80::1]"])
    expect(isLoopback(name), name).toBe(false);
});
