import { expect, it } from "vitest";
import { Negotiation, Serial } from "./serial.js";

/** An exchange that is over when told. */
function exchanges() {
  const running: { restart: boolean; end: (error?: Error) => void }[] = [];
  const exchange = ({ restart }: { readonly restart: boolean }): Promise<void> =>
    new Promise((done, fail) => running.push({ restart, end: (error) => (error ? fail(error) : done()) }));
  return { running, exchange };
}

const turn = (): Promise<void> => new Promise((done) => setTimeout(done));

it("never exchanges twice at once, and gathers what is asked for meanwhile", async () => {
  const { running, exchange } = exchanges();
  const negotiation = new Negotiation(exchange);
  const first = negotiation.request();
  await turn();
  const later = [negotiation.request(), negotiation.request(true), negotiation.request()];
  await turn();
  expect(running).toHaveLength(1);
  running[0]?.end();
  await first;
  await turn();
  expect(running.map(({ restart }) => restart)).toEqual([false, true]);
  running[1]?.end();
  await Promise.all(later);
  expect(running).toHaveLength(2);
});

it("goes on after a refusal", async () => {
  const { running, exchange } = exchanges();
  const negotiation = new Negotiation(exchange);
  const first = negotiation.request();
  await turn();
  running[0]?.end(new Error("refused"));
  await expect(first).rejects.toThrow("refused");
  const second = negotiation.request();
  await turn();
  running[1]?.end();
  await second;
});

it("runs one task after another, whatever becomes of them", async () => {
  const serial = new Serial();
  const order: number[] = [];
  const failing = serial.run(async () => {
    await turn();
    order.push(1);
    throw new Error("no");
  });
  const next = serial.run(() => Promise.resolve(order.push(2)));
  await expect(failing).rejects.toThrow("no");
  await next;
  expect(order).toEqual([1, 2]);
});
