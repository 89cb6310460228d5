import type { SandboxServer } from "../../sandbox/sandbox-server.ts";
import type { DesiredState } from "./desired-state.ts";
import type { Road } from "./road.ts";

/** One way of putting the desired state on a server of its own. */
export interface Tool {
  name: string;
  /** What it does and does not do, in a sentence. */
  note: string;
  server: SandboxServer;
  road: Road;
  /** Whether it changed something. @throws Error with what it printed when it fails */
  apply: () => Promise<boolean>;
  /** Whether it sees something that differs; absent where it has no way to look without changing. */
  check?: () => Promise<boolean>;
  /** Forgets the server on this machine, as before the first apply. */
  forget?: () => void;
  remove?: () => void;
}

/** What a tool is made for. */
export interface Job {
  server: SandboxServer;
  road: Road;
  desired: DesiredState;
  /** A directory of its own on this machine. */
  directory: string;
}
