import { defineConfig } from "vitest/config";

export default defineConfig({
  resolve: { conditions: ["development"] },
  test: {
    include: ["{sdk,app}/src/**/*.test.{ts,tsx}"],
    passWithNoTests: false,
    // A loaded machine is slow, and that is no fault of the code.
    testTimeout: 60_000,
    hookTimeout: 60_000,
  },
});
