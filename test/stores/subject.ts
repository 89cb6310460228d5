import { afterAll } from "vitest";
import { rcloneStore } from "../../scripts/lib/copies/rclone-store.ts";
import { rcloneAt } from "../sandbox/stores/rclone-at.ts";
import type { StoreServer } from "../sandbox/stores/store-server.ts";
import type { StoreSubject } from "../unit/scripts/store/store-suite.ts";

/**
 * Subjects of the store suite at a server, which is started again when one of them has destroyed it.
 * @param options of rclone, in place of those that a deployment sets
 */
export function subjectsAt(
  start: () => Promise<StoreServer>,
  options: Readonly<Record<string, string>> = {},
): () => Promise<StoreSubject> {
  let running: StoreServer | undefined;
  const stop = async () => {
    await running?.stop();
    running = undefined;
  };
  afterAll(stop);
  return async () => {
    running ??= await start();
    const place = await running.newPlace();
    const usual = await rcloneAt(place.settings);
    const rclone = { ...usual, options: { ...usual.options, ...options } };
    return {
      store: rcloneStore(rclone),
      again: () => rcloneStore(rclone),
      lay: place.lay,
      spoil: place.spoil,
      protect: place.protect,
      destroy: stop,
    };
  };
}
