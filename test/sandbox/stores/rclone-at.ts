import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { storeSecretsText, storeSettings } from "../../../infra/server-files/stores.ts";
import type { Rclone } from "../../../scripts/lib/copies/rclone.ts";
import { rcloneFor } from "../../../scripts/lib/copies/secrets.ts";
import { serverPlanOf } from "../../unit/infra/plans.ts";
import { ensureRclone } from "../set-up/rclone.ts";
import { serverKey } from "./store-server.ts";

/** So that small files have several parts too. */
const smallest = { chunk_size: "5Mi", upload_cutoff: "5Mi" };

/** rclone for a store, as the programs on a server get it from a configuration. */
export async function rcloneAt(settings: Readonly<Record<string, unknown>>): Promise<Rclone> {
  const plan = serverPlanOf({
    ...{ servers: { [serverKey]: {} }, databases: { library: {} } },
    ...{ copies: { objects: settings }, copyKey: "5a".repeat(32) },
  });
  const [planned] = plan.copies;
  if (planned === undefined) throw new Error("the plan has no store");
  const store = storeSettings(plan, planned);
  const directory = mkdtempSync(join(tmpdir(), "store-secrets-"));
  try {
    const secretsFile = join(directory, "secrets");
    writeFileSync(secretsFile, storeSecretsText(planned), { mode: 0o600 });
    const copies = { rclone: await ensureRclone(), keyFile: "", stores: [] };
    const rclone = await rcloneFor(copies, { ...store, secretsFile }, AbortSignal.timeout(60_000));
    const takesParts = store.options.type === "s3" || store.options.type === "azureblob";
    return takesParts ? { ...rclone, options: { ...rclone.options, ...smallest } } : rclone;
  } finally {
    rmSync(directory, { recursive: true });
  }
}
