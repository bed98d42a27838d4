// What flowed through a network, as a page without a kernel.
import { fromText } from "../core/buffers.ts";
import { FlowStore, type Message } from "../core/flow.ts";
import { FlowView } from "../views/flow.ts";
import { alone } from "./alone.ts";

alone("flow", (data: Message & { buffers: string[] }) => {
  const store = new FlowStore();
  store.put(data, data.buffers.map(fromText));
  return new FlowView(store).root;
});
