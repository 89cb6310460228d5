import type { LookupAddress } from "node:dns";
import { isIPv6, type LookupFunction } from "node:net";
import { runChild } from "../system/child.ts";

/** There is no address for a name. */
class UnknownNameError extends Error {
  override readonly name = "UnknownNameError";
  readonly code = "ENOTFOUND";
}

/**
 * Looks names up by the system's own rules, and can be aborted. Node's own look-up cannot be aborted, and keeps the
 * process alive while a name server does not answer.
 */
export const lookupUntil =
  (signal: AbortSignal): LookupFunction =>
  (host, { all }, callback) => {
    addressesOf(host, signal).then(
      (addresses) => {
        const [first] = addresses;
        if (first === undefined) callback(new UnknownNameError(host), []);
        else if (all === true) callback(null, addresses);
        else callback(null, first.address, first.family);
      },
      (error: NodeJS.ErrnoException) => callback(error, []),
    );
  };

/** `getent ahosts` prints each address once per socket type, in order of preference. */
async function addressesOf(host: string, signal: AbortSignal): Promise<LookupAddress[]> {
  const { stdout } = await runChild("getent", ["ahosts", "--", host], { signal });
  const lines = stdout.split("\n").map((line) => line.split(/\s+/));
  const addresses = lines.flatMap(([address, kind]) =>
    address !== undefined && kind === "STREAM" ? [address] : [],
  );
  return [...new Set(addresses)].map((address) => ({ address, family: isIPv6(address) ? 6 : 4 }));
}
