import type { CopiesState } from "../../contract/copies.ts";
import type { Settings, StoreSettings } from "../../contract/settings.ts";
import type { ExitCode } from "../base/exit-codes.ts";
import type { ProgramContext } from "../program/program.ts";
import { dueCopies } from "../retention/copies.ts";
import { listBackups } from "../store/backups.ts";
import type { GoodBackup } from "../store/copies-state.ts";
import type { Store } from "../store/store.ts";

/** What a run did at one store. */
export interface StoreOutcome {
  store: string;
  exitCode: ExitCode;
  /** The copies that were made and verified. */
  copied: { backup: string; database: string; bytes: number }[];
  /** The copies that were read again, whole. */
  reread: string[];
  /** How many good backups have no copy there. */
  pending: number;
  error: string | null;
}

export type CopyContext = Omit<ProgramContext, "arguments"> & { copies: NonNullable<Settings["copies"]> };

/** A run at one store: what its steps share. */
export interface AtStore {
  context: CopyContext;
  place: StoreSettings;
  store: Store;
  key: Buffer;
  state: CopiesState;
  outcome: StoreOutcome;
  /** Writes the state. @throws a system error */
  save(): void;
  /** Logs a failure, once, and remembers it for the outcome. */
  fail(database: string | null, error: unknown): void;
}

/** What the store lacks of all databases, oldest first. */
export const dueAt = (
  state: CopiesState,
  place: StoreSettings,
  { databases, paths }: Settings,
): GoodBackup[] =>
  databases
    .flatMap(({ name }) => dueCopies(state, name, listBackups(paths.backups, name), place, new Date()))
    .sort((one, other) => one.takenAt.getTime() - other.takenAt.getTime());
