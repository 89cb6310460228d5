import type { Examiner } from "./examiner.ts";

/** What whoever starts the plugin gives it to know. */
export interface Setup {
  /** What makes a server ready, besides that it can be reached and is ours. */
  examiner: Examiner;
  /**
   * Where what is replaced on a server is kept while no program says where, as during `pulumi destroy`. What lies there
   * is moved to where the program says.
   */
  replaced: string;
  /** The directory of this machine that keeps fetched files for the next time. */
  cache: string;
}
