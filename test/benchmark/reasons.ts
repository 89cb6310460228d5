/** Why a goal is missed, where that is known: by how its words begin. Found out after it was measured. */
const reasons: readonly (readonly [beginning: string, reason: string])[] = [
  [
    "700MB restore, compared",
    "the archive is read in full before anything is touched (as long as the verification) and what was loaded is compared in full (as long as the manifest's content, with ANALYZE beside it); in between it is loaded, which is all that the bare way does",
  ],
  [
    "drift check of",
    "each server has two dozen resources, each of which the engine reads, the program declares and the plugin checks and compares: about 0.25 s of processor time a server, three quarters of it in Pulumi's engine, its SDK and gRPC, and the rest in ssh's key exchange (CPU)",
  ],
  [
    "first apply",
    "an `up` is a preview and an update: program, plugin and login are begun twice; then what depends on each other is put there in seven waves, each a round trip and files made durable one after the other. The rows with --skip-preview are the work that the other tools do",
  ],
  ["apply without changes, --skip-preview", "as in a drift check: the profile shows where it goes"],
  [
    "apply without changes",
    "an `up` is a preview and an update, and takes twice what the profile of a drift check shows. The rows with --skip-preview are the work that the other tools do",
  ],
  [
    "one start of the plugin",
    "what counts the handshake is loaded into the plugin as well, and is TypeScript, which Node takes some 35 ms longer to load than the JavaScript that the plugin starts from",
  ],
  [
    "drift check",
    "the profile shows where it goes: most of it are the login's dozen round trips and the start of the program, which cannot begin before the engine has looked",
  ],
];

export const reasonFor = (what: string): string | undefined =>
  reasons.find(([beginning]) => what.startsWith(beginning))?.[1];
