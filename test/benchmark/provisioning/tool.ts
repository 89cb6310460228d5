import type { SandboxServer } from "../../sandbox/sandbox-server.ts";
import type { DesiredState } from "./desired-state.ts";
import type { Road } from "./road.ts";

/** A tool that applies the desired state to its own server. */
export interface Tool {
  name: string;
  /** What it does and does not do, in a sentence. */
  note: string;
  server: SandboxServer;
  road: Road;
  /** Whether it made changes. @throws Error with the output if it fails */
  apply: () => Promise<boolean>;
  /** Whether it finds a difference; absent if it cannot look without changing. */
  check?: () => Promise<boolean>;
  /** Forgets the server on this machine, as before the first apply. */
  forget?: () => void;
  remove?: () => void;
}

/** The input of a tool. */
export interface Job {
  server: SandboxServer;
  road: Road;
  desired: DesiredState;
  /** The tool's directory on this machine. */
  directory: string;
}
