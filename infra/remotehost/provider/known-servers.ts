import type { Connection } from "../connection.ts";
import type { Declaration } from "../declare-servers.ts";

/** The effect of deleting a server's resource. */
export type Removal = "remove" | "forget" | "refuse";

interface Identity {
  id: string;
  boot: string;
}

const ownIdentity =
  "give one of them a machine-id of its own: rm -f /etc/machine-id /var/lib/dbus/machine-id; " +
  "systemd-machine-id-setup; then restart it";

/** This process's knowledge of the stack's servers: the program's declaration, and the content of the state. */
export class KnownServers {
  #declaration: Declaration | null = null;
  readonly #read = new Set<string>();
  readonly #problems = new Map<string, string[]>();
  readonly #machines = new Map<string, Identity>();

  declare(declaration: Declaration): void {
    this.#declaration = declaration;
  }

  /** A resource of this server is in the state: a refresh has read it. */
  wasRead(key: string): void {
    this.#read.add(key);
  }

  /** Whether the state holds resources of the server; null if neither a refresh nor the program has shown it. */
  isInState(key: string): boolean | null {
    const old = this.#declaration?.formerly[key];
    if (this.#read.has(key) || (old !== undefined && this.#read.has(old))) return true;
    return this.#declaration ? false : null;
  }

  /** Keys in the state whose resources this run may not delete: neither declared and looked at, nor decommissioned. */
  orphans(): string[] {
    return [...this.#read].filter((key) => this.removal(key) === "refuse").sort();
  }

  /** Without a declaration the program was not run: that is `pulumi destroy`, which removes everything. */
  removal(key: string): Removal {
    if (!this.#declaration) return "remove";
    const { servers, formerly, decommissioned, lookedAt } = this.#declaration;
    const renamed = Object.entries(formerly).find(([, old]) => old === key);
    const current = servers.find((server) => server.key === key)?.key ?? renamed?.[0];
    if (current === undefined) return decommissioned[key] ?? "refuse";
    // The program declares no resources of a server that it did not look at. To the engine they look deleted.
    return lookedAt?.includes(current) === false ? "refuse" : "remove";
  }

  /** `PROJECT/STACK` that hands the server's machine over; null if there is none. */
  formerStack(key: string): string | null {
    return this.#declaration?.formerStacks?.[key] ?? null;
  }

  /** Where what is replaced on the server is kept; null where no program has said so. */
  replacedDirectory(key: string): string | null {
    return this.#declaration?.replaced?.[key] ?? null;
  }

  /** Why nothing can be done on the server now. While there is a reason, nothing is planned for it. */
  problems(key: string): readonly string[] {
    const renamed = Object.entries(this.#declaration?.formerly ?? {}).find(([, old]) => old === key);
    return this.#problems.get(renamed?.[0] ?? key) ?? [];
  }

  /**
   * Whether nothing is done on the server now although the engine will write the requested inputs into the state, as if
   * they had been deployed. A preview writes nothing, and shows the pending changes.
   */
  isHeld(key: string): boolean {
    return this.#declaration?.isPreview === false && this.problems(key).length > 0;
  }

  setProblems(key: string, problems: readonly string[]): void {
    this.#problems.set(key, [...problems]);
  }

  /** The machine-id of a server, and the identity of its present boot. */
  hasMachine(key: string, id: string, boot = ""): void {
    this.#machines.set(key, { id, boot });
  }

  /** The problem of a server whose machine has another declared key too; else null. */
  sharedMachine({ key, host }: Connection): string | null {
    const keys = this.#others(key, (one, other) => one.id === other.id && one.boot === other.boot);
    if (keys === null) return null;
    return (
      `${host}: the server ${key} is the same machine as ${keys}. ` +
      "Keep one of them in the stack configuration; a server that was renamed says `formerly`. " +
      `If they are two machines, one is a clone that was made while the other ran: ${ownIdentity}. [DBK-READY-16]`
    );
  }

  /** The note, not urgent, for a server with the machine-id of another one; else null. */
  clonedMachine({ key, host }: Connection): string | null {
    const keys = this.#others(
      key,
      (one, other) => one.id !== "" && one.id === other.id && one.boot !== other.boot,
    );
    if (keys === null) return null;
    return `${host}: same machine-id as ${keys}: one machine is a clone of the other; ${ownIdentity}. [DBK-READY-16]`;
  }

  /** The other keys whose machine matches this one; null if there are none. An unknown machine matches none. */
  #others(key: string, alike: (one: Identity, other: Identity) => boolean): string | null {
    const machine = this.#machines.get(key);
    if (machine === undefined || machine.id + machine.boot === "") return null;
    const others = [...this.#machines].filter(([other, one]) => other !== key && alike(machine, one));
    return others.length === 0 ? null : others.map(([other]) => other).join(" and ");
  }
}
