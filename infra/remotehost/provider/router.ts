import type {
  CheckResult,
  CreateResult,
  DiffResult,
  InvokeResult,
  Provider,
  ReadResult,
  UpdateResult,
} from "@pulumi/pulumi/provider/provider.js";
import { ConnectError, RemoteHostError } from "../errors.ts";
import { nameOf, stackOf, typeOf } from "../identity.ts";
import type { Setup } from "../setup.ts";
import { cronTable } from "./cron-table/resource.ts";
import { directory } from "./directory/resource.ts";
import type { Log } from "./engine-log.ts";
import { file } from "./file/resource.ts";
import { providerFunctions } from "./functions.ts";
import { KnownServers } from "./known-servers.ts";
import { Patience } from "./patience.ts";
import { FirstNotReady, NotReady, readinessOf, wasNeverReady } from "./readiness/resource.ts";
import type { RemoteResource, RequestContext } from "./resource.ts";
import { connectionSchema } from "./schema.ts";
import { serverRegistry } from "./server-registry.ts";
import { closeSessions } from "./ssh/session-pool.ts";
import { type Properties, unwrap, type Value, wrap } from "./wire.ts";

/** Routes every call of the engine to its resource or function. */
export function remoteHostProvider(
  version: string,
  log: Log,
  { examiner, replaced, cache }: Setup,
): Provider {
  const readiness = readinessOf(examiner);
  const resources: Readonly<Record<string, RemoteResource>> = {
    "remotehost:index:Directory": directory,
    "remotehost:index:File": file,
    "remotehost:index:CronTable": cronTable,
    "remotehost:index:Readiness": readiness,
  };

  function resourceOf(urn: string): RemoteResource {
    const resource = resources[typeOf(urn)];
    if (!resource) throw new Error(`the provider remotehost has no resource type ${typeOf(urn)}`);
    return resource;
  }

  const servers = new KnownServers();
  const patience = new Patience();
  const serverOf = serverRegistry((text) => log("", text, "message"));
  const functions = providerFunctions(servers, serverOf, examiner);
  // The declared resources. A resource that was replaced and has come back may have an older delete pending, with the
  // same URN and id: a run that could not finish leaves such a delete to a later one.
  const declared = new Set<string>();

  function contextOf(urn: string, properties: Properties): RequestContext {
    const connection = connectionSchema.parse(properties.connection);
    return {
      urn,
      stack: stackOf(urn),
      formerStack: servers.formerStack(connection.key),
      replaced: { directory: servers.replacedDirectory(connection.key) ?? replaced, usual: replaced },
      cache,
      server: serverOf(connection),
      tell: (text) => log(urn, text, "warning"),
      progress: (text) => log(urn, text, "progress"),
    };
  }

  /**
   * @throws NotReady while nothing may be done to a resource. Readiness looks by itself, except for two keys of one
   * machine.
   */
  function refuseWhileNotReady(urn: string, properties: Properties): void {
    const resource = resourceOf(urn);
    const connection = connectionSchema.parse(properties.connection);
    const twin = servers.sharedMachine(connection);
    const twins = twin === null ? [] : [twin];
    const problems = resource === readiness ? twins : servers.problems(connection.key);
    if (problems.length > 0) throw new NotReady(connection.key, problems);
  }

  function createOrUpdate(
    urn: string,
    wired: Properties,
    old?: Properties,
  ): Promise<{ id: string; outs: Properties }> {
    return patience.during(async () => {
      const { values, secrets } = unwrap(wired);
      refuseWhileNotReady(urn, values);
      const resource = resourceOf(urn);
      const context = contextOf(urn, values);
      const outputs = await resource.put(context, values, old && unwrap(old).values);
      // The server is ready only now. Nothing else was planned for it, so this run must not count as a success.
      const missed = servers.problems(context.server.connection.key);
      if (missed.length > 0) throw new NotReady(context.server.connection.key, [...missed, recovered]);
      return { id: resource.id(values), outs: wrap(outputs, secrets) };
    }, true);
  }

  function isHeld({ connection }: Properties): boolean {
    const parsed = connectionSchema.safeParse(connection);
    return parsed.success && servers.isHeld(parsed.data.key);
  }

  return {
    version,

    check: (urn: string, olds: Properties, news: Properties): Promise<CheckResult> =>
      patience.during(async () => {
        const unwrapped = unwrap(news);
        const resource = resourceOf(urn);
        declared.add(`${urn} ${resource.id(unwrapped.values)}`);
        const { inputs, failures } = await resource.check(unwrapped);
        if (failures.length === 0 && resource !== readiness && isHeld(unwrapped.values) && !isNew(olds))
          return { inputs: olds, failures };
        return { inputs: wrap(inputs, unwrapped.secrets), failures };
      }, false),

    diff: (_id: string, urn: string, olds: Properties, news: Properties): Promise<DiffResult> =>
      patience.during(async () => {
        const [old, desired] = [unwrap(olds).values, unwrap(news).values];
        const resource = resourceOf(urn);
        const { key } = connectionSchema.parse(desired.connection);
        if (wasNeverReady(old)) return { changes: true };
        // Only the update of its Readiness is planned for such a server, and the refresh may not have caused it.
        if (servers.problems(key).length > 0) {
          if (resource !== readiness) return { changes: false };
          return isEmpty(old.problems) ? { changes: true } : {};
        }
        // Left open, the engine compares the inputs itself and shows just those that differ.
        return { replaces: resource.identity.filter((property) => old[property] !== desired[property]) };
      }, false),

    create: (urn: string, inputs: Properties): Promise<CreateResult> =>
      createOrUpdate(urn, inputs).catch((error: unknown) => {
        if (!(error instanceof NotReady) || resourceOf(urn) !== readiness) throw error;
        const { values } = unwrap(inputs);
        throw new FirstNotReady(connectionSchema.parse(values.connection).key, error.problems, values);
      }),

    update: async (_id: string, urn: string, olds: Properties, news: Properties): Promise<UpdateResult> => {
      const { outs } = await createOrUpdate(urn, news, olds);
      return { outs };
    },

    read: (id: string, urn: string, wired: Properties): Promise<ReadResult> =>
      patience.during(async () => {
        const { values, secrets } = unwrap(wired);
        if (values.connection === undefined) throw new NoImport(urn);
        const context = contextOf(urn, values);
        if (!wasNeverReady(values)) servers.wasRead(context.server.connection.key);
        try {
          const resource = resourceOf(urn);
          const reading = await resource.read(context, values);
          if (!reading) return { id: "", props: {} };
          // A resource that was moved by an update gets its new id here: an update cannot change it.
          return {
            id: resource.id(values),
            props: wrap(reading.outputs, secrets),
            inputs: wrap(reading.inputs, secrets),
          };
        } catch (error) {
          if (!(error instanceof RemoteHostError)) throw error;
          // A failing read would stop all servers. This server's problem shows in its Readiness.
          context.server.couldNotRead(error.message);
          return { id, props: wired, inputs: wrap(resourceOf(urn).inputsOf(values), secrets) };
        }
      }, false),

    delete: (id: string, urn: string, wired: Properties): Promise<void> =>
      patience.during(async () => {
        const { values } = unwrap(wired);
        const context = contextOf(urn, values);
        const { key } = context.server.connection;
        const removal = servers.removal(key);
        if (removal === "forget" || declared.has(`${urn} ${id}`) || wasNeverReady(values)) return;
        if (removal === "refuse") throw new NotDecommissioned(key);
        refuseWhileNotReady(urn, values);
        await resourceOf(urn)
          .remove(context, values)
          .catch((error: unknown) => {
            throw error instanceof ConnectError ? new OutOfReach(key, error) : error;
          });
      }, true),

    invoke: (token: string, inputs: Properties): Promise<InvokeResult> =>
      patience.during(async () => {
        const work = functions[token];
        if (!work) throw new Error(`the provider remotehost has no function ${token}`);
        const { values, secrets } = unwrap(inputs);
        if (secrets.size > 0) throw new Error(`${token} takes no secrets: ${[...secrets].join(", ")}`);
        return { outputs: wrap(await work(values)) };
      }, false),

    // The engine waits for the answer, and an ssh takes a round trip to end. Calls that still run are answered
    // separately.
    cancel: async () => {
      void closeSessions();
    },
  };
}

/** Whether the engine has no old inputs: the resource is to be created. */
const isNew = (olds: Properties | undefined): boolean => Object.keys(olds ?? {}).length === 0;

function isEmpty(value: Value | undefined): boolean {
  return !Array.isArray(value) || value.length === 0;
}

const recovered = "the server has recovered. Run the command again. [DBK-READY-1]";

/** A server left the configuration without being decommissioned: probably a mistake. */
class NotDecommissioned extends Error {
  constructor(key: string) {
    super(
      `the server ${key} is no longer in the stack configuration, but not decommissioned either, so nothing of it is ` +
        `deleted. Put it back, or write under decommissioned: "${key}: remove" (remove our files, leave the backups) ` +
        `or "${key}: forget" (the server is gone). [DBK-STACK-6]`,
    );
    this.name = "NotDecommissioned";
  }
}

/** A server to be removed cannot be reached, perhaps never again. */
class OutOfReach extends Error {
  constructor(key: string, cause: ConnectError) {
    super(
      `${cause.message} If the machine is gone: remove ${key} from servers, write "${key}: forget" under decommissioned, ` +
        "and run pulumi up. [DBK-STACK-6]",
      { cause },
    );
    this.name = "OutOfReach";
  }
}

class NoImport extends Error {
  constructor(urn: string) {
    super(
      `${nameOf(urn)} cannot be imported. Declare its server and run pulumi up: that takes over what is there. [DBK-STACK-8]`,
    );
    this.name = "NoImport";
  }
}
