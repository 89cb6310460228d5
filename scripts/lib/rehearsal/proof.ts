import { existsSync } from "node:fs";
import { basename, dirname } from "node:path";
import { parseBackupName } from "../../contract/backup-names.ts";
import { ProgramError } from "../base/errors.ts";
import { formatBytes } from "../base/format.ts";
import { lockRehearsals } from "../recovery/rehearsal-lock.ts";
import type { Proofs } from "../restore/proof.ts";
import { readRecord } from "../store/rehearsals.ts";
import { runDocker } from "../system/docker.ts";
import { freeBytes } from "../system/space.ts";
import { imageOf } from "./image.ts";
import { rehearseReserved } from "./rehearsal.ts";
import { requireSpaceFor } from "./space.ts";
import { emptyClusterBytes } from "./trial-server.ts";

/** Proves files for a restore in place, by rehearsals, their records and their lock. */
export const proofs: Proofs = {
  recorded(path) {
    const stem = parseBackupName(basename(path))?.stem;
    const record = stem === undefined ? null : readRecord(dirname(path), stem);
    return record?.archive === basename(path) ? record : null;
  },

  async requirePossible(run, bytes) {
    const { database, settings, signal } = run;
    await imageOf(run);
    const needed = bytes + emptyClusterBytes;
    const options = { timeoutSeconds: settings.timeouts.query, signal };
    const ask = (field: string) => runDocker(database.container, ["info", "--format", field], options);
    const root = await ask("{{.DockerRootDir}}");
    // podman, called as docker, does not have that field.
    const directory = (root.code === 0 ? root : await ask("{{.Store.VolumePath}}")).stdout.trim();
    // Docker's volumes may be on another machine, or in another container.
    if (!existsSync(directory)) return `${formatBytes(needed)} where Docker has its volumes`;
    const free = freeBytes(directory);
    await requireSpaceFor({ needed, free: async () => free }, settings.monitoring.minimumFreeBytes, signal);
    return `${formatBytes(needed)} in ${directory}, ${formatBytes(free)} free`;
  },

  async reserve(run) {
    const { database, runId, settings } = run;
    const lock = await lockRehearsals(settings, database, "restore_database", runId);
    return {
      release: () => lock.release(),
      async prove(using, path) {
        const { exitCode, record, error } = await rehearseReserved(using, path);
        if (record !== null) return record;
        using.signal.throwIfAborted();
        throw new ProgramError(String(error), exitCode);
      },
    };
  },
};
