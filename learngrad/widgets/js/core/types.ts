// The trace as plain data: what learngrad records and every view draws from.

/** A number as JSON can hold it: NaN and the infinities are strings. */
export type Scalar = number | boolean | "NaN" | "Infinity" | "-Infinity";
export type Slot = [id: number, slot: number];

export interface Tile {
  rows: number;
  columns: number;
  values: Scalar[];
}

/** An array's values, whole up to 64 elements, else an evenly sampled tile and a summary. */
export interface Preview {
  shape: number[];
  values?: Scalar[];
  tile?: Tile;
  min?: Scalar | null;
  max?: Scalar | null;
  mean?: Scalar | null;
  nonfinite?: number;
  /** How many elements are in each of so many equal parts from min to max. */
  bins?: number[];
  /** A gradient of an operation with several outputs: that of each. Never in a trace. */
  each?: (Preview | null)[];
}

export interface Source {
  id: number;
  label: string;
  first: number;
  text: string;
}

export interface Place {
  source: number;
  line: number;
  column: number;
  end_line: number;
  end_column: number;
  text: string;
}

/** Lines that called: the source, the first and the last. */
export type Caller = [source: number, line: number, end: number];

export type Kind = "leaf" | "parameter" | "buffer" | "constant" | "operation";
export type NodeStatus = "ok" | "failed" | "freed";

export interface TraceNode {
  id: number;
  kind: Kind;
  op: string | null;
  sign: string;
  name: string | null;
  scope: { path: string; class: string; call: number }[];
  src: Place | null;
  /** The calls of the program's own functions that it ran in, the innermost first. */
  callers?: Caller[];
  shape: number[] | null;
  dtype: string;
  device: string;
  requires_grad: boolean;
  preview: Preview | null;
  grad?: Preview;
  edges: (Slot | null)[];
  operands: string[];
  /** What the operation was told besides its operands: dimensions, strides, a reduction. */
  options?: Record<string, unknown>;
  /** Operands that were changed in place afterwards: what each was, by its position. */
  given?: Record<string, Preview>;
  /** Where there are several; one that the program gives to a variable has its name. */
  outputs?: { shape: number[]; dtype: string; preview: Preview | null; name?: string }[];
  version: number;
  /** It shares the memory of its first operand. */
  view?: boolean;
  /** It ran where nothing was recorded for gradients. */
  no_grad?: boolean;
  status: NodeStatus;
  error?: string;
  formula: string;
  local: Record<string, string>;
}

export interface Contribution {
  operand: number;
  to: Slot;
  letter: string;
  local: string;
  numbers: string;
  value: Preview;
  summed_from?: number[];
  before: Preview | null;
  after: Preview;
}

export interface Step {
  node: number;
  upstream: (Preview | null)[];
  contributions: Contribution[];
  write?: { before: Preview | null; after: Preview };
}

export interface Replay {
  root: number;
  seed: Preview | null;
  steps: Step[];
}

export type Status = "recording" | "done" | "failed";

export interface Trace {
  schema: "learngrad-trace";
  version: number;
  revision: number;
  status: Status;
  /** The error that ended the program, in a line. */
  error?: string;
  sources: Source[];
  nodes: TraceNode[];
  replays: Replay[];
  truncated?: Truncated;
}

export interface Delta {
  type: "delta";
  from: number;
  to: number;
  status: Status;
  error?: string;
  sources?: Source[];
  nodes?: TraceNode[];
  replays?: { index: number; root: number; seed: Preview | null }[];
  steps?: { replay: number; index: number; step: Step }[];
  truncated?: Truncated;
}

/** What a limit cut, by operation and place. */
export interface Truncated {
  nodes?: number;
  rest?: { sign: string; src?: Place | null; count: number }[];
}

/** Finished coordinates, in pixels, y down; a box is [centre x, centre y, width, height]. */
export interface Layout {
  width: number;
  height: number;
  nodes: Record<string, Spot>;
  /** Frames round open groups, by the group's key. */
  frames?: Record<string, Spot>;
  edges: LayoutEdge[];
}

export type Spot = [x: number, y: number, width: number, height: number];
/** A box: a node's number, or the key of a group that is drawn as one box. */
export type Ref = number | string;

export interface LayoutEdge {
  from: [Ref, slot: number];
  to: Ref;
  /** Which operand of a node; 0 for a group. */
  operand: number;
  points: [x: number, y: number][];
}

/** A loss curve as stored: named series of points. */
export interface CurvesData {
  /** The plot's heading, where it has one. */
  title?: string;
  /** "end" counts the points, where there were more than these. */
  series: { name: string; run?: string; end?: number; x: Scalar[]; y: Scalar[] }[];
}
