// Bundles the widgets: three ES modules for anywidget and classic scripts for stand-alone pages.

import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const here = fileURLToPath(new URL(".", import.meta.url));
const shared = {
  absWorkingDir: here,
  bundle: true,
  minify: true,
  // Graphviz keeps its WebAssembly in a string: escaped to ASCII it is a seventh larger.
  charset: "utf8",
  target: "es2022",
  loader: { ".css": "text" },
  // Licences travel in a file of their own, written by the package's build.
  legalComments: "none",
  logLevel: "info",
};

await build({
  ...shared,
  entryPoints: {
    view: "entry/view.ts",
    front: "entry/front.ts",
    engine: "entry/engine.ts",
  },
  format: "esm",
  outdir: "../static",
});
await build({
  ...shared,
  entryPoints: {
    page: "entry/page.ts",
    "graph-page": "entry/graph-page.ts",
    "flow-page": "entry/flow-page.ts",
    "race-page": "entry/race-page.ts",
    "surface-page": "entry/surface-page.ts",
  },
  format: "iife",
  outdir: "../static",
});
