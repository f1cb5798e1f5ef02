import react from "@vitejs/plugin-react";
import { defineConfig } from "vite";

const SERVER = process.env.GREENROOM_URL ?? "http://127.0.0.1:7700";

export default defineConfig({
  plugins: [react()],
  resolve: { conditions: ["development", "module", "browser"] },
  build: { target: "es2022", assetsInlineLimit: 0, modulePreload: { polyfill: false } },
  server: {
    proxy: Object.fromEntries(
      ["/ws", "/version", "/healthz"].map((path) => [
        path,
        { target: SERVER, ws: true, changeOrigin: true, rewriteWsOrigin: true },
      ]),
    ),
  },
});
