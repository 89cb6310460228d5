/** The key of the server whose store it is: its files lie below a prefix of this name. */
export const serverKey = "web1";

/** A real server that keeps files, on loopback at a port of its own. */
export interface StoreServer {
  port: number;
  /** Makes an empty place, as nobody else has it. */
  newPlace(): Promise<Place>;
  /** Ends the server and removes what it keeps. */
  stop(): Promise<void>;
}

/** A place for files, with hands in what its server keeps. */
export interface Place {
  /** As it stands in a configuration, below `copies`. */
  settings: Readonly<Record<string, unknown>>;
  /** Lays files with such a text down. */
  lay(names: readonly string[], text: string): Promise<void>;
  /** Changes one byte of a stored file. */
  spoil(name: string): Promise<void>;
  /** Lays something down that cannot be removed. */
  protect(name: string): Promise<void>;
}

/** Changes the first bit of a content. */
export function spoiled(content: Buffer): Buffer {
  const other = Buffer.from(content);
  other[0] = (other[0] ?? 0) ^ 1;
  return other;
}
