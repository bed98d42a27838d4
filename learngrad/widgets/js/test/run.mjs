// Runs the tests of the core in plain Node: esbuild turns TypeScript into what Node 20 can run.

import { spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const here = fileURLToPath(new URL(".", import.meta.url));
const folder = mkdtempSync(join(tmpdir(), "learngrad-js-"));
const tests = readdirSync(here).filter((name) => name.endsWith(".test.ts"));
try {
  await build({
    absWorkingDir: here,
    entryPoints: tests,
    bundle: true,
    platform: "node",
    format: "esm",
    target: "node20",
    loader: { ".css": "text" },
    outdir: folder,
    outExtension: { ".js": ".mjs" },
    sourcemap: "inline",
    define: {
      CASES: JSON.stringify(join(here, "../../../../tests/trace")),
      SHEETS: JSON.stringify(join(here, "../views")),
    },
    logLevel: "warning",
  });
  const files = tests.map((name) => join(folder, name.replace(/\.ts$/, ".mjs")));
  const ended = spawnSync(process.execPath, ["--enable-source-maps", "--test", ...files], {
    stdio: "inherit",
  });
  process.exitCode = ended.status ?? 1;
} finally {
  rmSync(folder, { recursive: true });
}
