import type { ProgramError } from "../../base/errors.ts";

/** How a dump is compressed while it is written, in the container: its bytes do not pass through here. */
export interface Writing {
  /** The level of pg_dump's own gzip; 0 where pg_dump gives the text as it is. */
  compress: number;
  /** What pg_dump's output goes through, in this order: one a layer, from the inside out. Without any it is the archive. */
  filters: readonly Filter[];
}

export interface Filter {
  /** The command, which the container must have. */
  name: string;
  /** What it is called with: words for a shell. It reads its input and writes its output. */
  options: string;
  /** What a run ends with where the container lacks it. */
  lacking(container: string): ProgramError;
}
