import type { Server } from "../postgres/server.ts";
import { PsqlSession } from "../postgres/session.ts";
import { literal } from "../postgres/sql.ts";

/** Users who may set it have no limit by default, and a comparison must not fill the server's disk. */
export const temporaryFiles = "1GB";

/**
 * Seconds. While one of these sessions waits for a lock, the session with the snapshot may hold locks for which others
 * wait, and PostgreSQL cannot detect that deadlock.
 */
const lockTimeoutSeconds = 2;

/**
 * Reads a snapshot that another session has exported and still holds, in sessions of its own: an error ends one of
 * these, not the other session.
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
   * Runs `work` in a transaction of its own, which is rolled back.
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
   * Queries the present state, between such transactions.
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
