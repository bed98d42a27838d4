// A page without a kernel that has curves, with a graph or without.
import { CurveStore } from "../core/curves.ts";
import { PlotView } from "../views/plot.ts";
import { open } from "./open.ts";

open((curves) => new PlotView(CurveStore.from(curves), curves.title).root);
