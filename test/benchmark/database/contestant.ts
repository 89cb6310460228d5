import type { Contestant } from "../contest.ts";
import type { BenchmarkServer } from "./benchmark-server.ts";
import { measure } from "./measurement.ts";

interface Entry extends Pick<Contestant, "name" | "note"> {
  /** A command for the server's shell. */
  command: string;
  /** The result of the command, as shell words. Its size is measured too. */
  file?: string;
  /** By default `tidy`. */
  prepare?: () => Promise<void>;
}

/** A contestant that is a shell command on the server. */
export function commandContestant(
  { sandbox, succeed, tidy }: BenchmarkServer,
  { name, note, command, file, prepare = tidy }: Entry,
): Contestant {
  return {
    name,
    note,
    prepare,
    run: async () => {
      const { sample } = await measure(sandbox, command);
      if (file === undefined) return sample;
      return { ...sample, bytes: Number(await succeed(`stat -c %s ${file}`)) };
    },
  };
}
