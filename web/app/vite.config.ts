import react from "@vitejs/plugin-react";
import { defineConfig } from "vite";
import { precache } from "./tools/precache.ts";

const SERVER = process.env.GREENROOM_URL ?? "http://127.0.0.1:7700";
/** The service worker stands alone. */
const WORKER = /\/pwa\/(worker|routing)\.ts$/;

export default defineConfig({
  plugins: [react(), precache()],
  resolve: { conditions: ["development", "module", "browser"] },
  build: {
    target: "es2022",
    // Browsers with `light-dark()`: older ones would get it spelled out, at twice the size.
    cssTarget: ["chrome123", "firefox121", "safari17.5"],
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    rolldownOptions: {
      input: { index: "index.html", sw: "src/pwa/worker.ts" },
      // A worker's address must stay.
      output: {
        entryFileNames: ({ name }) => (name === "sw" ? "sw.js" : "assets/[name]-[hash].js"),
        // All that the page needs at once in one file: what parts share with it would else be scattered over twenty small
        // ones, which compress badly or not at all.
        codeSplitting: { groups: [{ name: "start", tags: ["$initial"], test: (id) => !WORKER.test(id) }] },
      },
    },
  },
  server: {
    proxy: Object.fromEntries(
      ["/ws", "/version", "/healthz"].map((path) => [
        path,
        { target: SERVER, ws: true, changeOrigin: true, rewriteWsOrigin: true },
      ]),
    ),
  },
});
