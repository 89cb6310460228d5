import { succeed } from "../../../infra/local-machine/command.ts";
import type { Rclone } from "../../../scripts/lib/copies/rclone.ts";
import { ensureRclone } from "../set-up/rclone.ts";
import type { Place } from "./store-server.ts";

/** rclone for a place, as the programs on a server get it from their settings. */
export async function rcloneAt({
  path,
  options,
  secrets,
}: Omit<Place, "lay" | "spoil" | "protect">): Promise<Rclone> {
  const program = await ensureRclone();
  const obscured: Record<string, string> = {};
  for (const [name, password] of Object.entries(secrets.passwords))
    obscured[name] = await succeed([program, "--config", "", "obscure", "-"], { input: password });
  const hidden = [secrets.options, secrets.passwords, obscured].flatMap((one) => Object.values(one));
  return {
    path: program,
    store: { name: "objects", place: "a store of this machine", path },
    options: { ...options, ...secrets.options, ...obscured },
    secrets: hidden,
  };
}
