// A loss surface as a page without a kernel: nothing more of it is computed.
import { fromText } from "../core/buffers.ts";
import { readSurface } from "../core/surface.ts";
import { SurfaceView } from "../views/surface.ts";
import { alone } from "./alone.ts";

alone("surface", (data: Record<string, unknown> & { values: string; places: string }) => {
  const { values, places } = data;
  const surface = readSurface({ ...data, values: fromText(values), places: fromText(places) });
  return new SurfaceView(() => surface, null).root;
});
