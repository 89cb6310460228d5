import type { Server } from "../postgres/server.ts";
import { PsqlSession } from "../postgres/session.ts";
import { literal } from "../postgres/sql.ts";

/** Whoever may set it has no limit otherwise, and fills the server's disk for a comparison. */
export const temporaryFiles = "1GB";

/**
 * Seconds. While one of these waits for a lock, the session with the snapshot may hold locks that others wait for, and
 * PostgreSQL does not see that they wait for each other.
 */
const lockTimeoutSeconds = 2;

/**
 * Reads a snapshot that another session has exported and still holds, in sessions of its own: an error ends one of
 * these, and not that one.
 */
export class SnapshotReader {
  readonly #server: Server;
  readonly #snapshot: string;
  #session: PsqlSession | null = null;

  constructor(server: Server, snapshot: string) {
    this.#server = server.waiting(lockTimeoutSeconds);
    this.#snapshot = snapshot;
  }

  /**
   * Does some work in a transaction of its own, which is rolled back.
   * @throws what `work` throws; PsqlError, DockerError, InterruptedError
   */
  async read<T>(work: (session: PsqlSession) => Promise<T>): Promise<T> {
    this.#session ??= new PsqlSession(this.#server);
    try {
      await this.#session.query(
        `BEGIN ISOLATION LEVEL REPEATABLE READ READ WRITE; SET TRANSACTION SNAPSHOT ${literal(this.#snapshot)};
SET LOCAL search_path = ''; SET LOCAL max_parallel_workers_per_gather = 0; SET LOCAL jit = off;
SELECT set_config('temp_file_limit', '${temporaryFiles}', true) WHERE current_setting('is_superuser') = 'on' \\g /dev/null
`,
      );
      const result = await work(this.#session);
      await this.#session.query("ROLLBACK;");
      return result;
    } catch (error) {
      await this.close();
      throw error;
    }
  }

  /**
   * Asks between such transactions about the present.
   * @throws as `read`
   */
  async present<T>(ask: (session: PsqlSession) => Promise<T>): Promise<T> {
    this.#session ??= new PsqlSession(this.#server);
    try {
      return await ask(this.#session);
    } catch (error) {
      await this.close();
      throw error;
    }
  }

  async close(): Promise<void> {
    await this.#session?.close();
    this.#session = null;
  }
}
