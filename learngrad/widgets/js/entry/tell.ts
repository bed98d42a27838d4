// What a view says to the kernel: heard while a cell runs, too, and answered soon.
import type { Kernel, WidgetModel } from "./model.ts";

/** Milliseconds after a request at which the page says something more. */
const NUDGES = [20, 40];

/**
 * Says something whose answer shall not wait: a server holds a small message back until the page has
 * acknowledged the one before (Nagle, RFC 896), and a page that has nothing to say does so 40 ms
 * later. What it says carries the acknowledgement.
 */
export function ask(model: WidgetModel, said: object): boolean {
  if (!tell(model, said)) return false;
  for (const wait of NUDGES) setTimeout(tell, wait, model, { type: "nudge" });
  return true;
}

/**
 * Says something: on the kernel's control channel where page and kernel have it at hand. False where
 * there is nobody to say it to: of a kernel that began anew or has ended, a page throws.
 */
export function tell(model: WidgetModel, said: object): boolean {
  const kernel = model.widget_manager?.kernel;
  try {
    if (model.get("control") && kernel?.sendControlMessage)
      kernel.sendControlMessage(message(kernel, { comm_id: model.get("uid"), data: said }));
    else model.send(said);
    return true;
  } catch {
    return false;
  }
}

let count = 0;

/** As https://jupyter-client.readthedocs.io/en/stable/messaging.html has it. */
function message(kernel: Kernel, content: object): object {
  count += 1;
  const header = {
    msg_id: `${kernel.clientId}_learngrad_${count}`,
    msg_type: "comm_msg",
    session: kernel.clientId,
    username: kernel.username ?? "",
    version: "5.3",
    date: new Date().toISOString(),
  };
  return { channel: "control", header, parent_header: {}, metadata: {}, content, buffers: [] };
}
