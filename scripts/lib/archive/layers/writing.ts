import type { ProgramError } from "../../base/errors.ts";

/** How a dump is compressed while it is written, in the container: its bytes do not pass through here. */
export interface Writing {
  /** The level of pg_dump's own gzip; 0 if pg_dump writes plain text. */
  compress: number;
  /**
   * The filters for pg_dump's output, in this order: one per layer, from the inside out. Without any filter the output
   * is the archive.
   */
  filters: readonly Filter[];
}

export interface Filter {
  /** The command, which the container must have. */
  name: string;
  /** Its options, for a shell. It reads standard input and writes standard output. */
  options: string;
  /** The error if the container lacks it. */
  lacking(container: string): ProgramError;
}
