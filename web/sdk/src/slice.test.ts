import { afterEach, expect, test, vi } from "vitest";
import { Cell } from "./slice.js";

afterEach(() => void vi.restoreAllMocks());

test("a listener that throws is reported, and keeps nobody else from hearing of a change", () => {
  const reports: (() => void)[] = [];
  vi.spyOn(globalThis, "queueMicrotask").mockImplementation((report) => void reports.push(report));
  const cell = new Cell(1);
  const heard: number[] = [];
  cell.subscribe(() => {
    throw new Error("a fault of the view");
  });
  cell.subscribe(() => heard.push(cell.get()));
  cell.set(2);
  expect(heard).toEqual([2]);
  expect(reports).toHaveLength(1);
  expect(reports[0]).toThrow("a fault of the view");
});

test("a listener that ends itself, or another, disturbs no one", () => {
  const cell = new Cell(1);
  const heard: string[] = [];
  const end = cell.subscribe(() => {
    heard.push("once");
    end();
  });
  cell.subscribe(() => heard.push("always"));
  cell.set(2);
  cell.set(3);
  expect(heard).toEqual(["once", "always", "always"]);
});
