import type { CommandResult } from "../../infra/local-machine/command.ts";
import { tryDocker } from "../sandbox/docker.ts";
import { type RehearsalServer, startRehearsalServer } from "./rehearsal-server.ts";
import { until } from "./until.ts";

/** Rehearsals that stop in the middle, so that faults can be provoked there. */

/** A rehearsal of this database stops at this table; a restore does not. */
const stall = `
  CREATE FUNCTION stall() RETURNS boolean LANGUAGE plpgsql AS $$
  BEGIN
    IF current_setting('listen_addresses') = '' THEN PERFORM pg_sleep(3600); END IF;
    RETURN true;
  END $$;
  CREATE TABLE stalled (number integer CHECK (public.stall()));
  INSERT INTO stalled VALUES (1);`;

const loading = "SELECT query FROM pg_stat_activity WHERE wait_event = 'PgSleep'";

export interface StallingServer extends RehearsalServer {
  /** The only backup that a rehearsal can finish. The newest one stalls it. */
  archive: string;
  /** Starts a rehearsal and waits until it is in the middle of its restore. */
  stalled(): Promise<StalledRehearsal>;
}

export interface StalledRehearsal {
  ended: Promise<CommandResult>;
  /** Sends it a signal, such as TERM. */
  signal(name: string): Promise<CommandResult>;
}

export async function startStallingServer(
  ...parameters: Parameters<typeof startRehearsalServer>
): Promise<StallingServer> {
  const server = await startRehearsalServer(...parameters);
  const { sandbox } = server;
  const archive = await server.backUp();
  await sandbox.psql(stall);
  await server.backUp();

  const asked = async (): Promise<string> => {
    const [container = "none"] = await server.containers();
    const psql = ["exec", container, "psql", "-XAt", "-U", sandbox.databaseUser, "-d", "postgres", "-c"];
    return (await tryDocker([...psql, loading])).stdout;
  };
  return {
    ...server,
    archive,
    stalled: async () => {
      const ended = server.rehearse();
      await until("the rehearsal gets to the table that stalls it", async () =>
        (await asked()).split("\n").some((query) => query.startsWith("COPY")),
      );
      const pid = (await sandbox.run("pgrep -f '[r]ehearse_restore.cjs'")).stdout.trim();
      return { ended, signal: (name) => sandbox.run(`kill -${name} ${pid}`) };
    },
  };
}
