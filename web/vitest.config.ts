import { defineConfig } from "vitest/config";

export default defineConfig({
  resolve: { conditions: ["development"] },
  test: { include: ["{sdk,app}/src/**/*.test.{ts,tsx}"], passWithNoTests: false },
});
