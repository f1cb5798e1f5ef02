import { expect, test } from "vitest";
import { judge } from "./version.js";

const OURS = "greenroom.v1.json";

test("only a list of protocols without ours tells an incompatible server", () => {
  expect(judge({ protocols: [OURS, "greenroom.v1.msgpack"] }, OURS)).toBe("compatible");
  expect(judge({ protocols: ["greenroom.v2.json"] }, OURS)).toBe("incompatible");
  for (const nonsense of [null, "greenroom", {}, { protocols: OURS }, []])
    expect(judge(nonsense, OURS)).toBe("unreachable");
});
