// What a kernel sends beside a message: numbers as bytes.

/** A buffer of float64; a copy, since it may begin where no float64 may. */
export function floats(view: DataView | null | undefined): Float64Array {
  if (!view) return new Float64Array();
  const { buffer, byteOffset, byteLength } = view;
  return new Float64Array(buffer.slice(byteOffset, byteOffset + byteLength) as ArrayBuffer);
}

/** What a page carries as text (base64), as the bytes that it was. */
export function fromText(text: string): DataView {
  return new DataView(Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0)).buffer);
}
