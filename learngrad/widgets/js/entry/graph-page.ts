// A page without a kernel that has a graph alone: what draws curves is not in it.
import { open } from "./open.ts";

open();
