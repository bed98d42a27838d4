import { readFileSync } from "node:fs";
import { join } from "node:path";

declare const CASES: string;

/** The cases that the Python side is tested against, too. */
export const cases = <T>(name: string): T =>
  JSON.parse(readFileSync(join(CASES, name), "utf8")) as T;
