// What anywidget hands to a module, as far as we use it.
export interface WidgetModel {
  get(name: string): unknown;
  send(content: unknown, callbacks?: unknown, buffers?: ArrayBuffer[]): void;
  on(name: "msg:custom", heard: (content: unknown, buffers: DataView[]) => void): void;
  on(name: string, heard: () => void): void;
  widget_manager: {
    get_model(id: string): Promise<unknown>;
    kernel?: Kernel;
  };
}

/** JupyterLab's connection to a kernel, in pages that are built on it. */
export interface Kernel {
  interrupt?: () => unknown;
  clientId?: string;
  username?: string;
  sendControlMessage?: (message: unknown) => unknown;
}

/** What a view is to its owner. */
export interface View {
  root: HTMLElement;
  update(): void;
  /** Shows what is wrong with what was sent; nothing where all is well. */
  complain?(problem: string): void;
  destroy(): void;
}
